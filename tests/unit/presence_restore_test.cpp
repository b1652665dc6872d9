// Visits over a restart (contract §2, "Presence"): no fake exit, no doubled visit.
#include <gtest/gtest.h>

#include "support/core/presence_probe.hpp"

namespace tg {
namespace {

using namespace test;
using Kind = PresenceChange::Kind;
using Kinds = std::vector<Kind>;

class Restored : public testing::Test, protected PresenceProbe {
 protected:
  Visit stored() const {
    Visit v;
    v.id = VisitId{"visit-0"};
    v.member = who;
    v.started_at = v.zone_since = kOpening - 10min;
    v.last_sighting = kOpening - 30s;
    v.zone = ZoneId{"floor"};
    return v;
  }
  Visit stored_away() const {
    Visit v = stored();
    v.state = VisitState::away;
    v.last_sighting = kOpening - 2min;
    v.away_since = kOpening - 1min;
    return v;
  }
};

TEST_F(Restored, IsHeldUntilTheBoxIsReady) {
  presence.restore(stored(), at(0ms));
  EXPECT_EQ(presence.next_deadline(), std::nullopt);
  advance(1h);
  EXPECT_TRUE(changes().empty()) << "nobody left because the box was deaf";
  presence.release(at(1h));
  EXPECT_EQ(presence.next_deadline(), at(1h + 60s).mono) << "exit_after_s from readiness";
  advance(1h + 60s);
  EXPECT_EQ(changes(), Kinds{Kind::went_away});
  advance(1h + 360s);
  const auto ended = take();
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].visit.ended_at, kOpening - 30s) << "what was really seen";
}

TEST_F(Restored, GoesOnWhenHeardAgain) {
  presence.restore(stored(), at(0ms));
  presence.release(at(1s));
  hear(5s, kFloor, -60);
  hear(6s, kFloor, -60);
  EXPECT_TRUE(kinds_but_refreshed().empty()) << "neither a second start nor a return";
  EXPECT_EQ(visit()->id, VisitId{"visit-0"});
  EXPECT_EQ(presence.open_visits().size(), 1U);
}

TEST_F(Restored, ASightingIsWrittenDownAtOnceWhenTheLastOneIsOld) {
  presence.restore(stored(), at(0ms));
  presence.release(at(1s));
  hear(2s, kFloor, -60);
  EXPECT_EQ(changes(), Kinds{Kind::refreshed}) << "half a minute is the limit, however often the box starts anew";
}

TEST_F(Restored, HeardBeforeReleaseGoesOnToo) {
  presence.restore(stored(), at(0ms));
  hear(1s, kFloor, -60);
  EXPECT_EQ(visit()->last_sighting, at(1s).wall);
  presence.release(at(10min));
  EXPECT_EQ(presence.next_deadline(), at(11min).mono);
}

TEST_F(Restored, AnAwayVisitGetsItsTimeToComeBack) {
  presence.restore(stored_away(), at(0ms));
  presence.release(at(0ms));
  EXPECT_EQ(presence.next_deadline(), at(4min).mono) << "away since a minute of five";
  hear(3min, kFitting, -60);
  EXPECT_EQ(kinds_but_refreshed(), Kinds{Kind::came_back});
  EXPECT_EQ(visit()->id, VisitId{"visit-0"});
}

TEST_F(Restored, AnAwayVisitOfLongAgoStillHasExitAfterFromReadiness) {
  Visit v = stored_away();
  v.away_since = kOpening - 3h;
  presence.restore(v, at(0ms));
  presence.release(at(2s));
  EXPECT_EQ(presence.next_deadline(), at(62s).mono);
  advance(61s);
  EXPECT_TRUE(changes().empty());
  advance(62s);
  EXPECT_EQ(changes(), Kinds{Kind::ended});
}

TEST_F(Restored, ALeaseGoesOnByTheWallClock) {
  Visit v = stored();
  v.lease_until = kOpening + 500s;
  presence.restore(v, at(0ms));
  presence.release(at(0ms));
  advance(499s);
  EXPECT_EQ(visit()->state, VisitState::present);
  advance(500s);
  EXPECT_EQ(visit()->state, VisitState::away);
}

TEST_F(Restored, WithdrawalDoesNotWaitForReadiness) {
  presence.restore(stored(), at(0ms));
  withdraw(1s, EndReason::removed);
  EXPECT_EQ(changes(), Kinds{Kind::ended});
  presence.release(at(2s));
  EXPECT_EQ(presence.next_deadline(), std::nullopt);
}

TEST_F(Restored, EndedAndErasedOnesStayWhereTheyAre) {
  Visit ended = stored();
  ended.state = VisitState::ended;
  presence.restore(ended, at(0ms));
  Visit anonymous = stored();
  anonymous.member.reset();
  presence.restore(anonymous, at(0ms));
  EXPECT_TRUE(presence.open_visits().empty());
}

TEST_F(Restored, ReleaseConcernsOnlyWhatWasRestored) {
  presence.restore(stored(), at(0ms));
  presence.heard("m-2", 0, kEntrance, -60, at(0ms));
  presence.heard("m-2", 0, kEntrance, -60, at(200ms));
  presence.release(at(50s));
  advance(61s);
  EXPECT_EQ(presence.visit_of(MemberId{"m-2"})->state, VisitState::away);
  EXPECT_EQ(visit()->state, VisitState::present);
}

}  // namespace
}  // namespace tg
