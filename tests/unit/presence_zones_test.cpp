// Where in the shop (contract §2, "Presence"): margin and hold, the loudest phone, and the street's veto.
#include <gtest/gtest.h>

#include "support/core/presence_probe.hpp"

namespace tg {
namespace {

using namespace test;
using Kind = PresenceChange::Kind;

class Zones : public testing::Test, protected PresenceProbe {
 protected:
  /// Both receivers hear the phone every half second over [from, to].
  void hear_both(Millis from, Millis to, RssiDbm entrance, RssiDbm floor) {
    for (Millis t = from; t <= to; t += 500ms) {
      hear(t, kEntrance, entrance);
      hear(t, kFloor, floor);
      advance(t);
    }
  }
  std::vector<PresenceChange> zone_changes() {
    auto all = take();
    std::erase_if(all, [](const PresenceChange& c) { return c.kind != Kind::zone_changed; });
    return all;
  }
};

TEST_F(Zones, ABetterZoneMustHoldBeforeItCounts) {
  enter();
  hear(6s, kFloor, -60);  // the entrance fell silent more than 5 s ago
  EXPECT_EQ(visit()->zone, ZoneId{"entrance"});
  ASSERT_EQ(presence.next_deadline(), at(8s).mono) << "zone_hold_s later it may change without another advert";
  advance(8s);
  EXPECT_EQ(visit()->zone, ZoneId{"floor"});
  const auto changed = zone_changes();
  ASSERT_EQ(changed.size(), 1U);
  EXPECT_EQ(changed[0].left, ZoneId{"entrance"});
  EXPECT_EQ(changed[0].from, at(200ms).wall);
  EXPECT_EQ(changed[0].to, at(8s).wall);
  EXPECT_EQ(changed[0].visit.zone, ZoneId{"floor"});
}

TEST_F(Zones, LessThanTheMarginChangesNothing) {
  enter();
  hear_both(1s, 60s, -70, -68);
  EXPECT_EQ(visit()->zone, ZoneId{"entrance"});
  EXPECT_TRUE(zone_changes().empty());
}

TEST_F(Zones, TheMarginIsEnough) {
  enter();
  hear_both(1s, 30s, -70, -67);
  EXPECT_EQ(visit()->zone, ZoneId{"floor"});
  EXPECT_EQ(zone_changes().size(), 1U);
}

TEST_F(Zones, ATieStaysWhereItIs) {
  enter();
  hear_both(1s, 60s, -65, -65);
  EXPECT_EQ(visit()->zone, ZoneId{"entrance"});
}

TEST_F(Zones, ARivalThatFallsBackInTimeChangesNothing) {
  enter();
  for (Millis t = 1s; t <= 30s; t += 500ms) {
    hear(t, kEntrance, -60);
    if (t == 10s) hear(t, kFloor, -40);  // one flash of the other receiver
    if (t > 10s && t < 17s) hear(t, kFloor, -80);
    advance(t);
  }
  EXPECT_EQ(visit()->zone, ZoneId{"entrance"});
  EXPECT_TRUE(zone_changes().empty());
}

TEST_F(Zones, WalkingBetweenTwoReceiversDoesNotFlap) {
  enter();
  for (int i = 0; i < 600; ++i) {  // ±2 dB of fading around equal strength
    const Millis t = 1s + Millis{100 * i};
    hear(t, kEntrance, static_cast<RssiDbm>(-70 + (i * 7) % 3));
    hear(t, kFloor, static_cast<RssiDbm>(-70 + (i * 5) % 3));
    advance(t);
  }
  EXPECT_TRUE(zone_changes().empty());
}

TEST_F(Zones, TheLoudestPhoneSaysWhere) {
  enter();
  for (Millis t = 1s; t <= 20s; t += 500ms) {
    presence.heard("m-1", 1, kEntrance, -75, at(t));  // the one left in the pushchair
    presence.heard("m-1", 2, kFitting, -55, at(t));
    presence.advance(at(t));
  }
  EXPECT_EQ(visit()->zone, ZoneId{"fitting"});
  EXPECT_EQ(zone_changes().size(), 1U);
}

TEST_F(Zones, ACheckinMovesOnlyWhoTheRadioDoesNotHear) {
  enter();
  prove(5s, "fitting", RecognitionMethod::checkin, 600s);
  EXPECT_EQ(visit()->zone, ZoneId{"entrance"}) << "an advert of 4.8 s ago knows better";
  prove(60s, "fitting", RecognitionMethod::checkin, 600s);
  EXPECT_EQ(visit()->zone, ZoneId{"fitting"});
}

TEST_F(Zones, DwellIsSummedPerZoneAndEndsWithTheLastSighting) {
  enter();  // entrance from 0.2 s
  hear_both(1s, 19s, -60, -90);
  hear_both(20s, 60s, -90, -60);  // floor after the hold
  hear_both(61s, 80s, -60, -90);  // entrance again
  const auto moves = zone_changes();
  ASSERT_EQ(moves.size(), 2U);
  advance(1h);
  const Visit ended = take().back().visit;
  ASSERT_EQ(ended.zones.size(), 2U);
  EXPECT_EQ(ended.zones[0].zone, ZoneId{"entrance"});
  EXPECT_EQ(ended.zones[1].zone, ZoneId{"floor"});
  const auto total = ended.zones[0].dwell + ended.zones[1].dwell;
  EXPECT_GE(total, 77s) << "whole seconds per stay";
  EXPECT_LE(total, 80s);
}

// --- the street ------------------------------------------------------------------------------------------------------

TEST_F(Zones, TheStreetVetoesWhileItHearsThePhoneBetter) {
  for (Millis t = 0ms; t <= 30s; t += 500ms) {
    hear(t, kEntrance, -70);
    hear(t, kStreet, -60);
  }
  EXPECT_EQ(visit(), nullptr);
  for (Millis t = 31s; t <= 40s; t += 500ms) {  // through the door
    hear(t, kStreet, -75);
    hear(t, kEntrance, -60);
  }
  ASSERT_NE(visit(), nullptr);
  EXPECT_EQ(visit()->zone, ZoneId{"entrance"});
}

TEST_F(Zones, TheStreetVetoesAlsoWhenItHeardThePhoneFirst) {
  hear(0ms, kStreet, -50);
  hear(300ms, kEntrance, -70);
  hear(600ms, kEntrance, -70);
  EXPECT_EQ(visit(), nullptr) << "a passer-by in front of the window";
}

TEST_F(Zones, AnEquallyGoodReceiverInsideLetsThePhoneIn) {
  hear(0ms, kStreet, -65);
  hear(0ms, kEntrance, -65);
  hear(300ms, kStreet, -65);
  hear(300ms, kEntrance, -65);
  EXPECT_NE(visit(), nullptr) << "only better counts";
}

TEST_F(Zones, TheStreetAloneOpensNothingAndIsNeverReported) {
  for (Millis t = 0ms; t <= 10s; t += 500ms) hear(t, kStreet, -40);
  EXPECT_EQ(visit(), nullptr);
  EXPECT_TRUE(take().empty());
  advance(1min);
  EXPECT_EQ(presence.next_deadline(), std::nullopt) << "nothing stays of who only passed";
}

TEST_F(Zones, OnceInsideTheStreetNeitherMovesNorHolds) {
  enter();
  for (Millis t = 1s; t <= 59s; t += 500ms) {
    hear(t, kStreet, -30);
    advance(t);
  }
  EXPECT_EQ(visit()->zone, ZoneId{"entrance"});
  advance(61s);
  EXPECT_EQ(visit()->state, VisitState::away) << "heard only from the street: has left";
}

}  // namespace
}  // namespace tg
