// What the facts file does for the outbox: what waits, behind whom, what should die, what is asked for again.
#include <gtest/gtest.h>

#include "unit/facts_probe.hpp"

namespace tg::test {
namespace {

using Rows = std::vector<Sequence>;
using Ranges = std::vector<std::pair<Sequence, Sequence>>;

Fact alert(Sequence sequence) {
  Fact fact = visit_started(sequence);
  fact.data = fact::DqAlert{"totals_mismatch", "POS1", ""};
  return fact;
}
Fact of_visit(Sequence sequence, const std::string& visit) {
  Fact fact = visit_started(sequence);
  std::get<fact::VisitStarted>(fact.data).visit = VisitId(visit);
  return fact;
}

class SqliteOutbox : public testing::Test {
 protected:
  const TempDir dir;
  Inbox inbox;
  std::unique_ptr<SqliteFacts> facts = opened(settings(dir), inbox);
  std::uint64_t batch = 0;

  void SetUp() override { facts->start(); }
  void write(std::vector<RowOp> ops) {
    facts->persist({++batch, std::move(ops)});
    ASSERT_TRUE(inbox.committed(batch));
  }
  void append(std::vector<Fact> events) {
    std::vector<RowOp> ops;
    for (auto& event : events) ops.emplace_back(row::AppendFact{std::move(event)});
    write(std::move(ops));
  }
  event::RowsRead read(effect::ReadRows request) {
    facts->read_rows(request);
    return inbox.take<event::RowsRead>().value();
  }
  Rows waiting() {
    Rows out;
    for (const auto& row : read({1, 1'000}).rows) out.push_back(row.sequence);
    return out;
  }
  event::OutboxSurveyed survey(effect::SurveyOutbox request) {
    facts->survey(request);
    return inbox.take<event::OutboxSurveyed>().value();
  }
  event::RowsRevived revive(Sequence from, Sequence to) {
    facts->revive({CommandId("c-1"), "replay", from, to});
    return inbox.take<event::RowsRevived>().value();
  }
  /// The kept figures, and the same counted.
  void expect_depth(std::int64_t rows) {
    const auto kept = survey({std::nullopt, 1'000'000, 1'000'000'000, 10});
    std::int64_t bytes = 0;
    for (const auto& row : read({1, 1'000}).rows) bytes += static_cast<std::int64_t>(row.payload.size());
    EXPECT_EQ(kept.rows, rows);
    EXPECT_EQ(kept.bytes, bytes);
  }
};

TEST_F(SqliteOutbox, ARowSaysBehindWhomItIs) {
  append({of_visit(1, "v-a"), of_visit(2, "v-b"), of_visit(3, "v-a"), of_visit(4, "v-c"), of_visit(5, "v-a")});
  const auto rows = read({3, 10, 1}).rows;
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0].behind, 1U);
  EXPECT_EQ(rows[1].behind, 0U) << "the first of its visit";
  EXPECT_EQ(rows[2].behind, 3U) << "the newest, not the oldest";
  write({row::MarkDelivered{{1}, kNoon}});
  EXPECT_EQ(read({3, 10, 1}).rows[0].behind, 0U) << "delivered";
  EXPECT_EQ(read({5, 10, 4}).rows[0].behind, 0U) << "row 3 is not of the backlog that was named";
}

TEST_F(SqliteOutbox, ARowSaysItsClassAndWhetherItExplainsOthers) {
  Fact dropped = visit_started(3);
  dropped.data = fact::OutboxDropped{DeliveryClass::perishable, DropReason::expired, {{1, 2}}};
  append({visit_started(1), suggestion_created(2, "m-1"), dropped, alert(4)});
  const auto rows = read({1, 10}).rows;
  ASSERT_EQ(rows.size(), 4U);
  EXPECT_EQ(rows[0].cls, DeliveryClass::keep);
  EXPECT_EQ(rows[1].cls, DeliveryClass::perishable);
  EXPECT_EQ(rows[3].cls, DeliveryClass::telemetry);
  EXPECT_TRUE(rows[2].explains);
  EXPECT_FALSE(rows[0].explains);
}

TEST_F(SqliteOutbox, OnlyPerishableRowsExpire) {
  append({visit_started(1), suggestion_created(2, "m-1"), suggestion_created(3, "m-1"), alert(4)});
  write({row::MarkDelivered{{3}, kNoon}});
  const WallTime end = kNoon + Seconds{1200};
  EXPECT_EQ(survey({end - Millis{1}, 1'000, 1'000'000, 10}).expired, Rows{});
  EXPECT_EQ(survey({end, 1'000, 1'000'000, 10}).expired, Rows{2});
  EXPECT_EQ(survey({std::nullopt, 1'000, 1'000'000, 10}).expired, Rows{});
}

TEST_F(SqliteOutbox, AboveFourFifthsOfTheRowsTheOldestTelemetryGoes) {
  append({alert(1), visit_started(2), alert(3), visit_started(4), alert(5), alert(6)});
  EXPECT_EQ(survey({std::nullopt, 10, 1'000'000, 10}).surplus, Rows{});
  EXPECT_EQ(survey({std::nullopt, 5, 1'000'000, 10}).surplus, (Rows{1, 3}));
  const auto most = survey({std::nullopt, 1, 1'000'000, 3});
  EXPECT_EQ(most.surplus, (Rows{1, 3, 5})) << "never a visit";
  EXPECT_TRUE(most.more);
  const std::int64_t bytes = survey({std::nullopt, 100, 1'000'000, 10}).bytes;
  EXPECT_EQ(survey({std::nullopt, 100, bytes * 5 / 4 - 5, 10}).surplus, Rows{1});
}

TEST_F(SqliteOutbox, TheDepthIsRightWhateverHappensToARow) {
  append({visit_started(1, "m-ä"), suggestion_created(2, "m-ä"), alert(3), visit_started(4), visit_started(5)});
  expect_depth(5);
  write({row::MarkDelivered{{4, 4}, kNoon}});
  expect_depth(4);
  write({row::DropFacts{{3, 3}}});
  expect_depth(3);
  write({row::SetAside{5, 0x95}});
  expect_depth(2);
  EXPECT_EQ(waiting(), (Rows{1, 2}));
  (void)revive(4, 5);
  expect_depth(4);
  facts->erase_rows({CommandId("c-2"), "erase", "r-1", MemberId("m-ä")});
  const auto erased = inbox.take<event::RowsErased>();
  ASSERT_TRUE(erased);
  EXPECT_EQ(erased->dropped, Rows{2}) << "central never got it: somebody must say so";
  expect_depth(3);
  EXPECT_EQ(inspected(*facts, "outbox").at("dropped"), 3) << "one dropped, one set aside, one erased";
  facts.reset();
  facts = opened(settings(dir), inbox);
  EXPECT_EQ(facts->restore()->undelivered, 3U);
}

TEST_F(SqliteOutbox, AskedForAgainWhatIsThereWaitsAndWhatIsGoneIsNamed) {
  append({visit_started(1), visit_started(2), suggestion_created(3, "m-1"), visit_started(4), visit_started(5)});
  write({row::MarkDelivered{{1, 2, 3, 4}, kNoon}, row::DropFacts{{5}}});
  write({row::Purge{kNoon - Seconds{1}}});
  const auto revived = revive(2, 7);
  EXPECT_EQ(revived.first, 2U);
  EXPECT_EQ(revived.gone, (Ranges{{5, 7}}));
  EXPECT_EQ(waiting(), (Rows{2, 3, 4}));
  EXPECT_EQ(survey({kNoon + Seconds{9'999}, 100, 1'000'000, 10}).expired, Rows{}) << "central asked for it";
  const auto nothing = revive(50, 60);
  EXPECT_EQ(nothing.first, 0U);
  EXPECT_EQ(nothing.gone, (Ranges{{50, 60}}));
}

}  // namespace
}  // namespace tg::test
