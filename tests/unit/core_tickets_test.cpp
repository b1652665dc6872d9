// Tickets from arrival to answer, through the whole core (contract §6).
#include <gtest/gtest.h>

#include "support/core/box.hpp"

namespace tg {
namespace {

using namespace test;

class CoreTickets : public testing::Test {
 protected:
  Box box;
  Profile who = camille();
  void SetUp() override {
    box.cache.put(who);
    box.start();
  }
  Ticket sale(const std::string& sequence = "118") const { return coat_ticket(at(box.now()).wall, sequence); }
  std::vector<TicketVerdict> verdicts() const {
    std::vector<TicketVerdict> out;
    for (const auto& a : box.seen.shown<effect::AnswerTicket>()) out.push_back(a.answer.verdict);
    return out;
  }
  template <class F>
  std::size_t count() const {
    return box.seen.all<F>().size();
  }
  std::vector<std::string> alerts() const {
    std::vector<std::string> out;
    for (const auto& a : box.seen.all<fact::DqAlert>()) out.push_back(a.code);
    return out;
  }
};
using V = TicketVerdict;
using Verdicts = std::vector<TicketVerdict>;

// --- the receive table -----------------------------------------------------------------------------------------------

TEST_F(CoreTickets, OneTicketIsRecordedTiedAndAnswered) {
  const VisitId visit = box.enter(who);
  box.till(sale(), 42);
  EXPECT_EQ(verdicts(), Verdicts{V::accepted});
  EXPECT_EQ(box.seen.shown<effect::AnswerTicket>().at(0).token, 42U);
  ASSERT_EQ(count<fact::TicketRecorded>(), 1U);
  const auto tied = box.seen.all<fact::AttributionCreated>();
  ASSERT_EQ(tied.size(), 1U);
  EXPECT_EQ(tied[0].attribution.visit, visit);
  EXPECT_EQ(tied[0].attribution.member, who.member);
  EXPECT_EQ(tied[0].attribution.cls, AttributionClass::certain);
  EXPECT_EQ(tied[0].attribution.version, 1);
  EXPECT_TRUE(tied[0].attribution.ropo.strict);
  for (const auto& f : box.seen.facts) {
    if (!std::holds_alternative<fact::TicketRecorded>(f.data)) continue;
    EXPECT_EQ(f.correlation, visit);
  }
}

TEST_F(CoreTickets, TheSameTicketAgainIsADuplicateWithoutEffect) {
  const Ticket t = sale();
  box.till(t);
  box.till(t);
  EXPECT_EQ(verdicts(), (Verdicts{V::accepted, V::duplicate}));
  EXPECT_EQ(count<fact::TicketRecorded>(), 1U);
  EXPECT_EQ(count<fact::AttributionCreated>(), 1U);
}

TEST_F(CoreTickets, TwoEqualTicketsInFlightAreOneTicket) {
  const Ticket t = sale();
  box.loads = false;
  box.till(t, 1);
  box.till(t, 2);
  box.loads = true;
  box.load_all();
  EXPECT_EQ(verdicts(), (Verdicts{V::accepted, V::duplicate}));
  EXPECT_EQ(count<fact::TicketRecorded>(), 1U);
}

TEST_F(CoreTickets, OtherContentWithoutAHigherRevisionIsQuarantined) {
  Ticket t = sale();
  box.till(t);
  t.total_minor = 1;
  seal(t);
  box.till(t);
  EXPECT_EQ(verdicts(), (Verdicts{V::accepted, V::quarantined}));
  EXPECT_FALSE(box.seen.shown<effect::AnswerTicket>().at(1).answer.reason.empty());
  EXPECT_EQ(count<fact::TicketRecorded>(), 1U);
  EXPECT_EQ(count<fact::TicketRevised>(), 0U);
  EXPECT_EQ(box.facts.tickets.at(ticket_id(t.key)).total_minor, 24'900) << "the first one stands";
}

TEST_F(CoreTickets, AHigherRevisionRevisesTheTicketAndItsTie) {
  const VisitId visit = box.enter_fitting(who);
  Ticket t = sale();
  box.till(t);
  const Attribution before = box.seen.all<fact::AttributionCreated>().at(0).attribution;
  ASSERT_TRUE(before.suggestion);
  box.pass(1h);  // the visit is over when the correction comes
  t.revision = 1;
  t.tenders[0].kind = "voucher";
  t.content = sha256(as_bytes("other"));
  box.till(t);
  EXPECT_EQ(verdicts(), (Verdicts{V::accepted, V::revised}));
  EXPECT_EQ(count<fact::TicketRevised>(), 1U);
  const auto revised = box.seen.all<fact::AttributionRevised>();
  ASSERT_EQ(revised.size(), 1U);
  EXPECT_EQ(revised[0].attribution.id, before.id);
  EXPECT_EQ(revised[0].attribution.version, 2);
  EXPECT_EQ(revised[0].attribution.visit, visit) << "still that visit's purchase";
  EXPECT_EQ(revised[0].attribution.suggestion, before.suggestion);
  EXPECT_EQ(count<fact::AttributionCreated>(), 1U);
}

TEST_F(CoreTickets, ASuspendedTicketThatBecomesFinalIsRecordedThen) {
  Ticket t = sale();
  t.status = TicketStatus::suspended;
  t.content = sha256(as_bytes("suspended"));
  box.till(t);
  EXPECT_EQ(count<fact::TicketRecorded>(), 0U);
  Ticket final_one = sale();
  final_one.revision = 1;
  box.till(final_one);
  EXPECT_EQ(count<fact::TicketRecorded>(), 1U);
  EXPECT_EQ(count<fact::TicketRevised>(), 0U) << "central has never heard of it";
}

struct Silent {
  const char* name;
  void (*change)(Ticket&);
};
std::ostream& operator<<(std::ostream& out, const Silent& c) { return out << c.name; }
class SilentTickets : public CoreTickets, public testing::WithParamInterface<Silent> {};

TEST_P(SilentTickets, AreAcceptedWithoutAnEvent) {
  Ticket t = sale();
  GetParam().change(t);
  box.till(t);
  EXPECT_EQ(verdicts(), Verdicts{V::accepted});
  EXPECT_TRUE(box.seen.facts.empty());
  EXPECT_TRUE(box.facts.tickets.contains(ticket_id(t.key))) << "so that it is known again";
}
INSTANTIATE_TEST_SUITE_P(
    All, SilentTickets,
    testing::Values(Silent{"suspended", [](Ticket& ticket) { ticket.status = TicketStatus::suspended; }},
                    Silent{"cancelled", [](Ticket& ticket) { ticket.status = TicketStatus::cancelled; }},
                    Silent{"control", [](Ticket& ticket) { ticket.type = TicketType::control; }}));

// --- voids -----------------------------------------------------------------------------------------------------------

TEST_F(CoreTickets, AVoidAfterItsOriginalVoidsItAndTakesTheTieBack) {
  const VisitId visit = box.enter(who);
  const Ticket t = sale();
  box.till(t);
  box.till(void_of(t, "119", t.ended_at));
  for (const auto& f : box.seen.facts) {
    EXPECT_TRUE(f.correlation == visit || !std::holds_alternative<fact::TicketVoided>(f.data));
  }
  const auto voided = box.seen.all<fact::TicketVoided>();
  ASSERT_EQ(voided.size(), 1U);
  EXPECT_EQ(voided[0].id, ticket_id(t.key));
  EXPECT_EQ(voided[0].key, t.key);
  EXPECT_EQ(voided[0].by.sequence, "119");
  EXPECT_EQ(count<fact::TicketRecorded>(), 1U) << "a void is not itself recorded";
  const auto retracted = box.seen.all<fact::AttributionRetracted>();
  ASSERT_EQ(retracted.size(), 1U);
  EXPECT_EQ(retracted[0].attribution.version, 2);
}

TEST_F(CoreTickets, AVoidBeforeItsOriginalWaitsForIt) {
  const Ticket t = sale();
  box.till(void_of(t, "119", t.ended_at));
  EXPECT_TRUE(box.seen.facts.empty());
  box.till(t);
  EXPECT_EQ(count<fact::TicketRecorded>(), 1U);
  EXPECT_EQ(count<fact::TicketVoided>(), 1U);
  EXPECT_EQ(count<fact::AttributionCreated>(), 0U) << "nobody bought it";
}

TEST_F(CoreTickets, AVoidAndItsOriginalInFlightTogetherFindEachOther) {
  for (const bool void_first : {false, true}) {
    Box other;
    other.cache.put(who);
    other.start();
    const Ticket t = coat_ticket(kOpening);
    const Ticket v = void_of(t, "119", kOpening);
    other.loads = false;
    other.till(void_first ? v : t, 1);
    other.till(void_first ? t : v, 2);
    other.loads = true;
    other.load_all();
    EXPECT_EQ(other.seen.all<fact::TicketVoided>().size(), 1U) << "void first: " << void_first;
  }
}

TEST_F(CoreTickets, ASecondVoidAndARevisionOfAVoidedTicketSayNothingNew) {
  Ticket t = sale();
  box.till(t);
  box.till(void_of(t, "119", t.ended_at));
  box.till(void_of(t, "120", t.ended_at));
  t.revision = 1;
  t.content = sha256(as_bytes("other"));
  box.till(t);
  EXPECT_EQ(count<fact::TicketVoided>(), 1U);
  EXPECT_EQ(count<fact::AttributionRevised>(), 0U);
}

// --- who may not be tied ---------------------------------------------------------------------------------------------

TEST_F(CoreTickets, WhatDoesNotAddUpIsKeptAndNotTied) {
  box.enter(who);
  Ticket t = sale();
  t.total_minor += 1;
  seal(t);
  box.till(t);
  EXPECT_EQ(count<fact::TicketRecorded>(), 1U);
  EXPECT_EQ(count<fact::AttributionCreated>(), 0U);
  EXPECT_EQ(alerts(), std::vector<std::string>{"totals_mismatch"});
}

TEST_F(CoreTickets, AnEmployeesPurchaseIsNotTied) {
  Ticket t = sale();
  t.employee = true;
  box.till(t);
  EXPECT_EQ(count<fact::TicketRecorded>(), 1U);
  EXPECT_EQ(count<fact::AttributionCreated>(), 0U);
}

TEST_F(CoreTickets, AMonthLateIsRecordedAndNotTied) {
  Ticket t = sale();
  t.ended_at -= kLateLimit + 1s;
  seal(t);
  box.till(t);
  ASSERT_EQ(count<fact::TicketRecorded>(), 1U);
  EXPECT_EQ(box.seen.all<fact::TicketRecorded>()[0].late, kLateLimit + 1s);
  EXPECT_EQ(count<fact::AttributionCreated>(), 0U);
}

TEST_F(CoreTickets, WithoutTheAttributionConsentThereIsNoTieAnywhere) {
  who.consent.at(Purpose::attribution).reset();
  box.cache.put(who);
  box.enter(who);
  box.till(sale());
  box.pass(1h);
  EXPECT_EQ(count<fact::AttributionCreated>(), 0U);
  for (const auto& f : box.seen.facts) EXPECT_EQ(f.correlation, std::nullopt);
  const auto ended = box.seen.all<fact::VisitEnded>();
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_TRUE(ended[0].tickets.empty());
  for (const auto& [id, stored] : box.facts.tickets) EXPECT_FALSE(stored.attribution);
}

TEST_F(CoreTickets, ARefusalHereOutweighsAnOlderGrantInTheProfile) {
  box.consent("c-1", who, Purpose::attribution, ConsentStatus::denied, kOpening);
  box.till(sale());
  EXPECT_EQ(count<fact::AttributionCreated>(), 0U);
}

TEST_F(CoreTickets, WithAttributionAloneTheTieHasNoVisit) {
  who.consent.at(Purpose::recognition).reset();
  box.replace_profiles("S2", {who});
  box.till(sale());
  const auto tied = box.seen.all<fact::AttributionCreated>();
  ASSERT_EQ(tied.size(), 1U);
  EXPECT_EQ(tied[0].attribution.visit, std::nullopt);
  EXPECT_EQ(count<fact::VisitStarted>(), 0U);
}

TEST_F(CoreTickets, ANumberThatNobodyHasTiesNobodyWhoeverStandsThere) {
  box.enter(who);
  Ticket t = sale();
  t.loyalty->id = "2990001234568";  // a digit was mistyped, or the number is not ours
  seal(t);
  box.till(t);
  EXPECT_EQ(verdicts(), Verdicts{V::accepted});
  ASSERT_EQ(count<fact::TicketRecorded>(), 1U);
  box.pass(2h);
  EXPECT_EQ(count<fact::AttributionCreated>(), 0U);
}

TEST_F(CoreTickets, AnUnlistedWorkstationIsRecordedWithAnAlert) {
  Policy policy = shop_policy();
  policy.workstations = {"POS7"};
  Box other(policy);
  other.start();
  other.till(coat_ticket(kOpening));
  EXPECT_EQ(other.seen.all<fact::TicketRecorded>().size(), 1U);
  EXPECT_EQ(other.seen.all<fact::DqAlert>().at(0).code, "unlisted_workstation");
}

// --- visits at the till ----------------------------------------------------------------------------------------------

TEST_F(CoreTickets, AScannedNumberOpensAVisitAtItsTill) {
  box.till(sale());
  const auto started = box.seen.all<fact::VisitStarted>();
  ASSERT_EQ(started.size(), 1U);
  EXPECT_EQ(started[0].method, RecognitionMethod::card);
  EXPECT_EQ(started[0].zone, ZoneId{"till-1"});
  EXPECT_EQ(box.seen.all<fact::AttributionCreated>().at(0).attribution.visit, started[0].visit);
  EXPECT_TRUE(std::holds_alternative<fact::VisitStarted>(box.seen.facts.at(0).data)) << "before what refers to it";
  box.pass(30s);
  box.hear(who, kEntrance);
  EXPECT_EQ(count<fact::VisitStarted>(), 1U) << "BLE joins it";
  box.pass(1h);
  const auto ended = box.seen.all<fact::VisitEnded>();
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].tickets, std::vector{ticket_id(sale().key)});
}

TEST_F(CoreTickets, ALateTicketOpensNoVisit) {
  Ticket t = sale();
  t.ended_at -= 6min;
  seal(t);
  box.till(t);
  EXPECT_EQ(count<fact::VisitStarted>(), 0U);
  EXPECT_EQ(box.seen.all<fact::AttributionCreated>().at(0).attribution.visit, std::nullopt);
}

TEST_F(CoreTickets, YesterdaysTicketIsNotTiedToTodaysVisit) {
  box.enter(who);
  Ticket t = sale();
  t.ended_at -= 24h;
  seal(t);
  box.till(t);
  EXPECT_EQ(box.seen.all<fact::AttributionCreated>().at(0).attribution.visit, std::nullopt);
}

TEST_F(CoreTickets, ATillThatStandsNowhereOpensNoVisit) {
  Ticket t = sale();
  t.key.workstation = "POS9";
  box.till(t);
  EXPECT_EQ(count<fact::VisitStarted>(), 0U);
  EXPECT_EQ(count<fact::AttributionCreated>(), 1U);
}

TEST_F(CoreTickets, APickedUpOrderIsTold) {
  const VisitId visit = box.enter(who);
  Ticket t = sale();
  t.collect_order = "C-1234";
  box.till(t);
  const auto picked = box.seen.all<fact::CollectPickedUp>();
  ASSERT_EQ(picked.size(), 1U);
  EXPECT_EQ(picked[0].order, "C-1234");
  EXPECT_EQ(picked[0].visit, visit);
}

TEST_F(CoreTickets, TheAnswerWaitsForTheCommit) {
  box.commits = false;
  box.till(sale());
  EXPECT_TRUE(verdicts().empty()) << "202 only after the commit";
  box.commit_all();
  EXPECT_EQ(verdicts(), Verdicts{V::accepted});
}

}  // namespace
}  // namespace tg
