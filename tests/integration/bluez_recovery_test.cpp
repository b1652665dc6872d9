// What Bluetooth on Linux does in a month, each fault by itself: adverts flow again, and meanwhile the status names the
// cause. Time runs fifty times as fast as in a shop; how long the ladder waits there is
// tests/unit/bluez_ladder_test.cpp.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "support/bluez_radio_case.hpp"

namespace tg {
namespace {

using support::BluezRadioCase;
using support::FakeAdvert;
using support::FakeBluez;
using support::kFirstAddress;
using support::kSecondAddress;

constexpr int kFaster = 50;
constexpr int kCalmer = 10;  // between "does not answer" and the end of patience lie 2 s: 0.2 s here, not 0.08 s

BluezTiming fast_timing(int faster = kFaster) {
  BluezTiming t;
  const auto shorten = [faster](Millis& time) { time /= faster; };
  for (Millis* time : {&t.first_retry, &t.answer, &t.start_discovery, &t.activate, &t.probe, &t.refresh_filter,
                       &t.spare_after, &t.ladder.patience_min, &t.ladder.patience_max, &t.ladder.settle_min,
                       &t.ladder.settle_max, &t.ladder.quiet_pause, &t.ladder.again, &t.ladder.window})
    shorten(*time);
  return t;
}

class BluezRecoveryTest : public BluezRadioCase {
 protected:
  void SetUp() override {
    BluezRadioCase::SetUp();
    timing = fast_timing();
    places = {(directory.path / "sys").string(), (directory.path / "dev").string()};
  }

  /// Two receivers, each with its adapter, and a phone that both hear.
  void open_shop(std::vector<RadioReceiver> receivers = {{0, "door", kFirstAddress}, {1, "till", kSecondAddress}}) {
    bluez->plug({.hci = "hci0", .address = kFirstAddress});
    bluez->plug({.hci = "hci1", .address = kSecondAddress});
    start("auto", std::move(receivers));
    ASSERT_TRUE(adverts_flow()) << causes();
    const auto begun = loop.now().mono;  // long enough to know how busy the air is
    ASSERT_TRUE(live([&] { return loop.now().mono - begun > timing.ladder.window; }));
  }

