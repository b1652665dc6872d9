// kill -9 and a start on what was committed (contract §2, §4.5): nothing lost, nothing twice.
#include <gtest/gtest.h>

#include "support/core/open_box.hpp"

namespace tg {
namespace {

using namespace test;

class CoreRestart : public OpenBox {
 protected:
  void restart() {
    box.crash();
    box.start();
  }
  void expect_contiguous() {
    Sequence expected = 0;
    for (const auto& [sequence, row] : box.facts.rows) EXPECT_EQ(sequence, ++expected);
    EXPECT_EQ(box.seen.facts.size(), box.facts.rows.size()) << "a number was used for two events";
  }
};

TEST_F(CoreRestart, TheSequenceGoesOn) {
  box.enter(who);
  box.pass(1h);
  const Sequence last = box.core().outbox().last();
  restart();
  EXPECT_EQ(box.core().outbox().last(), last);
  box.enter(who);
  box.pass(1h);
  expect_contiguous();
}

TEST_F(CoreRestart, TheVisitGoesOnWithoutASecondStart) {
  const VisitId visit = box.enter(who);
  restart();
  ASSERT_NE(box.core().presence().visit(visit), nullptr);
  box.walk(who, kEntrance);
  EXPECT_EQ(box.seen.all<fact::VisitStarted>().size(), 1U);
  EXPECT_TRUE(box.seen.all<fact::VisitEnded>().empty());
  box.pass(1h);
  const auto ended = box.seen.all<fact::VisitEnded>();
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].visit, visit);
}

TEST_F(CoreRestart, NobodyLeavesWhileTheKeysAreStillLoading) {
  box.enter(who);
  box.loads = false;
  restart();
  box.pass(1h);
  EXPECT_TRUE(box.seen.all<fact::VisitEnded>().empty());
  box.loads = true;
  box.load_all();
  box.pass(59s);
  EXPECT_EQ(box.core().presence().visit_of(who.member)->state, VisitState::present);
  box.pass(1h);
  EXPECT_EQ(box.seen.all<fact::VisitEnded>().size(), 1U);
}

TEST_F(CoreRestart, AVisitThatWasNotCommittedDidNotHappen) {
  box.commits = false;
  box.enter(who);
  restart();
  box.commits = true;
  EXPECT_TRUE(box.core().presence().open_visits().empty());
  box.pass(200ms);
  box.enter(who);
  EXPECT_EQ(box.seen.all<fact::VisitStarted>().size(), 1U);
  expect_contiguous();
}

TEST_F(CoreRestart, TheCardAndItsClaimAreStillThere) {
  const VisitId visit = box.enter_fitting(who);
  box.tap(visit, ActionKind::claim, "a-1");
  box.crash();
  box.seen.tablet.clear();
  box.start();
  ASSERT_TRUE(box.seen.tablet.contains(visit));
  EXPECT_EQ(box.seen.tablet.at(visit).claimed_by, "A12");
  EXPECT_EQ(box.seen.all<fact::SuggestionCreated>().size(), 1U);
}

TEST_F(CoreRestart, ACardOfAnAwayMemberStaysAway) {
  const VisitId visit = box.enter_fitting(who);
  box.pass(2min);
  ASSERT_FALSE(box.seen.tablet.contains(visit));
  restart();
  EXPECT_FALSE(box.seen.tablet.contains(visit));
  box.hear(who, kFitting);
  EXPECT_TRUE(box.seen.tablet.contains(visit));
}

TEST_F(CoreRestart, WhatWasNotDeliveredIsSentAndTheRestIsNot) {
  box.enter(who);
  box.pass(1s);
  box.acks = false;
  box.walk(who, kFitting);
  box.seen.sent.clear();
  box.acks = true;
  restart();
  std::vector<Sequence> expected;
  for (Sequence s = 2; s <= box.core().outbox().last(); ++s) expected.push_back(s);
  EXPECT_EQ(box.seen.sent, expected);
}

TEST_F(CoreRestart, TheTicketIsStillKnown) {
  const Ticket t = coat_ticket(kOpening);
  box.till(t);
  restart();
  box.till(t);
  EXPECT_EQ(box.seen.shown<effect::AnswerTicket>().back().answer.verdict, TicketVerdict::duplicate);
  EXPECT_EQ(box.seen.all<fact::TicketRecorded>().size(), 1U);
}

TEST_F(CoreRestart, WhoIsNoLongerInTheCacheIsNotCarriedOn) {
  box.enter(who);
  box.crash();
  box.cache.profiles.clear();
  box.start();
  const auto ended = box.seen.all<fact::VisitEnded>();
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].reason, EndReason::removed);
}

TEST_F(CoreRestart, IdsAreNeverUsedTwice) {
  std::set<VisitId> visits;
  for (int i = 0; i < 5; ++i) {
    visits.insert(box.enter(who));
    box.pass(1h);
    restart();
  }
  EXPECT_EQ(visits.size(), 5U);
}

}  // namespace
}  // namespace tg
