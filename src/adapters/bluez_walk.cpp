#include "adapters/bluez_walk.hpp"

#include <sdbus-c++/sdbus-c++.h>

#include <algorithm>
#include <string_view>
#include <vector>

namespace tg {
namespace {

constexpr std::string_view kDevice = "org.bluez.Device1";
constexpr std::string_view kAdapter = "org.bluez.Adapter1";
constexpr std::string_view kMonitorManager = "org.bluez.AdvertisementMonitorManager1";

std::string_view read_text(sdbus::Message& m) {
  char* text = nullptr;
  m >> text;
  return text;
}

/// A value of another type than documented is skipped and noted, so that one bad property does not hide the others.
bool holds(sdbus::Message& m, std::string_view signature, bool& malformed) {
  std::string type;
  std::string contents;
  m.peekType(type, contents);
  if (contents == signature) return true;
  malformed = true;
  skip_value(m, "v");
  return false;
}

template <class T>
std::optional<T> read_variant(sdbus::Message& m, const char* signature, bool& malformed) {
  if (!holds(m, signature, malformed)) return std::nullopt;
  T value{};
  m.enterVariant(signature);
  m >> value;
  m.exitVariant();
  return value;
}

/// Calls `each(key)` for every entry of a dictionary. It consumes the value, and returns false to leave the rest
/// unread: then the message is of no further use.
template <class Each>
void for_each_entry(sdbus::Message& m, const char* entry, Each&& each) {
  m.enterContainer(std::string("{") + entry + "}");
  while (m.enterDictEntry(entry)) {
    if (!each(read_text(m))) return;
    m.exitDictEntry();
  }
  m.clearFlags();
  m.exitContainer();
}

AdapterReport read_adapter(sdbus::Message& m) {
  AdapterReport report;
  for_each_entry(m, "sv", [&](std::string_view key) {
    if (key == "Address") {
      report.address = read_variant<std::string>(m, "s", report.malformed);
    } else if (key == "Powered") {
      report.powered = read_variant<bool>(m, "b", report.malformed);
    } else if (key == "Discovering") {
      report.discovering = read_variant<bool>(m, "b", report.malformed);
    } else {
      skip_value(m, "v");
    }
    return true;
  });
  return report;
}

void read_interfaces(sdbus::Message& m, const std::optional<Key128>& own_beacon, ObjectReport& object) {
  for_each_entry(m, "sa{sv}", [&](std::string_view interface) {
    if (interface == kDevice) {
      object.device = read_device(m, Extent::whole, own_beacon);
    } else if (interface == kAdapter) {
      object.adapter = read_adapter(m);
    } else {
      object.monitor_manager |= interface == kMonitorManager;
      skip_value(m, "a{sv}");
    }
    return true;
  });
}

}  // namespace

DeviceReport read_device_changed(sdbus::Message& message, const std::optional<Key128>& own_beacon) {
  read_text(message);  // the interface, which the match rule has checked
  return read_device(message, Extent::until_settled, own_beacon);
}

AdapterReport read_adapter_changed(sdbus::Message& message) {
  read_text(message);
  return read_adapter(message);
}

AdapterReport read_adapter_properties(sdbus::Message& message) { return read_adapter(message); }

ObjectReport read_interfaces_added(sdbus::Message& message, const std::optional<Key128>& own_beacon) {
  ObjectReport object;
  sdbus::ObjectPath path;
  message >> path;
  object.path = std::move(path);
  read_interfaces(message, own_beacon, object);
  return object;
}

RemovalReport read_interfaces_removed(sdbus::Message& message) {
  sdbus::ObjectPath path;
  std::vector<std::string> interfaces;
  message >> path >> interfaces;
  const auto has = [&](std::string_view name) { return std::ranges::find(interfaces, name) != interfaces.end(); };
  return {std::move(path), has(kDevice), has(kAdapter), has(kMonitorManager)};
}

void read_managed_objects(sdbus::Message& message, const std::optional<Key128>& own_beacon,
                          const std::function<void(const ObjectReport&)>& each) {
  message.enterContainer("{oa{sa{sv}}}");
  while (message.enterDictEntry("oa{sa{sv}}")) {
    each(read_interfaces_added(message, own_beacon));
    message.exitDictEntry();
  }
  message.clearFlags();
  message.exitContainer();
}

}  // namespace tg