  /// Turns the loop, with the phone on the air and the radio's ticks, until `condition` holds.
  bool live(const std::function<bool()>& condition) {
    return until([&] {
      for (const auto* hci : {"hci0", "hci1", "hci2"}) {
        auto phone = advert;
        phone.hci = hci;
        if (!quiet) bluez->hear(phone);
      }
      say_beacons();
      radio->tick(loop.now().mono);
      return condition();
    });
  }
  /// hci0 and hci1 hear each other's beacon, and each other's invitation to the check-in from the same address.
  void say_beacons() {
    for (const std::uint16_t sender : beacon_senders) {
      FakeAdvert beacon;
      beacon.hci = sender == 0 ? "hci1" : "hci0";
      beacon.device = sender == 0 ? kFirstAddress : kSecondAddress;
      beacon.uuid = "00001234-0000-1000-8000-00805f9b34fb";
      bluez->hear(beacon);
      beacon.manufacturer_data = support::beacon_data();
      bluez->hear(beacon);
    }
  }
  /// Nobody is near for longer than any patience.
  void spend_a_quiet_night() {
    quiet = true;
    const auto closed = loop.now().mono;
    ASSERT_TRUE(live([&] { return loop.now().mono - closed > 2 * timing.ladder.patience_max; }));
  }
  bool hears_at(std::uint16_t receiver) {
    heard.clear();
    return live([&] { return std::ranges::any_of(heard, [&](const auto& h) { return h.receiver == receiver; }); });
  }
  bool adverts_flow() { return hears_at(0) && hears_at(1); }
  bool says(const std::string& words, std::size_t receiver = 0) {
    return live([&] { return radio->status().at(receiver).cause.find(words) != std::string::npos; });
  }
  bool all_is_well() {
    return live([&] {
      return std::ranges::all_of(radio->status(), [](const auto& s) { return s.scanning && s.cause.empty(); });
    });
  }
  std::string causes() {
    std::string out;
    for (const auto& s : radio->status()) out += s.id + " [" + s.cause + "] ";
    return out;
  }
  void write(const std::string& file, const std::string& text) {
    const auto path = directory.path / file;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }
  std::string read(const std::string& file) {
    std::ifstream in(directory.path / file);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  /// hci0 hangs on a USB device and has a switch, as the kernel shows them.
  void build_hardware() {
    write("sys/devices/usb1/1-4/authorized", "1");
    write("sys/devices/usb1/1-4/1-4:1.0/interface", "");
    write("sys/class/bluetooth/hci0/rfkill3/hard", "0");
    write("sys/class/bluetooth/hci0/rfkill3/soft", "0");
    write("dev/rfkill", "");
    std::filesystem::create_directory_symlink(directory.path / "sys/devices/usb1/1-4/1-4:1.0",
                                              directory.path / "sys/class/bluetooth/hci0/device");
  }

  support::TemporaryDirectory directory;
  bool quiet = false;
};

TEST_F(BluezRecoveryTest, a_scan_that_is_silently_dead_is_restarted) {
  open_shop();
  bluez->go_deaf("hci0", FakeBluez::Cure::restarted_scan);
  EXPECT_TRUE(says("it hears nothing while other receivers do")) << causes();
  EXPECT_TRUE(hears_at(0)) << causes();
  EXPECT_TRUE(all_is_well()) << causes();
}

TEST_F(BluezRecoveryTest, a_lonely_receiver_restarts_its_scan_and_is_never_switched_off) {
  bluez->plug({.hci = "hci0", .address = kFirstAddress});
  start("auto", {{0, "door", "auto"}});
  ASSERT_TRUE(hears_at(0));
  const auto begun = loop.now().mono;
  ASSERT_TRUE(live([&] { return loop.now().mono - begun > timing.ladder.window; }));
  bluez->go_deaf("hci0", FakeBluez::Cure::restarted_scan);
  EXPECT_TRUE(says("the scan was restarted")) << causes();
  EXPECT_TRUE(hears_at(0)) << causes();

  quiet = true;
  const auto closed = loop.now().mono;
  const auto stops = bluez->seen().stops;
  ASSERT_TRUE(live([&] { return loop.now().mono - closed > 2 * timing.ladder.patience_max; }));
  EXPECT_LE(bluez->seen().stops, stops + 1);
  EXPECT_EQ(bluez->seen().switched_off, 0);
  EXPECT_TRUE(radio->status().at(0).scanning) << causes();
}

TEST_F(BluezRecoveryTest, what_a_restart_does_not_cure_a_power_cycle_may) {
  open_shop();
  bluez->go_deaf("hci0", FakeBluez::Cure::power_cycle);
  EXPECT_TRUE(says("switched off and on")) << causes();
  EXPECT_TRUE(hears_at(0)) << causes();
  EXPECT_EQ(bluez->seen("hci1").switched_off, 0) << "the healthy one is left alone";
}

TEST_F(BluezRecoveryTest, the_usb_device_is_reset_and_a_person_is_told_which_adapter_is_meant) {
  build_hardware();
  open_shop();
  bluez->go_deaf("hci0", FakeBluez::Cure::nothing);
  EXPECT_TRUE(says("the USB device was reset")) << causes();
  ASSERT_TRUE(live([&] { return read("sys/devices/usb1/1-4/authorized") == "1"; }));
  EXPECT_TRUE(says("unplug the adapter hci0 at USB port 1-4")) << causes();
  EXPECT_FALSE(radio->status().at(0).scanning);
  bluez->unplug("hci0");
  EXPECT_TRUE(says("no such Bluetooth adapter is plugged in")) << causes();
  bluez->plug({.hci = "hci0", .address = kFirstAddress});
  EXPECT_TRUE(hears_at(0)) << causes();
  EXPECT_TRUE(all_is_well()) << causes();
}

TEST_F(BluezRecoveryTest, a_spare_adapter_serves_the_receiver_whose_own_is_deaf) {
  bluez->plug({.hci = "hci2", .address = "00:1A:7D:DA:71:03"});
  open_shop();
  bluez->go_deaf("hci0", FakeBluez::Cure::nothing);
  EXPECT_TRUE(says("works with a spare adapter")) << causes();
  ASSERT_TRUE(live([&] { return scanning(); })) << causes();
  ASSERT_TRUE(hears_at(0)) << causes();
  bluez->unplug("hci0");
  bluez->plug({.hci = "hci0", .address = kFirstAddress});
  EXPECT_TRUE(all_is_well()) << causes();
  ASSERT_TRUE(hears_at(0));
}

TEST_F(BluezRecoveryTest, a_spare_adapter_serves_while_the_own_one_is_unplugged) {
  bluez->plug({.hci = "hci2", .address = "00:1A:7D:DA:71:03"});
  open_shop();
  bluez->unplug("hci1");
  EXPECT_TRUE(says("its own adapter is not plugged in", 1)) << causes();
  EXPECT_TRUE(hears_at(1)) << causes();
  bluez->plug({.hci = "hci1", .address = kSecondAddress});
  EXPECT_TRUE(all_is_well()) << causes();
}

TEST_F(BluezRecoveryTest, an_adapter_that_comes_back_under_another_number_is_found) {
  open_shop();
  bluez->unplug("hci1");
  EXPECT_TRUE(says("no such Bluetooth adapter is plugged in", 1)) << causes();
  bluez->plug({.hci = "hci2", .address = kSecondAddress});
  EXPECT_TRUE(hears_at(1)) << causes();
}

TEST_F(BluezRecoveryTest, a_bluetoothd_that_hangs_is_named_and_nothing_is_torn_down) {
  timing = fast_timing(kCalmer);
  open_shop();
  bluez->hang();
  quiet = true;
  EXPECT_TRUE(says("bluetoothd does not answer")) << causes();
  EXPECT_FALSE(radio->status().at(0).scanning);
  const auto hung = loop.now().mono;
  ASSERT_TRUE(live([&] { return loop.now().mono - hung > timing.ladder.patience_max; }));
  bluez->answer_again();
  quiet = false;
  EXPECT_TRUE(adverts_flow()) << causes();
  EXPECT_TRUE(all_is_well()) << causes();
  EXPECT_EQ(bluez->seen().stops, 0);
}

TEST_F(BluezRecoveryTest, a_bluetoothd_that_hangs_from_the_start_is_named_too) {
  bluez->plug({});
  bluez->hang();
  quiet = true;
  start();
  EXPECT_TRUE(says("bluetoothd does not answer")) << causes();
  bluez->answer_again();
  EXPECT_TRUE(live([&] { return scanning(); })) << causes();
}

TEST_F(BluezRecoveryTest, a_hung_bluetoothd_that_is_killed_and_starts_again) {
  open_shop();
  bluez->hang();
  EXPECT_TRUE((quiet = true, says("bluetoothd does not answer"))) << causes();
  bluez.reset();
  bluez = std::make_unique<FakeBluez>(bus.address());
  bluez->plug({.hci = "hci0", .address = kFirstAddress});
  bluez->plug({.hci = "hci1", .address = kSecondAddress});
  quiet = false;
  EXPECT_TRUE(adverts_flow()) << causes();
}

TEST_F(BluezRecoveryTest, a_monitor_that_is_activated_late_is_registered_again) {
  bluez->ignore_monitors(1);
  bluez->plug({});
  start();
  EXPECT_TRUE(says("never activated")) << causes();
  EXPECT_TRUE(radio->status().at(0).scanning) << "discovery works without it";
  EXPECT_TRUE(all_is_well()) << causes();
  EXPECT_EQ(bluez->seen().monitors_activated, 1);
}

TEST_F(BluezRecoveryTest, a_monitor_that_is_never_activated_is_done_without) {
  bluez->ignore_monitors(1000);
  bluez->plug({});
  start();
  EXPECT_TRUE(says("never activated")) << causes();
  EXPECT_TRUE(live([&] { return bluez->seen().monitors_dropped == 2; }));
  EXPECT_TRUE(hears_at(7)) << causes();
  EXPECT_TRUE(says("never activated")) << "as long as it is so: " << causes();
}

TEST_F(BluezRecoveryTest, a_filter_that_another_client_replaced_is_set_again) {
  open_shop();
  bluez->lose_filter("hci0");
  EXPECT_TRUE(hears_at(0)) << causes();
}

TEST_F(BluezRecoveryTest, a_session_that_only_another_client_keeps_up_is_begun_again) {
  open_shop();
  bluez->lose_session("hci0");
  EXPECT_TRUE(hears_at(0)) << causes();
}

TEST_F(BluezRecoveryTest, a_scan_that_ended_without_a_signal_is_noticed) {
  bluez->plug({.monitor_manager = false});
  start();
  ASSERT_TRUE(hears_at(7));
  bluez->stop_silently("hci0");
  EXPECT_TRUE(says("the scan was stopped")) << causes();
  EXPECT_TRUE(hears_at(7)) << causes();
}

TEST_F(BluezRecoveryTest, a_scan_in_progress_that_nobody_can_stop_leads_to_a_power_cycle) {
  bluez->plug({.hci = "hci0", .address = kFirstAddress, .monitor_manager = false});
  bluez->refuse_discovery("org.bluez.Error.InProgress", 1000);
  start("auto", {{0, "door", kFirstAddress}});
  EXPECT_TRUE(says("another scan is in progress")) << causes();
  EXPECT_TRUE(live([&] { return bluez->seen().switched_off > 0; })) << causes();
  bluez->refuse_discovery("", 0);
  EXPECT_TRUE(hears_at(0)) << causes();
}

TEST_F(BluezRecoveryTest, a_monitor_that_works_alone_is_not_enough_to_be_well) {
  bluez->refuse_discovery("org.bluez.Error.InProgress", 1000);
  bluez->plug({});
  start();
  EXPECT_TRUE(says("another scan is in progress")) << causes();
  EXPECT_TRUE(hears_at(7)) << causes();
  EXPECT_TRUE(scanning());
  EXPECT_EQ(bluez->seen().switched_off, 0) << "it still hears";
}

TEST_F(BluezRecoveryTest, a_soft_block_is_taken_away) {
  build_hardware();
  open_shop();
  bluez->refuse_power("hci0", "org.bluez.Error.Blocked");
  write("sys/class/bluetooth/hci0/rfkill3/soft", "1");
  bluez->switch_off("hci0");
  EXPECT_TRUE(says("was blocked (rfkill) and is being unblocked")) << causes();
  const auto event = read("dev/rfkill");
  ASSERT_GE(event.size(), 8U);
  EXPECT_EQ(event.substr(0, 8), std::string("\x03\0\0\0\x02\x02\0\0", 8)) << "switch 3, Bluetooth, change, soft off";
  bluez->refuse_power("hci0", "");
  EXPECT_TRUE(hears_at(0)) << causes();
}

TEST_F(BluezRecoveryTest, a_hard_block_is_for_a_person) {
  build_hardware();
  open_shop();
  bluez->refuse_power("hci0", "org.bluez.Error.Blocked");
  write("sys/class/bluetooth/hci0/rfkill3/hard", "1");
  bluez->switch_off("hci0");
  EXPECT_TRUE(says("blocked by a hardware switch")) << causes();
  EXPECT_EQ(read("dev/rfkill"), "");
}

TEST_F(BluezRecoveryTest, without_rights_or_usb_the_ladder_says_so_and_goes_on) {
  open_shop();
  bluez->go_deaf("hci0", FakeBluez::Cure::nothing);
  EXPECT_TRUE(says("the adapter cannot be reset: it is no USB adapter")) << causes();
  EXPECT_TRUE(says("unplug the adapter hci0")) << causes();
}

TEST_F(BluezRecoveryTest, two_receivers_auto_share_the_adapters_in_the_order_of_their_addresses) {
  bluez->plug({.hci = "hci0", .address = kSecondAddress});
  start("auto", {{0, "door", "auto"}, {1, "till", "auto"}});
  ASSERT_TRUE(live([&] { return scanning(); }));
  bluez->plug({.hci = "hci1", .address = kFirstAddress});
  ASSERT_TRUE(live([&] { return scanning(0) && scanning(1); })) << causes();
  quiet = true;
  advert.hci = "hci1";
  heard.clear();
  ASSERT_TRUE(live([&] { return bluez->hear(advert) && !heard.empty(); }));
  EXPECT_EQ(heard.back().receiver, 0) << "the first receiver has the lower address, whatever came first";
}

TEST_F(BluezRecoveryTest, one_phone_at_two_adapters_is_heard_by_both_receivers) {
  open_shop();
  EXPECT_TRUE(adverts_flow());
}

TEST_F(BluezRecoveryTest, whoever_hears_the_own_beacon_is_left_alone_in_a_quiet_night) {
  beacon_senders = {0, 1};
  open_shop();
  spend_a_quiet_night();
  for (const auto* hci : {"hci0", "hci1"}) EXPECT_EQ(bluez->seen(hci).stops, 0) << "not even the scan is restarted";
  EXPECT_TRUE(all_is_well()) << causes();
}

TEST_F(BluezRecoveryTest, a_deaf_adapter_is_found_in_a_quiet_night_by_the_beacon_of_the_other_one) {
  beacon_senders = {0, 1};
  open_shop();
  spend_a_quiet_night();
  bluez->go_deaf("hci0", FakeBluez::Cure::power_cycle);
  EXPECT_TRUE(says("not even the beacon of another adapter")) << causes();
  EXPECT_TRUE(says("switched off and on")) << causes();
  EXPECT_TRUE(all_is_well()) << causes();
  EXPECT_EQ(bluez->seen("hci1").switched_off, 0) << "the healthy one is left alone";
}

TEST_F(BluezRecoveryTest, a_beacon_that_nobody_sends_any_more_proves_nothing) {
  beacon_senders = {0, 1};
  open_shop();
  quiet = true;
  beacon_senders.clear();
  spend_a_quiet_night();
  for (const auto* hci : {"hci0", "hci1"}) EXPECT_EQ(bluez->seen(hci).switched_off, 0) << causes();
  EXPECT_TRUE(radio->status().at(0).scanning) << causes();
}

TEST_F(BluezRecoveryTest, the_own_beacon_does_not_prove_that_its_sender_should_hear_something) {
  open_shop();
  advert.service_data.clear();
  advert.uuid = "00001234-0000-1000-8000-00805f9b34fb";
  advert.device = "AA:BB:CC:DD:EE:77";
  advert.manufacturer_data = support::beacon_data();
  quiet = true;
  const auto closed = loop.now().mono;
  ASSERT_TRUE(until([&] {
    advert.hci = "hci1";
    bluez->hear(advert);
    radio->tick(loop.now().mono);
    return loop.now().mono - closed > 2 * timing.ladder.patience_max;
  }));
  EXPECT_EQ(bluez->seen("hci0").switched_off, 0) << causes();
  EXPECT_TRUE(radio->status().at(0).scanning) << causes();
}

}  // namespace
}  // namespace tg
