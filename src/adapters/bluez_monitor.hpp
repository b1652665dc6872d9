// Our AdvertisementMonitor1 on the bus: asks bluetoothd for Eddystone adverts, passively and with the controller's
// duplicate filter off. Owner thread: the loop.
// Never sets an RSSI property (an offloading controller would then thin the adverts) and never acts on DeviceFound:
// the adverts come as signals.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "adapters/bluez_bus.hpp"

namespace tg {

class BluezMonitor {
 public:
  /// Exports below `root`, one for each adapter. `on_activate`: bluetoothd uses the monitor, which its answer to the
  /// registration does not say; `on_release`: it has dropped it.
  BluezMonitor(BluezBus& bus, std::string root, std::function<void()> on_activate, std::function<void()> on_release);
  ~BluezMonitor();  ///< while the bus connection still exists
  BluezMonitor(const BluezMonitor&) = delete;
  BluezMonitor& operator=(const BluezMonitor&) = delete;

  /// `on_reply` gets a D-Bus error name, empty on success; being registered already is success.
  void register_with(const std::string& adapter_path, std::function<void(std::string_view error)> on_reply);
  /// Makes room for registering again after a release. No answer is awaited.
  void unregister_from(const std::string& adapter_path);

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;  // weakly held by open calls
};

}  // namespace tg
