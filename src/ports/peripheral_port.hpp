// The door to phones that the box calls and that connect to it: beacon and GATT check-in on every local adapter
// (contract §3.2, §3.3). Owner thread: the loop, for calls and for the sink.
// Never passes on an address: of a phone that connects, only what it writes leaves the door.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/types.hpp"
#include "core/events.hpp"
#include "core/model/checkin.hpp"

namespace tg {

struct PeripheralStatus {
  std::string id;        ///< of the receiver
  bool beacon = false;   ///< bluetoothd has it
  bool checkin = false;  ///< bluetoothd has the GATT service and the advert that leads to it
  std::string cause;     ///< why something that is configured is missing, in words for a person; empty otherwise
};

using CheckinSink = std::function<void(const event::CheckinOffered& offer)>;

class PeripheralPort {
 public:
  virtual ~PeripheralPort() = default;
  /// Connects to the bus and keeps everything registered until destruction; trouble shows in status().
  virtual void start() = 0;
  /// Called about once a second: retries, watchdogs.
  virtual void tick(MonoTime now) = 0;
  /// What the phone behind `request` hears. Unknown requests are ignored: it may have been answered for its long wait.
  virtual void answer(std::uint64_t request, CheckinVerdict verdict) = 0;
  [[nodiscard]] virtual std::vector<PeripheralStatus> status() const = 0;
};

}  // namespace tg
