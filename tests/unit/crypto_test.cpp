// Published vectors: a wrong bit here recognises nobody and signs nothing.
#include "base/crypto.hpp"

#include <gtest/gtest.h>

#include "support/core/shop.hpp"

namespace tg {
namespace {

using test::key_of;

TEST(Crypto, Sha256OfFips180) {
  EXPECT_EQ(hex(sha256(as_bytes("abc"))), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex(sha256({})), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Crypto, HmacOfRfc4231) {
  EXPECT_EQ(hex(hmac_sha256(as_bytes("Jefe"), as_bytes("what do ya want for nothing?"))),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  const std::string long_key(131, '\xaa');
  EXPECT_EQ(hex(hmac_sha256(as_bytes(long_key), as_bytes("Test Using Larger Than Block-Size Key - Hash Key First"))),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

class AesEngines : public testing::TestWithParam<Aes128::Engine> {};
INSTANTIATE_TEST_SUITE_P(Crypto, AesEngines, testing::Values(Aes128::Engine::best, Aes128::Engine::libcrypto));

TEST_P(AesEngines, Fips197WithChangingKeys) {
  Aes128 aes(GetParam());
  const Key128 plain = key_of("00112233445566778899aabbccddeeff");
  const Key128 key = key_of("000102030405060708090a0b0c0d0e0f");
  EXPECT_EQ(hex(aes.encrypt(key, plain)), "69c4e0d86a7b0430d8cdb78070b4c55a");
  (void)aes.encrypt(plain, key);
  EXPECT_EQ(hex(aes.encrypt(key, plain)), "69c4e0d86a7b0430d8cdb78070b4c55a");
}

TEST(Crypto, BothAesEnginesAgreeOnAThousandKeysInAChain) {
  Aes128 best, reference(Aes128::Engine::libcrypto);
  Key128 key{}, block{};
  for (int i = 0; i < 1000; ++i) {
    const Key128 out = best.encrypt(key, block);
    ASSERT_EQ(hex(out), hex(reference.encrypt(key, block))) << "round " << i;
    key = block;
    block = out;
  }
}

TEST(Crypto, UuidV5OfRfc9562) {
  EXPECT_EQ(uuid_v5(key_of("6ba7b8109dad11d180b400c04fd430c8"), "www.example.com"),
            "2ed6657d-e927-568b-95e1-2665a8aea6a2");
}

TEST(Crypto, UuidV7CarriesTheInstantFirstAndTheSeedBehind) {
  const Sha256 seed = sha256(as_bytes("seed"));
  const std::string id = uuid_v7(wall_ms(0x0123'4567'89AB), seed);
  ASSERT_EQ(id.size(), 36U);
  EXPECT_EQ(id.substr(0, 13), "01234567-89ab");
  EXPECT_EQ(id[14], '7');
  EXPECT_NE(std::string("89ab").find(id[19]), std::string::npos) << id;
  EXPECT_EQ(id, uuid_v7(wall_ms(0x0123'4567'89AB), seed));
  EXPECT_NE(id.substr(14), uuid_v7(wall_ms(0x0123'4567'89AB), sha256(as_bytes("other"))).substr(14));
  EXPECT_LT(id, uuid_v7(wall_ms(0x0123'4567'89AC), seed)) << "later ids sort later";
}

TEST(Crypto, HexReadsBothCasesAndRefusesTheRest) {
  Key128 out{};
  ASSERT_TRUE(unhex("00112233445566778899AABBCCddeeff", out));
  EXPECT_EQ(hex(out), "00112233445566778899aabbccddeeff");
  for (const char* bad : {"", "00", "00112233445566778899aabbccddeef", "00112233445566778899aabbccddeeff0",
                          "0g112233445566778899aabbccddeeff", " 0112233445566778899aabbccddeeff"}) {
    EXPECT_FALSE(unhex(bad, out)) << bad;
  }
}

TEST(Crypto, ComparesSecretsOfAnyLength) {
  EXPECT_TRUE(equal_constant_time(as_bytes("token"), as_bytes("token")));
  EXPECT_FALSE(equal_constant_time(as_bytes("token"), as_bytes("tokem")));
  EXPECT_FALSE(equal_constant_time(as_bytes("token"), as_bytes("toke")));
  EXPECT_TRUE(equal_constant_time({}, {}));
}

TEST(Crypto, WipeLeavesNothing) {
  Key128 key = key_of("00112233445566778899aabbccddeeff");
  wipe(key);
  EXPECT_EQ(key, Key128{});
}

}  // namespace
}  // namespace tg
