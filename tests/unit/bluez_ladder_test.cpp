// The recovery ladder as its users see it: what is done to a receiver after which silence, and what is left alone.
#include "adapters/bluez_ladder.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace tg {
namespace {

using Taken = std::vector<std::pair<std::int64_t, Rung>>;  // seconds after the silence began

const char* name_of(Rung rung) {
  constexpr const char* kNames[] = {"none", "restart_scan", "power_cycle", "reset_usb", "take_spare", "alarm"};
  return kNames[static_cast<int>(rung)];
}

std::string words(const Taken& taken) {
  std::string out;
  for (const auto& [at, rung] : taken) out += std::to_string(at) + " s " + name_of(rung) + "; ";
  return out;
}

class BluezLadderTest : public testing::Test {
 protected:
  /// One step a second; what was done, by seconds from here on.
  Taken run(Seconds length, const RadioSigns& signs) {
    Taken taken;
    for (std::int64_t s = 1; s <= length.count(); ++s) {
      now += Seconds{1};
      if (const Rung rung = ladder.step(now, signs); rung != Rung::none) taken.emplace_back(s, rung);
    }
    return taken;
  }
  /// A minute with `rate` adverts a second here and elsewhere.
  void busy_minute(std::uint64_t rate = 4, RssiDbm strongest = -60) {
    const RadioSigns busy{.heard = rate, .strongest = strongest, .heard_elsewhere = rate, .scanning = true};
    ASSERT_EQ(run(Seconds{60}, busy), Taken{});
  }

  static constexpr RadioSigns kSilence{.scanning = true};
  static constexpr RadioSigns kDeafness{.heard_elsewhere = 4, .scanning = true};
  static constexpr RadioSigns kFailure{};
  static constexpr RadioSigns kBeacon{.own_beacon = 5, .beacon_beside = true, .scanning = true};

  MonoTime now{Seconds{1000}};
  BluezLadder ladder{LadderTiming{}};
};

TEST_F(BluezLadderTest, a_receiver_that_hears_is_left_alone) {
  const RadioSigns rare{.heard = 1, .strongest = -90, .heard_elsewhere = 100, .scanning = true};
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(run(Seconds{1}, rare), Taken{});
    EXPECT_EQ(run(Seconds{60}, kDeafness), Taken{}) << "a minute without an advert is no fault where they are rare";
  }
}

TEST_F(BluezLadderTest, a_quiet_night_costs_one_restart_in_ten_minutes_and_nothing_else) {
  busy_minute();
  const auto night = run(Seconds{8 * 3600}, kSilence);
  ASSERT_FALSE(night.empty());
  for (std::size_t i = 0; i < night.size(); ++i) {
    EXPECT_EQ(night[i].second, Rung::restart_scan);
    if (i == 0) continue;
    EXPECT_GE(night[i].first - night[i - 1].first, 600);
  }
  EXPECT_EQ(ladder.trouble(), Trouble::silent);
}

TEST_F(BluezLadderTest, whoever_falls_silent_in_busy_air_climbs_within_45_seconds) {
  busy_minute();
  auto signs = kDeafness;
  signs.spare = true;
  const auto taken = run(Seconds{60}, signs);
  const Taken expected{{12, Rung::restart_scan},
                       {19, Rung::power_cycle},
                       {26, Rung::reset_usb},
                       {33, Rung::take_spare},
                       {40, Rung::alarm}};
  EXPECT_EQ(taken, expected) << words(taken);
  EXPECT_EQ(ladder.trouble(), Trouble::deaf);
}

TEST_F(BluezLadderTest, without_a_spare_the_alarm_comes_next_and_after_half_an_hour_all_begins_again) {
  busy_minute();
  EXPECT_EQ(run(Seconds{60}, kDeafness).back(), (std::pair{std::int64_t{33}, Rung::alarm}));
  const auto later = run(Seconds{1800}, kDeafness);
  ASSERT_FALSE(later.empty());
  EXPECT_EQ(later.front(), (std::pair{std::int64_t{33 + 1800 - 60}, Rung::restart_scan}));
}

TEST_F(BluezLadderTest, a_phone_that_walks_away_is_no_fault_for_ninety_seconds) {
  busy_minute(4, -92);
  const auto taken = run(Seconds{100}, kDeafness);
  const Taken expected{{90, Rung::restart_scan}};
  EXPECT_EQ(taken, expected) << words(taken);
  EXPECT_EQ(run(Seconds{30}, kDeafness), (Taken{{20, Rung::power_cycle}})) << "120 s in total, then the next rung";
}

TEST_F(BluezLadderTest, one_advert_ends_every_climb) {
  busy_minute();
  EXPECT_EQ(run(Seconds{20}, kDeafness).size(), 2U);
  const RadioSigns heard{.heard = 1, .strongest = -60, .scanning = true};
  EXPECT_EQ(run(Seconds{1}, heard), Taken{});
  EXPECT_EQ(ladder.trouble(), Trouble::none);
  EXPECT_EQ(ladder.rung(), Rung::none);
  EXPECT_EQ(run(Seconds{13}, kDeafness), (Taken{{12, Rung::restart_scan}})) << "from the first rung again";
}

TEST_F(BluezLadderTest, whoever_hears_the_own_beacon_is_left_alone_all_night) {
  busy_minute();
  EXPECT_EQ(run(Seconds{8 * 3600}, kBeacon), Taken{});
  EXPECT_EQ(ladder.trouble(), Trouble::none);
}

