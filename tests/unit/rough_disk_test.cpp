// The two files on a disk that fails at any call, or loses power at any write: what was promised is there afterwards.
//
// 100 places for each kind of failure, spread over the whole run; TOUCHPOINT_DISK_PLACES asks for another number.
#include "support/rough_disk.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <random>
#include <set>
#include <vector>

#include "adapters/sqlite_cache.hpp"
#include "codec/messages.hpp"
#include "unit/facts_probe.hpp"

namespace tg::test {
namespace {

constexpr Sequence kABatch = 5;
constexpr std::uint64_t kBatches = 12;

std::uint64_t places() {
  const char* wanted = std::getenv("TOUCHPOINT_DISK_PLACES");
  return wanted != nullptr ? std::strtoull(wanted, nullptr, 10) : 100;
}

std::string bytes_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

struct Failure {
  RoughDisk::Error error;
  bool for_good;
  const char* name;
};

class RoughDiskTest : public testing::Test {
 protected:
  /// In memory where the machine allows it: durability is this model's matter, not the real disk's.
  static void SetUpTestSuite() {
    if (std::filesystem::is_directory("/dev/shm")) ::setenv("TMPDIR", "/dev/shm", 0);
  }
  void SetUp() override { disk_.heal(); }
  void TearDown() override {
    disk_.heal();
    disk_.forget();
  }
  /// Runs `life(n)` with the n-th call failing, n spread over the calls of a healthy life.
  template <class Life>
  void at_every_place(Life life) {
    ASSERT_NO_FATAL_FAILURE(life(0, Failure{RoughDisk::Error::io, false, "none"}));
    const std::uint64_t calls = calls_of_a_life_;
    ASSERT_GT(calls, 100U);
    constexpr std::array kFailures{Failure{RoughDisk::Error::io, false, "an I/O error"},
                                   Failure{RoughDisk::Error::full, false, "a full disk"},
                                   Failure{RoughDisk::Error::io, true, "I/O errors from then on"},
                                   Failure{RoughDisk::Error::full, true, "a disk full from then on"}};
    for (const auto& failure : kFailures) {
      for (std::uint64_t i = 0; i < places(); ++i) {
        const std::uint64_t n = 1 + i * calls / places();
        SCOPED_TRACE(std::string(failure.name) + " at call " + std::to_string(n) + " of " + std::to_string(calls));
        ASSERT_NO_FATAL_FAILURE(life(n, failure));
        if (HasFailure()) return;
      }
    }
    std::cout << calls << " calls of a life, " << places() << " places of each failure\n";
  }

