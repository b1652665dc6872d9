// Service data of 0xFEAA and what remote receivers send (contract §3.1, §4.3).
#include "codec/advert.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "base/crypto.hpp"
#include "codec/messages.hpp"

namespace tg {
namespace {

std::optional<Eid> decode(std::string_view digits) {
  std::vector<std::uint8_t> bytes(digits.size() / 2);
  EXPECT_TRUE(unhex(digits, bytes));
  return decode_eddystone_eid(bytes);
}

TEST(Eddystone, TakesTheEidOutOfAnEidFrame) {
  const auto eid = decode("30eb3343935576051e04");
  ASSERT_TRUE(eid);
  EXPECT_EQ(hex(*eid), "3343935576051e04");
}

TEST(Eddystone, IgnoresOtherFramesAndOtherLengths) {
  EXPECT_FALSE(decode("00eb3343935576051e04"));    // UID
  EXPECT_FALSE(decode("20eb3343935576051e04"));    // TLM
  EXPECT_FALSE(decode("30eb3343935576051e"));      // one byte short
  EXPECT_FALSE(decode("30eb3343935576051e0400"));  // one byte more
  EXPECT_FALSE(decode(""));
}

TEST(ReceiverBatch, ReadsTheContractsForm) {
  const auto batch =
      decode_rx(R"({"v":1,"ts":1763713201250,"e":[["3343935576051e04",-21,-70],["00112233445566FF",0,127]]})");
  ASSERT_TRUE(batch) << batch.error().message;
  ASSERT_EQ(batch->adverts.size(), 2U);
  EXPECT_EQ(hex(batch->adverts[0].eid), "3343935576051e04");
  EXPECT_EQ(batch->adverts[0].rssi, -70);
  EXPECT_EQ(batch->adverts[1].rssi, kRssiUnavailable);
  EXPECT_EQ(batch->next, std::nullopt);
}

TEST(ReceiverBatch, MayPromiseTheNextOne) {
  const auto next = [](std::string_view payload) {
    const auto batch = decode_rx(payload);
    return batch ? batch->next : std::nullopt;
  };
  EXPECT_EQ(next(R"({"v":1,"ts":1,"next_s":5,"e":[]})"), Seconds{5});
  EXPECT_EQ(next(R"({"v":1,"ts":1,"next_s":0,"e":[]})"), Seconds{0});
  EXPECT_EQ(next(R"({"v":1,"ts":1,"e":[]})"), std::nullopt);
  EXPECT_FALSE(decode_rx(R"({"v":1,"ts":1,"next_s":-1,"e":[]})"));
}

TEST(ReceiverBatch, SaysWhereItIsWrong) {
  const auto why = [](std::string_view payload) {
    const auto batch = decode_rx(payload);
    return batch ? std::string("accepted") : batch.error().message;
  };
  EXPECT_EQ(why(R"({"v":2,"ts":1,"e":[]})"), "/v: an integer from 1 to 1 is allowed");
  EXPECT_EQ(why(R"({"v":1,"ts":1,"e":[["33",0,-70]]})"), "/e/0/0: 16 hexadecimal digits is allowed");
  EXPECT_EQ(why(R"({"v":1,"ts":1,"e":[["3343935576051e04",0]]})"), "/e/0: a list of EID, tx power and RSSI is allowed");
  EXPECT_EQ(why(R"({"v":1,"ts":1,"e":[["3343935576051e04",0,-700]]})"),
            "/e/0/2: an integer from -128 to 127 is allowed");
  std::string many = R"({"v":1,"ts":1,"e":[)";
  for (int i = 0; i < 513; ++i) many += R"(["3343935576051e04",0,-70],)";
  many.back() = ']';
  EXPECT_EQ(why(many + "}"), "/e: a list of at most 512 is allowed");
}

TEST(ForeignReceiver, KeepsTheEidAndDropsTheAddress) {
  for (
      const std::string_view payload :
      {R"({"id":"AA:BB:CC:DD:EE:01","servicedatauuid":"feaa","servicedata":"30eb3343935576051e04","rssi":-74})",
       R"({"id":"AA:BB:CC:DD:EE:01","rssi":-74,"distance":21.5,"servicedatauuid":"0xFEAA","servicedata":"30EB3343935576051E04"})",
       R"({"servicedatauuid":"0000FEAA-0000-1000-8000-00805F9B34FB","servicedata":"30eb3343935576051e04","rssi":-74})"}) {
    const auto batch = decode_rx_foreign(payload);
    ASSERT_TRUE(batch) << payload;
    ASSERT_EQ(batch->adverts.size(), 1U) << payload;
    EXPECT_EQ(hex(batch->adverts[0].eid), "3343935576051e04");
    EXPECT_EQ(batch->adverts[0].rssi, -74);
  }
}

TEST(ForeignReceiver, PassesOverEverybodyElse) {
  for (const std::string_view payload :
       {R"({"id":"aa:bb:cc:dd:ee:02","rssi":-89,"distance":21.5,"servicedata":"fe00112233445566"})",
        R"({"id":"AA:BB:CC:DD:EE:01","mac_type":1,"manufacturerdata":"4c0010060319247bbc68","rssi":-74,"txpower":12})",
        R"({"servicedatauuid":"fe95","servicedata":"30eb3343935576051e04","rssi":-74})",
        R"({"servicedata":42,"rssi":-74})", R"({})"}) {
    const auto batch = decode_rx_foreign(payload);
    ASSERT_TRUE(batch) << payload;
    EXPECT_TRUE(batch->adverts.empty()) << payload;
  }
  EXPECT_FALSE(decode_rx_foreign("[]"));
  EXPECT_FALSE(decode_rx_foreign("not json"));
}

}  // namespace
}  // namespace tg
