// The radio against an org.bluez on a private bus: what reaches the core, what must not, and how it comes back.
#include "adapters/bluez_radio.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "adapters/bluez_eid_cache.hpp"
#include "support/bluez_radio_case.hpp"

namespace tg {
namespace {

using support::BluezRadioCase;
using support::eid_frame;
using support::FakeBluez;
using support::Heard;
using support::kEid;
using support::kFirstAddress;
using support::kSecondAddress;

class BluezRadioTest : public BluezRadioCase {};

TEST_F(BluezRadioTest, every_advert_arrives_with_its_receiver_token_and_strength) {
  bluez->plug({});
  start();
  ASSERT_TRUE(comes_to_scan()) << cause();
  for (const RssiDbm rssi : std::vector<RssiDbm>{-60, -60, -71}) {
    advert.rssi = rssi;
    ASSERT_TRUE(bluez->hear(advert));
  }
  ASSERT_TRUE(hears(3));
  EXPECT_EQ(heard, (std::vector<Heard>{{7, kEid, -60}, {7, kEid, -60}, {7, kEid, -71}}));
}

TEST_F(BluezRadioTest, a_phone_that_sends_service_data_without_a_uuid_list_is_heard_too) {
  bluez->plug({});
  start();
  ASSERT_TRUE(comes_to_scan()) << cause();
  advert.lists_uuid = false;
  EXPECT_TRUE(bluez->hear(advert));
  EXPECT_TRUE(hears(1));
}

TEST_F(BluezRadioTest, foreign_adverts_leave_nothing_but_a_count) {
  bluez->plug({});
  start();
  ASSERT_TRUE(comes_to_scan()) << cause();
  auto foreign = advert;
  foreign.device = "AA:BB:CC:DD:EE:02";
  foreign.service_data = {0x00, 0xeb, 1, 2, 3, 4, 5, 6, 7, 8};  // Eddystone-UID
  bluez->hear(foreign);
  foreign.service_data = std::vector<std::uint8_t>(200, 0x30);
  bluez->hear(foreign);
  foreign.device = "AA:BB:CC:DD:EE:03";
  foreign.service_data = eid_frame();
  foreign.uuid = "0000fd6f-0000-1000-8000-00805f9b34fb";
  bluez->hear(foreign);
  bluez->hear_rssi_only(foreign);
  ASSERT_TRUE(handled_so_far());
  EXPECT_TRUE(heard.empty());
  EXPECT_EQ(radio->foreign_adverts(), 4U);
}

TEST_F(BluezRadioTest, a_strength_without_service_data_counts_for_the_token_heard_before) {
  bluez->plug({});
  start();
  ASSERT_TRUE(comes_to_scan()) << cause();
  bluez->hear(advert);
  advert.rssi = -75;
  bluez->hear_rssi_only(advert);
  ASSERT_TRUE(hears(2));
  EXPECT_EQ(heard.back(), (Heard{7, kEid, -75}));

  bluez->forget_device(advert);
  bluez->hear_rssi_only(advert);
  ASSERT_TRUE(handled_so_far());
  EXPECT_EQ(heard.size(), 2U) << "the token outlived its device";
}

TEST_F(BluezRadioTest, a_device_that_turns_foreign_loses_its_token) {
  bluez->plug({});
  start();
  ASSERT_TRUE(comes_to_scan()) << cause();
  bluez->hear(advert);
  auto foreign = advert;
  foreign.service_data = {0x10, 0x00};
  bluez->hear(foreign);
  bluez->hear_rssi_only(foreign);
  ASSERT_TRUE(handled_so_far());
  EXPECT_EQ(heard.size(), 1U);
}

TEST_F(BluezRadioTest, a_strength_that_was_not_measured_is_no_advert) {
  bluez->plug({});
  start();
  ASSERT_TRUE(comes_to_scan()) << cause();
  advert.rssi = kRssiUnavailable;
  bluez->hear(advert);
  bluez->hear_rssi_only(advert);
  advert.rssi = -66;
  ASSERT_TRUE(handled_so_far());
  EXPECT_TRUE(heard.empty());
}

TEST_F(BluezRadioTest, wrong_types_are_counted_and_survived) {
  bluez->plug({});
  start();
  ASSERT_TRUE(comes_to_scan()) << cause();
  bluez->send_wrong_types("hci0");
  ASSERT_TRUE(handled_so_far());
  EXPECT_EQ(radio->malformed_messages(), 7U);
  EXPECT_TRUE(heard.empty());
}

TEST_F(BluezRadioTest, monitor_and_discovery_are_both_used) {
  bluez->plug({});
  start();
  ASSERT_TRUE(comes_to_scan()) << cause();
  const auto seen = bluez->seen();
  EXPECT_EQ(seen.monitor_problem, "");
  EXPECT_EQ(seen.monitors_activated, 1);
  EXPECT_EQ(seen.filters, 1);
  EXPECT_TRUE(seen.discovering);
}

TEST_F(BluezRadioTest, without_a_monitor_manager_discovery_is_enough) {
  bluez->plug({.monitor_manager = false});
  start();
  ASSERT_TRUE(comes_to_scan()) << cause();
  bluez->hear(advert);
  EXPECT_TRUE(hears(1));
}

TEST_F(BluezRadioTest, mode_monitor_never_starts_discovery) {
  bluez->plug({});
  start("monitor");
  ASSERT_TRUE(comes_to_scan()) << cause();
  EXPECT_EQ(bluez->seen().starts, 0);
  EXPECT_EQ(bluez->seen().monitors_activated, 1);
  bluez->hear(advert);
  EXPECT_TRUE(hears(1));
}

TEST_F(BluezRadioTest, a_monitor_that_bluetoothd_releases_is_registered_again) {
  bluez->plug({});
  start("monitor");
  ASSERT_TRUE(comes_to_scan()) << cause();
  bluez->release_monitor("hci0");
  ASSERT_TRUE(until([&] { return !scanning(); }));
  EXPECT_EQ(cause(), "bluetoothd released the monitor");
  ASSERT_TRUE(comes_back_to_scan()) << cause();
  EXPECT_EQ(bluez->seen().monitors_activated, 2);
}

TEST_F(BluezRadioTest, mode_monitor_says_what_is_missing) {
  bluez->plug({.monitor_manager = false});
  start("monitor");
  ASSERT_TRUE(until([&] { return cause().find("Experimental") != std::string::npos; })) << cause();
  EXPECT_FALSE(scanning());
}

TEST_F(BluezRadioTest, an_adapter_that_is_off_is_switched_on) {
  bluez->plug({.powered = false});
  start();
  ASSERT_TRUE(comes_to_scan()) << cause();
  EXPECT_TRUE(bluez->seen().powered);
}

TEST_F(BluezRadioTest, an_adapter_that_is_switched_off_comes_back) {
  bluez->plug({});
  start();
  ASSERT_TRUE(comes_to_scan()) << cause();
  bluez->switch_off("hci0");
  ASSERT_TRUE(until([&] { return !scanning(); }));
  EXPECT_EQ(cause(), "the adapter was switched off");
  ASSERT_TRUE(comes_back_to_scan()) << cause();
  bluez->hear(advert);
  EXPECT_TRUE(hears(1));
}

TEST_F(BluezRadioTest, a_scan_in_progress_is_stopped_and_started_again) {
  bluez->plug({.monitor_manager = false});
  bluez->refuse_discovery("org.bluez.Error.InProgress", 2);
  start();
  ASSERT_TRUE(until([&] { return bluez->seen().stops == 1; }));
  EXPECT_FALSE(scanning());
  EXPECT_EQ(cause(), "the scan cannot be started: another scan is in progress");
  ASSERT_TRUE(comes_back_to_scan()) << cause();
  EXPECT_EQ(bluez->seen().starts, 3);
}

TEST_F(BluezRadioTest, the_text_of_an_unknown_error_is_never_repeated) {
  bluez->plug({.monitor_manager = false});
  bluez->refuse_discovery("org.example.Strange", 1000);
  start();
  ASSERT_TRUE(until([&] { return cause().find("unknown kind") != std::string::npos; })) << cause();
  EXPECT_EQ(cause().find("dev_"), std::string::npos);
}

TEST_F(BluezRadioTest, bluetoothd_may_start_late_and_may_restart) {
  bluez.reset();
  start();
  ASSERT_TRUE(until([&] { return cause() == "bluetoothd is not running"; })) << cause();
  for (int life = 0; life < 2; ++life) {
    bluez = std::make_unique<FakeBluez>(bus.address());
    bluez->plug({});
    ASSERT_TRUE(comes_to_scan()) << cause();
    heard.clear();
    bluez->hear(advert);
    ASSERT_TRUE(hears(1));
    bluez.reset();
    ASSERT_TRUE(until([&] { return cause() == "bluetoothd is not running"; })) << cause();
    EXPECT_FALSE(scanning());
  }
}

TEST_F(BluezRadioTest, the_bus_itself_may_restart) {
  bluez->plug({});
  start();
  ASSERT_TRUE(comes_to_scan()) << cause();
  bluez.reset();
  bus.stop();
  ASSERT_TRUE(until([&] {
    radio->tick(pretended);
    return cause() == "the bus connection is lost";
  })) << cause();
  bus.start_again();
  bluez = std::make_unique<FakeBluez>(bus.address());
  bluez->plug({});
  ASSERT_TRUE(comes_back_to_scan()) << cause();
  bluez->hear(advert);
  EXPECT_TRUE(hears(1));
}

TEST_F(BluezRadioTest, a_bus_that_is_not_there_yet_is_tried_again) {
  bluez.reset();
  bus.stop();
  start();
  EXPECT_EQ(cause(), "the D-Bus message bus cannot be reached");
  bus.start_again();
  bluez = std::make_unique<FakeBluez>(bus.address());
  bluez->plug({});
  EXPECT_TRUE(comes_back_to_scan()) << cause();
}

TEST_F(BluezRadioTest, an_adapter_is_known_by_its_address_whatever_its_number) {
  bluez->plug({.hci = "hci0", .address = kFirstAddress});
  bluez->plug({.hci = "hci1", .address = kSecondAddress});
  start("auto", {{0, "door", kSecondAddress}, {1, "till", kFirstAddress}});
  ASSERT_TRUE(comes_to_scan(0) && comes_to_scan(1));
  advert.hci = "hci1";
  bluez->hear(advert);
  ASSERT_TRUE(hears(1));
  EXPECT_EQ(heard.back().receiver, 0);

  bluez->unplug("hci0");
  bluez->unplug("hci1");
  ASSERT_TRUE(until([&] { return !scanning(0) && !scanning(1); }));
  EXPECT_EQ(cause(), "no such Bluetooth adapter is plugged in");
  bluez->plug({.hci = "hci0", .address = kSecondAddress});
  ASSERT_TRUE(comes_to_scan(0)) << cause();
  EXPECT_FALSE(scanning(1));
  advert.hci = "hci0";
  bluez->hear(advert);
  ASSERT_TRUE(hears(2));
  EXPECT_EQ(heard.back().receiver, 0);
}

TEST_F(BluezRadioTest, auto_never_takes_the_adapter_of_another_receiver) {
  bluez->plug({.hci = "hci0", .address = kFirstAddress});
  start("auto", {{0, "any", "auto"}, {1, "first", kFirstAddress}});
  ASSERT_TRUE(comes_to_scan(1));
  EXPECT_FALSE(scanning(0));
  bluez->plug({.hci = "hci1", .address = kSecondAddress});
  ASSERT_TRUE(comes_to_scan(0));
  advert.hci = "hci1";
  bluez->hear(advert);
  ASSERT_TRUE(hears(1));
  EXPECT_EQ(heard.back().receiver, 0);
}

// sdbus-c++ reads whole buffers: after the handshake and the match rules, signals wait in its own queue and the
// descriptor stays silent. A loop that only watched the descriptor would sleep for ever.
TEST_F(BluezRadioTest, what_the_library_has_already_read_is_handled_before_the_next_sleep) {
  bluez->plug({});
  for (int i = 0; i < 20; ++i) {
    start();
    ASSERT_TRUE(comes_to_scan()) << "start " << i << ": " << cause();
    radio.reset();
    bluez->unplug("hci0");
    bluez->plug({});
  }
}

TEST(BluezEidCache, stays_within_its_limit_and_lets_the_device_heard_longest_ago_go) {
  BluezEidCache cache;
  cache.remember("first", kEid);
  cache.remember("second", kEid);
  for (std::size_t i = 2; i < BluezEidCache::kLimit; ++i) cache.remember("device" + std::to_string(i), kEid);
  EXPECT_TRUE(cache.recall("first"));
  cache.remember("one more", kEid);
  EXPECT_EQ(cache.size(), BluezEidCache::kLimit);
  EXPECT_TRUE(cache.recall("first"));
  EXPECT_FALSE(cache.recall("second"));
}

}  // namespace
}  // namespace tg