  RoughDisk& disk_ = RoughDisk::mounted();
  std::uint64_t calls_of_a_life_ = 0;
};

// --- facts -----------------------------------------------------------------------------------------------------------

SqliteFacts::Settings impatient(const TempDir& dir) {
  auto s = settings(dir);
  s.first_retry = Millis{1};
  s.hard_limit = 1000;
  return s;
}

effect::Persist batch_of(std::uint64_t n) {
  auto batch = facts_batch(n, (n - 1) * kABatch + 1, n * kABatch);
  ConsentChange change{
      MemberId("m-" + std::to_string(n)), Purpose::sms, {ConsentStatus::revoked, kNoon, std::nullopt, ""}};
  batch.ops.push_back(row::PutConsent{change});
  return batch;
}

/// What a start finds: all that was promised, no gap; and unless a file was harmed nothing set aside.
void expect_kept(const TempDir& dir, std::uint64_t promised, bool harmed = false) {
  Inbox inbox;
  const auto facts = opened(impatient(dir), inbox);
  ASSERT_TRUE(facts);
  EXPECT_EQ(facts->finding().empty(), !harmed) << facts->finding();
  const auto restored = facts->restore();
  ASSERT_TRUE(restored);
  EXPECT_GE(restored->last_sequence, promised * kABatch);
  EXPECT_EQ(restored->last_sequence % kABatch, 0U) << "a batch is there whole or not at all";
  EXPECT_EQ(restored->consents.size(), restored->last_sequence / kABatch);
  facts->start();
  facts->read_rows({1, 10'000});
  const auto rows = inbox.take<event::RowsRead>();
  ASSERT_TRUE(rows);
  ASSERT_EQ(rows->rows.size(), restored->last_sequence);
  for (const auto& row : rows->rows) EXPECT_FALSE(row.damaged) << row.sequence;
  EXPECT_EQ(dir.count(".corrupt-"), 0U);
  EXPECT_TRUE(eventually([&] { return facts->health().mirror == "complete"; })) << facts->health().mirror;
}

TEST_F(RoughDiskTest, AFactsFileKeepsWhatItPromisedWhicheverCallFails) {
  at_every_place([&](std::uint64_t n, const Failure& failure) {
    const TempDir dir;
    std::atomic<std::uint64_t> promised{0};
    disk_.fail_call(n, failure.error, failure.for_good);
    const EventPost post = [&](const Event& event) {
      if (const auto* done = std::get_if<event::Committed>(&event)) promised = done->batch;
    };
    if (auto facts = SqliteFacts::open(impatient(dir), post)) {
      if ((*facts)->restore()) {
        (*facts)->start();
        for (std::uint64_t b = 1; b <= kBatches; ++b) {
          (*facts)->persist(batch_of(b));
          if (b % 4 == 0) (*facts)->erase_rows({CommandId("c"), "erase", "r", MemberId("m-nobody")});
        }
        if (!failure.for_good) {
          EXPECT_TRUE(eventually([&] { return promised == kBatches; })) << "one failure and it never goes on";
        }
      }
      (*facts)->stop();
    } else {
      EXPECT_NE(facts.error().message.find("facts.db"), std::string::npos) << facts.error().message;
    }
    if (n == 0) calls_of_a_life_ = disk_.calls();
    disk_.heal();
    expect_kept(dir, promised);
  });
}

/// Bad sectors in one of them: the disk gives the other.
TEST_F(RoughDiskTest, OneOfTheTwoFilesCannotBeRead) {
  for (const std::string broken : {"facts.db", "facts.mirror.db"}) {
    const TempDir dir;
    {
      Inbox inbox;
      const auto facts = opened(impatient(dir), inbox);
      facts->start();
      for (std::uint64_t b = 1; b <= kBatches; ++b) facts->persist(batch_of(b));
      ASSERT_TRUE(inbox.committed(kBatches));
    }
    disk_.break_file(dir / broken);
    SCOPED_TRACE(broken);
    {
      Inbox inbox;
      const auto facts = opened(impatient(dir), inbox);
      ASSERT_TRUE(facts);
      EXPECT_NE(facts->finding().find(broken == "facts.db" ? "its mirror took its place" : "cannot be read"),
                std::string::npos)
          << facts->finding();
    }
    disk_.heal();
    for (const auto& entry : std::filesystem::directory_iterator(dir.path())) {
      if (entry.path().string().find(".corrupt-") != std::string::npos) std::filesystem::remove(entry.path());
    }
    ASSERT_NO_FATAL_FAILURE(expect_kept(dir, kBatches));
  }
}

struct Cut {
  FolderImage files;
  std::string mark;
  std::uint64_t promised = 0;
  Sequence marked = 0;  ///< no event above it was called delivered
};

enum class Life { facts_only, with_deliveries };
constexpr std::uint64_t kMarks = 1'000;  // their batches are numbered from here: nothing is promised of them

class PowerCut : public RoughDiskTest {
 protected:
  /// Many cuts in the course of one life.
  std::vector<Cut> live(bool lies_about_sync, Dice& dice, Life life = Life::facts_only) {
    const TempDir dir;
    std::vector<Cut> cuts;
    std::atomic<std::uint64_t> promised{0};
    std::atomic<Sequence> marked{0};
    std::mutex one_at_a_time;  // two threads sync
    disk_.remember(dir.path().string(), lies_about_sync, [&] {
      const std::scoped_lock lock(one_at_a_time);
      if (dice.one_in(3)) cuts.push_back({disk_.cut(dice), bytes_of(dir / "facts.mark"), promised, marked});
    });
    const EventPost post = [&](const Event& event) {
      const auto* done = std::get_if<event::Committed>(&event);
      if (done != nullptr && done->batch < kMarks) promised = done->batch;
    };
    auto facts = SqliteFacts::open(impatient(dir), post);
    EXPECT_TRUE(facts);
    EXPECT_TRUE((*facts)->restore());
    (*facts)->start();
    for (std::uint64_t b = 1; b <= kBatches * 3; ++b) {
      (*facts)->persist(batch_of(b));
      EXPECT_TRUE(eventually([&] { return promised == b; }));
      if (life == Life::with_deliveries) {
        marked = b * kABatch - 2;
        (*facts)->persist({kMarks + b, {delivered((b - 1) * kABatch + 1, marked)}});
      }
      if (b % 5 == 0) (*facts)->erase_rows({CommandId("c"), "erase", "r", MemberId("m-nobody")});
    }
    facts->reset();
    disk_.forget();
    while (cuts.size() > places())
      cuts.erase(cuts.begin() + static_cast<std::ptrdiff_t>(dice.below(static_cast<std::uint32_t>(cuts.size()))));
    return cuts;
  }
  void put(const Cut& cut, const TempDir& dir, bool with_mark) {
    for (const auto& [name, bytes] : cut.files) std::ofstream(dir / name, std::ios::binary) << bytes;
    if (with_mark && !cut.mark.empty()) std::ofstream(dir / "facts.mark", std::ios::binary) << cut.mark;
  }
};

TEST_F(PowerCut, AtAnyWriteCostsNothingThatWasPromised) {
  for_all(std::max<std::uint64_t>(1, places() / 50), [&](Dice& dice) {
    for (const auto& cut : live(false, dice)) {
      if (!cut.files.contains("facts.db") || cut.files.at("facts.db").empty()) continue;  // the first breath
      const TempDir dir;
      put(cut, dir, dice.one_in(2));
      ASSERT_NO_FATAL_FAILURE(expect_kept(dir, cut.promised));
      if (HasFailure()) return;
    }
  });
}

/// Deliveries are marked without waiting for the disk: what the disk never saw is sent again, and nothing else is.
TEST_F(PowerCut, AMarkThatIsLostOnlyMeansSendingAgain) {
  std::size_t again = 0;
  for_all(std::max<std::uint64_t>(1, places() / 50), [&](Dice& dice) {
    for (const auto& cut : live(false, dice, Life::with_deliveries)) {
      if (!cut.files.contains("facts.db") || cut.files.at("facts.db").empty()) continue;
      const TempDir dir;
      put(cut, dir, dice.one_in(2));
      Inbox inbox;
      const auto facts = opened(impatient(dir), inbox);
      ASSERT_TRUE(facts);
      EXPECT_EQ(facts->finding(), "");
      const auto restored = facts->restore();
      ASSERT_TRUE(restored);
      EXPECT_GE(restored->last_sequence, cut.promised * kABatch);
      facts->start();
      facts->read_rows({1, 10'000});
      const auto rows = inbox.take<event::RowsRead>();
      ASSERT_TRUE(rows);
      std::set<Sequence> waiting;
      for (const auto& row : rows->rows) waiting.insert(row.sequence);
      for (Sequence s = 1; s <= restored->last_sequence; ++s) {
        const bool was_marked = s <= cut.marked && (s - 1) % kABatch < kABatch - 2;
        EXPECT_TRUE(was_marked || waiting.contains(s)) << s << " is lost";
        again += was_marked && waiting.contains(s) ? 1 : 0;
      }
      if (HasFailure()) return;
    }
  });
  EXPECT_GT(again, 0U) << "a mark always waits for the disk";
}

/// Whichever of the two files is lost with the power, its log with it.
TEST_F(PowerCut, AndTheLossOfOneOfTheTwoFilesCostsNothingThatWasPromised) {
  std::size_t tried = 0;
  for_all(std::max<std::uint64_t>(1, places() / 50), [&](Dice& dice) {
    for (const auto& cut : live(false, dice)) {
      if (cut.promised == 0) continue;  // the mirror may still be under way
      for (const std::string lost : {"facts.db", "facts.mirror.db"}) {
        const TempDir dir;
        put(cut, dir, dice.one_in(2));
        for (const char* end : {"", "-wal"})
          std::ofstream(dir / (lost + end), std::ios::binary) << std::string(9000, 'x');
        SCOPED_TRACE(lost);
        ASSERT_NO_FATAL_FAILURE(expect_kept(dir, cut.promised, true));
        if (HasFailure()) return;
        ++tried;
      }
    }
  });
  EXPECT_GT(tried, places());
}

/// Nothing is promised on such a drive but this: the daemon starts, and what it sends is what was once written.
TEST_F(PowerCut, OnADriveThatLiesAboutSyncTheGatewayStartsAndSendsNothingThatWasNeverWritten) {
  std::size_t damaged = 0, lost = 0, all = 0;
  for_all(std::max<std::uint64_t>(1, places() / 50), [&](Dice& dice) {
    for (const auto& cut : live(true, dice)) {
      const TempDir dir;
      put(cut, dir, true);
      std::optional<event::RowsRead> rows;
      bool spoke = false;
      // Damage that the check of a start does not see ends the process once for each of the two files.
      for (int starts = 0; starts < 3 && !rows; ++starts) {
        Inbox inbox;
        std::atomic<bool> fatal{false};
        auto cautious = impatient(dir);
        cautious.fatal = [&](const std::string&) { fatal = true; };
        const auto facts = opened(cautious, inbox);
        ASSERT_TRUE(facts);
        const auto restored = facts->restore();
        ASSERT_TRUE(restored);
        EXPECT_GE(restored->last_sequence, cut.mark.empty() ? 0 : cut.promised * kABatch)
            << "the mark knows the counter";
        spoke = spoke || !facts->finding().empty();
        facts->start();
        facts->read_rows({1, 10'000});
        ASSERT_TRUE(eventually([&] { return (rows = inbox.take<event::RowsRead>(Millis{0})) || fatal; }));
      }
      ASSERT_TRUE(rows) << "it ends at every start";
      for (const auto& row : rows->rows) {
        if (row.damaged || row.explains) continue;
        const auto event = nlohmann::json::parse(row.payload);
        EXPECT_EQ(event.at("id"), "id-" + std::to_string(row.sequence));
      }
      damaged += spoke ? 1 : 0;
      lost += rows->rows.size() < cut.promised * kABatch ? 1 : 0;
      ++all;
    }
  });
  std::cout << all << " cuts: " << damaged << " starts had something to say, " << lost << " lost promised rows\n";
  EXPECT_GT(damaged, 0U) << "a drive that never forgets proves nothing";
}

// --- cache -----------------------------------------------------------------------------------------------------------

SnapshotPart part(std::int64_t revision, std::int32_t n) {
  auto rows = std::make_shared<DataRows>();
  for (int i = 0; i < 40; ++i) {
    Profile p;
    p.member = MemberId("m-" + std::to_string(n) + '-' + std::to_string(i));
    p.keys.resize(1);
    p.keys[0].eid_key.fill(static_cast<std::uint8_t>(revision));
    p.keys[0].from = kNoon;
    p.consent.at(Purpose::recognition) = {ConsentStatus::granted, kNoon, std::nullopt, "1"};
    rows->profiles.push_back(profile_row(std::move(p)));
  }
  return {DataSet::profiles, "S" + std::to_string(revision), revision, n, 2, std::move(rows)};
}

std::size_t keys_in(SqliteCache& cache, Inbox& inbox) {
  cache.load_keys();
  std::size_t members = 0;
  while (const auto slice = inbox.take<event::KeysLoaded>()) {
    members += slice->members.size();
    if (slice->last) break;
  }
  return members;
}

TEST_F(RoughDiskTest, ACacheFileHoldsOneWholeRevisionWhicheverCallFails) {
  at_every_place([&](std::uint64_t n, const Failure& failure) {
    const TempDir dir;
    SqliteCache::Settings s;
    s.path = dir / "cache.db";
    Inbox inbox;
    std::int64_t applied = 0;
    disk_.fail_call(n, failure.error, failure.for_good);
    if (auto cache = SqliteCache::open(s, inbox.post())) {
      (*cache)->start();
      for (std::int64_t revision = 1; revision <= 3; ++revision) {
        for (std::int32_t i = 1; i <= 2; ++i) (*cache)->write({CommandId("c"), "profiles.snapshot", part(revision, i)});
        for (int i = 0; i < 2; ++i) {
          const auto answer = inbox.take<event::CacheWritten>();
          ASSERT_TRUE(answer);
          if (answer->status == AckStatus::applied) applied = revision;
          EXPECT_EQ(answer->status == AckStatus::rejected, !answer->reason.empty()) << "a refusal names its cause";
        }
      }
      (*cache)->stop();
    } else {
      EXPECT_NE(cache.error().message.find("cache.db"), std::string::npos) << cache.error().message;
    }
    if (n == 0) calls_of_a_life_ = disk_.calls();
    disk_.heal();
    auto again = SqliteCache::open(s, inbox.post());
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ((*again)->finding(), "");
    EXPECT_GE((*again)->figures()[0].revision, applied);
    (*again)->start();
    EXPECT_EQ(keys_in(**again, inbox), (*again)->figures()[0].revision == 0 ? 0U : 80U);
  });
}

}  // namespace
}  // namespace tg::test
