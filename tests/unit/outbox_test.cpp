// The outbox alone: what is committed is sent once there is room, and forgotten when it is acknowledged.
#include "core/outbox.hpp"

#include <gtest/gtest.h>

#include <array>

#include "support/core/shop.hpp"

namespace tg {
namespace {

using namespace test;
using Rows = std::vector<Sequence>;

class Delivery : public testing::Test {
 protected:
  Outbox outbox;
  MonoTime now{};
  WallTime today = kOpening;
  bool expires = true;  ///< the clock is synchronised
  Effects effects;

  void append(int n) {
    for (int i = 0; i < n; ++i) (void)outbox.append();
  }
  void append_committed(int n) {
    append(n);
    outbox.committed(outbox.last());
  }
  std::optional<effect::ReadRows> pump() {
    effects.clear();
    outbox.pump(now, effects);
    std::optional<effect::ReadRows> asked;
    for (const auto& e : effects) {
      if (const auto* read = std::get_if<effect::ReadRows>(&e)) asked = *read;
    }
    return asked;
  }
  /// The facts file answers with these rows; returns what is sent.
  Rows answer(const Rows& sequences, bool end = true) {
    event::RowsRead read;
    for (const Sequence s : sequences) read.rows.push_back({s, "topic", "payload", {}, DeliveryClass::keep, 0, false});
    read.end = end;
    return hand_over(read);
  }
  Rows hand_over(const event::RowsRead& read) {
    effects.clear();
    outbox.rows_read(read, now, expires ? std::optional(today) : std::nullopt, effects);
    Rows sent;
    for (const auto& e : effects) {
      if (const auto* row = std::get_if<effect::PublishRow>(&e)) sent.push_back(row->row.sequence);
    }
    return sent;
  }
  Rows answer_row(OutboxRow row) { return hand_over(event::RowsRead{{std::move(row)}, false}); }
  void ack(Sequence s, std::uint8_t reason = 0) { outbox.delivered({s, reason}, now, effects); }
};

TEST_F(Delivery, NumbersAreContiguousAndGoOnAfterARestart) {
  EXPECT_EQ(outbox.append(), 1U);
  EXPECT_EQ(outbox.append(), 2U);
  Outbox again;
  again.restore(2, 3, 1);
  EXPECT_EQ(again.append(), 3U);
  EXPECT_EQ(again.epoch(), 3U);
}

TEST_F(Delivery, NothingIsAskedForBeforeItsCommit) {
  outbox.link_up(100, 0, now);
  append(3);
  EXPECT_FALSE(pump());
  outbox.committed(2);
  ASSERT_TRUE(pump());
  EXPECT_EQ(answer({1, 2, 3}), (Rows{1, 2})) << "the third is written but not yet on disk";
  outbox.committed(3);
  ack(1);
  ack(2);
  const auto asked = pump();
  ASSERT_TRUE(asked);
  EXPECT_EQ(asked->from, 3U);
  EXPECT_EQ(answer({3}), Rows{3});
}

TEST_F(Delivery, NothingIsAskedForWhileTheLinkIsDown) {
  append_committed(3);
  EXPECT_FALSE(pump());
  outbox.link_up(100, 0, now);
  EXPECT_TRUE(pump());
}

TEST_F(Delivery, OneQuestionAtATime) {
  append_committed(3);
  outbox.link_up(100, 0, now);
  EXPECT_TRUE(pump());
  EXPECT_FALSE(pump());
}

TEST_F(Delivery, TheBrokersReceiveMaximumIsKept) {
  append_committed(500);
  outbox.link_up(10, 0, now);
  const auto asked = pump();
  ASSERT_TRUE(asked);
  EXPECT_LE(asked->limit, 10U);
  EXPECT_EQ(answer({1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, false).size(), 10U);
  EXPECT_FALSE(pump()) << "no credit left";
  EXPECT_EQ(outbox.in_flight(), 10U);
}

TEST_F(Delivery, MemoryIsBoundedWhateverTheBrokerAllows) {
  append_committed(1000);
  outbox.link_up(65535, 0, now);
  Sequence next = 1;
  while (const auto asked = pump()) {
    Rows rows;
    for (std::uint32_t i = 0; i < asked->limit; ++i) rows.push_back(next++);
    answer(rows, false);
  }
  EXPECT_LE(outbox.in_flight(), 256U);
}

TEST_F(Delivery, AcksAreWrittenInOneGo) {
  append_committed(3);
  outbox.link_up(100, 0, now);
  (void)pump();
  answer({1, 2, 3});
  ack(2);
  EXPECT_TRUE(outbox.take_acked(now).empty()) << "not a commit for each";
  EXPECT_EQ(outbox.next_deadline(), now + 100ms);
  EXPECT_EQ(outbox.take_acked(now + 100ms), Rows{2});
  ack(1);
  ack(3);
  EXPECT_EQ(outbox.take_acked(now + 110ms), (Rows{1, 3})) << "nothing in flight: no reason to wait";
  EXPECT_TRUE(outbox.take_acked(now + 1h).empty());
}

TEST_F(Delivery, NoSubscriberCountsAsDelivered) {
  append_committed(1);
  outbox.link_up(100, 0, now);
  (void)pump();
  answer({1});
  effects.clear();
  ack(1, 0x10);
  EXPECT_EQ(outbox.take_acked(now), Rows{1});
  const auto counted = [&](effect::Counter c) {
    return std::any_of(effects.begin(), effects.end(), [&](const Effect& e) {
      const auto* count = std::get_if<effect::Count>(&e);
      return count != nullptr && count->counter == c;
    });
  };
  EXPECT_TRUE(counted(effect::Counter::no_subscriber));
  EXPECT_TRUE(counted(effect::Counter::rows_delivered));
}

TEST_F(Delivery, AnAckOfSomethingNotInFlightIsIgnored) {
  append_committed(1);
  outbox.link_up(100, 0, now);
  ack(1);
  EXPECT_TRUE(outbox.take_acked(now + 1h).empty());
}

// --- loss ------------------------------------------------------------------------------------------------------------

TEST_F(Delivery, WhatWasInFlightWhenTheLinkWentIsSentAgain) {
  append_committed(4);
  outbox.link_up(100, 0, now);
  (void)pump();
  answer({1, 2, 3, 4});
  ack(1);
  ack(3);
  outbox.link_down();
  EXPECT_EQ(outbox.in_flight(), 0U);
  outbox.link_up(100, 0, now);
  const auto asked = pump();
  ASSERT_TRUE(asked);
  EXPECT_EQ(asked->from, 2U);
}

TEST_F(Delivery, AcksThatCameBeforeTheLossAreStillWrittenDown) {
  append_committed(2);
  outbox.link_up(100, 0, now);
  (void)pump();
  answer({1, 2});
  ack(1);
  outbox.link_down();
  EXPECT_EQ(outbox.take_acked(now + 100ms), Rows{1});
}

TEST_F(Delivery, AnAnswerToAQuestionOfTheLostLinkSkipsNothing) {
  append_committed(6);
  outbox.link_up(100, 0, now);
  (void)pump();
  answer({1, 2, 3}, false);
  ASSERT_TRUE(pump());  // from 4; its answer is still on the way when the link is lost and comes back
  outbox.link_down();
  outbox.link_up(100, 0, now);
  EXPECT_EQ(answer({4, 5, 6}), Rows{}) << "1 to 3 must go first";
  const auto asked = pump();
  ASSERT_TRUE(asked);
  EXPECT_EQ(asked->from, 1U);
  EXPECT_EQ(answer({1, 2, 3, 4, 5, 6}), (Rows{1, 2, 3, 4, 5, 6}));
}

TEST_F(Delivery, AnAnswerThatArrivesWhileTheLinkIsDownIsNotSent) {
  append_committed(2);
  outbox.link_up(100, 0, now);
  (void)pump();
  outbox.link_down();
  EXPECT_TRUE(answer({1, 2}).empty());
  outbox.link_up(100, 0, now);
  EXPECT_EQ(pump()->from, 1U);
}

TEST_F(Delivery, ARowThatIsCommittedWhileAnEmptyAnswerIsOnItsWayIsNotSkipped) {
  outbox.restore(5, 0, 5);
  outbox.link_up(100, 0, now);
  ASSERT_TRUE(pump());
  append_committed(1);  // 6, after the question
  EXPECT_TRUE(answer({}).empty());
  const auto asked = pump();
  ASSERT_TRUE(asked);
  EXPECT_EQ(asked->from, 6U);
}

// --- fresh before backlog --------------------------------------------------------------------------------------------

class Backlog : public Delivery {
 protected:
  /// 1,000 rows waited for the link; three more are written after it came.
  void SetUp() override {
    append_committed(1'000);
    outbox.link_up(100, 0, now);
    append_committed(3);
  }
  /// Who is asked for, by the first row.
  Sequence asks() {
    const auto asked = pump();
    return asked ? asked->from : 0;
  }
  /// One row as the facts file gives it; `behind` is the newest earlier one of its partition that waits.
  Rows answer_row(Sequence s, Sequence behind) {
    return Delivery::answer_row({s, "topic", "payload", {}, DeliveryClass::keep, behind, false});
  }
};

TEST_F(Backlog, WhatIsFreshIsAskedForFirst) {
  EXPECT_EQ(asks(), 1'001U);
  EXPECT_EQ(answer({1'001, 1'002, 1'003}), (Rows{1'001, 1'002, 1'003}));
  EXPECT_EQ(asks(), 1U) << "nothing fresh is left";
}

TEST_F(Backlog, TheBacklogHasItsShareHoweverMuchIsFresh) {
  int backlog_turns = 0;
  for (Sequence next = 1'001; next < 1'041; ++next) {
    append_committed(1);
    const auto asked = pump();
    ASSERT_TRUE(asked);
    const bool backlog = asked->from < 1'001;
    backlog_turns += backlog ? 1 : 0;
    const Sequence row = asked->from;
    EXPECT_EQ(answer({row}, false), Rows{row});
    ack(row);
  }
  EXPECT_GE(backlog_turns, 10);
}

TEST_F(Backlog, AFreshRowWaitsForTheBacklogOfItsOwnPartition) {
  ASSERT_EQ(asks(), 1'001U);
  EXPECT_EQ(answer_row(1'001, 7), Rows{}) << "row 7 is of the same visit and not sent";
  ASSERT_EQ(asks(), 1'002U);
  EXPECT_EQ(answer_row(1'002, 1'001), Rows{}) << "nor may the next one of that visit overtake it";
  ASSERT_EQ(asks(), 1'003U);
  EXPECT_EQ(answer_row(1'003, 0), Rows{1'003});
}

TEST_F(Backlog, ARowOfThePartitionThatIsOnItsWayHoldsNobodyUp) {
  ASSERT_EQ(asks(), 1'001U);
  EXPECT_EQ(answer_row(1'001, 0), Rows{1'001});
  ASSERT_EQ(asks(), 1'002U);
  EXPECT_EQ(answer_row(1'002, 1'001), Rows{1'002});
}

TEST_F(Backlog, TheBacklogDoesNotSendAgainWhatWentFirst) {
  ASSERT_EQ(asks(), 1'001U);
  answer({1'001, 1'002, 1'003});
  ASSERT_EQ(asks(), 1U);
  Rows rest;
  for (Sequence s = 990; s <= 1'003; ++s) rest.push_back(s);
  EXPECT_EQ(answer(rest).back(), 1'000U);
}

TEST_F(Backlog, AnAnswerFromBeforeACutIsNotFresh) {
  ASSERT_EQ(asks(), 1'001U);
  ack(1);
  outbox.link_down();
  outbox.revived(1);
  outbox.link_up(100, 0, now);
  EXPECT_EQ(answer({1'001, 1'002, 1'003}), Rows{}) << "they are backlog now";
}

TEST_F(Delivery, AHandfulOfRowsIsNoBacklog) {
  append_committed(50);
  outbox.link_up(100, 0, now);
  append_committed(1);
  EXPECT_EQ(pump()->from, 1U);
}

// --- rate ------------------------------------------------------------------------------------------------------------

TEST_F(Delivery, TheConfiguredRateIsKept) {
  append_committed(10'000);
  outbox.link_up(100, 50, now);
  std::size_t sent = 0;
  Sequence next = 1;
  for (const MonoTime end = now + 10s; now < end;) {
    while (const auto asked = pump()) {
      Rows rows;
      for (std::uint32_t i = 0; i < asked->limit; ++i) rows.push_back(next++);
      for (const Sequence s : answer(rows, false)) {
        ++sent;
        ack(s);
      }
    }
    ASSERT_TRUE(outbox.next_deadline());
    now = std::max(now + 1ms, *outbox.next_deadline());
    (void)outbox.take_acked(now);
  }
  EXPECT_GE(sent, 490U);
  EXPECT_LE(sent, 510U);
}

// --- what dies -------------------------------------------------------------------------------------------------------

class Dying : public Delivery {
 protected:
  void SetUp() override {
    append_committed(1);
    outbox.link_up(100, 0, now);
    ASSERT_TRUE(pump());
  }
};

TEST_F(Dying, APerishableRowAfterItsEndIsNotSent) {
  EXPECT_EQ(answer_row({1, "topic", "payload", today, DeliveryClass::perishable, 0, false}), Rows{});
  const auto drops = outbox.take_drops();
  ASSERT_EQ(drops.size(), 1U);
  EXPECT_EQ(drops[0].sequence, 1U);
  EXPECT_EQ(drops[0].reason, DropReason::expired);
  EXPECT_TRUE(outbox.take_drops().empty());
}

TEST_F(Dying, NothingExpiresByAClockThatMayBeWrong) {
  expires = false;
  EXPECT_EQ(answer_row({1, "topic", "payload", today, DeliveryClass::perishable, 0, false}), Rows{1});
}

TEST_F(Dying, WhatMustBeKeptHasNoEnd) {
  EXPECT_EQ(answer_row({1, "topic", "payload", today, DeliveryClass::keep, 0, false}), Rows{1});
}

TEST_F(Dying, ARefusalForGoodSetsTheRowAsideAndTheRestFlows) {
  for (const auto reason : std::array<std::uint8_t, 3>{0x90, 0x95, 0x99}) {
    SCOPED_TRACE(static_cast<int>(reason));
    Outbox fresh;
    outbox = fresh;
    append_committed(2);
    outbox.link_up(100, 0, now);
    ASSERT_TRUE(pump());
    ASSERT_EQ(answer({1}, false), Rows{1});
    ack(1, reason);
    const auto drops = outbox.take_drops();
    ASSERT_EQ(drops.size(), 1U);
    EXPECT_EQ(drops[0].reason, DropReason::refused);
    EXPECT_EQ(drops[0].mqtt_reason, reason);
    const auto asked = pump();
    ASSERT_TRUE(asked) << "no pause";
    EXPECT_EQ(asked->from, 2U);
  }
}

TEST_F(Delivery, RevivedRowsAreAskedForAgain) {
  append_committed(5);
  outbox.link_up(100, 0, now);
  (void)pump();
  for (const Sequence s : answer({1, 2, 3, 4, 5})) ack(s);
  (void)outbox.take_acked(now);
  EXPECT_FALSE(pump());
  outbox.revived(2);
  const auto asked = pump();
  ASSERT_TRUE(asked);
  EXPECT_EQ(asked->from, 2U);
}

// --- refusal and silence ---------------------------------------------------------------------------------------------

TEST_F(Delivery, ARefusedRowIsKeptAndSentAgainAfterAPause) {
  append_committed(1);
  outbox.link_up(100, 0, now);
  (void)pump();
  answer({1});
  effects.clear();
  ack(1, 0x97);
  EXPECT_TRUE(std::any_of(effects.begin(), effects.end(), [](const Effect& e) {
    const auto* note = std::get_if<effect::Note>(&e);
    return note != nullptr && note->alarm;
  }));
  EXPECT_TRUE(outbox.take_acked(now + 1h).empty()) << "not delivered";
  EXPECT_FALSE(pump()) << "a broker that refuses is not hammered";
  ASSERT_TRUE(outbox.next_deadline());
  now = *outbox.next_deadline();
  const auto asked = pump();
  ASSERT_TRUE(asked);
  EXPECT_EQ(asked->from, 1U);
}

TEST_F(Delivery, ABrokerThatNeverAcknowledgesLosesTheLinkOnce) {
  append_committed(1);
  outbox.link_up(100, 0, now);
  (void)pump();
  answer({1});
  const auto drops = [&] {
    (void)pump();
    return std::count_if(effects.begin(), effects.end(),
                         [](const Effect& e) { return std::holds_alternative<effect::DropLink>(e); });
  };
  EXPECT_EQ(outbox.next_deadline(), now + 30s);
  now += 30s - 1ms;
  EXPECT_EQ(drops(), 0);
  now += 1ms;
  EXPECT_EQ(drops(), 1);
  EXPECT_EQ(drops(), 0) << "the report of the link follows";
}

}  // namespace
}  // namespace tg
