// The box's own radios through BlueZ (contract §3.3): every Eddystone-EID advert that any of them hears goes to the
// sink. Owner thread: the loop; the sink is called on it. Never passes on, logs or counts by an address; a foreign
// advert is forgotten in the call that brings it, leaving only a bare count. One state is kept for a device: the last
// EID of a device that sent one (see bluez_eid_cache.hpp). Three match rules serve all devices of all adapters; there
// is no proxy for a device.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "adapters/bluez_hardware.hpp"
#include "adapters/bluez_timing.hpp"
#include "adapters/event_loop.hpp"
#include "ports/radio_port.hpp"

namespace tg {

struct BluezRadioConfig {
  std::string bus = "system";            ///< "system" | "session" | any D-Bus address
  std::string scan = "auto";             ///< "auto" | "monitor" | "discovery"
  std::vector<RadioReceiver> receivers;  ///< the local ones
  std::string own_beacon = {};           ///< UUID of the iBeacon that this box sends; empty: none
  BluezTiming timing{};
  HardwarePlaces places{};
  /// Whether the adapter of this receiver says the box's iBeacon now.
  std::function<bool(std::uint16_t receiver)> sends_beacon = {};
  /// Told which adapter a receiver has, whenever that may have changed; "" = none that is switched on.
  std::function<void(std::uint16_t receiver, const std::string& adapter_path)> on_adapter = {};
};

class BluezRadio final : public RadioPort {
 public:
  BluezRadio(EventLoop& loop, BluezRadioConfig config, AdvertSink sink);
  ~BluezRadio() override;

  void start() override;
  void tick(MonoTime now) override;
  void note_heard_remotely(std::uint64_t adverts) override;
  [[nodiscard]] std::vector<ReceiverStatus> status() const override;
  [[nodiscard]] std::uint64_t foreign_adverts() const override;
  /// Messages of BlueZ that had not the documented types and were ignored, since construction.
  [[nodiscard]] std::uint64_t malformed_messages() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tg
