// Reads what bluetoothd signals, value by value out of the message: an advert costs no map and no copy of a payload.
// Owner thread: the loop. Pure. A property of another type than BlueZ documents is skipped and noted; a body that is
// none of ours at all throws what sdbus-c++ throws, which the caller (BluezBus) catches and counts.
// Never keeps anything, and of a device reads only RSSI, the 0xFEAA service data and whether it is the box's own
// beacon.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "adapters/bluez_device.hpp"
#include "base/types.hpp"

namespace sdbus {
class Message;
}

namespace tg {

struct AdapterReport {
  std::optional<std::string> address;  ///< upper case, as BlueZ writes it
  std::optional<bool> powered;
  std::optional<bool> discovering;
  bool malformed = false;
};

/// What one object path carries, as far as we care.
struct ObjectReport {
  std::string path;
  std::optional<DeviceReport> device;
  std::optional<AdapterReport> adapter;
  bool monitor_manager = false;
};

struct RemovalReport {
  std::string path;
  bool device = false;
  bool adapter = false;
  bool monitor_manager = false;
};

/// PropertiesChanged (sa{sv}as) of a Device1 or an Adapter1.
[[nodiscard]] DeviceReport read_device_changed(sdbus::Message& message, const std::optional<Key128>& own_beacon);
[[nodiscard]] AdapterReport read_adapter_changed(sdbus::Message& message);
[[nodiscard]] AdapterReport read_adapter_properties(sdbus::Message& message);  ///< a{sv}, the answer of GetAll
[[nodiscard]] ObjectReport read_interfaces_added(sdbus::Message& message,
                                                 const std::optional<Key128>& own_beacon);  ///< oa{sa{sv}}
[[nodiscard]] RemovalReport read_interfaces_removed(sdbus::Message& message);               ///< oas
/// The answer of GetManagedObjects, a{oa{sa{sv}}}.
void read_managed_objects(sdbus::Message& message, const std::optional<Key128>& own_beacon,
                          const std::function<void(const ObjectReport&)>& each);

}  // namespace tg
