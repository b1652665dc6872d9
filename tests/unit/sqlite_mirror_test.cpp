// facts.db and its mirror: whichever of the two is damaged, gone, behind or somebody else's, nothing is lost; and what
// is erased is in neither.
#include <filesystem>
#include <fstream>
#include <functional>
#include <regex>
#include <set>

#include "adapters/sqlite_mirror.hpp"
#include "unit/facts_probe.hpp"

namespace tg::test {
namespace {

namespace fs = std::filesystem;

std::string bytes_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::unique_ptr<SqliteFacts> started(const TempDir& dir, Inbox& inbox, std::shared_ptr<const AtRestKeys> keys = {}) {
  auto s = settings(dir);
  s.keys = std::move(keys);
  auto facts = opened(std::move(s), inbox);
  if (facts && facts->restore()) facts->start();
  return facts;
}

/// Events `from` to `to`, and the files as a kill -9 leaves them then.
void live(const TempDir& dir, Sequence from, Sequence to, const TempDir* killed = nullptr) {
  Inbox inbox;
  const auto facts = started(dir, inbox);
  ASSERT_TRUE(facts);
  facts->persist(facts_batch(1, from, to));
  ASSERT_TRUE(inbox.committed(1));
  ASSERT_EQ(facts->health().mirror, "complete");
  if (killed != nullptr) dir.copy_to(*killed);
}

struct Found {
  std::set<Sequence> rows;
  std::string finding;
};
Found start_again(const TempDir& dir, std::shared_ptr<const AtRestKeys> keys = {}) {
  Inbox inbox;
  const auto facts = started(dir, inbox, std::move(keys));
  if (!facts) return {};
  facts->read_rows({1, 100'000});
  const auto read = inbox.take<event::RowsRead>();
  Found out{{}, facts->finding()};
  for (const auto& row : read->rows) {
    EXPECT_FALSE(row.explains) << row.payload;
    EXPECT_FALSE(row.damaged);
    out.rows.insert(row.sequence);
  }
  EXPECT_TRUE(eventually([&] { return facts->health().mirror == "complete"; })) << facts->health().mirror;
  return out;
}

void expect_equal(const TempDir& dir) {
  EXPECT_FALSE(bytes_of(dir / "facts.db").empty());
  EXPECT_EQ(bytes_of(dir / "facts.db") == bytes_of(dir / "facts.mirror.db"), true);
}

/// Both files, and their logs, are the same bytes while the daemon lives, and after it ended.
TEST(Mirror, FollowsEachWrite) {
  const TempDir dir;
  {
    Inbox inbox;
    const auto facts = started(dir, inbox);
    facts->persist(facts_batch(1, 1, 500));
    ASSERT_TRUE(inbox.committed(1));
    const auto equal = [&](const std::string& log) {
      return bytes_of(dir / ("facts.db" + log)) == bytes_of(dir / ("facts.mirror.db" + log));
    };
    EXPECT_TRUE(eventually([&] { return equal("") && equal("-wal"); })) << "once the log was folded in";
    EXPECT_FALSE(bytes_of(dir / "facts.mirror.db-wal").empty());
  }
  expect_equal(dir);
  EXPECT_EQ(dir.count("-wal"), 0U);
}

struct Harm {
  const char* name;
  std::function<void(const std::string& path)> harm;
};
void PrintTo(const Harm& harm, std::ostream* out) { *out << harm.name; }

void overwrite(const std::string& path, std::size_t from, std::size_t bytes) {
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  file.seekp(static_cast<std::streamoff>(from));
  file << std::string(bytes, '\xA5');
}

class OneOfTwo : public testing::TestWithParam<std::tuple<const char*, Harm>> {};

TEST_P(OneOfTwo, LosesNothing) {
  const auto& [name, harm] = GetParam();
  const TempDir dir, killed;
  live(dir, 1, 300);
  live(dir, 301, 400, &killed);  // the last ones stand in the logs only
  harm.harm(killed / name);
  const auto after = start_again(killed);
  EXPECT_EQ(after.rows.size(), 400U);
  const bool facts = std::string_view(name) == "facts.db";
  const bool its_log = std::string_view(harm.name).starts_with("log_");  // empty, if it was just folded in
  const bool replaced = after.finding.find("its mirror took its place") != std::string::npos;
  EXPECT_TRUE(replaced == facts || (its_log && !replaced)) << after.finding;
  EXPECT_EQ(start_again(killed).finding, "") << "and all is well afterwards";
  expect_equal(killed);
}

INSTANTIATE_TEST_SUITE_P(
    Damage, OneOfTwo,
    testing::Combine(
        testing::Values("facts.db", "facts.mirror.db"),
        testing::Values(Harm{"first_page", [](const auto& path) { overwrite(path, 0, 4096); }},
                        Harm{"pages", [](const auto& path) { overwrite(path, 30 * 4096, 10 * 4096); }},
                        Harm{"cut", [](const auto& path) { fs::resize_file(path, fs::file_size(path) / 2); }},
                        Harm{"emptied", [](const auto& path) { fs::resize_file(path, 0); }},
                        Harm{"emptied_with_its_log",
                             [](const auto& path) {
                               fs::resize_file(path, 0);
                               fs::resize_file(path + "-wal", 0);
                             }},
                        Harm{"gone", [](const auto& path) { fs::remove(path); }},
                        Harm{"log_gone", [](const auto& path) { fs::remove(path + "-wal"); }},
                        Harm{"log_cut", [](const auto& path) { fs::resize_file(path + "-wal", 40'000); }},
                        Harm{"foreign",
                             [](const auto& path) { std::ofstream(path) << "the letters of somebody else"; }},
                        Harm{"a_folder",
                             [](const auto& path) {
                               fs::remove(path);
                               fs::create_directory(path);
                             }})),
    [](const auto& one) {
      const bool facts = std::string_view(std::get<0>(one.param)) == "facts.db";
      return (facts ? "Facts_" : "Mirror_") + std::string(std::get<1>(one.param).name);
    });

/// A kill between the two writes: the one has a batch that the other has not, and nobody was told of it.
TEST(Mirror, ABatchInOneOfThemIsInBothOrNeitherAfterwards) {
  const TempDir dir, before, after;
  live(dir, 1, 100, &before);
  live(dir, 101, 200, &after);
  for (const char* ahead : {"facts", "facts.mirror"}) {
    const TempDir torn;
    before.copy_to(torn);
    for (const char* end : {".db", ".db-wal"}) {
      fs::copy_file(after / (std::string(ahead) + end), torn / (std::string(ahead) + end),
                    fs::copy_options::overwrite_existing);
    }
    fs::remove(torn / "facts.mark");  // a power cut forgets it
    const auto found = start_again(torn);
    EXPECT_EQ(found.finding, "") << "no harm was done: " << ahead;
    EXPECT_EQ(found.rows.size(), 200U);
    EXPECT_EQ(torn.count(".corrupt-"), 0U);
    expect_equal(torn);
  }
}

TEST(Mirror, ThatIsFarBehindIsNotBelieved) {
  const TempDir dir, killed;
  live(dir, 1, 100, &killed);
  live(dir, 101, 200);
  live(dir, 201, 300);
  fs::copy_file(killed / "facts.mirror.db", dir / "facts.mirror.db", fs::copy_options::overwrite_existing);
  fs::copy_file(killed / "facts.mirror.db-wal", dir / "facts.mirror.db-wal");
  testing::internal::CaptureStderr();
  EXPECT_EQ(start_again(dir).rows.size(), 300U);
  EXPECT_EQ(start_again(dir).rows.size(), 300U);
  const std::string said = testing::internal::GetCapturedStderr();
  expect_equal(dir);
  EXPECT_TRUE(std::regex_search(said, std::regex("a mirror; pages written anew: [1-9][^]*anew: 0\n"))) << said;
}

TEST(Mirror, OfAnotherBoxLiesBeside) {
  const TempDir dir, other;
  live(dir, 1, 100);
  live(other, 1, 900);
  live(other, 901, 950);
  const std::string theirs = bytes_of(other / "facts.db");
  fs::copy_file(other / "facts.db", dir / "facts.mirror.db", fs::copy_options::overwrite_existing);
  const auto found = start_again(dir);
  EXPECT_EQ(found.rows.size(), 100U);
  EXPECT_NE(found.finding.find("belongs to other facts"), std::string::npos) << found.finding;
  ASSERT_EQ(dir.count("facts.mirror.db.foreign-"), 1U);
  for (const auto& entry : fs::directory_iterator(dir.path())) {
    if (entry.path().string().find(".foreign-") == std::string::npos) continue;
    EXPECT_EQ(bytes_of(entry.path().string()).substr(4096) == theirs.substr(4096), true);
  }
  expect_equal(dir);
}

/// What was copied halfway tells nothing, even if the facts are lost at the same time.
TEST(Mirror, ThatIsUnfinishedIsNotBelieved) {
  const TempDir dir;
  live(dir, 1, 100);
  overwrite(dir / "facts.mirror.db", 8192, 4096);
  {
    auto layer = std::make_shared<MirrorVfs>(dir / "facts.db", dir / "facts.mirror.db");
    auto db = Db::open({dir / "facts.db", 0, 4096, nullptr, layer});
    ASSERT_TRUE(db);
    layer->begin();
    EXPECT_EQ(layer->state(), MirrorVfs::State::copying);
    layer->copy(1);  // a chunk: the file is smaller, but only the next call finishes
    EXPECT_EQ(layer->state(), MirrorVfs::State::copying);
  }
  EXPECT_TRUE(is_unfinished_mirror(dir / "facts.mirror.db"));
  EXPECT_EQ(start_again(dir).rows.size(), 100U);
  EXPECT_FALSE(is_unfinished_mirror(dir / "facts.mirror.db"));
  expect_equal(dir);
}

/// What SQLite writes while the copy is under way is in it at the end, wherever it was written.
TEST(Mirror, IsCopiedWhileTheShopIsServed) {
  const TempDir dir;
  live(dir, 1, 20'000);
  fs::remove(dir / "facts.mirror.db");
  {
    auto layer = std::make_shared<MirrorVfs>(dir / "facts.db", dir / "facts.mirror.db");
    auto db = Db::open({dir / "facts.db", 0, 4096, nullptr, layer});
    ASSERT_TRUE(db);
    layer->begin();
    std::int64_t turns = 0;
    for (; layer->state() == MirrorVfs::State::copying; ++turns) {
      ASSERT_FALSE(db->transact([&] {
        db->run("UPDATE outbox SET delivered_at = 1 WHERE sequence % 40 = ?", {turns % 40});
        if (turns == 9) db->run("DELETE FROM outbox WHERE sequence > 15000");
      }));
      if (turns % 3 == 0) {
        ASSERT_FALSE(db->checkpoint());
      }
      if (turns == 12) db->run("PRAGMA incremental_vacuum(2000)");
      layer->copy(1 << 20);
    }
    EXPECT_GT(turns, 10);
    EXPECT_EQ(layer->state(), MirrorVfs::State::complete) << layer->trouble();
  }
  expect_equal(dir);
}

TEST(Mirror, AnErasureIsInBothAndInNoFormerOne) {
  const TempDir dir, killed;
  Inbox inbox;
  const auto facts = started(dir, inbox);
  effect::Persist batch{1, {}};
  for (Sequence s = 1; s <= 50; ++s) batch.ops.push_back(row::AppendFact{visit_started(s, "m-erased")});
  facts->persist(std::move(batch));
  ASSERT_TRUE(inbox.committed(1));
  ASSERT_NE(bytes_of(dir / "facts.mirror.db-wal").find("m-erased"), std::string::npos);
  facts->erase_rows({CommandId("c-1"), "erase", "r-1", MemberId("m-erased")});
  ASSERT_TRUE(inbox.take<event::RowsErased>());
  EXPECT_FALSE(dir.holds("m-erased"));
  EXPECT_EQ(facts->health().mirror, "complete");
}

TEST(Mirror, IsEncryptedLikeTheFacts) {
  const TempDir dir;
  const auto keys = std::make_shared<const AtRestKeys>(*parse_at_rest_keys(std::string(64, 'a')));
  {
    Inbox inbox;
    const auto facts = started(dir, inbox, keys);
    facts->persist(facts_batch(1, 1, 300));
    ASSERT_TRUE(inbox.committed(1));
    EXPECT_FALSE(dir.holds("touchpoint/v1"));
  }
  expect_equal(dir);
  overwrite(dir / "facts.db", 0, fs::file_size(dir / "facts.db"));
  EXPECT_EQ(start_again(dir, keys).rows.size(), 300U);
  EXPECT_FALSE(dir.holds("touchpoint/v1"));
  expect_equal(dir);
}

}  // namespace
}  // namespace tg::test
