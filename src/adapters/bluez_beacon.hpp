// Our LEAdvertisement1 on the bus: what an adapter says by itself. Two kinds are in use, because both do not fit into
// one packet: the iBeacon that wakes the app, and the connectable advert by which the app finds the check-in.
// Owner thread: the loop. Never changes after it was made: bluetoothd reads it once, at its registration.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "adapters/bluez_bus.hpp"

namespace tg {

struct BeaconContent {
  std::uint16_t company = 0;
  std::vector<std::uint8_t> manufacturer_data;  ///< of that company; left out when empty
  std::vector<std::string> service_uuids;       ///< left out when empty
};

class BluezBeacon {
 public:
  /// Exports the object; `on_release`: bluetoothd has dropped it.
  BluezBeacon(BluezBus& bus, const std::string& path, BeaconContent content, std::function<void()> on_release);
  ~BluezBeacon();  ///< while the bus connection still exists
  BluezBeacon(const BluezBeacon&) = delete;
  BluezBeacon& operator=(const BluezBeacon&) = delete;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tg