TEST_F(BluezLadderTest, whoever_does_not_hear_the_own_beacon_any_more_climbs_although_nobody_is_near) {
  busy_minute();
  (void)run(Seconds{3600}, kBeacon);
  auto signs = kSilence;
  signs.beacon_beside = true;
  const auto taken = run(Seconds{60}, signs);
  const Taken expected{{12, Rung::restart_scan}, {19, Rung::power_cycle}, {26, Rung::reset_usb}, {33, Rung::alarm}};
  EXPECT_EQ(taken, expected) << words(taken);
  EXPECT_EQ(ladder.trouble(), Trouble::deaf);
  EXPECT_TRUE(ladder.by_beacon());
}

TEST_F(BluezLadderTest, a_beacon_that_is_out_of_reach_or_off_the_air_proves_nothing) {
  busy_minute();
  auto unheard = kSilence;
  unheard.beacon_beside = true;
  for (const auto& [at, rung] : run(Seconds{3600}, unheard)) EXPECT_EQ(rung, Rung::restart_scan) << at << " s";
  (void)run(Seconds{60}, kBeacon);
  for (const auto& [at, rung] : run(Seconds{3600}, kSilence)) EXPECT_EQ(rung, Rung::restart_scan) << at << " s";
}

TEST_F(BluezLadderTest, a_beacon_that_comes_back_must_be_missed_as_long_as_any_other) {
  busy_minute();
  (void)run(Seconds{60}, kBeacon);
  auto signs = kSilence;
  (void)run(Seconds{5}, signs);  // its sender is switched off and on
  signs.beacon_beside = true;
  EXPECT_EQ(run(Seconds{13}, signs), (Taken{{13, Rung::restart_scan}}));
}

TEST_F(BluezLadderTest, adverts_that_others_heard_before_the_silence_prove_nothing) {
  busy_minute();
  for (const auto& [at, rung] : run(Seconds{300}, kSilence)) EXPECT_EQ(rung, Rung::restart_scan) << at << " s";
}

TEST_F(BluezLadderTest, a_witness_of_hours_ago_proves_nothing) {
  EXPECT_EQ(ladder.step(now, kSilence), Rung::none);
  (void)run(Seconds{60}, kDeafness);  // some adverts elsewhere, before the patience is over
  for (const auto& [at, rung] : run(Seconds{7200}, kSilence)) EXPECT_EQ(rung, Rung::restart_scan) << at << " s";
}

TEST_F(BluezLadderTest, in_the_morning_the_witness_has_to_wait_as_long_as_anybody) {
  busy_minute(4, -92);
  (void)run(Seconds{10 * 3600}, kSilence);
  const auto street = run(Seconds{160}, kDeafness);
  ASSERT_GE(street.size(), 2U) << words(street);
  EXPECT_GE(street[0].first, 90) << words(street);
  EXPECT_EQ(street[0].second, Rung::restart_scan) << words(street);
  EXPECT_EQ(street[1].second, Rung::power_cycle) << words(street);
}

TEST_F(BluezLadderTest, a_scan_that_cannot_be_started_needs_no_witness) {
  const auto taken = run(Seconds{40}, kFailure);
  const Taken expected{{13, Rung::power_cycle}, {20, Rung::reset_usb}, {27, Rung::alarm}};
  EXPECT_EQ(taken, expected) << words(taken);
  EXPECT_EQ(ladder.trouble(), Trouble::failing);
}

TEST_F(BluezLadderTest, a_scan_that_starts_at_last_ends_the_trouble_even_when_nobody_is_there) {
  EXPECT_EQ(run(Seconds{15}, kFailure).size(), 1U);
  EXPECT_EQ(run(Seconds{60}, kSilence), Taken{});
  EXPECT_EQ(ladder.trouble(), Trouble::none);
  EXPECT_EQ(run(Seconds{15}, kFailure), (Taken{{13, Rung::power_cycle}})) << "from the first rung again";
}

TEST_F(BluezLadderTest, whoever_hears_before_the_scan_is_up_again_is_not_switched_off_once_more) {
  EXPECT_EQ(run(Seconds{15}, kFailure).size(), 1U);
  const RadioSigns monitor_alone{.heard = 4, .strongest = -60};
  EXPECT_EQ(run(Seconds{600}, monitor_alone), Taken{});
  EXPECT_EQ(ladder.trouble(), Trouble::none);
}

TEST_F(BluezLadderTest, while_bluetoothd_does_not_answer_no_rung_is_taken) {
  busy_minute();
  auto hung = kDeafness;
  hung.answering = false;
  EXPECT_EQ(run(Seconds{600}, hung), Taken{});
  EXPECT_EQ(run(Seconds{2}, kDeafness).size(), 1U);
}

TEST_F(BluezLadderTest, a_rung_that_cannot_be_taken_makes_room_for_the_next) {
  busy_minute();
  auto signs = kDeafness;
  signs.spare = true;
  EXPECT_EQ(run(Seconds{26}, signs).back().second, Rung::reset_usb);
  ladder.pass_over();
  EXPECT_EQ(run(Seconds{1}, signs), (Taken{{1, Rung::take_spare}}));
}

}  // namespace
}  // namespace tg
