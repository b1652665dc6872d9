#include "bench/radio_source.hpp"

#include <systemd/sd-bus.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <ctime>

namespace tg::bench {
namespace {

constexpr const char* kAdapterPath = "/org/bluez/hci0";
constexpr const char* kDevice = "org.bluez.Device1";
constexpr const char* kEddystone = "0000feaa-0000-1000-8000-00805f9b34fb";
constexpr std::uint64_t kSettleUs = 300'000;  // between StartDiscovery and the first advert
constexpr std::uint32_t kPerFlush = 64;

void require(int result, const char* what) {
  if (result >= 0) return;
  std::fprintf(stderr, "radio source: %s fails\n", what);
  std::exit(1);
}

std::uint64_t now_us() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<std::uint64_t>(t.tv_sec) * 1'000'000 + static_cast<std::uint64_t>(t.tv_nsec) / 1000;
}

struct Device {
  std::string path;
  std::string address;
  std::array<std::uint8_t, 10> frame{};
};

/// A multiplier that spreads the numbers over all addresses; none comes twice.
Device device_of(std::uint32_t number, std::uint8_t frame_type) {
  std::array<char, 18> text{};
  const std::uint64_t mixed = number * 0x9E3779B97F4A7C15ULL;
  std::snprintf(text.data(), text.size(), "%02X:%02X:%02X:%02X:%02X:%02X", 0x40U + (number >> 26U),
                static_cast<unsigned>(mixed >> 56U), (number >> 18U) & 0xffU, (number >> 10U) & 0xffU,
                (number >> 2U) & 0xffU, number & 0x3U);
  Device device{std::string(kAdapterPath) + "/dev_" + text.data(), text.data(), {frame_type, 0xeb}};
  std::replace(device.path.end() - 17, device.path.end(), ':', '_');
  return device;
}

class Source {
 public:
  explicit Source(const Load& load) : load_(load) {
    for (std::uint32_t i = 0; i < load.eids.size(); ++i) {
      devices_.push_back(device_of(i, 0x30));
      std::copy(load.eids[i].begin(), load.eids[i].end(), devices_.back().frame.begin() + 2);
    }
  }

  int run() {
    require(sd_bus_new(&bus_), "a bus");
    require(sd_bus_set_address(bus_, load_.bus.c_str()), "the address");
    require(sd_bus_set_bus_client(bus_, 1), "a client");
    require(sd_bus_start(bus_), "the connection");
    require(sd_bus_add_filter(bus_, nullptr, on_message, this), "a filter");
    require(sd_bus_request_name(bus_, "org.bluez", 0), "the name");
    while (!started_) turn(UINT64_MAX);
    const auto from = now_us() + kSettleUs;
    while (now_us() < from) turn(from - now_us());
    for (const auto& device : devices_) announce(device);
    send(now_us());
    while (true) turn(UINT64_MAX);
  }

 private:
  static int on_message(sd_bus_message* call, void* self, sd_bus_error*) {
    std::uint8_t type = 0;
    sd_bus_message_get_type(call, &type);
    if (type != SD_BUS_MESSAGE_METHOD_CALL) return 0;
    static_cast<Source*>(self)->answer(call);
    return 1;
  }

  void answer(sd_bus_message* call) {
    sd_bus_message* reply = nullptr;
    require(sd_bus_message_new_method_return(call, &reply), "an answer");
    const std::string member = sd_bus_message_get_member(call);
    if (member == "GetManagedObjects") append_adapter(reply);
    if (member == "GetAll") append_adapter_properties(reply);
    require(sd_bus_send(bus_, reply, nullptr), "an answer");
    sd_bus_message_unref(reply);
    started_ = started_ || member == "StartDiscovery";
  }

  static void append_adapter_properties(sd_bus_message* m) {
    require(sd_bus_message_append(m, "a{sv}", 3, "Address", "s", "00:1A:7D:DA:71:01", "Powered", "b", 1, "Discovering",
                                  "b", 1),
            "the adapter");
  }
  static void append_adapter(sd_bus_message* m) {
    require(sd_bus_message_open_container(m, 'a', "{oa{sa{sv}}}"), "objects");
    require(sd_bus_message_open_container(m, 'e', "oa{sa{sv}}"), "objects");
    require(sd_bus_message_append(m, "o", kAdapterPath), "objects");
    require(sd_bus_message_open_container(m, 'a', "{sa{sv}}"), "objects");
    require(sd_bus_message_open_container(m, 'e', "sa{sv}"), "objects");
    require(sd_bus_message_append(m, "s", "org.bluez.Adapter1"), "objects");
    append_adapter_properties(m);
    for (int i = 0; i < 4; ++i) require(sd_bus_message_close_container(m), "objects");
  }

