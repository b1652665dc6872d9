// How long what names a member stays (config/privacy/record-of-processing.md): each table has its end, and the disk
// gets its room back.
#include <filesystem>
#include <fstream>
#include <map>
#include <set>

#include "adapters/sqlite_fact_rows.hpp"
#include "adapters/sqlite_schema.hpp"
#include "unit/facts_probe.hpp"

namespace tg::test {
namespace {

constexpr auto kDay = std::chrono::days{1};

std::set<std::string> tables_with_a_member(const DatabaseKind& kind) {
  const TempDir dir;
  auto opened = open_database({dir / "a.db"}, kind);
  std::set<std::string> tables;
  Query rows(opened->db,
             "SELECT DISTINCT t.name FROM sqlite_schema t, pragma_table_info(t.name) c "
             "WHERE t.type = 'table' AND c.name = 'member'");
  while (rows.next()) tables.emplace(rows.text(0));
  return tables;
}

TEST(Retention, ATableThatNamesMembersIsOneOfThoseThatTheRecordOfProcessingKnows) {
  EXPECT_EQ(tables_with_a_member(kFactsKind),
            (std::set<std::string>{"consent", "match_verdict", "outbox", "ticket", "visit", "visit_trace"}));
  EXPECT_EQ(tables_with_a_member(kCacheKind), (std::set<std::string>{"loyalty", "profile", "recognition", "refusal"}));
}

/// One row of each kind that was over at `at`, named after it.
void put(Db& db, const std::string& id, Sequence sequence, WallTime at) {
  const FactOrigin origin{"paris-042", "/stores/paris-042", "touchpoint/v1/paris-042/"};
  Visit visit;
  visit.id = VisitId(id);
  visit.member = MemberId("m-" + id);
  visit.state = VisitState::ended;
  visit.started_at = visit.last_sighting = at;
  visit.ended_at = at;
  apply_row(db, origin, row::PutVisit{visit});
  TicketRecord ticket;
  ticket.id = TicketId(id);
  ticket.key = {"paris-042", "POS1", "2026-11-21", id};
  ticket.ended_at = ticket.received_at = at;
  apply_row(db, origin, row::PutTicket{ticket});
  apply_row(db, origin, row::PutAction{id, at});
  apply_row(db, origin, row::PutCommand{CommandId(id), "consent", at});
  Fact fact = visit_started(sequence, "m-" + id);
  fact.recorded_at = at;
  apply_row(db, origin, row::AppendFact{fact});
  apply_row(db, origin, row::MarkDelivered{{sequence}, at});
  fact.sequence = sequence + 1;
  apply_row(db, origin, row::AppendFact{fact});
  apply_row(db, origin, row::SetAside{sequence + 1, 0x95});
  fact.sequence = sequence + 2;
  apply_row(db, origin, row::AppendFact{fact});  // it waits
}

std::int64_t count(Db& db, const std::string& rows) { return db.number("SELECT count(*) FROM " + rows).value_or(-1); }

TEST(Retention, APurgeDeletesWhatIsOverAndNothingElse) {
  const TempDir dir;
  auto opened = open_database({dir / "facts.db"}, kFactsKind);
  Db& db = opened->db;
  ASSERT_FALSE(db.transact([&] {
    put(db, "long-ago", 1, kNoon - 200 * kDay);
    put(db, "a-month-ago", 11, kNoon - 40 * kDay);
    put(db, "yesterday", 21, kNoon - kDay);
    put(db, "now", 31, kNoon + kDay);
  }));
  ASSERT_FALSE(db.transact([&] {
    while (purge_slice(db, kNoon)) {
    }
  }));
  EXPECT_EQ(count(db, "visit"), 1) << "ended before the window of delivered events";
  EXPECT_EQ(count(db, "tablet_action"), 1);
  EXPECT_EQ(count(db, "command"), 1);
  EXPECT_EQ(count(db, "ticket"), 3) << "180 days longer";
  EXPECT_EQ(count(db, "outbox WHERE delivered_at IS NOT NULL"), 1);
  EXPECT_EQ(count(db, "outbox WHERE set_aside IS NOT NULL"), 2) << "30 days longer";
  EXPECT_EQ(count(db, "outbox WHERE waiting"), 4) << "what central has not got stays";
}

TEST(Retention, AfterAPurgeTheFileShrinksAndOldFilesBesideItGo) {
  const TempDir dir;
  Inbox inbox;
  const auto facts = opened(settings(dir), inbox);
  facts->start();
  facts->persist(facts_batch(1, 1, 20'000));
  facts->persist({2, {delivered(1, 20'000)}});
  ASSERT_TRUE(inbox.committed(2));
  const auto unix = [](WallTime at) { return std::to_string(unix_s(at)); };
  for (const std::string name : {"facts.db.corrupt-", "cache.db.corrupt-", "facts.db.before-", "facts.db.newer-"}) {
    std::ofstream(dir / (name + unix(kNoon - 31 * kDay))) << "m-1";
    std::ofstream(dir / (name + unix(kNoon - 29 * kDay))) << "m-1";
  }
  std::ofstream(dir / ("facts.db.foreign-" + unix(kNoon - 31 * kDay))) << "not ours";
  const auto before = std::filesystem::file_size(dir / "facts.db");
  facts->persist({3, {row::Purge{kNoon + Seconds{1}}}});
  ASSERT_TRUE(inbox.committed(3));
  EXPECT_TRUE(eventually([&] { return std::filesystem::file_size(dir / "facts.db") < before / 2; }));
  EXPECT_EQ(dir.count(unix(kNoon - 29 * kDay)), 4U);
  EXPECT_EQ(dir.count(unix(kNoon - 31 * kDay)), 1U) << "a foreign file stays for its owner";
}

}  // namespace
}  // namespace tg::test
