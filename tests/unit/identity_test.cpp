// Which member does a token belong to? (contract §3.1; vectors of Eddystone-EID implementations and our own profile)
#include "core/identity.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "support/core/shop.hpp"

namespace tg {
namespace {

using namespace test;

constexpr std::size_t kAll = std::numeric_limits<std::size_t>::max();
constexpr std::uint32_t kNoon = 1'700'000'000;  // in the window 1699999744..1700000255

WallTime unix(std::int64_t seconds) { return WallTime{Seconds{seconds}}; }

Eid token(const Key128& key, std::int64_t seconds) {
  Aes128 aes;
  return compute_eid(aes, key, static_cast<std::uint32_t>(seconds));
}

std::vector<MemberKey> one_key(const Key128& key, WallTime from = WallTime::min(), WallTime until = WallTime::max()) {
  return {MemberKey{key, from, until}};
}

struct Found {
  MatchKind kind;
  std::string member;
  friend bool operator==(const Found&, const Found&) = default;
};
std::ostream& operator<<(std::ostream& out, const Found& f) {
  return out << "kind " << static_cast<int>(f.kind) << " member '" << f.member << "'";
}
Found find(Identity& identity, const Eid& eid, std::int64_t now) {
  const Match match = identity.find(eid, unix(now));
  return {match.kind, std::string(match.member)};
}
Found known(const std::string& member) { return {MatchKind::member, member}; }
const Found kForeign{MatchKind::foreign, ""};
const Found kAmbiguous{MatchKind::ambiguous, ""};
const Found kWaiting{MatchKind::waiting, ""};

// --- the token -------------------------------------------------------------------------------------------------------

struct Vector {
  const char* key;
  std::uint32_t time;
  std::uint8_t k;
  const char* eid;
};

class EidVectors : public testing::TestWithParam<Vector> {};

TEST_P(EidVectors, IsComputedBitForBit) {
  Aes128 aes;
  const Vector& v = GetParam();
  EXPECT_EQ(hex(compute_eid(aes, key_of(v.key), v.time, v.k)), v.eid) << "t=" << v.time << " K=" << int{v.k};
}

constexpr const char* kA = "00112233445566778899aabbccddeeff";
constexpr const char* kB = "0102030405060708090a111213141516";

INSTANTIATE_TEST_SUITE_P(Published, EidVectors,
                         testing::Values(Vector{kA, 1518080946, 12, "7dd8169dae94258c"},
                                         Vector{kB, 0, 10, "a9b76a71c5f89290"},
                                         Vector{kB, 2000, 10, "4144413e45fefa58"}));
INSTANTIATE_TEST_SUITE_P(WindowEdges, EidVectors,
                         testing::Values(Vector{kB, 1023, 10, "a9b76a71c5f89290"},
                                         Vector{kB, 1024, 10, "4144413e45fefa58"},
                                         Vector{kA, 1699998976, 10, "1a6e1c576541c893"},
                                         Vector{kA, 1700000000, 10, "549b348d07036304"},
                                         Vector{kA, 1700001024, 10, "38219af5dcd40728"}));
INSTANTIATE_TEST_SUITE_P(TemporaryKeyEdges, EidVectors,
                         testing::Values(Vector{kB, 65535, 10, "a2a2bd394ff76ef2"},
                                         Vector{kB, 65536, 10, "396973b40660265b"},
                                         Vector{kA, 1699938303, 9, "88d01d0d55921d88"},
                                         Vector{kA, 1699938304, 9, "aa83ec26deea89cd"}));
INSTANTIATE_TEST_SUITE_P(OurProfile, EidVectors,
                         testing::Values(Vector{kA, 1699999488, 9, "4173926cc1f1d520"},
                                         Vector{kA, 1700000000, 9, "3343935576051e04"},
                                         Vector{kA, 1700000512, 9, "f40c5d113884ae5b"}));

// --- windows and validity --------------------------------------------------------------------------------------------

class Recognition : public testing::Test {
 protected:
  Identity identity;
  const Key128 key = key_of(kA);
  void put(const std::string& member, std::vector<MemberKey> keys) { identity.put(MemberId{member}, keys); }
  void build(std::int64_t now) { ASSERT_FALSE(identity.build(unix(now), kAll)); }
};

TEST_F(Recognition, TakesTheWindowsBeforeOfAndAfterNowAndNoOther) {
  put("m-1", one_key(key));
  build(kNoon);
  for (const int window : {-1, 0, 1}) EXPECT_EQ(find(identity, token(key, kNoon + window * 512), kNoon), known("m-1"));
  for (const int window : {-3, -2, 2, 3}) {
    EXPECT_EQ(find(identity, token(key, kNoon + window * 512), kNoon), kForeign) << window;
  }
}

TEST_F(Recognition, CrossesTheChangeOfTheTemporaryKey) {
  constexpr std::int64_t kBoundary = 1'699'938'304;
  put("m-1", one_key(key));
  build(kBoundary);
  EXPECT_EQ(find(identity, eid_of("88d01d0d55921d88"), kBoundary), known("m-1"));
  EXPECT_EQ(find(identity, eid_of("aa83ec26deea89cd"), kBoundary), known("m-1"));
}

TEST_F(Recognition, AKeyCountsInEveryWindowThatOverlapsItsValidity) {
  const std::int64_t from = 1'700'000'256, until = from + 512;  // exactly one window
  put("m-1", one_key(key, unix(from), unix(until)));
  build(from);
  EXPECT_EQ(find(identity, token(key, from - 512), from), kForeign) << "before `from`";
  EXPECT_EQ(find(identity, token(key, from), from), known("m-1"));
  EXPECT_EQ(find(identity, token(key, until), from), kForeign) << "`until` is exclusive";
}

TEST_F(Recognition, AKeyThatBeginsInTheMiddleOfAWindowCountsInIt) {
  put("m-1", one_key(key, unix(kNoon + 100), unix(kNoon + 101)));
  build(kNoon);
  EXPECT_EQ(find(identity, token(key, kNoon), kNoon), known("m-1"));
}

TEST_F(Recognition, TellsThePhonesOfAMemberApart) {
  const Key128 second = key_of(kB);
  put("m-1", {MemberKey{.eid_key = key}, MemberKey{.eid_key = second}});
  build(kNoon);
  const Match a = identity.find(token(key, kNoon), unix(kNoon));
  const Match b = identity.find(token(second, kNoon), unix(kNoon));
  EXPECT_EQ(a.member, "m-1");
  EXPECT_EQ(b.member, "m-1");
  EXPECT_NE(a.phone, b.phone);
}

// --- never guessing --------------------------------------------------------------------------------------------------

TEST_F(Recognition, ATokenOfTwoMembersIsNobodys) {
  put("m-1", one_key(key));
  put("m-2", one_key(key));
  build(kNoon);
  EXPECT_EQ(find(identity, token(key, kNoon), kNoon), kAmbiguous);
  identity.remove(MemberId{"m-1"});
  EXPECT_EQ(find(identity, token(key, kNoon), kNoon), known("m-2")) << "clear again once one is gone";
}

TEST_F(Recognition, TheSameKeyTwiceUnderOneMemberIsNotAmbiguous) {
  put("m-1", {MemberKey{.eid_key = key}, MemberKey{.eid_key = key}});
  build(kNoon);
  EXPECT_EQ(find(identity, token(key, kNoon), kNoon), known("m-1"));
}

TEST_F(Recognition, ARemovedMemberIsNotFoundFromThatInstant) {
  put("m-1", one_key(key));
  put("m-2", one_key(key_of(kB)));
  build(kNoon);
  identity.remove(MemberId{"m-1"});
  EXPECT_TRUE(identity.ready(unix(kNoon))) << "a removal costs no moment of waiting";
  EXPECT_EQ(find(identity, token(key, kNoon), kNoon), kForeign);
  EXPECT_FALSE(identity.knows(MemberId{"m-1"}, unix(kNoon)));
  EXPECT_EQ(identity.members(), 1U);
  EXPECT_EQ(find(identity, token(key_of(kB), kNoon), kNoon), known("m-2"));
}

TEST_F(Recognition, ARemovedNameIsWipedFromMemory) {
  put("m-1", one_key(key));
  build(kNoon);
  const std::string_view name = identity.find(token(key, kNoon), unix(kNoon)).member;
  ASSERT_EQ(name, "m-1");
  identity.remove(MemberId{"m-1"});
  EXPECT_EQ(name, std::string_view("\0\0\0", 3)) << "the arena still stands; the bytes must not";
}

TEST_F(Recognition, RemovingAStrangerChangesNothing) {
  put("m-1", one_key(key));
  identity.remove(MemberId{"m-2"});
  EXPECT_EQ(identity.members(), 1U);
}

TEST_F(Recognition, NewKeysReplaceTheOldOnes) {
  put("m-1", one_key(key));
  build(kNoon);
  put("m-1", one_key(key_of(kB)));
  build(kNoon);
  EXPECT_EQ(find(identity, token(key, kNoon), kNoon), kForeign);
  EXPECT_EQ(find(identity, token(key_of(kB), kNoon), kNoon), known("m-1"));
  EXPECT_EQ(identity.members(), 1U);
}

TEST_F(Recognition, AMemberWithoutKeysIsKnownAndNeverFound) {
  put("m-1", {});
  EXPECT_TRUE(identity.knows(MemberId{"m-1"}, unix(kNoon)));
  EXPECT_TRUE(identity.ready(unix(kNoon)));
  EXPECT_EQ(find(identity, token(key, kNoon), kNoon), kForeign);
}

TEST_F(Recognition, ClearForgetsEverybody) {
  put("m-1", one_key(key));
  build(kNoon);
  identity.clear();
  EXPECT_EQ(identity.members(), 0U);
  EXPECT_FALSE(identity.knows(MemberId{"m-1"}, unix(kNoon)));
  EXPECT_EQ(find(identity, token(key, kNoon), kNoon), kForeign);
}

TEST_F(Recognition, AConsentThatRanOutIsNobodysToTheSecond) {
  identity.put(MemberId{"m-1"}, one_key(key), unix(kNoon + 10));
  build(kNoon);
  EXPECT_EQ(find(identity, token(key, kNoon), kNoon + 9), known("m-1"));
  EXPECT_EQ(find(identity, token(key, kNoon), kNoon + 10), kForeign);
  EXPECT_FALSE(identity.knows(MemberId{"m-1"}, unix(kNoon + 10)));
}

TEST_F(Recognition, KeysOfManyDifferentEpochsAreEachValidInTheirOwn) {
  constexpr std::uint32_t kMembers = 3000;
  for (std::uint32_t n = 0; n < kMembers; ++n) {  // one more second each: six epochs of windows
    put("member-" + std::to_string(n), one_key(numbered_key(n), unix(kNoon - n), unix(kNoon + n)));
  }
  build(kNoon);
  EXPECT_EQ(find(identity, token(numbered_key(7), kNoon), kNoon), known("member-7"));
  EXPECT_EQ(find(identity, token(numbered_key(7), kNoon + 512), kNoon), kForeign);
  EXPECT_EQ(find(identity, token(numbered_key(2999), kNoon + 512), kNoon), known("member-2999"));
}

// --- churn -----------------------------------------------------------------------------------------------------------

TEST_F(Recognition, FindsExactlyWhoIsThereAfterMuchComingAndGoing) {
  constexpr std::uint32_t kMembers = 200;
  const auto name = [](std::uint32_t n) { return "member-" + std::to_string(n); };
  std::vector<bool> there(kMembers, false);
  std::uint32_t state = 7;  // a fixed walk: the same churn in every run
  put("first", one_key(key));
  build(kNoon);
  for (int step = 0; step < 1500; ++step) {
    state = state * 1'664'525 + 1'013'904'223;
    const std::uint32_t n = (state >> 8) % kMembers;
    there[n] = (state >> 28) < 10;
    if (there[n]) {
      put(name(n), one_key(numbered_key(n)));
    } else {
      identity.remove(MemberId{name(n)});
    }
    if (step % 100 == 99) build(kNoon);
  }
  build(kNoon);
  std::size_t count = 1;
  for (std::uint32_t n = 0; n < kMembers; ++n) {
    EXPECT_EQ(find(identity, token(numbered_key(n), kNoon), kNoon), there[n] ? known(name(n)) : kForeign);
    EXPECT_EQ(identity.knows(MemberId{name(n)}, unix(kNoon)), there[n]);
    count += there[n] ? 1 : 0;
  }
  EXPECT_EQ(identity.members(), count);
  EXPECT_EQ(find(identity, token(key, kNoon), kNoon), known("first"));
}

TEST_F(Recognition, ADeltaIntoCompleteTablesIsFoundAtOnce) {
  for (std::uint32_t n = 0; n < 100; ++n) put("m-" + std::to_string(n), one_key(numbered_key(n)));
  build(kNoon);
  put("late", one_key(key));
  EXPECT_TRUE(identity.ready(unix(kNoon)));
  EXPECT_EQ(find(identity, token(key, kNoon), kNoon), known("late"));
}

// --- building in slices ----------------------------------------------------------------------------------------------

TEST_F(Recognition, WaitsUntilTheTablesAreCompleteAndThenFinds) {
  for (std::uint32_t n = 0; n < 50; ++n) put("m-" + std::to_string(n), one_key(numbered_key(n)));
  int slices = 0;
  while (identity.build(unix(kNoon), 7)) {
    ++slices;
    EXPECT_EQ(find(identity, token(numbered_key(0), kNoon), kNoon), kWaiting) << "no half answers";
  }
  EXPECT_GE(slices, 3 * 50 / 7) << "three tables of 50 keys, at most 7 at a time";
  for (std::uint32_t n = 0; n < 50; ++n) {
    EXPECT_EQ(find(identity, token(numbered_key(n), kNoon), kNoon), known("m-" + std::to_string(n)));
  }
}

TEST_F(Recognition, TheNextWindowIsPreparedInTheLastQuarterSoThatNobodyWaitsAtTheTurn) {
  for (std::uint32_t n = 0; n < 50; ++n) put("m-" + std::to_string(n), one_key(numbered_key(n)));
  const std::int64_t start = kNoon / 512 * 512;
  build(start);
  EXPECT_FALSE(identity.build(unix(start + 383), 1)) << "nothing to do before the last quarter";
  EXPECT_EQ(identity.next_build(unix(start + 10)), unix(start + 384));
  EXPECT_EQ(identity.next_build(unix(start + 384)), unix(start + 384 + 512));
  for (std::int64_t turn = 1; turn <= 8; ++turn) {
    build(start + turn * 512 - 128);
    for (const std::int64_t now : {start + turn * 512 - 1, start + turn * 512}) {
      EXPECT_EQ(find(identity, token(numbered_key(7), now), now), known("m-7")) << "turn " << turn;
    }
  }
}

TEST_F(Recognition, WithoutPreparationTheTurnMakesItWaitRatherThanMiss) {
  put("m-1", one_key(key));
  const std::int64_t start = kNoon / 512 * 512;
  build(start);
  EXPECT_EQ(find(identity, token(key, start + 512), start + 512), kWaiting);
  build(start + 512);
  EXPECT_EQ(find(identity, token(key, start + 512), start + 512), known("m-1"));
}

TEST_F(Recognition, FollowsAClockThatJumpsBothWays) {
  put("m-1", one_key(key));
  for (const std::int64_t now : {std::int64_t{kNoon}, kNoon + 86'400L, kNoon - 86'400L, kNoon + 512L}) {
    build(now);
    EXPECT_EQ(find(identity, token(key, now), now), known("m-1"));
    EXPECT_EQ(find(identity, token(key, now + 1536), now), kForeign);
  }
}

}  // namespace
}  // namespace tg
