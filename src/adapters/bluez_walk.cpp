#include "adapters/bluez_walk.hpp"

#include <sdbus-c++/sdbus-c++.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <string_view>
#include <vector>

#include "codec/advert.hpp"

namespace tg {
namespace {

using Properties = std::map<std::string, sdbus::Variant>;

constexpr std::string_view kDevice = "org.bluez.Device1";
constexpr std::string_view kAdapter = "org.bluez.Adapter1";
constexpr std::string_view kMonitorManager = "org.bluez.AdvertisementMonitorManager1";

std::string_view read_text(sdbus::Message& m) {
  char* text = nullptr;
  m >> text;
  return text;
}

void skip_variant(sdbus::Message& m) {
  sdbus::Variant unused;
  m >> unused;
}

/// A value of another type than documented is skipped and noted, so that one bad property does not hide the others.
bool holds(sdbus::Message& m, std::string_view signature, bool& malformed) {
  std::string type;
  std::string contents;
  m.peekType(type, contents);
  if (contents == signature) return true;
  malformed = true;
  skip_variant(m);
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

/// The frame of contract §3.1 has 10 bytes; what does not fit into the buffer is not ours whatever it says.
std::optional<Eid> read_eid(sdbus::Message& m, bool& malformed) {
  if (!holds(m, "ay", malformed)) return std::nullopt;
  std::array<std::uint8_t, 16> bytes{};
  std::size_t size = 0;
  m.enterVariant("ay");
  m.enterContainer("y");
  for (std::uint8_t byte = 0; m >> byte; ++size) {
    if (size < bytes.size()) bytes[size] = byte;
  }
  m.clearFlags();
  m.exitContainer();
  m.exitVariant();
  if (size > bytes.size()) return std::nullopt;
  return decode_eddystone_eid(std::span(bytes).first(size));
}

void read_service_data(sdbus::Message& m, DeviceReport& report) {
  if (!holds(m, "a{sv}", report.malformed)) return;
  report.has_service_data = true;
  m.enterVariant("a{sv}");
  for_each_entry(m, "sv", [&](std::string_view uuid) {
    if (uuid == kEddystoneUuid) {
      report.eid = read_eid(m, report.malformed);
    } else {
      skip_variant(m);
    }
    return true;
  });
  m.exitVariant();
}

/// "64146e8c-c398-…" from 02 15 <UUID> <major> <minor> <power>; empty when it is something else of that maker.
std::string beacon_uuid(const std::vector<std::uint8_t>& data) {
  constexpr std::size_t kSize = 23;
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  if (data.size() != kSize || data[0] != 0x02 || data[1] != 0x15) return text;
  for (std::size_t i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += kDigits[data[2 + i] >> 4];
    text += kDigits[data[2 + i] & 0xf];
  }
  return text;
}

std::string read_beacon(sdbus::Message& m, bool& malformed) {
  constexpr std::uint16_t kMaker = 0x004c;
  if (!holds(m, "a{qv}", malformed)) return {};
  std::map<std::uint16_t, sdbus::Variant> data;
  m.enterVariant("a{qv}");
  m >> data;
  m.exitVariant();
  const auto found = data.find(kMaker);
  if (found == data.end() || !found->second.containsValueOfType<std::vector<std::uint8_t>>()) return {};
  return beacon_uuid(found->second.get<std::vector<std::uint8_t>>());
}

enum class Extent { whole, until_settled };

/// Nothing that may follow could change what becomes of this advert.
bool settled(const DeviceReport& report) { return report.has_service_data && (!report.eid || report.rssi); }

DeviceReport read_device(sdbus::Message& m, Extent extent) {
  DeviceReport report;
  for_each_entry(m, "sv", [&](std::string_view key) {
    report.advert |= key == "RSSI" || key == "ServiceData" || key == "ManufacturerData";
    if (key == "RSSI") {
      report.rssi = read_variant<RssiDbm>(m, "n", report.malformed);
      if (report.rssi == kRssiUnavailable) report.rssi.reset();
    } else if (key == "ServiceData") {
      read_service_data(m, report);
    } else if (key == "ManufacturerData" && extent == Extent::whole) {
      report.beacon = read_beacon(m, report.malformed);
    } else {
      skip_variant(m);
    }
    return extent == Extent::whole || !settled(report);
  });
  return report;
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
      skip_variant(m);
    }
    return true;
  });
  return report;
}

void read_interfaces(sdbus::Message& m, ObjectReport& object) {
  for_each_entry(m, "sa{sv}", [&](std::string_view interface) {
    if (interface == kDevice) {
      object.device = read_device(m, Extent::whole);
    } else if (interface == kAdapter) {
      object.adapter = read_adapter(m);
    } else {
      object.monitor_manager |= interface == kMonitorManager;
      Properties unused;
      m >> unused;
    }
    return true;
  });
}

}  // namespace

DeviceReport read_device_changed(sdbus::Message& message) {
  read_text(message);  // the interface, which the match rule has checked
  return read_device(message, Extent::until_settled);
}

AdapterReport read_adapter_changed(sdbus::Message& message) {
  read_text(message);
  return read_adapter(message);
}

AdapterReport read_adapter_properties(sdbus::Message& message) { return read_adapter(message); }

ObjectReport read_interfaces_added(sdbus::Message& message) {
  ObjectReport object;
  sdbus::ObjectPath path;
  message >> path;
  object.path = std::move(path);
  read_interfaces(message, object);
  return object;
}

RemovalReport read_interfaces_removed(sdbus::Message& message) {
  sdbus::ObjectPath path;
  std::vector<std::string> interfaces;
  message >> path >> interfaces;
  const auto has = [&](std::string_view name) { return std::ranges::find(interfaces, name) != interfaces.end(); };
  return {std::move(path), has(kDevice), has(kAdapter), has(kMonitorManager)};
}

void read_managed_objects(sdbus::Message& message, const std::function<void(const ObjectReport&)>& each) {
  message.enterContainer("{oa{sa{sv}}}");
  while (message.enterDictEntry("oa{sa{sv}}")) {
    each(read_interfaces_added(message));
    message.exitDictEntry();
  }
  message.clearFlags();
  message.exitContainer();
}

}  // namespace tg
