// From sightings to visits (contract §2, "Presence"): who enters, who goes, who comes back.
// Zones are in presence_zones_test.cpp, restarts in presence_restore_test.cpp.
#include "core/presence.hpp"

#include <gtest/gtest.h>

#include "support/core/presence_probe.hpp"

namespace tg {
namespace {

using namespace test;
using Kind = PresenceChange::Kind;
using Kinds = std::vector<Kind>;

class Visits : public testing::Test, protected PresenceProbe {};

// --- entry -----------------------------------------------------------------------------------------------------------

TEST_F(Visits, TwoAdvertsOpenAVisitAtOnce) {
  hear(0ms, kEntrance, -71);
  EXPECT_EQ(visit(), nullptr);
  EXPECT_TRUE(changes().empty()) << "a candidate is nobody's business";
  hear(250ms, kEntrance, -71);
  ASSERT_NE(visit(), nullptr);
  EXPECT_EQ(changes(), Kinds{Kind::opened});
  EXPECT_EQ(visit()->started_at, at(250ms).wall);
  EXPECT_EQ(visit()->zone, ZoneId{"entrance"});
  EXPECT_EQ(visit()->method, RecognitionMethod::eid);
  EXPECT_EQ(visit()->member, MemberId{"m-1"});
}

struct EntryCase {
  const char* name;
  std::vector<std::pair<int, RssiDbm>> adverts;  ///< ms since opening, dBm, all at the entrance
  bool opens;
};
std::ostream& operator<<(std::ostream& out, const EntryCase& c) { return out << c.name; }

class Entry : public testing::TestWithParam<EntryCase>, protected PresenceProbe {};

TEST_P(Entry, IsDecidedByNumberSpacingStrengthAndTime) {
  for (const auto& [ms, rssi] : GetParam().adverts) hear(Millis{ms}, kEntrance, rssi);
  EXPECT_EQ(visit() != nullptr, GetParam().opens);
}

INSTANTIATE_TEST_SUITE_P(
    Rules, Entry,
    testing::Values(EntryCase{"one advert is not enough", {{0, -60}}, false},
                    EntryCase{"100 ms apart", {{0, -60}, {100, -60}}, true},
                    EntryCase{"99 ms apart count once", {{0, -60}, {99, -60}}, false},
                    EntryCase{"a burst counts from its first advert", {{0, -60}, {60, -60}, {120, -60}}, true},
                    EntryCase{"exactly enter_dbm", {{0, -80}, {200, -80}}, true},
                    EntryCase{"one of two too weak", {{0, -81}, {200, -80}}, false},
                    EntryCase{"a weak one between two good ones", {{0, -80}, {200, -90}, {400, -80}}, true},
                    EntryCase{"10 s apart", {{0, -60}, {10'000, -60}}, true},
                    EntryCase{"more than 10 s apart", {{0, -60}, {10'001, -60}}, false},
                    EntryCase{"127 says nothing about strength", {{0, 127}, {200, 127}, {400, 127}}, false},
                    EntryCase{"127 between two measured ones", {{0, -60}, {200, 127}, {400, -60}}, true}));

TEST_F(Visits, AdvertsOfAnEntryMustBeHeardByOneReceiver) {
  hear(0ms, kEntrance, -60);
  hear(200ms, kFloor, -60);
  EXPECT_EQ(visit(), nullptr);
  hear(400ms, kFloor, -60);
  ASSERT_NE(visit(), nullptr);
  EXPECT_EQ(visit()->zone, ZoneId{"floor"});
}

TEST_F(Visits, EntryFollowsTheConfiguration) {
  policy.presence.enter_adverts = 3;
  policy.presence.enter_dbm = -60;
  hear(0ms, kEntrance, -60);
  hear(200ms, kEntrance, -60);
  hear(400ms, kEntrance, -61);
  EXPECT_EQ(visit(), nullptr);
  hear(600ms, kEntrance, -60);
  EXPECT_NE(visit(), nullptr);
}

TEST_F(Visits, TheOffsetOfAReceiverCountsBeforeTheThreshold) {
  policy.receivers[kEntrance].offset_db = 10;
  hear(0ms, kEntrance, -90);
  hear(200ms, kEntrance, -90);
  EXPECT_NE(visit(), nullptr);
}

TEST_F(Visits, ACandidateIsForgottenAfterTenSeconds) {
  hear(0ms, kEntrance, -60);
  ASSERT_EQ(presence.next_deadline(), at(10s + 1ms).mono);
  advance(10s + 1ms);
  EXPECT_EQ(presence.next_deadline(), std::nullopt) << "nothing about a passer-by outlives the window";
  hear(10s + 1ms, kEntrance, -60);
  EXPECT_EQ(visit(), nullptr);
}

TEST_F(Visits, AReceiverOutsideTheConfigurationIsIgnored) {
  hear(0ms, 99, -60);
  hear(200ms, 99, -60);
  EXPECT_EQ(visit(), nullptr);
}

TEST_F(Visits, CandidatesAreBoundedAndNeverPushOutAVisit) {
  enter();
  for (int i = 0; i < 10'000; ++i) {
    presence.heard("passer-by-" + std::to_string(i), 0, kEntrance, -60, at(1s + Millis{i / 10}));
  }
  EXPECT_NE(visit(), nullptr);
  std::size_t tracks = 0;
  presence.describe([&](std::string_view line) { tracks += line.starts_with("passer-by-") ? 1 : 0; });
  EXPECT_LE(tracks, 4096U);
  presence.heard("passer-by-9999", 0, kEntrance, -60, at(2100ms));
  EXPECT_NE(presence.visit_of(MemberId{"passer-by-9999"}), nullptr) << "the newest still get in";
}

// --- exit ------------------------------------------------------------------------------------------------------------

TEST_F(Visits, SilenceMakesAwayAndThenEndsOnce) {
  enter();
  hear(2min, kEntrance, -60);
  (void)changes();
  EXPECT_EQ(presence.next_deadline(), at(3min).mono);
  advance(3min - 1ms);
  EXPECT_TRUE(changes().empty());
  advance(3min);
  EXPECT_EQ(changes(), Kinds{Kind::went_away});
  EXPECT_EQ(visit()->state, VisitState::away);
  EXPECT_EQ(presence.next_deadline(), at(8min).mono) << "last + exit_after_s + reentry_s";
  advance(8min);
  const auto ended = take();
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].kind, Kind::ended);
  EXPECT_EQ(ended[0].visit.ended_at, at(2min).wall) << "the last sighting, not the deadline";
  EXPECT_EQ(ended[0].visit.end_reason, EndReason::left);
  EXPECT_EQ(visit(), nullptr);
  advance(24h);
  EXPECT_TRUE(changes().empty());
}

TEST_F(Visits, ALateTimerEndsItAllTheSame) {
  enter();
  (void)changes();
  advance(1h);
  EXPECT_EQ(changes(), (Kinds{Kind::went_away, Kind::ended}));
}

TEST_F(Visits, AVisitUnderTheMinimumIsShort) {
  enter();  // opens at 200 ms
  hear(200ms + 59'999ms, kEntrance, -60);
  (void)changes();
  advance(1h);
  EXPECT_EQ(take().back().visit.end_reason, EndReason::short_);
}

TEST_F(Visits, AVisitOfExactlyTheMinimumIsNotShort) {
  enter();
  hear(59s, kEntrance, -60);
  hear(200ms + 60s, kEntrance, -60);
  advance(1h);
  EXPECT_EQ(take().back().visit.end_reason, EndReason::left);
}

TEST_F(Visits, AWeakAdvertHoldsAVisitThatIsOpen) {
  enter();
  (void)changes();
  for (int s = 50; s <= 300; s += 50) {
    hear(Seconds{s}, kEntrance, s % 100 == 0 ? RssiDbm{-99} : kRssiUnavailable);
    advance(Seconds{s});
  }
  EXPECT_EQ(visit()->state, VisitState::present);
}

// --- re-entry --------------------------------------------------------------------------------------------------------

TEST_F(Visits, HeardAgainWithinReentryIsTheSameVisit) {
  enter();
  const VisitId id = visit()->id;
  advance(5min);
  (void)changes();
  hear(5min, kFloor, -95);  // however weak, and one advert is enough
  EXPECT_EQ(kinds_but_refreshed(), Kinds{Kind::came_back});
  EXPECT_EQ(visit()->id, id);
  EXPECT_EQ(visit()->state, VisitState::present);
  EXPECT_EQ(visit()->zone, ZoneId{"floor"});
  EXPECT_EQ(visit()->started_at, at(200ms).wall);
  advance(1h);
  EXPECT_EQ(take().back().visit.ended_at, at(5min).wall);
}

TEST_F(Visits, HeardAgainAfterTheEndIsANewVisitWithAnEntryOfItsOwn) {
  enter();
  const VisitId first = visit()->id;
  advance(10min);
  hear(10min, kEntrance, -60);
  EXPECT_EQ(visit(), nullptr);
  hear(10min + 200ms, kEntrance, -60);
  ASSERT_NE(visit(), nullptr);
  EXPECT_NE(visit()->id, first);
}

TEST_F(Visits, TimeAwayIsNoDwell) {
  enter();
  hear(40s, kEntrance, -60);
  hear(80s, kEntrance, -60);
  advance(4min);
  hear(4min, kEntrance, -60);
  hear(4min + 30s, kEntrance, -60);
  advance(1h);
  const Visit ended = take().back().visit;
  ASSERT_EQ(ended.zones.size(), 1U);
  EXPECT_EQ(ended.zones[0].dwell, 79s + 30s) << "79.8 s until silence, 30 s after the return";
}

// --- check-ins -------------------------------------------------------------------------------------------------------

TEST_F(Visits, ACheckinOpensAndHoldsForItsLease) {
  prove(0ms, "entrance", RecognitionMethod::checkin, 600s);
  ASSERT_NE(visit(), nullptr);
  EXPECT_EQ(visit()->method, RecognitionMethod::checkin);
  EXPECT_EQ(visit()->lease_until, at(600s).wall);
  advance(599s);
  EXPECT_EQ(visit()->state, VisitState::present) << "silence does not count under a lease";
  advance(600s);
  EXPECT_EQ(visit()->state, VisitState::away);
  advance(900s);
  EXPECT_EQ(take().back().visit.ended_at, at(0ms).wall);
}

TEST_F(Visits, AdvertsNeverShortenALease) {
  prove(0ms, "entrance", RecognitionMethod::checkin, 600s);
  hear(10s, kEntrance, -60);
  advance(599s);
  EXPECT_EQ(visit()->state, VisitState::present);
}

TEST_F(Visits, AdvertsHoldAVisitBeyondItsLease) {
  prove(0ms, "entrance", RecognitionMethod::checkin, 600s);
  hear(590s, kEntrance, -60);
  advance(649s);
  EXPECT_EQ(visit()->state, VisitState::present);
  advance(650s);
  EXPECT_EQ(visit()->state, VisitState::away);
}

TEST_F(Visits, AnotherCheckinRenewsTheLease) {
  prove(0ms, "entrance", RecognitionMethod::checkin, 600s);
  const VisitId id = visit()->id;
  prove(500s, "entrance", RecognitionMethod::checkin, 600s);
  advance(1099s);
  ASSERT_NE(visit(), nullptr);
  EXPECT_EQ(visit()->id, id);
  EXPECT_EQ(visit()->state, VisitState::present);
}

TEST_F(Visits, ACheckinBringsAnAwayMemberBack) {
  enter();
  advance(2min);
  ASSERT_EQ(visit()->state, VisitState::away);
  (void)changes();
  prove(2min, "floor", RecognitionMethod::checkin, 600s);
  EXPECT_EQ(kinds_but_refreshed(), Kinds{Kind::came_back});
  EXPECT_EQ(visit()->zone, ZoneId{"floor"});
  EXPECT_EQ(visit()->method, RecognitionMethod::eid) << "how the visit began";
}

TEST_F(Visits, AnAdvertJoinsAVisitThatACardOpened) {
  prove(0ms, "till-1", RecognitionMethod::card, 0s);
  const VisitId id = visit()->id;
  EXPECT_EQ(visit()->lease_until, std::nullopt);
  hear(30s, kEntrance, -95);
  EXPECT_EQ(visit()->id, id);
  advance(89s);
  EXPECT_EQ(visit()->state, VisitState::present);
}

// --- withdrawal in each state ----------------------------------------------------------------------------------------

TEST_F(Visits, WithdrawingAnAbsentMemberIsNothing) {
  withdraw(0ms, EndReason::consent);
  EXPECT_TRUE(changes().empty());
}

TEST_F(Visits, WithdrawingACandidateLeavesNoTrace) {
  hear(0ms, kEntrance, -60);
  withdraw(100ms, EndReason::consent);
  EXPECT_TRUE(changes().empty());
  EXPECT_EQ(presence.next_deadline(), std::nullopt);
  std::string state;
  presence.describe([&](std::string_view line) { state += line; });
  EXPECT_EQ(state, "");
}

TEST_F(Visits, WithdrawingAPresentMemberEndsTheVisitAtOnce) {
  enter();
  (void)changes();
  withdraw(90s, EndReason::erased);
  const auto ended = take();
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].kind, Kind::ended);
  EXPECT_EQ(ended[0].visit.end_reason, EndReason::erased) << "not short: the reason of the withdrawal stands";
  EXPECT_EQ(ended[0].visit.ended_at, at(200ms).wall);
  EXPECT_EQ(presence.next_deadline(), std::nullopt);
}

TEST_F(Visits, WithdrawingAnAwayMemberEndsTheVisitAtOnce) {
  enter();
  advance(2min);
  (void)changes();
  withdraw(3min, EndReason::consent);
  EXPECT_EQ(changes(), Kinds{Kind::ended});
  advance(1h);
  EXPECT_TRUE(changes().empty());
}

// --- several phones, several members ---------------------------------------------------------------------------------

TEST_F(Visits, TwoPhonesOfAMemberAreOneVisitWhileAnyIsHeard) {
  enter();
  const VisitId id = visit()->id;
  for (int s = 30; s <= 300; s += 30) presence.heard("m-1", 2, kFloor, -60, at(Seconds{s}));
  advance(300s);
  EXPECT_EQ(presence.open_visits().size(), 1U);
  EXPECT_EQ(visit()->id, id);
  EXPECT_EQ(visit()->state, VisitState::present) << "the first phone is silent, the second is not";
}

TEST_F(Visits, AdvertsOfTwoPhonesAddUpToAnEntry) {
  presence.heard("m-1", 1, kEntrance, -60, at(0ms));
  presence.heard("m-1", 2, kEntrance, -60, at(200ms));
  EXPECT_NE(visit(), nullptr) << "contract: adverts of one member";
}

TEST_F(Visits, MembersDoNotMix) {
  enter();
  presence.heard("m-2", 0, kEntrance, -60, at(1s));
  EXPECT_EQ(presence.visit_of(MemberId{"m-2"}), nullptr);
  presence.heard("m-2", 0, kEntrance, -60, at(2s));
  EXPECT_EQ(presence.open_visits().size(), 2U);
  presence.withdraw(MemberId{"m-2"}, EndReason::consent, at(3s));
  EXPECT_NE(visit(), nullptr);
}

// --- tickets, and what a crash may lose ------------------------------------------------------------------------------

TEST_F(Visits, TicketsAreNotedOnceAndNamedAtTheEnd) {
  enter();
  const VisitId id = visit()->id;
  EXPECT_TRUE(presence.add_ticket(id, TicketId{"t-1"}));
  EXPECT_TRUE(presence.add_ticket(id, TicketId{"t-2"}));
  EXPECT_TRUE(presence.add_ticket(id, TicketId{"t-1"}));
  advance(1h);
  EXPECT_EQ(take().back().visit.tickets, (std::vector{TicketId{"t-1"}, TicketId{"t-2"}}));
  EXPECT_FALSE(presence.add_ticket(id, TicketId{"t-3"})) << "the visit is over";
}

TEST_F(Visits, TheLastSightingIsWrittenDownEveryHalfMinute) {
  enter();
  (void)changes();
  for (int s = 1; s <= 120; ++s) hear(Seconds{s}, kEntrance, -60);
  const auto n = changes().size();
  EXPECT_GE(n, 3U);
  EXPECT_LE(n, 4U) << "not a row per advert";
}

}  // namespace
}  // namespace tg
