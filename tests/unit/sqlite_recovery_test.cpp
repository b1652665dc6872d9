// Facts and their mirror that were both damaged, cut, emptied or taken away: what can be read is saved, no number is
// given twice, and what is missing is explained. sqlite_mirror_test.cpp tells what happens to one of them.
#include <filesystem>
#include <fstream>
#include <set>

#include "adapters/sqlite_schema.hpp"
#include "unit/facts_probe.hpp"

namespace tg::test {
namespace {

namespace fs = std::filesystem;
constexpr std::streamoff kPage = 4096;

void overwrite(const std::string& path, std::streamoff from, std::size_t bytes) {
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(from);
  file << std::string(bytes, '\xA5');
}

/// The same to the facts and to their mirror.
void to_both(const TempDir& dir, const std::function<void(const std::string& path)>& damage) {
  for (const char* name : {"facts.db", "facts.mirror.db"}) damage(dir / name);
}

/// Events 1 to `last`, of which the first `sent` were delivered, and one refusal.
void live(const TempDir& dir, Sequence last, Sequence sent = 0) {
  Inbox inbox;
  const auto facts = opened(settings(dir), inbox);
  ASSERT_TRUE(facts->restore());
  facts->start();
  ConsentChange refusal{
      MemberId("m-2"), Purpose::recognition, {ConsentStatus::revoked, kNoon, std::nullopt, ""}, ConsentSource::central};
  facts->persist({1, {row::PutConsent{refusal}}});
  facts->persist(facts_batch(2, 1, last));
  if (sent > 0) facts->persist({3, {delivered(1, sent)}});
  ASSERT_TRUE(inbox.committed(sent > 0 ? 3 : 2));
}

struct Survivor {
  event::Restored restored;
  std::set<Sequence> rows;       ///< that wait
  std::set<Sequence> explained;  ///< as damaged
  std::string finding;
};

Survivor start_again(const TempDir& dir, bool lived_before = false) {
  Inbox inbox;
  auto s = settings(dir);
  s.lived_before = lived_before;
  const auto facts = opened(s, inbox);
  Survivor out;
  out.finding = facts->finding();
  if (auto restored = facts->restore()) out.restored = *restored;
  facts->start();
  facts->read_rows({1, 100'000});
  const auto read = inbox.take<event::RowsRead>();
  for (const auto& row : read->rows) {
    out.rows.insert(row.sequence);
    const auto event = nlohmann::json::parse(row.payload);
    if (!row.explains) continue;
    EXPECT_EQ(event.at("data").at("reason"), "damaged");
    for (const auto& range : event.at("data").at("ranges")) {
      for (Sequence n = range.at(0); n <= range.at(1).get<Sequence>(); ++n) out.explained.insert(n);
    }
  }
  return out;
}

/// Each number above `settled` waits or is explained, and none is both.
void expect_no_gap(const Survivor& after, Sequence settled, Sequence last) {
  for (Sequence n = settled + 1; n <= last; ++n) {
    EXPECT_NE(after.rows.contains(n), after.explained.contains(n)) << "event " << n;
  }
  EXPECT_TRUE(after.explained.empty() || *after.explained.begin() > settled) << "what central has is not lost";
}

TEST(Recovery, ADamagedPageCostsWhatLiesOnItAndNotTheCounter) {
  const TempDir dir;
  live(dir, 2000, 100);
  const auto size = static_cast<std::streamoff>(fs::file_size(dir / "facts.db"));
  to_both(dir, [&](const auto& path) { overwrite(path, size / 2 / kPage * kPage, kPage); });
  const auto after = start_again(dir);
  EXPECT_EQ(after.restored.epoch, 0U);
  EXPECT_GT(after.rows.size(), 1800U);
  EXPECT_GT(after.explained.size(), 0U);
  EXPECT_EQ(after.restored.last_sequence, 2001U) << "the explanation has the next number";
  expect_no_gap(after, 100, 2000);
  EXPECT_EQ(after.restored.consents.size(), 1U);
  EXPECT_EQ(dir.count("facts.db.corrupt-"), 1U) << "and no copy stays";
  EXPECT_NE(after.finding.find("facts.db was damaged"), std::string::npos);
  EXPECT_EQ(start_again(dir).finding, "");
}

class LostFirstPage : public testing::TestWithParam<std::size_t> {};

TEST_P(LostFirstPage, CostsNothing) {
  const TempDir dir;
  live(dir, 2000, 100);
  to_both(dir, [](const auto& path) { overwrite(path, 0, GetParam()); });
  const auto after = start_again(dir);
  EXPECT_EQ(after.rows.size(), 1900U);
  EXPECT_EQ(after.restored.last_sequence, 2000U);
  EXPECT_EQ(after.restored.epoch, 0U);
  EXPECT_EQ(after.restored.consents.size(), 1U);
}

INSTANTIATE_TEST_SUITE_P(Bytes, LostFirstPage, testing::Values(16, 100, 4096));

TEST(Recovery, TablesLieAtTheSamePagesInAFileThatWasUpgradedWithRowsInIt) {
  const TempDir dir;
  {
    std::vector<SqlMigration> first;
    for (const auto& m : sql_migrations()) {
      if (m.name.ends_with("_facts") && first.empty()) first.push_back(m);
    }
    auto old = open_database({dir / "facts.db"}, kFactsKind, first);
    ASSERT_TRUE(old);
    const DbError error = old->db.transact([&] {
      for (std::int64_t n = 1; n <= 3000; ++n) {
        old->db.run("INSERT INTO outbox VALUES (?, 'id', 'a/b', 'p', 0, 0, NULL, NULL, '{\"data\":{}}', NULL)", {n});
      }
      old->db.run("UPDATE meta SET value = 3000 WHERE name = 'last_sequence'");
    });
    ASSERT_FALSE(error) << error.text;
  }
  { start_again(dir); }
  to_both(dir, [](const auto& path) { overwrite(path, 0, kPage); });
  EXPECT_EQ(start_again(dir).rows.size(), 3000U);
}

TEST(Recovery, AnEmptiedFileGoesOnAfterTheHighestNumber) {
  const TempDir dir;
  live(dir, 300, 100);
  to_both(dir, [](const auto& path) { fs::resize_file(path, 0); });
  const auto after = start_again(dir);
  EXPECT_EQ(after.restored.epoch, 0U);
  EXPECT_EQ(after.restored.last_sequence, 301U);
  EXPECT_EQ(after.explained.size(), 200U);
  expect_no_gap(after, 100, 300);
}

TEST(Recovery, WithoutAnyMemoryTheEpochRisesAndStays) {
  const TempDir dir;
  live(dir, 20);
  to_both(dir, [](const auto& path) { overwrite(path, 0, fs::file_size(path)); });
  fs::remove(dir / "facts.mark");
  const auto after = start_again(dir);
  EXPECT_GT(after.restored.epoch, 0U);
  EXPECT_EQ(after.restored.last_sequence, 0U);
  EXPECT_EQ(start_again(dir).restored.epoch, after.restored.epoch);
}

TEST(Recovery, AFileThatIsGoneIsNoFirstDay) {
  const TempDir dir;
  EXPECT_EQ(start_again(dir).restored.epoch, 0U);
  const TempDir other;
  EXPECT_GT(start_again(other, true).restored.epoch, 0U) << "the cache says that this box has a past";
  const TempDir third;
  live(third, 30);
  to_both(third, [](const auto& path) { fs::remove(path); });
  EXPECT_EQ(start_again(third).restored.last_sequence, 31U) << "the mark knows the counter";
}

TEST(Recovery, ALogThatLostItsEndGivesNoNumberTwice) {
  const TempDir running;
  const TempDir dir;
  Inbox inbox;
  const auto facts = opened(settings(running), inbox);
  ASSERT_TRUE(facts->restore());
  facts->start();
  facts->persist(facts_batch(1, 1, 100));
  ASSERT_TRUE(inbox.committed(1));
  facts->persist(facts_batch(2, 101, 400));
  facts->persist({3, {delivered(1, 250)}});
  ASSERT_TRUE(inbox.committed(3));
  running.copy_to(dir);
  const auto log = fs::file_size(dir / "facts.db-wal");
  ASSERT_GT(log, 0U);
  to_both(dir, [&](const auto& path) { fs::resize_file(path + "-wal", log / 2); });
  const auto after = start_again(dir);
  EXPECT_NE(after.finding.find("log was lost"), std::string::npos);
  EXPECT_GT(after.restored.last_sequence, 400U);
  for (Sequence n = 251; n <= 400; ++n) EXPECT_TRUE(after.rows.contains(n) || after.explained.contains(n)) << n;
  EXPECT_EQ(dir.count("facts.db-wal.corrupt-"), 1U);
}

TEST(Recovery, ARowThatIsNotWhatWasWrittenIsNeverSent) {
  const TempDir dir;
  live(dir, 200);
  std::string file;
  {
    std::ifstream in(dir / "facts.db", std::ios::binary);
    file.assign(std::istreambuf_iterator<char>(in), {});
  }
  const auto payload = file.find("00000000000000000117");
  ASSERT_NE(payload, std::string::npos);
  overwrite(dir / "facts.db", static_cast<std::streamoff>(payload), 3);  // no page breaks a rule of SQLite
  Inbox inbox;
  const auto facts = opened(settings(dir), inbox);
  facts->start();
  facts->read_rows({1, 1000});
  const auto read = inbox.take<event::RowsRead>();
  ASSERT_TRUE(read);
  for (const auto& row : read->rows) EXPECT_EQ(row.damaged, row.sequence == 117) << row.sequence;
}

TEST(Recovery, AnUpgradeThatIsRolledBackLosesNothing) {
  const TempDir dir;
  live(dir, 10'000, 500);
  auto newer = sql_migrations();
  newer.push_back(
      {"0098_facts", "ALTER TABLE outbox ADD COLUMN later INTEGER; CREATE TABLE later (a INTEGER) STRICT;"});
  newer.push_back({"0099_facts", "CREATE INDEX outbox_later ON outbox (later);"});
  {
    auto upgraded = open_database({dir / "facts.db"}, kFactsKind, newer);
    ASSERT_TRUE(upgraded) << upgraded.error().message;
    ASSERT_EQ(dir.count("facts.db.before-"), 1U);
    upgraded->db.run(
        "INSERT INTO outbox (sequence, id, topic, partition, class, recorded_at, payload, later) "
        "VALUES (10001, 'i', 'a/b', 'p', 0, 0, '{}', 7)");
    upgraded->db.run("UPDATE meta SET value = 10001 WHERE name = 'last_sequence'");
    ASSERT_TRUE(upgraded->db.ok());
  }
  const auto after = start_again(dir);
  EXPECT_EQ(after.rows.size(), 9'501U) << "also what the newer program wrote";
  EXPECT_EQ(after.restored.last_sequence, 10'001U);
  EXPECT_EQ(after.explained.size(), 0U);
  EXPECT_EQ(after.restored.consents.size(), 1U);
  EXPECT_NE(after.finding.find("newer program"), std::string::npos);
  EXPECT_EQ(dir.count("facts.db.newer-"), 1U) << "the newer file is still there";
  EXPECT_TRUE(open_database({dir / "facts.db"}, kFactsKind, newer)) << "and forward again";
  EXPECT_EQ(dir.count("facts.db.before-"), 1U) << "one copy is kept";
}

TEST(Recovery, TheCopyFromBeforeAnUpgradeIsWhole) {
  const TempDir dir;
  live(dir, 10'000);
  auto newer = sql_migrations();
  newer.push_back({"0099_facts", "DROP TABLE outbox;"});
  { ASSERT_TRUE(open_database({dir / "facts.db"}, kFactsKind, newer)); }
  const TempDir restored;
  for (const auto& entry : fs::directory_iterator(dir.path())) {
    if (entry.path().string().find(".before-") != std::string::npos) fs::copy(entry.path(), restored / "facts.db");
  }
  EXPECT_EQ(start_again(restored).rows.size(), 10'000U);
}

TEST(Recovery, AnErasureTakesWhatWasSetAsideWithIt) {
  const TempDir dir;
  live(dir, 200);
  to_both(dir, [](const auto& path) { overwrite(path, kPage * 20, kPage); });
  std::ofstream(dir / "cache.db.corrupt-1") << "m-1";
  std::ofstream(dir / "facts.db.foreign-1") << "not ours";
  Inbox inbox;
  const auto facts = opened(settings(dir), inbox);
  facts->start();
  ASSERT_EQ(dir.count(".corrupt-"), 3U);
  facts->erase_rows({CommandId("c-1"), "erase", "r-1", MemberId("m-1")});
  const auto erased = inbox.take<event::RowsErased>();
  ASSERT_TRUE(erased);
  EXPECT_EQ(erased->tables.back(), (std::pair<std::string, std::int64_t>{"files_set_aside", 3}));
  EXPECT_EQ(dir.count(".corrupt-"), 0U);
  EXPECT_EQ(dir.count(".foreign-"), 1U);
}

}  // namespace
}  // namespace tg::test
