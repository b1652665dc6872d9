// What the cache file promises: a snapshot takes effect at once or not at all, revisions never skip, a refusal takes
// the keys, a forgotten member leaves no byte.
#include "adapters/sqlite_cache.hpp"

#include <algorithm>

#include "adapters/sqlite_cache_rows.hpp"
#include "adapters/sqlite_schema.hpp"
#include "codec/messages.hpp"
#include "unit/store_probe.hpp"

namespace tg::test {
namespace {

constexpr WallTime kNoon = wall_ms(1'763'726'400'000);

SqliteCache::Settings settings(const TempDir& dir) {
  SqliteCache::Settings s;
  s.path = dir / "cache.db";
  return s;
}

ConsentRecord granted(WallTime at = kNoon) { return {ConsentStatus::granted, at, std::nullopt, "2026-03"}; }
ConsentRecord revoked(WallTime at) { return {ConsentStatus::revoked, at, std::nullopt, "2026-03"}; }

Profile profile(const std::string& member) {
  Profile p;
  p.member = MemberId(member);
  p.keys.resize(1);
  p.keys[0].eid_key.fill(0x5A);
  p.keys[0].from = kNoon;
  p.consent.at(Purpose::recognition) = granted();
  return p;
}

CatalogItem item(const std::string& variant, const std::string& style) {
  CatalogItem i;
  i.variant = variant;
  i.style = style;
  i.name = style;
  i.size = "42";
  i.currency = "EUR";
  return i;
}

std::shared_ptr<const DataRows> rows(std::vector<Profile> profiles) {
  DataRows rows;
  for (auto& profile : profiles) rows.profiles.push_back(profile_row(std::move(profile)));
  return std::make_shared<const DataRows>(std::move(rows));
}

SnapshotPart part(const std::string& snapshot, std::int64_t revision, std::int32_t n, std::int32_t of,
                  std::vector<Profile> profiles) {
  return {DataSet::profiles, snapshot, revision, n, of, rows(std::move(profiles))};
}

class SqliteCacheTest : public testing::Test {
 protected:
  SqliteCacheTest() { open(settings(dir_)); }

  void open(SqliteCache::Settings s) {
    cache_.reset();
    auto opened = SqliteCache::open(std::move(s), inbox_.post());
    ASSERT_TRUE(opened) << opened.error().message;
    cache_ = std::move(*opened);
    cache_->start();
  }
  event::CacheWritten write(std::variant<SnapshotPart, Delta, ConsentChange> body) {
    cache_->write({CommandId("c-1"), "profiles", std::move(body)});
    auto answer = inbox_.take<event::CacheWritten>();
    EXPECT_TRUE(answer) << "no answer to a write";
    return answer ? std::move(*answer) : event::CacheWritten{};
  }
  std::vector<event::MemberKeys> keys() {
    std::vector<event::MemberKeys> all;
    cache_->load_keys();
    for (bool first = true;; first = false) {
      auto slice = inbox_.take<event::KeysLoaded>();
      if (!slice) break;
      EXPECT_EQ(slice->first, first);
      EXPECT_LE(slice->members.size(), 4096U);
      std::ranges::move(slice->members, std::back_inserter(all));
      if (slice->last) break;
    }
    return all;
  }
  std::vector<std::string> members() {
    std::vector<std::string> names;
    for (const auto& one : keys()) names.push_back(one.member.value);
    return names;
  }
  std::optional<Dossier> dossier(const std::string& member) {
    cache_->load_dossier({VisitId("v-1"), MemberId(member)});
    auto loaded = inbox_.take<event::DossierLoaded>();
    EXPECT_TRUE(loaded);
    return loaded ? std::move(loaded->dossier) : std::nullopt;
  }
  event::TicketFactsLoaded ticket_facts(effect::LoadTicketFacts request) {
    cache_->complete_ticket_facts(std::move(request), {});
    auto loaded = inbox_.take<event::TicketFactsLoaded>();
    EXPECT_TRUE(loaded);
    return loaded ? std::move(*loaded) : event::TicketFactsLoaded{};
  }

