// The door to the box's own radios. Owner thread: the loop, for calls and for the sink.
// Never passes on an address, a name or a foreign payload: only Eddystone-EID frames leave it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/types.hpp"

namespace tg {

struct RadioReceiver {
  std::uint16_t index = 0;  ///< into Policy::receivers
  std::string id;
  std::string adapter;  ///< "auto" or a Bluetooth address, upper case
};

struct ReceiverStatus {
  std::string id;
  bool scanning = false;
  std::string cause;  ///< what is wrong, in words for a person, also while it still scans; never an address
};

using AdvertSink = std::function<void(std::uint16_t receiver, const Eid& eid, RssiDbm rssi)>;

class RadioPort {
 public:
  virtual ~RadioPort() = default;
  /// Connects to the bus and keeps every receiver scanning until destruction; trouble shows in status().
  virtual void start() = 0;
  /// Called about once a second: retries, watchdogs.
  virtual void tick(MonoTime now) = 0;
  /// A receiver outside this box reported `adverts`: the air is not quiet, whatever the box's own radios hear.
  virtual void note_heard_remotely(std::uint64_t adverts) = 0;
  [[nodiscard]] virtual std::vector<ReceiverStatus> status() const = 0;
  [[nodiscard]] virtual std::uint64_t foreign_adverts() const = 0;  ///< a bare count since start
};

}  // namespace tg
