// The small parts of the GATT check-in (contract §3.2): the written value, the challenge, proofs, the rate, the beacon.
#include "core/checkin.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "adapters/bluez_challenge.hpp"
#include "adapters/bluez_rate_limit.hpp"
#include "codec/checkin_token.hpp"
#include "codec/ibeacon.hpp"
#include "core/identity.hpp"
#include "support/core/shop.hpp"

namespace tg {
namespace {

using namespace test;

constexpr Challenge kChallenge{0, 1, 2, 3, 4, 5, 6, 7};

std::vector<std::uint8_t> bytes_of(std::string_view digits) {
  std::vector<std::uint8_t> out(digits.size() / 2);
  if (!unhex(digits, out)) std::abort();
  return out;
}
MonoTime after(Millis span) { return MonoTime{Millis{600'000} + span}; }

// --- the value written -----------------------------------------------------------------------------------------------

TEST(CheckinToken, IsReadByteForByte) {
  const auto token = decode_checkin_token(bytes_of("010102030405060708a1a2a3a4a5a6a7a8"));
  ASSERT_TRUE(token);
  EXPECT_EQ(token->kind, CheckinKind::arrive);
  EXPECT_EQ(hex(token->eid), "0102030405060708");
  EXPECT_EQ(hex(token->mac), "a1a2a3a4a5a6a7a8");
  EXPECT_EQ(decode_checkin_token(bytes_of("020102030405060708a1a2a3a4a5a6a7a8"))->kind, CheckinKind::forget);
}

TEST(CheckinToken, OfAnotherLengthOrVersionIsNone) {
  for (std::size_t length = 0; length < 40; ++length) {
    const auto token = decode_checkin_token(std::vector<std::uint8_t>(length, 1));
    if (length == 17) continue;
    ASSERT_FALSE(token) << length;
    EXPECT_EQ(token.error(), TokenProblem::length) << length;
  }
  for (int version = 0; version < 256; ++version) {
    if (version == 1 || version == 2) continue;
    std::vector<std::uint8_t> value(17);
    value[0] = static_cast<std::uint8_t>(version);
    const auto token = decode_checkin_token(value);
    ASSERT_FALSE(token) << version;
    EXPECT_EQ(token.error(), TokenProblem::version) << version;
  }
}

/// What an app developer finds in config/phone-app.md is what this box accepts.
TEST(CheckinToken, TheExampleOfTheDocumentationIsRight) {
  std::ifstream file(TOUCHPOINT_SOURCE_DIR "/config/phone-app.md");
  std::stringstream page;
  page << file.rdbuf();
  const Key128 key = key_of("00112233445566778899aabbccddeeff");
  Aes128 aes;
  CheckinToken token{CheckinKind::arrive, compute_eid(aes, key, 1'700'000'000), {}};
  const auto documented = [&](CheckinKind kind, const char* version) {
    token.kind = kind;
    const Sha256 hmac = hmac_sha256(key, checkin_message(kChallenge, token));
    return page.str().find(version + hex(token.eid) + hex(Bytes(hmac).first(8))) != std::string::npos;
  };
  EXPECT_NE(page.str().find(hex(key)), std::string::npos);
  EXPECT_NE(page.str().find(hex(kChallenge)), std::string::npos);
  EXPECT_TRUE(documented(CheckinKind::arrive, "01"));
  EXPECT_TRUE(documented(CheckinKind::forget, "02"));
}

// --- the challenge ---------------------------------------------------------------------------------------------------

class ChallengeTest : public testing::Test {
 protected:
  std::uint8_t drawn = 0;
  BluezChallenge challenge{[this] { return Challenge{++drawn}; }};
};

TEST_F(ChallengeTest, IsNewEverySixtySecondsAndThePreviousStaysValid) {
  EXPECT_EQ(challenge.current(after(0s))[0], 1);
  EXPECT_EQ(challenge.current(after(59'999ms))[0], 1);
  EXPECT_EQ(challenge.valid(after(59'999ms)).size(), 1U);
  EXPECT_EQ(challenge.current(after(60s))[0], 2);
  EXPECT_EQ(challenge.valid(after(119'999ms)), (std::vector{Challenge{2}, Challenge{1}}));
  EXPECT_EQ(challenge.valid(after(120s)), (std::vector{Challenge{3}, Challenge{2}}));
}

TEST_F(ChallengeTest, IsNotValidLongerBecauseNobodyAsked) {
  (void)challenge.current(after(1s));
  EXPECT_EQ(challenge.valid(after(121s)), std::vector{Challenge{2}});
}

// --- proofs ----------------------------------------------------------------------------------------------------------

CheckinToken numbered_token(std::uint16_t n) {
  return {CheckinKind::arrive, Eid{static_cast<std::uint8_t>(n), static_cast<std::uint8_t>(n >> 8)}, {}};
}

TEST(ProvenCheckinsTest, KnowsAPairUntilItsChallengeIsGone) {
  ProvenCheckins proven;
  const std::vector valid{kChallenge};
  const CheckinToken token = numbered_token(1);
  EXPECT_FALSE(proven.contains(token, valid));
  ASSERT_TRUE(proven.remember(token, kChallenge, after(0s)));
  EXPECT_TRUE(proven.contains(token, valid));
  EXPECT_FALSE(proven.contains(token, std::vector{Challenge{9}})) << "the challenge has expired";
  CheckinToken forged = token;
  forged.mac[7] = 1;
  EXPECT_FALSE(proven.contains(forged, valid));
  proven.expire(after(120s));
  EXPECT_TRUE(proven.contains(token, valid));
  proven.expire(after(120'001ms));
  EXPECT_EQ(proven.size(), 0U);
}

TEST(ProvenCheckinsTest, TakesNoMoreThanItCanRemember) {
  ProvenCheckins proven;
  for (std::uint16_t n = 0; n < ProvenCheckins::kMost; ++n) {
    ASSERT_TRUE(proven.remember(numbered_token(n), kChallenge, after(Millis{n})));
  }
  EXPECT_FALSE(proven.remember(numbered_token(60'000), kChallenge, after(5s)));
  proven.expire(after(121s));
  EXPECT_TRUE(proven.remember(numbered_token(60'000), kChallenge, after(121s)));
}

// --- the rate --------------------------------------------------------------------------------------------------------

TEST(RateLimitTest, LetsABurstThroughAndThenSoManyASecond) {
  BluezRateLimit limit(5, 2);
  const auto taken = [&](MonoTime at) {
    int count = 0;
    while (limit.take(at)) ++count;
    return count;
  };
  EXPECT_EQ(taken(after(0s)), 5);
  EXPECT_EQ(taken(after(499ms)), 0);
  EXPECT_EQ(taken(after(500ms)), 1);
  EXPECT_EQ(taken(after(1500ms)), 2);
  EXPECT_EQ(taken(after(Millis{24h})), 5) << "a quiet day is no credit";
}

// --- the beacon ------------------------------------------------------------------------------------------------------

TEST(IBeacon, IsWhatIPhonesListenFor) {
  EXPECT_EQ(hex(encode_ibeacon("2f234454-cf6d-4a0f-adf2-f4911ba9ffa6", 1, 2)),
            "02152f234454cf6d4a0fadf2f4911ba9ffa600010002c5");
  const Key128 region = beacon_region("2F234454-cf6d-4a0f-adf2-f4911ba9ffa6");
  auto data = encode_ibeacon("2f234454-cf6d-4a0f-adf2-f4911ba9ffa6", 7, 8);
  EXPECT_TRUE(is_ibeacon_of(data, region)) << "whatever its numbers";
  EXPECT_FALSE(is_ibeacon_of(data, beacon_region("64146e8c-c398-49d4-aa6d-eea7e3e0755d")));
  data.pop_back();
  EXPECT_FALSE(is_ibeacon_of(data, region));
  EXPECT_EQ(hex(encode_ibeacon("64146e8c-c398-49d4-aa6d-eea7e3e0755d", 0x1234, 0xABCD)),
            "021564146e8cc39849d4aa6deea7e3e0755d1234abcdc5");
}

}  // namespace
}  // namespace tg
