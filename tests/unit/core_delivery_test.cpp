// What leaves the core, and when: numbers, commits, acknowledgements, links, the clock.
#include <gtest/gtest.h>

#include "support/core/box.hpp"

namespace tg {
namespace {

using namespace test;

class CoreDelivery : public testing::Test {
 protected:
  Box box;
  const Profile who = camille();
  void SetUp() override { box.cache.put(who); }
  /// Of the first event of this type; 0 = none.
  template <class Data>
  [[nodiscard]] Sequence sequence_of() const {
    for (const auto& fact : box.seen.facts) {
      if (std::holds_alternative<Data>(fact.data)) return fact.sequence;
    }
    return 0;
  }
  [[nodiscard]] std::vector<Sequence> undelivered() const {
    std::vector<Sequence> out;
    for (const auto& [sequence, row] : box.facts.rows) {
      if (!row.delivered) out.push_back(sequence);
    }
    return out;
  }
};

TEST_F(CoreDelivery, EventsAreNumberedFromOneWithoutAGap) {
  box.start();
  box.enter_fitting(who);
  box.till(coat_ticket(at(box.now()).wall));
  box.pass(1h);
  Sequence expected = 0;
  std::set<std::string> ids;
  for (const auto& f : box.seen.facts) {
    EXPECT_EQ(f.sequence, ++expected);
    EXPECT_TRUE(ids.insert(f.id).second) << "an id twice: " << f.id;
  }
  EXPECT_GE(expected, 6U);
  EXPECT_EQ(box.seen.sent.size(), expected);
  EXPECT_TRUE(undelivered().empty());
}

TEST_F(CoreDelivery, NothingIsVisibleBeforeItsCommit) {
  box.start();
  box.commits = false;
  box.enter_fitting(who);
  box.till(coat_ticket(at(box.now()).wall));
  box.consent("c-1", who, Purpose::sms, ConsentStatus::granted, kOpening);
  EXPECT_TRUE(box.seen.visible.empty());
  box.commit_all();
  EXPECT_FALSE(box.seen.sent.empty());
  EXPECT_FALSE(box.seen.shown<effect::PublishCard>().empty());
  EXPECT_EQ(box.seen.shown<effect::AnswerTicket>().size(), 1U);
  EXPECT_EQ(box.seen.shown<effect::PublishAck>().size(), 1U);
}

TEST_F(CoreDelivery, AnotherSourceOrNumberGivesAnotherId) {
  Policy policy = shop_policy();
  policy.gateway = "gw-2";
  Box other(policy);
  other.cache.put(who);
  other.start();
  box.start();
  EXPECT_NE(box.enter(who), other.enter(who));
  EXPECT_NE(box.seen.facts.at(0).id, other.seen.facts.at(0).id);
}

TEST_F(CoreDelivery, ARunIsTheSameTwice) {
  Box other;
  for (Box* b : {&box, &other}) {
    b->cache.put(who);
    b->start();
    b->enter_fitting(who);
    b->till(coat_ticket(at(b->now()).wall));
    b->pass(2min);
  }
  EXPECT_EQ(box.core().digest(), other.core().digest());
  ASSERT_EQ(box.seen.facts.size(), other.seen.facts.size());
  for (std::size_t i = 0; i < box.seen.facts.size(); ++i) EXPECT_EQ(box.seen.facts[i].id, other.seen.facts[i].id);
  other.hear(who, kFloor);
  EXPECT_NE(box.core().digest(), other.core().digest()) << "the digest sees the difference";
}

// --- the link to central ---------------------------------------------------------------------------------------------

TEST_F(CoreDelivery, WhatWasNotAcknowledgedIsSentAgainAfterALoss) {
  box.start();
  box.acks = false;
  box.enter(who);
  ASSERT_EQ(box.seen.sent, std::vector<Sequence>{1});
  box.send(event::LinkDown{Link::central, "gone"});
  box.acks = true;
  box.send(event::LinkUp{Link::central});
  EXPECT_EQ(box.seen.sent, (std::vector<Sequence>{1, 1}));
  box.pass(1s);
  EXPECT_TRUE(undelivered().empty());
}

TEST_F(CoreDelivery, TheBacklogOfAnOutageIsSentInOrder) {
  box.start();
  box.send(event::LinkDown{Link::central, "gone"});
  box.enter_fitting(who);
  box.pass(1h);
  EXPECT_TRUE(box.seen.sent.empty());
  const auto backlog = undelivered();
  ASSERT_GE(backlog.size(), 4U);
  box.send(event::LinkUp{Link::central});
  EXPECT_EQ(box.seen.sent, backlog);
}

TEST_F(CoreDelivery, ASilentBrokerIsLeftAndReconnected) {
  box.start();
  box.acks = false;
  box.enter(who);
  Effects effects;
  box.pass(29s);
  box.core().step(event::DeadlineReached{}, at(box.now() + 2s), effects);
  EXPECT_TRUE(std::any_of(effects.begin(), effects.end(),
                          [](const Effect& e) { return std::holds_alternative<effect::DropLink>(e); }));
}

TEST_F(CoreDelivery, ADownLinkIsTriedAgainAtItsDeadline) {
  box.start();
  Effects effects;
  box.core().step(event::LinkDown{Link::central, "gone"}, at(box.now()), effects);
  const auto due = box.core().next_deadline();
  ASSERT_TRUE(due);
  effects.clear();
  box.core().step(event::DeadlineReached{}, {*due, kOpening}, effects);
  ASSERT_EQ(effects.size(), 1U);
  EXPECT_EQ(std::get<effect::ConnectLink>(effects[0]).link, Link::central);
}

// --- recognition waits -----------------------------------------------------------------------------------------------

TEST_F(CoreDelivery, AdvertsWaitWhileTheKeysAreLoading) {
  box.loads = false;
  box.start();
  EXPECT_FALSE(box.core().can_recognise(kOpening));
  Aes128 aes;
  const Eid eid = compute_eid(aes, who.keys[0].eid_key, static_cast<std::uint32_t>(unix_s(kOpening)));
  box.send(event::AdvertSeen{kEntrance, eid, -60});
  EXPECT_EQ(box.seen.counters[effect::Counter::adverts_waiting], 1U);
  box.loads = true;
  box.load_all();
  EXPECT_TRUE(box.core().can_recognise(kOpening));
  box.send(event::AdvertSeen{kEntrance, eid, -60});
  box.pass(200ms);
  box.send(event::AdvertSeen{kEntrance, eid, -60});
  EXPECT_EQ(box.seen.all<fact::VisitStarted>().size(), 1U);
}

TEST_F(CoreDelivery, AnImplausibleClockWaitsAndAnUnsyncedOneSaysSo) {
  box.start();
  box.send(event::ClockChanged{ClockState::implausible});
  EXPECT_FALSE(box.core().can_recognise(kOpening));
  Aes128 aes;
  const Eid eid = compute_eid(aes, who.keys[0].eid_key, static_cast<std::uint32_t>(unix_s(kOpening)));
  box.send(event::AdvertSeen{kEntrance, eid, -60});
  box.pass(200ms);
  box.send(event::AdvertSeen{kEntrance, eid, -60});
  EXPECT_TRUE(box.seen.facts.empty());
  box.send(event::ClockChanged{ClockState::unsynced});
  box.enter(who);
  ASSERT_EQ(box.seen.facts.size(), 1U);
  EXPECT_FALSE(box.seen.facts[0].clock_synced);
}

TEST_F(CoreDelivery, StrangersLeaveABareCountAndNothingElse) {
  box.start();
  const auto before = box.core().digest();
  for (int i = 0; i < 100; ++i) {
    box.send(event::AdvertSeen{kEntrance, eid_of("0102030405060708"), -40});
    box.pass(200ms);
  }
  EXPECT_EQ(box.seen.counters[effect::Counter::adverts_foreign], 100U);
  EXPECT_EQ(box.core().digest(), before);
  EXPECT_TRUE(box.facts.rows.empty());
}

TEST_F(CoreDelivery, ACheckinInTheStreetIsNoVisit) {
  box.start();
  box.send(event::CheckinSeen{kStreet, who.member});
  EXPECT_TRUE(box.seen.facts.empty());
  box.send(event::CheckinSeen{kEntrance, who.member});
  ASSERT_EQ(box.seen.facts.size(), 1U);
  EXPECT_EQ(box.seen.all<fact::VisitStarted>().at(0).method, RecognitionMethod::checkin);
}

// --- what never arrives ----------------------------------------------------------------------------------------------

TEST_F(CoreDelivery, ASuggestionThatOutlivedItsUseIsDroppedAndExplained) {
  box.start();
  box.send(event::LinkDown{Link::central, "no WAN"});
  box.enter_fitting(who);
  const Sequence created = sequence_of<fact::SuggestionCreated>();
  ASSERT_NE(created, 0U);
  box.pass(30min);
  const auto explained = box.seen.all<fact::OutboxDropped>();
  ASSERT_EQ(explained.size(), 1U) << "also without a link: the disk is for what counts";
  EXPECT_EQ(explained[0].cls, DeliveryClass::perishable);
  EXPECT_EQ(explained[0].reason, DropReason::expired);
  EXPECT_EQ(explained[0].ranges.front().first, created);
  box.send(event::LinkUp{Link::central});
  EXPECT_EQ(std::count(box.seen.sent.begin(), box.seen.sent.end(), created), 0);
  EXPECT_EQ(box.seen.counters[effect::Counter::rows_dropped], 1U);
}

TEST_F(CoreDelivery, AnEventThatTheBrokerRefusesForGoodIsSetAsideAndExplained) {
  box.acks = false;
  box.start();
  box.enter_fitting(who);
  ASSERT_FALSE(box.seen.sent.empty());
  const Sequence poison = box.seen.sent.front();
  box.send(event::Delivered{poison, 0x95});
  EXPECT_TRUE(box.facts.rows.at(poison).set_aside);
  const auto explained = box.seen.all<fact::OutboxDropped>();
  ASSERT_EQ(explained.size(), 1U);
  EXPECT_EQ(explained[0].cls, DeliveryClass::keep);
  EXPECT_EQ(explained[0].reason, DropReason::refused);
  EXPECT_EQ(explained[0].ranges, (std::vector<std::pair<Sequence, Sequence>>{{poison, poison}}));
  const Sequence explanation = sequence_of<fact::OutboxDropped>();
  ASSERT_EQ(box.seen.sent.back(), explanation);
  box.send(event::Delivered{explanation, 0x95});
  EXPECT_EQ(box.seen.all<fact::OutboxDropped>().size(), 1U) << "a refused explanation is not explained for ever";
}

TEST_F(CoreDelivery, CentralMayAskForEventsAgain) {
  box.start();
  box.enter_fitting(who);
  const auto before = box.seen.sent;
  box.command("c-1", "replay", ReplayRequest{1, 2});
  ASSERT_EQ(box.seen.sent.size(), before.size() + 2);
  EXPECT_EQ(box.seen.sent[before.size()], 1U);
  EXPECT_EQ(box.seen.sent[before.size() + 1], 2U);
  box.command("c-2", "replay", ReplayRequest{90, 95});
  box.command("c-3", "replay", ReplayRequest{2, 90});
  box.command("c-3", "replay", ReplayRequest{2, 90});
  box.command("c-4", "replay", ReplayRequest{1, 100'001});
  const auto acks = box.seen.shown<effect::PublishAck>();
  ASSERT_EQ(acks.size(), 5U);
  EXPECT_EQ(acks[0].ack.status, AckStatus::applied);
  EXPECT_EQ(acks[1].ack.status, AckStatus::rejected);
  EXPECT_EQ(acks[1].ack.reason, "expired");
  EXPECT_EQ(acks[2].ack.status, AckStatus::applied);
  EXPECT_EQ(acks[2].ack.reason, "expired: " + std::to_string(box.facts.last + 1) + "-90");
  EXPECT_EQ(acks[3].ack.status, AckStatus::duplicate);
  EXPECT_EQ(acks[4].ack.status, AckStatus::rejected);
}

TEST_F(CoreDelivery, ACommandThatCannotBeUnderstoodIsRejectedWithItsReason) {
  box.start();
  box.command("c-1", "consent", BadCommand{"/purpose: one of …"});
  const auto acks = box.seen.shown<effect::PublishAck>();
  ASSERT_EQ(acks.size(), 1U);
  EXPECT_EQ(acks[0].ack.status, AckStatus::rejected);
  EXPECT_EQ(acks[0].ack.reason, "/purpose: one of …");
}

}  // namespace
}  // namespace tg
