// A receiver that dies ends no visit: silence counts only where somebody listens.
#include <gtest/gtest.h>

#include "support/core/presence_probe.hpp"

namespace tg {
namespace {

using namespace test;
using Kind = PresenceChange::Kind;
using Kinds = std::vector<Kind>;

class DeadReceiver : public testing::Test, protected PresenceProbe {
 protected:
  void SetUp() override {
    enter();
    (void)changes();
  }
  void dies(Millis when, std::uint16_t receiver) { presence.receiver_changed(receiver, false, at(when)); }
  void hears_again(Millis when, std::uint16_t receiver) { presence.receiver_changed(receiver, true, at(when)); }
  /// Until so long after the opening, deadline by deadline.
  Kinds live_until(Millis when) {
    while (presence.next_deadline() && *presence.next_deadline() <= at(when).mono) {
      advance(*presence.next_deadline() - at(0ms).mono);
    }
    return kinds_but_refreshed();
  }
};

TEST_F(DeadReceiver, HoldsTheVisitOfWhoeverOnlyItHeard) {
  dies(15s, kEntrance);
  EXPECT_EQ(live_until(14min), Kinds{});
  hears_again(14min, kEntrance);
  hear(14min + 1s, kEntrance, -60);
  EXPECT_EQ(live_until(14min + 30s), Kinds{}) << "the same visit, never away";
  EXPECT_EQ(presence.open_visits().size(), 1U);
}

TEST_F(DeadReceiver, SilenceCountsFromWhenItHearsAgain) {
  dies(15s, kEntrance);
  hears_again(5min, kEntrance);
  EXPECT_EQ(live_until(6min - 1ms), Kinds{});
  EXPECT_EQ(live_until(6min), Kinds{Kind::went_away});
  EXPECT_EQ(live_until(11min - 1ms), Kinds{});
  live_until(10min);
  advance(11min);
  const auto changes = take();
  ASSERT_EQ(changes.size(), 1U);
  const Visit& v = changes[0].visit;
  EXPECT_EQ(v.ended_at, kOpening + 200ms) << "the last time that anybody heard him";
  ASSERT_EQ(v.zones.size(), 1U);
  EXPECT_EQ(v.zones[0].dwell, 0s) << "what nobody saw is no dwell";
}

TEST_F(DeadReceiver, HoldsForAQuarterOfAnHourAndNoLonger) {
  dies(15s, kEntrance);
  constexpr Millis kLeft = 200ms + 15min + 60s;
  EXPECT_EQ(live_until(kLeft - 1ms), Kinds{});
  EXPECT_EQ(live_until(kLeft), Kinds{Kind::went_away});
  EXPECT_EQ(live_until(kLeft + 300s), Kinds{Kind::ended});
  EXPECT_EQ(presence.next_deadline(), std::nullopt);
}

TEST_F(DeadReceiver, EndsAsUsualIfAnotherOneHeardTheMemberTooAndListens) {
  hear(5s, kFloor, -85);
  dies(6s, kEntrance);
  EXPECT_EQ(live_until(65s), Kinds{Kind::went_away}) << "at the floor his silence is news";
}

TEST_F(DeadReceiver, HoldsTheVisitAlthoughAnotherOneHeardTheMemberLongBefore) {
  hear(5s, kFloor, -60);
  hear(16s, kFloor, -60);  // more than 10 s after the entrance
  dies(17s, kFloor);
  (void)live_until(5min);
  EXPECT_EQ(visit()->state, VisitState::present) << "that he is not at the entrance is no news";
}

TEST_F(DeadReceiver, ThatWasDeadBeforeIsForgiven) {
  dies(1s, kEntrance);
  hears_again(2s, kEntrance);
  hear(3s, kEntrance, -60);
  EXPECT_EQ(live_until(63s), Kinds{Kind::went_away});
}

TEST_F(DeadReceiver, KeepsOpenWhoeverWasAwayWhenItWasFoundOut) {
  EXPECT_EQ(live_until(90s), Kinds{Kind::went_away}) << "a deaf adapter is found out after up to 90 s";
  dies(90s, kEntrance);
  EXPECT_EQ(live_until(10min), Kinds{});
  hears_again(10min, kEntrance);
  hear(10min + 1s, kEntrance, -60);
  EXPECT_EQ(live_until(10min + 2s), Kinds{Kind::came_back});
  EXPECT_EQ(presence.open_visits().size(), 1U);
}

TEST_F(DeadReceiver, NeverKeepsAMemberWhoWithdraws) {
  dies(15s, kEntrance);
  withdraw(20s, EndReason::consent);
  EXPECT_EQ(live_until(1h), Kinds{Kind::ended});
  EXPECT_EQ(presence.next_deadline(), std::nullopt);
}

TEST_F(DeadReceiver, OnTheStreetDoesNotMatterInside) {
  hear(1s, kStreet, -60);
  dies(2s, kStreet);
  EXPECT_EQ(live_until(60s + 200ms), Kinds{Kind::went_away});
}

TEST_F(DeadReceiver, OfAnotherBoxIsIgnored) {
  dies(1s, 99);
  EXPECT_EQ(live_until(60s + 200ms), Kinds{Kind::went_away});
}

TEST(DeadReceivers, HoldRestoredVisitsOnlyIfNoneIsLeft) {
  PresenceProbe probe;
  Visit stored;
  stored.id = VisitId{"visit-0"};
  stored.member = probe.who;
  stored.started_at = stored.zone_since = kOpening - 10min;
  stored.last_sighting = kOpening - 30s;
  stored.zone = ZoneId{"floor"};
  probe.presence.restore(stored, at(0ms));
  for (const auto receiver : {kEntrance, kFloor, kFitting}) probe.presence.receiver_changed(receiver, false, at(1s));
  probe.presence.release(at(2s));
  EXPECT_EQ(probe.presence.next_deadline(), at(2s + 15min + 60s).mono) << "the street hears nobody inside";
  probe.presence.receiver_changed(kFitting, true, at(5s));
  EXPECT_EQ(probe.presence.next_deadline(), at(5s + 60s).mono);
}

TEST(DeadReceivers, HoldVisitsWithAMapToo) {
  PresenceProbe probe;
  const auto area = [](std::int32_t left) {
    return std::vector<std::pair<std::int32_t, std::int32_t>>{
        {left, 0}, {left + 6'000, 0}, {left + 6'000, 8'000}, {left, 8'000}};
  };
  Policy& p = probe.policy;
  p.zones.resize(3);
  p.receivers.resize(3);
  for (std::size_t i = 0; i < 3; ++i) {
    const auto left = static_cast<std::int32_t>(6'000 * i);
    p.zones[i].area_mm = area(left);
    p.receivers[i].place = Place{left + 3'000, 4'000, {}};
  }
  probe.presence.policy_changed();
  for (Millis t{0}; t < 10s; t += 500ms) {
    probe.hear(t, kFitting, -55);
    probe.advance(t + 200ms);
  }
  ASSERT_NE(probe.visit(), nullptr);
  probe.presence.receiver_changed(kFitting, false, at(11s));
  probe.advance(10min);
  ASSERT_NE(probe.visit(), nullptr);
  EXPECT_EQ(probe.visit()->state, VisitState::present);
}

}  // namespace
}  // namespace tg
