// A radio and an org.bluez on a private bus, for tests of the adapter. Owner thread: the test's.
// Never waits without a deadline.
#pragma once

#include <gtest/gtest.h>

#include <stdlib.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "adapters/bluez_radio.hpp"
#include "adapters/event_loop.hpp"
#include "support/fake_bluez.hpp"
#include "support/fake_bluez_bus.hpp"

namespace tg::support {

inline constexpr Seconds kDeadline{10};
inline const std::string kFirstAddress = "00:1A:7D:DA:71:01";
inline const std::string kSecondAddress = "00:1A:7D:DA:71:02";
inline constexpr Eid kEid{0x33, 0x43, 0x93, 0x55, 0x76, 0x05, 0x1e, 0x04};

inline std::vector<std::uint8_t> eid_frame(const Eid& eid = kEid) {
  std::vector<std::uint8_t> frame(2 + eid.size());
  frame[0] = 0x30;
  frame[1] = 0xeb;
  std::copy(eid.begin(), eid.end(), frame.begin() + 2);
  return frame;
}

/// The iBeacon of the gateway's own default UUID, as ManufacturerData.
inline std::vector<std::uint8_t> beacon_data() {
  return {0x02, 0x15, 0x64, 0x14, 0x6e, 0x8c, 0xc3, 0x98, 0x49, 0xd4, 0xaa, 0x6d,
          0xee, 0xa7, 0xe3, 0xe0, 0x75, 0x5d, 0x00, 0x00, 0x00, 0x00, 0xc5};
}
inline const std::string kBeaconUuid = "64146e8c-c398-49d4-aa6d-eea7e3e0755d";

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "touchpoint-test-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary directory");
    path = pattern;
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path); }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  std::filesystem::path path;
};

struct Heard {
  std::uint16_t receiver;
  Eid eid;
  RssiDbm rssi;
  friend bool operator==(const Heard&, const Heard&) = default;
};

class BluezRadioCase : public testing::Test {
 protected:
  void SetUp() override {
    bluez = std::make_unique<FakeBluez>(bus.address());
    advert.service_data = eid_frame();
  }

  void start(const std::string& scan = "auto", std::vector<RadioReceiver> receivers = {{7, "hci0", "auto"}}) {
    BluezRadioConfig config{bus.address(), scan, std::move(receivers), kBeaconUuid, timing, places};
    config.sends_beacon = [this](std::uint16_t receiver) { return beacon_senders.contains(receiver); };
    radio = std::make_unique<BluezRadio>(loop, std::move(config),
                                         [this](std::uint16_t receiver, const Eid& eid, RssiDbm rssi) {
                                           heard.push_back({receiver, eid, rssi});
                                         });
    radio->start();
  }

  /// Turns the loop until `condition` holds; false when the deadline comes first.
  bool until(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + kDeadline;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      loop.turn(Millis{20});
    }
    return true;
  }

  bool scanning(std::size_t receiver = 0) { return radio->status().at(receiver).scanning; }
  bool comes_to_scan(std::size_t receiver = 0) {
    return until([&] { return scanning(receiver); });
  }
  /// The same, while a second passes whenever nothing happens: what waits for a back-off need not be waited for.
  bool comes_back_to_scan() {
    return until([&] {
      if (!loop.turn(Millis{20})) pretended += Seconds{1};
      radio->tick(pretended);
      return scanning();
    });
  }
  bool hears(std::size_t count) {
    return until([&] { return heard.size() >= count; });
  }
  /// True when everything sent before has been handled: signals of one sender arrive in order.
  bool handled_so_far() {
    auto mark = advert;
    mark.device = "AA:BB:CC:DD:EE:99";
    mark.rssi = --marks;
    bluez->hear(mark);
    const bool arrived = until([&] { return !heard.empty() && heard.back().rssi == mark.rssi; });
    if (arrived) heard.pop_back();
    return arrived;
  }
  std::string cause() { return radio->status().at(0).cause; }

  BluezTiming timing;
  HardwarePlaces places;
  PrivateBus bus;
  EventLoop loop;
  std::unique_ptr<FakeBluez> bluez;
  std::unique_ptr<BluezRadio> radio;
  std::vector<Heard> heard;
  std::set<std::uint16_t> beacon_senders;  ///< receivers whose adapters say the iBeacon, as far as bluetoothd tells
  FakeAdvert advert;
  MonoTime pretended{};
  RssiDbm marks = -100;
};

}  // namespace tg::support
