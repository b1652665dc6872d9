// The posterior and its evidence (facts on retail §3.1), and the gates around it (contract §4.2 `match`).
#include "core/match_evidence.hpp"

#include <gtest/gtest.h>

#include "support/core/box.hpp"

namespace tg::test {
namespace {

/// The worked example of the facts: nobody 0.90, two members of 0.05 each.
TEST(Posterior, TillPresenceAloneIsNotEnough) {
  const auto p = posterior(0.90, {{0.05, 20}, {0.05, 5}});
  EXPECT_NEAR(p[0], 0.465, 0.001);
  EXPECT_NEAR(p[1], 0.116, 0.001);
  EXPECT_EQ(class_of(p[0], p[1]), MatchClass::none);
}

TEST(Posterior, ASuggestedCoatOnTheTicketMakesItProbable) {
  const auto p = posterior(0.90, {{0.05, 20 * 50}, {0.05, 5}});
  EXPECT_NEAR(p[0], 0.978, 0.001);
  EXPECT_EQ(class_of(p[0], p[1]), MatchClass::probable);
}

TEST(Posterior, TwoWhoAreAlikeAreNeverProbable) { EXPECT_EQ(class_of(0.96, 0.1), MatchClass::possible); }

VisitTrace at_till(Millis from, Millis to, std::int32_t margin) {
  VisitTrace t;
  t.stays = {{ZoneId{"till-1"}, kOpening + from, kOpening + to, margin}};
  return t;
}

TEST(TillTies, WhoLeavesWithTheReceiptIsToldFromTheNextInTheQueue) {
  const auto tie = [](const VisitTrace& t) { return till_tie(t, ZoneId{"till-1"}, kOpening + 60s, kOpening + 120s); };
  EXPECT_EQ(tie(at_till(50s, 130s, 9)), TillTie::leaves_clear);
  EXPECT_EQ(tie(at_till(50s, 130s, 2)), TillTie::leaves_weak);
  EXPECT_EQ(tie(at_till(50s, 240s, 9)), TillTie::stays_clear);
  EXPECT_EQ(tie(at_till(40s, 65s, 9)), TillTie::brief_clear);
  EXPECT_EQ(tie(at_till(300s, 400s, 9)), TillTie::unheard);
  VisitTrace elsewhere;
  elsewhere.stays = {{ZoneId{}, kOpening, kOpening + 300s, 9}};
  EXPECT_EQ(tie(elsewhere), TillTie::elsewhere);
}

TEST(MatchLearning, AClassThatIsWrongTooOftenIsWithheld) {
  MatchLearning learnt;
  const MatchWeights weights(learnt);
  learnt.probable = {38, 2};
  EXPECT_FALSE(weights.probable_withheld());
  learnt.probable = {32, 8};
  EXPECT_TRUE(weights.probable_withheld());
}

// --- the command -----------------------------------------------------------------------------------------------------

Ticket anonymous_ticket(WallTime at) {
  Ticket t = coat_ticket(at);
  t.loyalty.reset();
  t.content[0] ^= 1U;
  return t;
}

TEST(GoodsSold, APurchaseIsNoEvidenceAgainstItself) {
  GoodsFrequency goods;
  const double unseen = goods.of("COAT");
  goods.add_ticket({"COAT"});
  EXPECT_LE(goods.of("COAT"), unseen) << "sold once, and that is the purchase in question";
  goods.add_ticket({"COAT"});
  EXPECT_GT(goods.of("COAT"), unseen);
}

/// Her card was read at the till while no phone was heard: the visit that it opens says nothing about where buyers
/// stand.
TEST(Learning, AVisitThatACardOpenedTeachesNothing) {
  Box box;
  box.cache.put(camille());
  box.start();
  box.pass(1s);
  box.till(coat_ticket(kOpening));
  box.pass(2h);
  EXPECT_EQ(box.core().match_learning().judged, 1U);
  EXPECT_EQ(box.core().match_learning().buyers_present, 0U);
}

class MatchCommand : public ::testing::Test {
 protected:
  void SetUp() override {
    box.cache.put(camille());
    box.start();
    box.pass(1s);
    ticket = anonymous_ticket(kOpening);
    box.till(ticket);
  }
  void verdict(const std::string& id, bool confirmed, const std::string& member) {
    box.command(id, "match", MatchVerdict{ticket_id(ticket.key), confirmed, MemberId{member}});
  }
  [[nodiscard]] CommandAck last_ack() const { return box.seen.shown<effect::PublishAck>().back().ack; }

  Box box;
  Ticket ticket;
};

TEST_F(MatchCommand, AConfirmationIsCertain) {
  verdict("c-1", true, camille().member.value);
  EXPECT_EQ(last_ack().status, AckStatus::applied);
  const auto made = box.seen.all<fact::AttributionCreated>();
  ASSERT_EQ(made.size(), 1U);
  EXPECT_EQ(made[0].attribution.cls, AttributionClass::certain);
  EXPECT_EQ(made[0].attribution.method, "confirmed");
  verdict("c-1", true, camille().member.value);
  EXPECT_EQ(last_ack().status, AckStatus::duplicate);
  EXPECT_EQ(box.seen.all<fact::AttributionRevised>().size(), 0U);
}

TEST_F(MatchCommand, ARedeemedCodeOfTheReceiptSaysSo) {
  box.pass(2h);
  box.command("c-1", "match", MatchVerdict{ticket_id(ticket.key), true, camille().member, "claim_code"});
  EXPECT_EQ(last_ack().status, AckStatus::applied);
  const auto made = box.seen.all<fact::AttributionCreated>();
  ASSERT_EQ(made.size(), 1U);
  EXPECT_EQ(made[0].attribution.cls, AttributionClass::certain);
  EXPECT_EQ(made[0].attribution.method, "claim_code");
}

TEST_F(MatchCommand, ARejectionTakesBackAndStays) {
  verdict("c-1", true, camille().member.value);
  verdict("c-2", false, camille().member.value);
  const auto gone = box.seen.all<fact::AttributionRetracted>();
  ASSERT_EQ(gone.size(), 1U);
  EXPECT_EQ(gone[0].attribution.reason, "rejected");
  Ticket with_number = coat_ticket(kOpening);
  with_number.revision = ticket.revision + 1;
  with_number.content[1] ^= 1U;
  box.till(with_number);
  EXPECT_EQ(box.seen.all<fact::AttributionRevised>().size(), 0U);
}

TEST_F(MatchCommand, AnUnknownTicketIsRejected) {
  box.command("c-1", "match", MatchVerdict{TicketId{"none"}, true, camille().member});
  EXPECT_EQ(last_ack().status, AckStatus::rejected);
  EXPECT_EQ(last_ack().reason, "unknown ticket");
}

TEST_F(MatchCommand, WithoutConsentNobodyIsConfirmed) {
  box.consent("c-0", camille(), Purpose::attribution, ConsentStatus::revoked, kOpening);
  verdict("c-1", true, camille().member.value);
  EXPECT_EQ(last_ack().status, AckStatus::rejected);
  EXPECT_TRUE(box.seen.all<fact::AttributionCreated>().empty());
}

TEST_F(MatchCommand, WithdrawnConsentTakesBackWhatWasSaid) {
  verdict("c-1", true, camille().member.value);
  box.consent("c-2", camille(), Purpose::attribution, ConsentStatus::revoked, kOpening + 1h);
  EXPECT_EQ(box.seen.all<fact::AttributionRetracted>().size(), 1U);
}

}  // namespace
}  // namespace tg::test