  TempDir dir_;
  Inbox inbox_;
  std::unique_ptr<SqliteCache> cache_;
};

using Names = std::vector<std::string>;

TEST_F(SqliteCacheTest, ASnapshotInPartsTakesEffectAtOnceInAnyOrder) {
  ASSERT_EQ(write(part("S1", 41, 1, 1, {profile("m-old")})).status, AckStatus::applied);
  EXPECT_EQ(write(part("S2", 42, 3, 3, {profile("m-c")})).status, AckStatus::accepted);
  EXPECT_EQ(write(part("S2", 42, 1, 3, {profile("m-a")})).status, AckStatus::accepted);
  EXPECT_EQ(write(part("S2", 42, 3, 3, {profile("m-c")})).status, AckStatus::accepted);  // a repeat
  EXPECT_EQ(members(), Names{"m-old"});
  EXPECT_EQ(cache_->figures()[0].revision, 41);

  const auto done = write(part("S2", 42, 2, 3, {profile("m-b")}));
  EXPECT_EQ(done.status, AckStatus::applied);
  EXPECT_EQ(done.revision, 42);
  EXPECT_TRUE(done.profiles_replaced);
  EXPECT_EQ(members(), (Names{"m-a", "m-b", "m-c"}));
  EXPECT_EQ(cache_->figures()[0].entries, 3);
  EXPECT_TRUE(cache_->profiles_updated_at());
  EXPECT_FALSE(dossier("m-old"));

  EXPECT_EQ(write(part("S2", 42, 2, 3, {profile("m-b")})).status, AckStatus::duplicate);  // late, must not restage
  EXPECT_TRUE(eventually([&] { return !dir_.holds("m-old"); })) << "the replaced generation stays on disk";
}

TEST_F(SqliteCacheTest, AHalfSnapshotHasNoEffectOverARestart) {
  ASSERT_EQ(write(part("S1", 41, 1, 1, {profile("m-old")})).status, AckStatus::applied);
  ASSERT_EQ(write(part("S2", 42, 1, 2, {profile("m-new")})).status, AckStatus::accepted);
  const TempDir after_the_cut;
  dir_.copy_to(after_the_cut);
  open(settings(after_the_cut));
  EXPECT_EQ(members(), Names{"m-old"});
  EXPECT_EQ(cache_->figures()[0].revision, 41);
  EXPECT_EQ(write(part("S2", 42, 2, 2, {profile("m-b")})).status, AckStatus::accepted);  // part 1 is not there any more
  EXPECT_EQ(write(part("S2", 42, 1, 2, {profile("m-a")})).status, AckStatus::applied);
  EXPECT_EQ(members(), (Names{"m-a", "m-b"}));
}

TEST_F(SqliteCacheTest, ANewSnapshotReplacesOneThatWasNeverFinished) {
  ASSERT_EQ(write(part("S1", 41, 1, 2, {profile("m-unfinished")})).status, AckStatus::accepted);
  ASSERT_EQ(write(part("S2", 42, 1, 2, {profile("m-a")})).status, AckStatus::accepted);
  ASSERT_EQ(write(part("S2", 42, 2, 2, {profile("m-b")})).status, AckStatus::applied);
  EXPECT_EQ(members(), (Names{"m-a", "m-b"}));
  EXPECT_TRUE(eventually([&] { return !dir_.holds("m-unfinished"); }));
}

TEST_F(SqliteCacheTest, ADeltaFitsTheRevisionHeldOrIsRefused) {
  write(part("S1", 41, 1, 1, {profile("m-a"), profile("m-b")}));
  Profile without_grant = profile("m-b");
  without_grant.consent.at(Purpose::recognition) = revoked(kNoon);
  const Delta delta{DataSet::profiles, 41, 42, rows({profile("m-new"), without_grant}), {"m-a"}};
  const auto applied = write(delta);
  EXPECT_EQ(applied.status, AckStatus::applied);
  EXPECT_EQ(applied.revision, 42);
  ASSERT_EQ(applied.upserted.size(), 1U);
  EXPECT_EQ(applied.upserted[0].member, MemberId("m-new"));
  EXPECT_EQ(applied.upserted[0].keys.size(), 1U);
  EXPECT_EQ(applied.removed, (std::vector{MemberId("m-a"), MemberId("m-b")}));
  EXPECT_EQ(members(), Names{"m-new"});
  EXPECT_EQ(cache_->figures()[0].entries, 2);

  EXPECT_EQ(write(delta).status, AckStatus::duplicate);
  const auto gap = write(Delta{DataSet::profiles, 43, 44, rows({profile("m-late")}), {}});
  EXPECT_EQ(gap.status, AckStatus::rejected);
  EXPECT_EQ(gap.reason, "gap");
  EXPECT_EQ(gap.revision, 42);
  EXPECT_FALSE(dossier("m-late"));
}

TEST_F(SqliteCacheTest, TheNewestConsentWinsAndARefusalTakesTheKeys) {
  write(part("S1", 1, 1, 1, {profile("m-a"), profile("m-b")}));
  const auto change = [&](const ConsentRecord& record) {
    EXPECT_EQ(write(ConsentChange{MemberId("m-a"), Purpose::recognition, record, ConsentSource::central}).status,
              AckStatus::applied);
  };
  change(revoked(kNoon - Seconds{1}));  // older than the grant
  EXPECT_EQ(members(), (Names{"m-a", "m-b"}));
  change(revoked(kNoon));  // a tie: the refusal
  EXPECT_EQ(members(), Names{"m-b"});
  change(granted(kNoon));  // a tie again
  EXPECT_EQ(members(), Names{"m-b"});
  change(granted(kNoon + Seconds{1}));
  const auto after = keys();
  ASSERT_EQ(after.size(), 2U);
  EXPECT_TRUE(after[0].keys.empty()) << "the keys came back without a new profile";
  EXPECT_EQ(after[0].granted_at, kNoon + Seconds{1});
}

TEST_F(SqliteCacheTest, KeysComeInSlicesAndOnlyOfThoseWhoGranted) {
  std::vector<Profile> many;
  for (int i = 0; i < 9000; ++i) many.push_back(profile("m-" + std::to_string(100'000 + i)));
  many[1].consent = {};
  many[2].consent.at(Purpose::recognition)->until = kNoon;  // long over
  many[3].keys.clear();
  ASSERT_EQ(write(part("S1", 1, 1, 1, many)).status, AckStatus::applied);
  const auto found = keys();
  ASSERT_EQ(found.size(), 8998U);
  EXPECT_EQ(found[1].member, MemberId("m-100003"));
  EXPECT_TRUE(found[1].keys.empty());
  ASSERT_EQ(found[2].keys.size(), 1U);
  EXPECT_EQ(found[2].keys[0].eid_key, many[4].keys[0].eid_key);
  EXPECT_EQ(found[2].keys[0].from, kNoon);
  EXPECT_EQ(found[2].keys[0].until, WallTime::max());
}

TEST_F(SqliteCacheTest, NoMembersAreOneEmptySlice) { EXPECT_TRUE(keys().empty()); }

TEST_F(SqliteCacheTest, ADossierHoldsWhatTheMemberMayBeShown) {
  Profile p = profile("m-a");
  p.purchases.push_back({"SHIRT", "shirt", kNoon, "web", true});
  p.intents.push_back({"BOOTS", std::nullopt, IntentKind::viewed, 1, kNoon});
  write(part("S1", 1, 1, 1, {p}));
  DataRows catalog;
  for (const char* style : {"SHIRT", "BOOTS", "COAT", "SCARF", "UNRELATED"}) {
    catalog.items.push_back(item(std::string(style) + "-42", style));
  }
  write(SnapshotPart{DataSet::catalog, "C1", 1, 1, 1, std::make_shared<const DataRows>(catalog)});
  DataRows rules;
  rules.rules = {{"SHIRT", "SCARF", 100, 9}, {"SHIRT", "COAT", 310, 120}, {"BOOTS", "UNRELATED", 900, 1}};
  write(SnapshotPart{DataSet::complements, "R1", 1, 1, 1, std::make_shared<const DataRows>(rules)});

  const auto found = dossier("m-a");
  ASSERT_TRUE(found);
  Names variants;
  for (const auto& i : found->items) variants.push_back(i.variant);
  EXPECT_EQ(variants, (Names{"BOOTS-42", "COAT-42", "SCARF-42", "SHIRT-42"}));
  ASSERT_EQ(found->rules.size(), 2U);
  EXPECT_EQ(found->rules[0].with, "COAT");
  EXPECT_FALSE(dossier("m-unknown"));
}

TEST_F(SqliteCacheTest, ATicketFindsItsHolderAndItsItems) {
  Profile holder = profile("m-a");
  holder.loyalty = {"2990001234567", "2990000000002"};
  Profile other = profile("m-b");
  other.loyalty = {"2990000000002"};
  write(part("S1", 1, 1, 1, {holder, other}));
  DataRows catalog;
  catalog.items = {item("COAT-42", "COAT"), item("COAT-44", "COAT"), item("BAG", "BAG")};
  catalog.items[1].gtin = "4006381333931";
  write(SnapshotPart{DataSet::catalog, "C1", 1, 1, 1, std::make_shared<const DataRows>(catalog)});

  effect::LoadTicketFacts request;
  request.loyalty = "2990001234567";
  request.skus = {"COAT-42", "COAT-42", "unknown"};
  request.gtins = {"4006381333931", ""};
  const auto found = ticket_facts(request);
  ASSERT_TRUE(found.holder);
  EXPECT_EQ(found.holder->member, MemberId("m-a"));
  ASSERT_EQ(found.items.size(), 2U);
  EXPECT_EQ(found.items[0].variant, "COAT-42");
  EXPECT_EQ(found.items[1].variant, "COAT-44");
  request.loyalty = "2990000000002";
  EXPECT_FALSE(ticket_facts(request).holder) << "a number that two members share names nobody";
}

TEST_F(SqliteCacheTest, ALateTicketFindsItsHolderWhileTheDayBeforeIsPurged) {
  std::vector<Profile> everybody;
  for (int i = 0; i < 6000; ++i) {  // three slices of the purge
    everybody.push_back(profile("m-" + std::to_string(i)));
    everybody.back().loyalty = {"299" + std::to_string(i)};
  }
  write(part("S1", 1, 1, 1, everybody));
  write(part("S2", 2, 1, 1, everybody));
  effect::LoadTicketFacts request;
  for (int i = 0; i < 6000; i += 500) {  // the lane answers between the slices
    request.loyalty = "299" + std::to_string(i);
    const auto found = ticket_facts(request);
    ASSERT_TRUE(found.holder) << request.loyalty->c_str();
    EXPECT_EQ(found.holder->member, MemberId("m-" + std::to_string(i)));
  }
}

TEST_F(SqliteCacheTest, ABlockedNumberNamesNobodyAnyMore) {
  Profile holder = profile("m-a");
  holder.loyalty = {"2990001234567", "2990000000002"};
  write(part("S1", 1, 1, 1, {holder}));
  holder.loyalty = {"2990000000002"};  // central blocks a card by leaving its number out
  write(Delta{DataSet::profiles, 1, 2, rows({holder}), {}});
  effect::LoadTicketFacts request;
  request.loyalty = "2990001234567";
  EXPECT_FALSE(ticket_facts(request).holder);
  request.loyalty = "2990000000002";
  EXPECT_TRUE(ticket_facts(request).holder);
}

/// Each question that an event, a ticket or an erasure asks, over rows enough that a scan would show.
TEST(CacheRows, AreFoundByAnIndex) {
  const TempDir dir;
  auto opened = open_database({dir / "cache.db"}, kCacheKind);
  ASSERT_TRUE(opened);
  Db& db = opened->db;
  constexpr Generations kNow{1, 2, 3, 4};
  DataRows all;
  for (int i = 0; i < 300; ++i) {
    const std::string n = std::to_string(i);
    Profile p = profile("m-" + n);
    p.loyalty = {"299" + n};
    p.purchases.push_back({"S-" + n, "shirt", kNoon, "web", true});
    all.profiles.push_back(profile_row(p));
    all.items.push_back(item("S-" + n + "-42", "S-" + n));
    all.items.back().gtin = "40063" + n;
    all.rules.push_back({"S-" + n, "S-0", 300, 10});
  }
  ASSERT_FALSE(db.transact([&] {
    put_rows(db, DataSet::profiles, kNow.profiles, all);
    put_rows(db, DataSet::catalog, kNow.catalog, all);
    put_rows(db, DataSet::complements, kNow.complements, all);
  }));
  EXPECT_TRUE(read_profile(db, kNow.profiles, "m-7"));
  EXPECT_TRUE(read_holder(db, kNow.profiles, "2997"));
  EXPECT_EQ(read_items(db, kNow.catalog, {"S-7-42"}, {"400638"}).size(), 2U);
  EXPECT_EQ(read_dossier(db, kNow, "m-9")->items.size(), 2U);
  ASSERT_FALSE(db.transact([&] { EXPECT_TRUE(remove_row(db, DataSet::profiles, kNow.profiles, "m-7")); }));
  EXPECT_EQ(db.unindexed(), 0);
  EXPECT_TRUE(db.number("SELECT count(*) FROM item WHERE body LIKE '%S-7%'"));
  EXPECT_GE(db.unindexed(), 299) << "what has no index is noticed";
}

TEST_F(SqliteCacheTest, AForgottenMemberLeavesNoByte) {
  std::vector<Profile> many;
  for (int i = 0; i < 500; ++i) many.push_back(profile("m-" + std::to_string(i)));
  Profile leaving = profile("m-the-member-who-leaves");
  leaving.loyalty = {"2990009999999"};
  leaving.first_name = "Camille-of-the-profile";
  many.push_back(leaving);
  write(part("S1", 1, 1, 1, many));
  write(part("S2", 2, 1, 2, {leaving}));  // and once more in a staged generation
  ASSERT_TRUE(dir_.holds("m-the-member-who-leaves"));
  cache_->forget({CommandId{"c-forget"}, "erase", "r-1", leaving.member});
  EXPECT_EQ(keys().size(), 500U);  // the lane keeps the order of its calls: it has forgotten by now
  EXPECT_FALSE(dir_.holds("m-the-member-who-leaves"));
  EXPECT_FALSE(dir_.holds("2990009999999"));
  EXPECT_FALSE(dir_.holds("Camille-of-the-profile"));
  EXPECT_EQ(cache_->figures()[0].entries, 500);
}

/// Agreed to recognition at noon and bought something `days` later.
Profile active(const std::string& member, int days) {
  Profile p = profile(member);
  p.purchases.push_back({"SHIRT", "shirt", kNoon + days * Seconds{86400}, "web", true});
  return p;
}

TEST_F(SqliteCacheTest, OfTooManyMembersThoseGoFirstWhoAreNotRecognisedAndThenTheLeastActive) {
  cache_.reset();
  auto small = settings(dir_);
  small.max_members = 3;
  open(small);
  Profile unrecognised = active("m-z", 9);
  unrecognised.consent.at(Purpose::recognition) = revoked(kNoon);
  const auto done =
      write(part("S1", 1, 1, 1, {active("m-a", 5), active("m-b", 1), active("m-c", 3), profile("m-d"), unrecognised}));
  EXPECT_EQ(done.status, AckStatus::applied);
  const auto due = inbox_.take<event::EvictionDue>();
  ASSERT_TRUE(due);
  EXPECT_EQ(due->members, (std::vector<MemberId>{MemberId("m-z"), MemberId("m-d")}));
  EXPECT_EQ(members().size(), 4U) << "nobody goes before the core has said who is inside";

  cache_->evict({due->round, {MemberId("m-z")}});  // m-d is inside
  const auto next = inbox_.take<event::EvictionDue>();
  ASSERT_TRUE(next);
  EXPECT_EQ(next->members, std::vector<MemberId>{MemberId("m-d")});
  cache_->evict({next->round, {}});
  EXPECT_EQ(members(), (Names{"m-a", "m-b", "m-c", "m-d"})) << "one too many, until he has left";

  write(Delta{DataSet::profiles, 1, 2, rows({active("m-e", 7)}), {}});
  const auto last = inbox_.take<event::EvictionDue>();
  ASSERT_TRUE(last);
  EXPECT_EQ(last->members, (std::vector<MemberId>{MemberId("m-d"), MemberId("m-b")}));
  cache_->evict({due->round, {MemberId("m-a")}});  // an answer to an older question
  cache_->evict({last->round, last->members});
  EXPECT_EQ(members(), (Names{"m-a", "m-c", "m-e"}));
  EXPECT_EQ(cache_->figures()[0].entries, 3);
  EXPECT_FALSE(inbox_.take<event::EvictionDue>(std::chrono::milliseconds{50}));
}

TEST_F(SqliteCacheTest, TwiceAsManyMembersAsAllowedAreRefused) {
  cache_.reset();
  auto small = settings(dir_);
  small.max_members = 1;
  open(small);
  const auto refused = write(part("S2", 2, 1, 1, {profile("m-a"), profile("m-b"), profile("m-c")}));
  EXPECT_EQ(refused.status, AckStatus::rejected);
  EXPECT_NE(refused.reason.find("profiles.max_members"), std::string::npos);
  EXPECT_TRUE(members().empty());
}

TEST_F(SqliteCacheTest, AScenarioThatIsOffIsToldWithEachDossier) {
  write(part("S1", 1, 1, 1, {profile("m-a")}));
  EXPECT_TRUE(dossier("m-a")->scenarios_off.empty());
  DataRows set;
  set.scenarios = {{"welcome", true, "{}"}, {"cart_in_store", false, "{}"}};
  const auto done = write(SnapshotPart{DataSet::scenarios, "c-1", 3, 1, 1, std::make_shared<const DataRows>(set)});
  EXPECT_EQ(done.status, AckStatus::applied);
  EXPECT_EQ(done.revision, 3);
  open(settings(dir_));
  EXPECT_EQ(dossier("m-a")->scenarios_off, std::set<std::string>{"cart_in_store"});
  write(SnapshotPart{DataSet::scenarios, "c-2", 4, 1, 1, std::make_shared<const DataRows>()});
  EXPECT_TRUE(dossier("m-a")->scenarios_off.empty());
}

TEST_F(SqliteCacheTest, AFullDiskIsAnsweredAndChangesNothing) {
  cache_.reset();
  auto small = settings(dir_);
  small.max_bytes = 400 << 10;
  open(small);
  write(part("S1", 1, 1, 1, {profile("m-a")}));
  std::vector<Profile> many;
  for (int i = 0; i < 5000; ++i) many.push_back(profile("m-" + std::to_string(i)));
  const auto refused = write(part("S2", 2, 1, 1, many));
  EXPECT_EQ(refused.status, AckStatus::rejected);
  EXPECT_EQ(refused.reason, "cache: disk full");
  EXPECT_EQ(members(), Names{"m-a"});
  EXPECT_EQ(write(part("S3", 3, 1, 1, {profile("m-b")})).status, AckStatus::applied);
  EXPECT_TRUE(cache_->health().writable);
}

TEST_F(SqliteCacheTest, ADamagedFileIsSetAsideAndCentralStartsAgain) {
  write(part("S1", 41, 1, 1, {profile("m-a")}));
  cache_.reset();
  {
    std::fstream file(dir_ / "cache.db", std::ios::binary | std::ios::in | std::ios::out);
    file << std::string(8192, '\xA5');
  }
  open(settings(dir_));
  EXPECT_EQ(dir_.count("cache.db.corrupt-"), 1U);
  EXPECT_EQ(cache_->figures()[0].revision, 0);
  EXPECT_EQ(write(part("S1", 41, 1, 1, {profile("m-a")})).status, AckStatus::applied);
}

}  // namespace
}  // namespace tg::test
