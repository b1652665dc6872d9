// Returns, exchanges, resumes, training and what is wrong with tickets, through the whole core (decision 0020).
#include <gtest/gtest.h>

#include "core/ticket_life.hpp"
#include "core/till_numbers.hpp"
#include "support/core/box.hpp"

namespace tg {
namespace {

using namespace test;

class CoreReturns : public testing::Test {
 protected:
  Box box;
  Profile who = camille(), other = member("m-other", 7);
  void SetUp() override {
    box.cache.put(who);
    box.cache.put(other);
    box.start();
  }
  Ticket sale(const std::string& sequence = "118", std::int64_t pieces = 1) const {
    Ticket t = coat_ticket(at(box.now()).wall, sequence);
    t.lines[0].qty_milli = 1000 * pieces;
    t.lines[0].net_minor = t.total_minor = t.tenders[0].amount_minor = 24'900 * pieces;
    seal(t);
    return t;
  }
  Ticket return_of(const Ticket& original, const std::string& sequence, std::int64_t pieces = 1) const {
    Ticket t = sale(sequence, -pieces);
    t.type = TicketType::return_;
    t.lines[0].kind = LineKind::return_;
    t.loyalty.reset();
    t.returns = original.key;
    seal(t);
    return t;
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
  const TicketRecord& stored(const Ticket& t) { return box.facts.tickets.at(ticket_id(t.key)); }
};
using Codes = std::vector<std::string>;

// --- whose a return is -----------------------------------------------------------------------------------------------

TEST_F(CoreReturns, AReturnBelongsToWhoBought) {
  const Ticket sold = sale();
  box.till(sold);
  Ticket back = return_of(sold, "119");
  back.loyalty = LoyaltyScan{other.loyalty[0], LoyaltyEntry::scanned};  // brought back by somebody else
  box.till(back);
  const auto tied = box.seen.all<fact::AttributionCreated>();
  ASSERT_EQ(tied.size(), 2U);
  EXPECT_EQ(tied[1].attribution.member, who.member);
  EXPECT_EQ(tied[1].attribution.method, "returned_ticket");
  EXPECT_EQ(alerts(), Codes{});
  box.till(void_of(sold, "120", sold.ended_at));
  const auto revised = box.seen.all<fact::AttributionRevised>();
  ASSERT_EQ(revised.size(), 1U) << "the sale is void: the number on the return speaks";
  EXPECT_EQ(revised[0].attribution.member, other.member);
  EXPECT_EQ(revised[0].attribution.id, tied[1].attribution.id);
}

TEST_F(CoreReturns, AReturnFollowsNobodyWhoRefusesAttribution) {
  const Ticket sold = sale();
  box.till(sold);
  box.consent("c-1", who, Purpose::attribution, ConsentStatus::revoked, at(box.now()).wall);
  box.till(return_of(sold, "119"));
  EXPECT_EQ(count<fact::AttributionCreated>(), 1U);
}

TEST_F(CoreReturns, AReturnFollowsWhatIsSaidOfItsSaleLater) {
  Ticket sold = sale();
  sold.loyalty.reset();
  seal(sold);
  box.till(sold);
  const Ticket back = return_of(sold, "119");
  box.till(back);
  ASSERT_FALSE(stored(back).attribution);
  box.command("c-1", "match", MatchVerdict{ticket_id(sold.key), true, who.member});
  ASSERT_TRUE(stored(back).attribution);
  EXPECT_EQ(stored(back).attribution->member, who.member);
  box.command("c-2", "match", MatchVerdict{ticket_id(sold.key), false, who.member});
  EXPECT_TRUE(stored(back).attribution->retracted);
  box.command("c-3", "match", MatchVerdict{ticket_id(sold.key), true, other.member});
  EXPECT_EQ(stored(back).attribution->member, other.member);
  EXPECT_FALSE(stored(back).attribution->retracted);
}

TEST_F(CoreReturns, AReturnWithoutLinkOrOfAnotherStoreIsRecorded) {
  Ticket back = return_of(sale(), "119");
  back.returns.reset();
  back.loyalty = LoyaltyScan{who.loyalty[0], LoyaltyEntry::scanned};
  box.till(back);
  EXPECT_EQ(box.seen.all<fact::AttributionCreated>().at(0).attribution.member, who.member) << "by its own number";
  box.till(sale());
  Ticket elsewhere = return_of(sale(), "120");
  elsewhere.returns->store = "lyon-001";  // the same numbers, another shop
  box.till(elsewhere);
  EXPECT_EQ(count<fact::TicketRecorded>(), 3U);
  EXPECT_FALSE(stored(elsewhere).attribution);
  EXPECT_EQ(alerts(), Codes{});
}

TEST_F(CoreReturns, MoreThanWasSoldIsToldWhicheverComesFirst) {
  const Ticket sold = sale("118", 2);
  box.till(return_of(sold, "119"));
  box.till(sold);
  box.till(return_of(sold, "120"));
  EXPECT_EQ(alerts(), Codes{}) << "two of two";
  box.till(return_of(sold, "121"));
  EXPECT_EQ(alerts(), Codes{"over_return"});
  Ticket never_sold = return_of(sold, "122");
  never_sold.lines[0].sku = "SCARF-RED";
  box.till(never_sold);
  EXPECT_EQ(alerts().size(), 2U);
}

TEST_F(CoreReturns, AVoidedReturnBringsNothingBack) {
  const Ticket sold = sale();
  box.till(sold);
  const Ticket back = return_of(sold, "119");
  box.till(back);
  box.till(void_of(back, "120", back.ended_at));
  EXPECT_EQ(count<fact::AttributionRetracted>(), 1U);
  EXPECT_FALSE(stored(sold).attribution->retracted) << "the sale stands";
  box.till(return_of(sold, "121"));
  EXPECT_EQ(alerts(), Codes{});
}

TEST_F(CoreReturns, AReturnSellsNothing) {
  const VisitId visit = box.enter_fitting(who);
  const Ticket sold = sale("90");
  Ticket back = return_of(sold, "119");
  back.loyalty = LoyaltyScan{who.loyalty[0], LoyaltyEntry::scanned};
  box.till(back);
  EXPECT_TRUE(box.seen.tablet.contains(visit)) << "the coat stays suggested";
  for (const auto& outcome : box.seen.all<fact::SuggestionOutcome>()) EXPECT_NE(outcome.outcome, Outcome::sold);
}

TEST_F(CoreReturns, AnExchangeIsBoth) {
  const VisitId visit = box.enter_fitting(who);
  const Ticket sold = sale("90");
  Ticket swap = return_of(sold, "119");
  swap.type = TicketType::exchange;
  swap.loyalty = LoyaltyScan{who.loyalty[0], LoyaltyEntry::scanned};
  swap.lines[0].sku = "GATE-COAT-NAVY-44";
  swap.lines.push_back(TicketLine{2, LineKind::sale, "GATE-COAT-NAVY-42", "", 1000, 24'900, 24'900});
  swap.total_minor = swap.tenders[0].amount_minor = 0;
  box.till(swap);
  ASSERT_EQ(count<fact::AttributionCreated>(), 1U);
  EXPECT_EQ(box.seen.all<fact::AttributionCreated>()[0].attribution.visit, visit);
  EXPECT_TRUE(box.seen.all<fact::AttributionCreated>()[0].attribution.suggestion) << "what was suggested went home";
}

// --- what is not final -----------------------------------------------------------------------------------------------

TEST_F(CoreReturns, SuspendedThenAbandonedIsNothingAndResumedIsOneTicket) {
  Ticket parked = sale();
  parked.status = TicketStatus::suspended;
  box.till(parked);
  box.pass(10min);
  EXPECT_TRUE(box.seen.facts.empty());
  EXPECT_TRUE(stored(parked).lines.empty()) << "nothing of what she thought of buying";
  Ticket resumed = sale("119");
  resumed.resumes = parked.key;
  box.till(resumed);
  EXPECT_EQ(count<fact::TicketRecorded>(), 1U);
  EXPECT_TRUE(stored(parked).superseded);
}

TEST_F(CoreReturns, OfATrainingTicketOnlyTheNumberIsKept) {
  Ticket training = sale("119");
  training.training = true;
  box.till(sale("118"), 1);
  box.till(training, 2);
  box.till(training, 3);
  box.till(sale("120"), 4);
  const auto answers = box.seen.shown<effect::AnswerTicket>();
  ASSERT_EQ(answers.size(), 4U);
  EXPECT_EQ(answers[1].answer.verdict, TicketVerdict::accepted);
  EXPECT_EQ(answers[2].answer.verdict, TicketVerdict::duplicate);
  EXPECT_FALSE(box.facts.tickets.contains(ticket_id(training.key)));
  EXPECT_EQ(box.seen.counters[effect::Counter::tickets_training], 1U);
  box.pass(16min);
  EXPECT_EQ(alerts(), Codes{}) << "its number is not missing";
}

TEST_F(CoreReturns, ATicketThatIsCancelledAfterwardsIsTakenBack) {
  Ticket t = sale();
  box.till(t);
  t.status = TicketStatus::cancelled;
  t.revision = 1;
  t.content = sha256(as_bytes("cancelled"));
  box.till(t);
  EXPECT_EQ(count<fact::TicketVoided>(), 1U);
  EXPECT_EQ(count<fact::AttributionRetracted>(), 1U);
}

TEST_F(CoreReturns, AVoidMakesHerNotHaveBoughtIt) {
  const VisitId visit = box.enter_fitting(who);
  const Ticket t = sale();
  box.till(t);
  EXPECT_TRUE(box.facts.cards.at(visit).closed_styles.contains("GATE-COAT"));
  box.till(void_of(t, "119", t.ended_at));
  EXPECT_FALSE(box.facts.cards.at(visit).closed_styles.contains("GATE-COAT"));
}

TEST_F(CoreReturns, AnOlderRevisionThatComesLateIsNoConflict) {
  for (const int revision : {1, 3, 2}) {
    Ticket t = sale();
    t.revision = revision;
    t.content = sha256(as_bytes(std::to_string(revision)));
    box.till(t);
  }
  EXPECT_EQ(stored(sale()).revision, 3);
  EXPECT_EQ(alerts(), Codes{});
}

// --- what is wrong with the data -------------------------------------------------------------------------------------

TEST_F(CoreReturns, AProductThatTheCatalogueDoesNotKnowIsToldOnceADay) {
  for (const char* sequence : {"118", "119"}) {
    Ticket t = sale(sequence);
    t.lines[0].sku = "NEVER-HEARD-OF";
    box.till(t);
  }
  EXPECT_EQ(alerts(), Codes{"unknown_product"});
  for (const auto& f : box.seen.all<fact::TicketRecorded>()) EXPECT_EQ(f.unknown_products, 1);
  box.till(sale("120"));
  const auto& line = box.seen.all<fact::TicketRecorded>().back().ticket.lines[0];
  EXPECT_EQ(line.style, "GATE-COAT");
  EXPECT_EQ(line.size, "42");
}

TEST_F(CoreReturns, ATillWhoseClockIsTenMinutesBehindIsTold) {
  for (int n = 118; n < 122; ++n) {
    Ticket t = sale(std::to_string(n));
    t.ended_at -= 10min;
    seal(t);
    box.till(t);
    box.pass(2min);
  }
  EXPECT_EQ(alerts(), Codes{"clock_skew"});
}

TEST_F(CoreReturns, ABacklogIsNoWrongClockAndTheFutureIsOne) {
  for (int n = 118; n < 140; ++n) {  // an hour without a network, handed in within seconds
    Ticket t = sale(std::to_string(n));
    t.ended_at -= 60min - Millis{(n - 118) * 150'000};
    seal(t);
    box.till(t);
    box.pass(1s);
  }
  EXPECT_EQ(alerts(), Codes{});
  Ticket early = sale("140");
  early.ended_at += 5min;
  box.till(early);
  EXPECT_EQ(alerts(), Codes{"clock_skew"});
}

// --- numbers of a till -----------------------------------------------------------------------------------------------

class Numbers : public testing::Test {
 protected:
  TillBook book;
  Millis now{0};
  std::vector<std::string> told;
  void come(const std::string& sequence, const std::string& day = "2026-11-21") {
    (void)book.note({"paris-042", "POS1", day, sequence}, at(now));
  }
  void come(std::int64_t from, std::int64_t to) {
    for (; from <= to; ++from) come(std::to_string(from));
  }
  void pass(Millis span) {
    now += span;
    for (const auto& gap : book.advance(at(now))) told.push_back(gap.detail);
  }
};

TEST_F(Numbers, MissingOnesAreToldOnceAfterTheirPatience) {
  come(1, 10);
  come(13, 20);
  come("22");
  pass(14min);
  EXPECT_TRUE(told.empty());
  ASSERT_TRUE(book.next_deadline());
  pass(1min);
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0], "3 numbers of 2026-11-21 are missing: 11-12, 21");
  come("11");
  pass(1h);
  EXPECT_EQ(told.size(), 1U) << "filled late, and what is still missing is known";
}

TEST_F(Numbers, WhatComesInTimeInWhateverOrderIsNotMissing) {
  for (const char* n : {"5", "1", "4", "2", "3"}) come(n);
  pass(1h);
  EXPECT_TRUE(told.empty());
}

TEST_F(Numbers, ATillMayCountAnewByDayByOperatorAndBySession) {
  come(500, 520);
  come(1, 30);              // another operator
  come("1", "2026-11-22");  // another day
  come("S2-1");
  come("S2-2");
  come("f81d4fae-7dec");  // no number at all
  pass(1h);
  EXPECT_TRUE(told.empty());
  come("33");  // but from here on two are missing
  pass(1h);
  EXPECT_EQ(told, std::vector<std::string>{"2 numbers of 2026-11-21 are missing: 31-32"});
}

TEST_F(Numbers, OutliveARestartWithoutASecondAlert) {
  come(1, 3);
  come("5");
  pass(15min);
  ASSERT_EQ(told.size(), 1U);
  auto kept = book.note({"paris-042", "POS1", "2026-11-21", "7"}, at(now));
  ASSERT_TRUE(kept);
  book = TillBook{};
  book.restore({*kept}, at(now));
  pass(15min);
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(told[1], "1 number of 2026-11-21 is missing: 6");
}

TEST_F(Numbers, AreBounded) {
  for (int day = 0; day < 400; ++day, now += 1s) come("1", "day-" + std::to_string(day));
  EXPECT_LE(book.size(), kMostTillDays);
  for (int n = 0; n < 1000; n += 2) come(std::to_string(n));
  EXPECT_LE(book.note({"paris-042", "POS1", "2026-11-21", "5000000"}, at(now))->holes.size(), kMostHoles);
}

TEST(Gtin, CheckDigitAndNumbersOfTheShop) {
  for (const char* good : {"4006381333931", "96385074", "036000291452", "10614141000415"})
    EXPECT_TRUE(is_gtin(good)) << good;
  for (const char* bad : {"4006381333930", "2001234567893", "SKU-1", "", "123"}) EXPECT_FALSE(is_gtin(bad)) << bad;
}

}  // namespace
}  // namespace tg
