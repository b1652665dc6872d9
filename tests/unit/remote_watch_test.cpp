// When a remote receiver is believed to be dead, and what never proves it.
#include "runtime/remote_watch.hpp"

#include <gtest/gtest.h>

namespace tg {
namespace {

class RemoteWatchTest : public testing::Test {
 protected:
  void SetUp() override { watch.link_changed(true, after(0)); }
  static MonoTime after(std::int64_t s) { return MonoTime{Seconds{1000 + s}}; }
  bool hears(std::int64_t s, std::size_t receiver = 0) const { return watch.trouble(receiver, after(s)).empty(); }

  RemoteWatch watch{2};
};

TEST_F(RemoteWatchTest, whoever_promised_nothing_may_be_silent_for_ever) {
  EXPECT_TRUE(hears(0)) << "nothing has come yet, and nobody may be there";
  watch.reported(0, std::nullopt, after(1));
  EXPECT_TRUE(hears(86'400));
}

TEST_F(RemoteWatchTest, three_reports_that_do_not_come_are_a_broken_promise) {
  watch.reported(0, Seconds{5}, after(0));
  EXPECT_TRUE(hears(15));
  EXPECT_FALSE(hears(16));
  EXPECT_TRUE(hears(16, 1)) << "the other one is another one";
  EXPECT_EQ(watch.trouble(0, after(16)), "it reports every 5 s, and nothing comes any more");
  watch.reported(0, Seconds{5}, after(100));
  EXPECT_TRUE(hears(100));
}

TEST_F(RemoteWatchTest, a_promise_is_for_the_next_report_only) {
  watch.reported(0, Seconds{5}, after(0));
  watch.reported(0, std::nullopt, after(1));
  EXPECT_TRUE(hears(1000));
}

TEST_F(RemoteWatchTest, leave_is_taken_at_once_and_until_something_comes) {
  watch.reported(0, Seconds{0}, after(0));
  EXPECT_FALSE(hears(0));
  watch.reported(0, std::nullopt, after(60));
  EXPECT_TRUE(hears(60));
  watch.connected(0, false);
  EXPECT_EQ(watch.trouble(0, after(61)), "it has left the local broker");
  watch.connected(0, true);
  EXPECT_TRUE(hears(62)) << "back, although nobody is there to be heard";
}

TEST_F(RemoteWatchTest, without_the_broker_nobody_hears_and_afterwards_promises_begin_anew) {
  watch.reported(0, Seconds{5}, after(0));
  watch.link_changed(false, after(2));
  EXPECT_FALSE(hears(2));
  EXPECT_FALSE(hears(2, 1));
  watch.link_changed(true, after(60));
  EXPECT_TRUE(hears(60));
  EXPECT_TRUE(hears(75));
  EXPECT_FALSE(hears(76));
}

TEST(Will, IsBesideTheReportsOfOneNode) {
  const auto topic = [](std::optional<std::string> filter) {
    ReceiverConfig receiver;
    receiver.topic = std::move(filter);
    return will_topic(receiver);
  };
  EXPECT_EQ(topic("home/OpenMQTTGateway/BTtoMQTT/#"), "home/OpenMQTTGateway/LWT");
  EXPECT_EQ(topic("home/TheengsGateway/BTtoMQTT"), "home/TheengsGateway/LWT");
  EXPECT_EQ(topic("home/+/BTtoMQTT/undecoded"), std::nullopt) << "whose would it be?";
  EXPECT_EQ(topic("elsewhere/#"), std::nullopt);
  EXPECT_EQ(topic(std::nullopt), std::nullopt);
}

TEST(Will, IsOneWord) {
  EXPECT_EQ(decode_will("offline"), false);
  EXPECT_EQ(decode_will("Online"), true);
  EXPECT_EQ(decode_will(""), std::nullopt);
  EXPECT_EQ(decode_will("{\"state\":1}"), std::nullopt);
}

}  // namespace
}  // namespace tg