  /// In the order in which bluetoothd signals what an advert changed.
  static void append_advert(sd_bus_message* m, const Device& device, std::int16_t rssi) {
    constexpr std::array<std::uint8_t, 12> kMaker{0x10, 0x05, 0x03, 0x1c};
    require(sd_bus_message_append(m, "{sv}", "RSSI", "n", rssi), "RSSI");
    constexpr std::uint16_t kCompany = 0x004c;
    require(sd_bus_message_open_container(m, 'e', "sv"), "ManufacturerData");
    require(sd_bus_message_append(m, "s", "ManufacturerData"), "ManufacturerData");
    require(sd_bus_message_open_container(m, 'v', "a{qv}"), "ManufacturerData");
    append_bytes(m, "{qv}", 'q', &kCompany, kMaker.data(), kMaker.size());
    for (int i = 0; i < 2; ++i) require(sd_bus_message_close_container(m), "ManufacturerData");
    require(sd_bus_message_open_container(m, 'e', "sv"), "ServiceData");
    require(sd_bus_message_append(m, "s", "ServiceData"), "ServiceData");
    require(sd_bus_message_open_container(m, 'v', "a{sv}"), "ServiceData");
    append_bytes(m, "{sv}", 's', kEddystone, device.frame.data(), device.frame.size());
    for (int i = 0; i < 2; ++i) require(sd_bus_message_close_container(m), "ServiceData");
  }

  /// A dictionary with one entry, whose value is bytes.
  static void append_bytes(sd_bus_message* m, const char* entry, char key_type, const void* key,
                           const std::uint8_t* bytes, std::size_t size) {
    const std::string inner(entry + 1, 2);
    require(sd_bus_message_open_container(m, 'a', entry), "bytes");
    require(sd_bus_message_open_container(m, 'e', inner.c_str()), "bytes");
    require(sd_bus_message_append_basic(m, key_type, key), "bytes");
    require(sd_bus_message_open_container(m, 'v', "ay"), "bytes");
    require(sd_bus_message_append_array(m, 'y', bytes, size), "bytes");
    for (int i = 0; i < 3; ++i) require(sd_bus_message_close_container(m), "bytes");
  }

  void announce(const Device& device) {
    sd_bus_message* m = nullptr;
    require(sd_bus_message_new_signal(bus_, &m, "/", "org.freedesktop.DBus.ObjectManager", "InterfacesAdded"),
            "signal");
    require(sd_bus_message_append(m, "o", device.path.c_str()), "a device");
    require(sd_bus_message_open_container(m, 'a', "{sa{sv}}"), "a device");
    require(sd_bus_message_open_container(m, 'e', "sa{sv}"), "a device");
    require(sd_bus_message_append(m, "s", kDevice), "a device");
    require(sd_bus_message_open_container(m, 'a', "{sv}"), "a device");
    for (const auto& [name, value] : {std::pair{"Address", device.address}, {"Alias", device.address}})
      require(sd_bus_message_append(m, "{sv}", name, "s", value.c_str()), "a device");
    require(sd_bus_message_append(m, "{sv}", "Adapter", "o", kAdapterPath), "a device");
    require(sd_bus_message_append(m, "{sv}", "UUIDs", "as", 1, kEddystone), "a device");
    append_advert(m, device, -60);
    for (int i = 0; i < 3; ++i) require(sd_bus_message_close_container(m), "a device");
    post(m);
  }

  void change(const Device& device, std::int16_t rssi) {
    sd_bus_message* m = nullptr;
    require(sd_bus_message_new_signal(bus_, &m, device.path.c_str(), "org.freedesktop.DBus.Properties",
                                      "PropertiesChanged"),
            "signal");
    require(sd_bus_message_append(m, "s", kDevice), "a change");
    require(sd_bus_message_open_container(m, 'a', "{sv}"), "a change");
    append_advert(m, device, rssi);
    require(sd_bus_message_close_container(m), "a change");
    require(sd_bus_message_append(m, "as", 0), "a change");
    post(m);
  }

  void post(sd_bus_message* m) {
    require(sd_bus_send(bus_, m, nullptr), "sending");
    sd_bus_message_unref(m);
    if (++sent_ % kPerFlush == 0 || load_.per_second > 0) require(sd_bus_flush(bus_), "sending");
  }

  void send(std::uint64_t began) {
    for (std::uint32_t i = 0; i < load_.adverts; ++i) {
      if (devices_.empty()) {
        announce(device_of(i, 0x10));
      } else {
        change(devices_[i % devices_.size()], static_cast<std::int16_t>(-50 - static_cast<int>(i % 30)));
      }
      if (load_.per_second == 0) continue;
      const auto due = began + std::uint64_t{i + 1} * 1'000'000 / load_.per_second;
      for (auto now = now_us(); now < due; now = now_us()) turn(due - now);
    }
    require(sd_bus_flush(bus_), "sending");
  }

  void turn(std::uint64_t at_most_us) {
    const int did = sd_bus_process(bus_, nullptr);
    if (did < 0) std::exit(0);  // the bus has gone: the run is over
    if (did == 0 && sd_bus_wait(bus_, at_most_us) < 0) std::exit(0);
  }

  const Load& load_;
  sd_bus* bus_ = nullptr;
  std::vector<Device> devices_;
  bool started_ = false;
  std::uint64_t sent_ = 0;
};

}  // namespace

int send_adverts(const Load& load) { return Source(load).run(); }

}  // namespace tg::bench
