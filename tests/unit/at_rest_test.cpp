// What encryption at rest promises: nothing readable without the key, nothing lost with it, nothing touched with
// another.
#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <vector>

#include "adapters/sqlite_cache.hpp"
#include "adapters/sqlite_schema.hpp"
#include "adapters/sqlite_seal.hpp"
#include "unit/facts_probe.hpp"

namespace tg::test {
namespace {

const std::string kMember = "m-who-must-not-be-read";

std::string line_of(char digit) { return std::string(64, digit); }

std::shared_ptr<const AtRestKeys> keys(const std::string& text) {
  const auto parsed = parse_at_rest_keys(text);
  EXPECT_TRUE(parsed) << text;
  return std::make_shared<const AtRestKeys>(parsed.value_or(AtRestKeys{}));
}
const auto kOurs = [] { return keys(line_of('a')); };

std::string bytes_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

SqliteFacts::Settings with(SqliteFacts::Settings s, std::shared_ptr<const AtRestKeys> k) {
  s.keys = std::move(k);
  return s;
}

/// Opens, adds `count` events about kMember and stops as a power cut would: `kept` holds the files of that moment.
void run_and_cut(const TempDir& dir, std::shared_ptr<const AtRestKeys> k, Sequence from, Sequence count,
                 const TempDir& kept) {
  Inbox inbox;
  const auto facts = opened(with(settings(dir), std::move(k)), inbox);
  ASSERT_TRUE(facts);
  facts->start();
  effect::Persist batch{1, {}};
  for (Sequence s = from; s < from + count; ++s) batch.ops.push_back(row::AppendFact{visit_started(s, kMember)});
  facts->persist(std::move(batch));
  ASSERT_TRUE(inbox.committed(1));
  dir.copy_to(kept);
}

void run(const TempDir& dir, std::shared_ptr<const AtRestKeys> k, Sequence from = 1, Sequence count = 100) {
  const TempDir unused;
  run_and_cut(dir, std::move(k), from, count, unused);
}

/// Events that a start with these keys finds; nullopt when it refuses.
std::optional<std::int64_t> found(const TempDir& dir, std::shared_ptr<const AtRestKeys> k) {
  Inbox inbox;
  auto facts = SqliteFacts::open(with(settings(dir), std::move(k)), inbox.post());
  if (!facts) return std::nullopt;
  const auto restored = (*facts)->restore();
  EXPECT_TRUE(restored);
  return restored ? std::optional(static_cast<std::int64_t>(restored->undelivered)) : std::nullopt;
}

bool readable(const TempDir& dir) {
  return dir.holds(kMember) || dir.holds("touchpoint/v1") || dir.holds("CREATE TABLE") || dir.holds("SQLite format");
}

TEST(AtRestKeys, AreLinesOfHexadecimalDigits) {
  const std::string a = line_of('a'), b = line_of('B');
  EXPECT_TRUE(parse_at_rest_keys(a)->current);
  EXPECT_TRUE(parse_at_rest_keys(a + "\r\n" + b)->current);
  EXPECT_EQ(parse_at_rest_keys(a + "\n" + b + "\n")->former.size(), 1U);
  EXPECT_FALSE(parse_at_rest_keys("off\n" + b)->current);
  for (const auto& wrong : {std::string(), std::string("secret"), a.substr(1), a + "0", b + "\noff", a + "\n\n" + b}) {
    EXPECT_FALSE(parse_at_rest_keys(wrong)) << wrong;
  }
}

/// Files outlive programs. The expected bytes were computed by another program (python3-cryptography) from
/// decisions/0015.
TEST(PageCipher, WritesTheSameBytesForEver) {
  const Key256 key = *parse_at_rest_keys(line_of('a'))->current;
  EXPECT_EQ(hex(PageCipher::check_of(key)), "ab37c197547add85");
  PageCipher cipher(key);
  const std::vector<std::uint8_t> clear(4096);
  std::vector<std::uint8_t> sealed(4096), back(4096);
  cipher.encrypt({7, 3}, clear, sealed);
  EXPECT_EQ(hex(sha256(sealed)), "8c819d169ee3d4174f3326571642b4a66c2079f21f534e3b075258c245fcabec");
  cipher.decrypt({7, 3}, sealed, back);
  EXPECT_EQ(back, clear);
  cipher.decrypt({8, 3}, sealed, back);
  EXPECT_NE(back, clear) << "another place, other bytes";
}

TEST(AtRest, NeitherFileNorLogCanBeReadAndACutLosesNothing) {
  const TempDir dir, after_the_cut;
  run_and_cut(dir, kOurs(), 1, 300, after_the_cut);
  EXPECT_GT(after_the_cut.count("-wal"), 0U);
  EXPECT_FALSE(readable(dir));
  EXPECT_FALSE(readable(after_the_cut));
  EXPECT_EQ(found(after_the_cut, kOurs()), 300);
}

TEST(AtRest, WithoutAKeyEverythingCanBeRead) {  // else the test above proves nothing
  const TempDir dir;
  run(dir, nullptr);
  EXPECT_TRUE(dir.holds(kMember));
}

TEST(AtRest, SwitchedOnTurnedOverAndSwitchedOff) {
  const TempDir dir;
  const std::string first = line_of('1'), second = line_of('2');
  run(dir, nullptr, 1, 100);
  run(dir, keys(first), 101, 100);
  EXPECT_FALSE(readable(dir));
  run(dir, keys(second + "\n" + first), 201, 100);
  EXPECT_FALSE(readable(dir));
  EXPECT_EQ(found(dir, keys(first)), std::nullopt) << "a former key must not open what was rewritten";
  run(dir, keys("off\n" + second), 301, 100);
  EXPECT_TRUE(readable(dir));
  EXPECT_EQ(found(dir, nullptr), 400);
  EXPECT_EQ(dir.count(".corrupt-"), 0U);
}

TEST(AtRest, AnotherKeyOrNoneTouchesNothing) {
  const TempDir dir;
  run(dir, kOurs());
  const std::string before = bytes_of(dir / "facts.db");
  Inbox inbox;
  for (const auto& wrong : {keys(line_of('c')), std::shared_ptr<const AtRestKeys>()}) {
    const auto refused = SqliteFacts::open(with(settings(dir), wrong), inbox.post());
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message.find("at_rest_key_file"), std::string::npos) << refused.error().message;
    EXPECT_EQ(refused.error().message.find(line_of('c')), std::string::npos);
  }
  EXPECT_EQ(bytes_of(dir / "facts.db"), before);
  EXPECT_EQ(dir.count(".corrupt-"), 0U);
  EXPECT_EQ(found(dir, kOurs()), 100);
}

TEST(AtRest, WhatAPowerCutLeftOfARewritingGoes) {
  const TempDir dir;
  run(dir, nullptr);
  std::ofstream(dir / "facts.db.rewritten") << kMember << " half a copy";
  EXPECT_EQ(found(dir, kOurs()), 100);
  EXPECT_EQ(dir.count("rewritten"), 0U);
  EXPECT_FALSE(readable(dir));
}

TEST(AtRest, OfADamagedFileTheReadableRowsAreSaved) {
  const TempDir dir;
  run(dir, kOurs(), 1, 2000);
  {  // fold the log in, so that the damage is not repaired from it
    auto db = Db::open({dir / "facts.db", 0, 4096, kOurs()});
    ASSERT_TRUE(db);
    ASSERT_FALSE(db->checkpoint());
  }
  std::fstream file(dir / "facts.db", std::ios::binary | std::ios::in | std::ios::out);
  file.seekg(0, std::ios::end);
  file.seekp(static_cast<std::int64_t>(file.tellg()) / 2 / 4096 * 4096);
  file << std::string(4096, '\x5a');
  file.close();
  const auto saved = found(dir, kOurs());
  ASSERT_TRUE(saved);
  EXPECT_GT(*saved, 1500);
  EXPECT_EQ(dir.count(".corrupt-"), 1U);
  EXPECT_FALSE(readable(dir)) << "what was set aside is encrypted too";
}

/// A transaction larger than the page cache writes its frames again; the log is then read in every way that it knows.
TEST(AtRest, ATransactionLargerThanTheCache) {
  const TempDir dir, after_the_cut;
  const Db::Settings small{dir / "a.db", 0, 64, kOurs()};
  auto db = Db::open(small);
  ASSERT_TRUE(db);
  db->script("CREATE TABLE t (id INTEGER PRIMARY KEY, text TEXT) STRICT");
  const auto error = db->transact([&] {
    for (std::int64_t id = 0; id < 5000; ++id) db->run("INSERT INTO t VALUES (?, ?)", {id, kMember});
    for (std::int64_t id = 0; id < 5000; id += 7) db->run("UPDATE t SET text = text || ? WHERE id = ?", {"!", id});
    db->run("DELETE FROM t WHERE id % 3 = 0");
  });
  ASSERT_FALSE(error) << error.text;
  dir.copy_to(after_the_cut);
  EXPECT_FALSE(readable(after_the_cut));
  auto again = Db::open({after_the_cut / "a.db", 0, 64, kOurs()});
  ASSERT_TRUE(again);
  const std::string_view sum = "SELECT sum(id * length(text)) FROM t";
  EXPECT_EQ(again->number(sum), db->number(sum));
  Query check(*again, "PRAGMA integrity_check");
  ASSERT_TRUE(check.next());
  EXPECT_EQ(check.text(0), "ok");
}

TEST(AtRest, WithoutItsFirstPageItsRowsAreSavedAndStayEncrypted) {
  const TempDir dir;
  run(dir, kOurs(), 1, 2000);
  std::fstream file(dir / "facts.db", std::ios::binary | std::ios::in | std::ios::out);
  file << std::string(4096, '\x5a');
  file.close();
  const auto saved = found(dir, kOurs());
  ASSERT_TRUE(saved);
  EXPECT_GT(*saved, 1900);
  EXPECT_EQ(dir.count(".corrupt-"), 1U);
  EXPECT_FALSE(readable(dir));
}

TEST(AtRest, WithoutItsMarkTheLogIsReadAllTheSame) {
  const TempDir dir, after_the_cut;
  run_and_cut(dir, kOurs(), 1, 300, after_the_cut);
  std::fstream file(after_the_cut / "facts.db", std::ios::binary | std::ios::in | std::ios::out);
  file << std::string(100, '\x5a');
  file.close();
  EXPECT_EQ(found(after_the_cut, kOurs()), 300);
}

TEST(AtRest, TheCopyBeforeAnUpgradeIsEncrypted) {
  const TempDir dir;
  const auto one = std::vector<SqlMigration>{{"0001_facts", "CREATE TABLE t (name TEXT) STRICT"}};
  auto two = one;
  two.push_back({"0002_facts", "CREATE TABLE u (name TEXT) STRICT"});
  const Db::Settings settings{dir / "facts.db", 0, 4096, kOurs()};
  {
    auto opened = open_database(settings, kFactsKind, one);
    ASSERT_TRUE(opened);
    opened->db.run("INSERT INTO t VALUES (?)", {kMember});
  }
  { ASSERT_TRUE(open_database(settings, kFactsKind, two)); }
  EXPECT_EQ(dir.count(".before-"), 1U);
  EXPECT_FALSE(readable(dir));
}

/// As another process would find it; looking at it through a descriptor of this one would end the lock.
bool is_locked(const std::string& path) {
  const pid_t child = ::fork();
  if (child == 0) {
    const int fd = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
    struct flock wanted {};
    wanted.l_type = F_WRLCK;
    wanted.l_whence = SEEK_SET;
    ::_exit(fd >= 0 && ::fcntl(fd, F_GETLK, &wanted) == 0 && wanted.l_type != F_UNLCK ? 1 : 0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 1;
}

TEST(AtRest, AnOpenFileIsLocked) {
  for (const auto& k : {std::shared_ptr<const AtRestKeys>(), kOurs()}) {
    const TempDir dir;
    for (const char* start : {"first", "second"}) {
      const auto opened = open_database({dir / "facts.db", 0, 4096, k}, kFactsKind);
      ASSERT_TRUE(opened);
      EXPECT_TRUE(is_locked(dir / "facts.db")) << start << " start, " << (k ? "encrypted" : "in the clear");
    }
  }
}

TEST(AtRest, AForeignDatabaseIsNotEncrypted) {
  const TempDir dir;
  { ASSERT_TRUE(open_database({dir / "facts.db"}, kCacheKind)); }
  EXPECT_EQ(found(dir, kOurs()), 0) << "it lies beside, and facts begin anew";
  EXPECT_TRUE(dir.holds("SQLite format"));
}

}  // namespace
}  // namespace tg::test
