#include "adapters/bluez_device.hpp"

#include <sdbus-c++/sdbus-c++.h>
#include <systemd/sd-bus.h>

#include <cstdint>
#include <span>
#include <stdexcept>
#include <string_view>

#include "codec/advert.hpp"
#include "codec/ibeacon.hpp"

namespace tg {
namespace {

using Bytes = std::span<const std::uint8_t>;

/// The message below the wrapper, which derived classes may see.
struct Wrapped : sdbus::Message {
  static sd_bus_message* of(sdbus::Message& message) { return static_cast<sd_bus_message*>(message.*(&Wrapped::msg_)); }
};

int require(int result) {
  if (result < 0) throw std::runtime_error("a D-Bus message of another form than announced");
  return result;
}

std::string_view read_text(sd_bus_message* m) {
  const char* text = "";
  require(sd_bus_message_read_basic(m, 's', &text));
  return text;
}

/// Enters the variant if it holds what it should; else skips it and notes that.
bool enter_variant(sd_bus_message* m, const char* signature, bool& malformed) {
  const char* contents = "";
  require(sd_bus_message_peek_type(m, nullptr, &contents));
  if (contents != nullptr && std::string_view(contents) == signature) {
    require(sd_bus_message_enter_container(m, 'v', signature));
    return true;
  }
  malformed = true;
  require(sd_bus_message_skip(m, "v"));
  return false;
}

void leave(sd_bus_message* m) { require(sd_bus_message_exit_container(m)); }

/// Calls `each()` in every entry of a dictionary. It consumes key and value, and returns false to leave the rest
/// unread: then the message is of no further use.
template <class Each>
bool for_each_entry(sd_bus_message* m, const char* entry, Each&& each) {
  require(sd_bus_message_enter_container(m, 'a', entry));
  const std::string inside(entry + 1, 2);
  while (require(sd_bus_message_enter_container(m, 'e', inside.c_str())) > 0) {
    if (!each()) return false;
    leave(m);
  }
  leave(m);
  return true;
}

std::optional<Bytes> read_bytes(sd_bus_message* m, bool& malformed) {
  if (!enter_variant(m, "ay", malformed)) return std::nullopt;
  const void* bytes = nullptr;
  std::size_t size = 0;
  require(sd_bus_message_read_array(m, 'y', &bytes, &size));
  leave(m);
  return Bytes(static_cast<const std::uint8_t*>(bytes), size);
}

void read_rssi(sd_bus_message* m, DeviceReport& report) {
  if (!enter_variant(m, "n", report.malformed)) return;
  RssiDbm rssi = kRssiUnavailable;
  require(sd_bus_message_read_basic(m, 'n', &rssi));
  leave(m);
  if (rssi != kRssiUnavailable) report.rssi = rssi;
}

void read_service_data(sd_bus_message* m, DeviceReport& report) {
  if (!enter_variant(m, "a{sv}", report.malformed)) return;
  report.has_service_data = true;
  for_each_entry(m, "{sv}", [&] {
    if (read_text(m) != kEddystoneUuid) return require(sd_bus_message_skip(m, "v")) >= 0;
    const auto bytes = read_bytes(m, report.malformed);
    report.eid = bytes ? decode_eddystone_eid(*bytes) : std::nullopt;
    return true;
  });
  leave(m);
}

void read_manufacturer_data(sd_bus_message* m, const Key128& own_beacon, DeviceReport& report) {
  if (!enter_variant(m, "a{qv}", report.malformed)) return;
  for_each_entry(m, "{qv}", [&] {
    std::uint16_t company = 0;
    require(sd_bus_message_read_basic(m, 'q', &company));
    if (company != kAppleCompany) return require(sd_bus_message_skip(m, "v")) >= 0;
    const auto bytes = read_bytes(m, report.malformed);
    report.own_beacon |= bytes && is_ibeacon_of(*bytes, own_beacon);
    return true;
  });
  leave(m);
}

/// Nothing that may follow could change what becomes of this advert.
bool settled(const DeviceReport& report) { return report.has_service_data && (!report.eid || report.rssi); }

}  // namespace

DeviceReport read_device(sdbus::Message& message, Extent extent, const std::optional<Key128>& own_beacon) {
  auto* const m = Wrapped::of(message);
  DeviceReport report;
  for_each_entry(m, "{sv}", [&] {
    const auto name = read_text(m);
    const bool of_maker = name == "ManufacturerData";
    report.advert |= of_maker || name == "RSSI" || name == "ServiceData";
    if (name == "RSSI") {
      read_rssi(m, report);
    } else if (name == "ServiceData") {
      read_service_data(m, report);
    } else if (of_maker && own_beacon) {
      read_manufacturer_data(m, *own_beacon, report);
    } else {
      require(sd_bus_message_skip(m, "v"));
    }
    return extent == Extent::whole || !settled(report);
  });
  return report;
}

void skip_value(sdbus::Message& message, const char* signature) {
  require(sd_bus_message_skip(Wrapped::of(message), signature));
}

}  // namespace tg
