// A database file of any age becomes the same schema, or is refused or set aside with a clear word.
#include <filesystem>
#include <fstream>

#include "adapters/sqlite_schema.hpp"
#include "unit/store_probe.hpp"

namespace tg::test {
namespace {

std::string schema_of(Db& db) {
  std::string text;
  Query rows(db, "SELECT type, name, coalesce(sql, '') FROM sqlite_schema ORDER BY type, name");
  while (rows.next()) {
    for (int i = 0; i < 3; ++i) text.append(rows.text(i)).append("\n");
  }
  return text;
}

std::vector<SqlMigration> first(std::size_t n) {
  const auto& all = sql_migrations();
  return {all.begin(), all.begin() + static_cast<std::ptrdiff_t>(n)};
}

std::string bytes_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

class EveryKind : public testing::TestWithParam<DatabaseKind> {};

TEST_P(EveryKind, MigratedFromEachVersionEqualsFresh) {
  const TempDir dir;
  auto fresh = open_database({dir / "fresh.db"}, GetParam());
  ASSERT_TRUE(fresh) << fresh.error().message;
  const std::string expected = schema_of(fresh->db);
  ASSERT_NE(expected.find("CREATE TABLE"), std::string::npos);
  for (std::size_t n = 0; n <= sql_migrations().size(); ++n) {
    const std::string path = dir / ("from-" + std::to_string(n) + ".db");
    { ASSERT_TRUE(open_database({path}, GetParam(), first(n))); }
    auto migrated = open_database({path}, GetParam());
    ASSERT_TRUE(migrated) << migrated.error().message;
    EXPECT_EQ(schema_of(migrated->db), expected) << "after " << n << " migrations";
  }
}

TEST_P(EveryKind, AFailedMigrationLeavesTheFileAsItWas) {
  const TempDir dir;
  const std::string name = "0099_" + std::string(GetParam().name);
  std::string before;
  {
    auto opened = open_database({dir / "a.db"}, GetParam());
    ASSERT_TRUE(opened);
    before = schema_of(opened->db);
  }
  auto broken = sql_migrations();
  broken.push_back({name, "CREATE TABLE half (a INTEGER) STRICT; CREATE TABLE half (a INTEGER) STRICT;"});
  const auto refused = open_database({dir / "a.db"}, GetParam(), broken);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("migration 99"), std::string::npos) << refused.error().message;
  auto again = open_database({dir / "a.db"}, GetParam());
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(schema_of(again->db), before);
}

TEST_P(EveryKind, AFileOfANewerProgramIsRefusedAndKept) {
  const TempDir dir;
  auto newer = sql_migrations();
  const std::string name = "0099_" + std::string(GetParam().name);
  newer.push_back({name, "CREATE TABLE later (a INTEGER) STRICT;"});
  { ASSERT_TRUE(open_database({dir / "a.db"}, GetParam(), newer)); }
  const auto refused = open_database({dir / "a.db"}, GetParam());
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("newer program (schema 99"), std::string::npos) << refused.error().message;
  EXPECT_NE(refused.error().message.find(dir / "a.db"), std::string::npos);
  EXPECT_EQ(dir.count("corrupt"), 0U);
  EXPECT_TRUE(open_database({dir / "a.db"}, GetParam(), newer));
}

INSTANTIATE_TEST_SUITE_P(Databases, EveryKind, testing::Values(kFactsKind, kCacheKind),
                         [](const auto& kind) { return std::string(kind.param.name); });

TEST(OpenDatabase, ADatabaseOfSomebodyElseLiesBesideAsItWas) {
  const TempDir dir;
  { ASSERT_TRUE(open_database({dir / "a.db"}, kCacheKind)); }
  const std::string bytes = bytes_of(dir / "a.db");
  auto opened = open_database({dir / "a.db"}, kFactsKind);
  ASSERT_TRUE(opened) << opened.error().message;
  ASSERT_TRUE(opened->damaged);
  EXPECT_NE(opened->damaged->find("a.db.foreign-"), std::string::npos);
  EXPECT_EQ(bytes_of(*opened->damaged), bytes);
}

TEST(OpenDatabase, AFileThatIsNoDatabaseLiesBesideAsItWas) {
  const TempDir dir;
  const std::string bytes = std::string(9000, 'x') + "the old bytes";
  std::ofstream(dir / "a.db") << bytes;
  std::ofstream(dir / "a.db-journal") << "of somebody else as well";
  auto opened = open_database({dir / "a.db"}, kFactsKind);
  ASSERT_TRUE(opened) << opened.error().message;
  ASSERT_TRUE(opened->damaged);
  EXPECT_NE(opened->damaged->find("a.db.foreign-"), std::string::npos);
  EXPECT_EQ(bytes_of(*opened->damaged), bytes);
  EXPECT_EQ(bytes_of(*opened->damaged + "-journal"), "of somebody else as well");
}

TEST(OpenDatabase, TwoUnusableFilesOfOneSecondBothLieBeside) {
  const TempDir dir;
  for (const char* words : {"the first", "the second"}) {
    std::filesystem::remove(dir / "a.db");
    std::ofstream(dir / "a.db") << words;
    ASSERT_TRUE(open_database({dir / "a.db"}, kFactsKind));
  }
  EXPECT_TRUE(dir.holds("the first"));
  EXPECT_TRUE(dir.holds("the second"));
}

TEST(OpenDatabase, ALogThatIsNoneLiesBeside) {
  const TempDir dir;
  { ASSERT_TRUE(open_database({dir / "a.db"}, kFactsKind)); }
  std::ofstream(dir / "a.db-wal") << "words of somebody else";
  auto opened = open_database({dir / "a.db"}, kFactsKind);
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_FALSE(opened->damaged);
  EXPECT_TRUE(dir.holds("words of somebody else"));
}

TEST(OpenDatabase, APathThatCannotBeWrittenIsNamed) {
  const TempDir dir;
  const auto refused = open_database({dir / "missing/a.db"}, kFactsKind);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find(dir / "missing/a.db"), std::string::npos) << refused.error().message;
}

TEST(OpenDatabase, OnlyItsOwnerMayReadIt) {
  const TempDir dir;
  auto opened = open_database({dir / "a.db"}, kFactsKind);
  ASSERT_TRUE(opened);
  for (const auto& entry : std::filesystem::directory_iterator(dir.path())) {
    using std::filesystem::perms;
    const auto others = entry.status().permissions() & (perms::group_all | perms::others_all);
    EXPECT_EQ(others, perms::none) << entry.path();
  }
}

}  // namespace
}  // namespace tg::test
