// A connection and the process around it against a private mosquitto: what counts as delivered, what a lost broker or
// process looks like, and that they come back. This program is also the process that it tests (`--role link`).
#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <mutex>
#include <random>
#include <thread>

#include "adapters/link_process.hpp"
#include "adapters/mqtt_lane.hpp"
#include "support/mosquitto.hpp"
#include "support/resetting_broker.hpp"

namespace tg {
namespace {

using namespace std::chrono_literals;
using namespace test;

constexpr std::string_view kSecret = "s3cr3t-of-the-store";

/// Collects reports from any thread; `until` waits, running `turn` meanwhile.
class Reports {
 public:
  LinkSink sink() {
    return [this](LinkReport report) {
      const std::scoped_lock lock(mutex_);
      reports_.push_back(std::move(report));
      changed_.notify_all();
    };
  }

  /// The next report of that kind, taken out with everything before it.
  template <class T>
  std::optional<T> next(const std::function<void()>& turn = {}, Clock::duration at_most = kDeadline) {
    const auto deadline = Clock::now() + at_most;
    std::unique_lock lock(mutex_);
    while (true) {
      while (!reports_.empty()) {
        auto report = std::move(reports_.front());
        reports_.erase(reports_.begin());
        if (auto* found = std::get_if<T>(&report)) return std::move(*found);
      }
      if (Clock::now() > deadline) return std::nullopt;
      if (!turn) {
        changed_.wait_for(lock, 50ms);
        continue;
      }
      lock.unlock();
      turn();
      lock.lock();
    }
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<LinkReport> reports_;
};

Publication event(std::uint64_t token, const std::string& topic, const std::string& payload = "{}") {
  Publication out;
  out.token = token;
  out.topic = topic;
  out.payload = payload;
  out.content_type = "application/cloudevents+json";
  out.expiry_s = 60;
  return out;
}

class Lane {
 public:
  explicit Lane(LinkSettings settings) : lane(std::move(settings), reports.sink()) {}
  Reports reports;
  MqttLane lane;
};

TEST(MqttLane, is_up_after_its_subscriptions_and_hears_what_it_publishes) {
  const Broker broker;
  Lane link(broker.settings("one", {"open/a/#", "open/b"}));
  const auto up = link.reports.next<LinkIsUp>();
  ASSERT_TRUE(up);
  link.lane.publish(event(7, "open/a/x", "hello"));
  const auto message = link.reports.next<LinkMessage>();
  ASSERT_TRUE(message);
  EXPECT_EQ(message->topic, "open/a/x");
  EXPECT_EQ(message->payload, "hello");
  link.lane.publish(event(8, "open/b"));
  const auto delivered = link.reports.next<LinkDelivered>();
  ASSERT_TRUE(delivered);
  EXPECT_EQ(delivered->reason_code, 0);
  EXPECT_TRUE(link.lane.alive());
}

TEST(MqttLane, tells_the_credits_that_the_broker_grants) {
  const Broker broker;
  Lane link(broker.settings("one"));
  const auto up = link.reports.next<LinkIsUp>();
  ASSERT_TRUE(up);
  EXPECT_EQ(up->receive_maximum, 17);
}

TEST(MqttLane, a_refused_publication_is_seen_with_mqtt_5_and_cannot_be_with_3_1_1) {
  const Broker broker;
  for (const bool v5 : {true, false}) {
    auto settings = broker.settings(v5 ? "five" : "three", {"open/a", "open/b"});
    settings.v5 = v5;
    Lane link(settings);
    ASSERT_TRUE(link.reports.next<LinkIsUp>());
    link.lane.publish(event(1, "closed/x"));
    const auto refused = link.reports.next<LinkDelivered>();
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->token, 1u);
    EXPECT_EQ(refused->reason_code, v5 ? 135 : 0);
    link.lane.publish(event(2, "open/nobody-listens"));
    const auto unheard = link.reports.next<LinkDelivered>();
    ASSERT_TRUE(unheard);
    EXPECT_LT(unheard->reason_code, 0x80);
  }
}

TEST(MqttLane, a_topic_that_no_broker_takes_is_refused_for_good) {
  const Broker broker;
  Lane link(broker.settings("one"));
  ASSERT_TRUE(link.reports.next<LinkIsUp>());
  link.lane.publish(event(1, "open/\xff\xfe"));
  const auto refused = link.reports.next<LinkDelivered>();
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->reason_code, 0x90);
}

TEST(MqttLane, a_message_without_an_answer_is_not_reported_as_delivered) {
  Broker broker;
  Lane link(broker.settings("one"));
  ASSERT_TRUE(link.reports.next<LinkIsUp>());
  broker.signal(SIGSTOP);
  link.lane.publish(event(5, "open/x"));
  EXPECT_FALSE(link.reports.next<LinkDelivered>({}, 300ms));
  broker.kill();
  std::optional<LinkDelivered> delivered;
  ASSERT_TRUE(link.reports.next<LinkIsDown>());
  EXPECT_FALSE(link.reports.next<LinkDelivered>({}, 300ms));
}

TEST(MqttLane, a_publication_above_the_brokers_limit_is_refused_and_the_link_stays) {
  const Broker broker;
  Lane link(broker.settings("one"));
  ASSERT_TRUE(link.reports.next<LinkIsUp>());
  link.lane.publish(event(1, "open/x", std::string(1100000, 'x')));
  const auto refused = link.reports.next<LinkDelivered>();
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->reason_code, 0x95);
  link.lane.publish(event(2, "open/x"));
  EXPECT_TRUE(link.reports.next<LinkDelivered>());
}

/// Accepts one client and then says that another one took its session (mosquitto 2.0.11 only closes the connection).
void take_over_session(int listener) {
  const int client = ::accept(listener, nullptr, nullptr);
  std::array<char, 512> connect;
  EXPECT_GT(::read(client, connect.data(), connect.size()), 0);
  const std::string_view connack{"\x20\x03\x00\x00\x00", 5}, disconnect{"\xE0\x02\x8E\x00", 4};
  EXPECT_EQ(::write(client, connack.data(), connack.size()), 5);
  EXPECT_EQ(::write(client, disconnect.data(), disconnect.size()), 4);
  EXPECT_EQ(::read(client, connect.data(), connect.size()) >= 0, true);
  ::close(client);
}

TEST(MqttLane, a_second_client_with_the_same_id_is_named_as_the_cause) {
  std::uint16_t port = 0;
  const int listener = loopback_socket(port, true);
  ASSERT_EQ(::listen(listener, 1), 0);
  std::thread broker(take_over_session, listener);
  LinkSettings settings;
  settings.client_id = "same";
  settings.url = "mqtt://127.0.0.1:" + std::to_string(port);
  Lane link(settings);
  const auto down = link.reports.next<LinkIsDown>();
  broker.join();
  ::close(listener);
  ASSERT_TRUE(down);
  EXPECT_NE(down->reason.find("session taken over"), std::string::npos) << down->reason;
}

TEST(MqttLane, nobody_there_and_a_name_that_does_not_resolve_are_told_apart) {
  LinkSettings settings;
  settings.client_id = "one";
  settings.url = "mqtt://127.0.0.1:" + std::to_string(free_port());
  Lane nobody(settings);
  const auto refused = nobody.reports.next<LinkIsDown>();
  ASSERT_TRUE(refused);
  EXPECT_NE(refused->reason.find("no connection"), std::string::npos) << refused->reason;
  settings.url = "mqtt://name.invalid:1883";
  Lane unknown(settings);
  const auto unresolved = unknown.reports.next<LinkIsDown>();
  ASSERT_TRUE(unresolved);
  EXPECT_NE(unresolved->reason.find("resolved"), std::string::npos) << unresolved->reason;
}

TEST(MqttLane, drop_ends_the_connection) {
  const Broker broker;
  Lane link(broker.settings("one"));
  ASSERT_TRUE(link.reports.next<LinkIsUp>());
  link.lane.drop();
  EXPECT_TRUE(link.reports.next<LinkIsDown>());
}

TEST(MqttLane, delivers_far_more_than_the_broker_takes_at_once) {
  const Broker broker;
  Lane link(broker.settings("one"));
  ASSERT_TRUE(link.reports.next<LinkIsUp>());
  for (std::uint64_t token = 1; token <= 1000; ++token) link.lane.publish(event(token, "open/event"));
  std::vector<bool> seen(1001);
  for (int i = 0; i < 1000; ++i) {
    const auto delivered = link.reports.next<LinkDelivered>();
    ASSERT_TRUE(delivered) << "after " << i;
    EXPECT_FALSE(seen.at(delivered->token));
    seen[delivered->token] = true;
  }
}

class LinkProcessTest : public testing::Test {
 protected:
  void start() {
    auto settings = broker.settings("link", {"open/command/#"});
    settings.username = "gw";
    settings.password = kSecret;
    settings.will_topic = "open/state";
    settings.will_payload = "offline";
    link = std::make_unique<LinkProcess>(loop, "central", settings, reports.sink());
  }
  void connect() {
    link->connect();
    ASSERT_TRUE(reports.next<LinkIsUp>(turn));
  }
  /// What a central that listens to `filter` hears first.
  std::optional<LinkMessage> central_hears(const std::string& filter, Clock::duration at_most = kDeadline) {
    Lane central(broker.settings("central", {filter}));
    return central.reports.next<LinkMessage>(turn, at_most);
  }

  Broker broker;
  EventLoop loop;
  Reports reports;
  std::unique_ptr<LinkProcess> link;
  const std::function<void()> turn = [this] { loop.turn(Millis{20}); };
};

TEST_F(LinkProcessTest, carries_publications_commands_and_refusals) {
  start();
  connect();
  link->publish(event(1, "open/event", std::string(900000, 'e')));
  auto delivered = reports.next<LinkDelivered>(turn);
  ASSERT_TRUE(delivered);
  EXPECT_EQ(delivered->token, 1u);
  EXPECT_LT(delivered->reason_code, 0x80);
  link->publish(event(2, "closed/event"));
  delivered = reports.next<LinkDelivered>(turn);
  ASSERT_TRUE(delivered);
  EXPECT_EQ(delivered->reason_code, 135);
  link->publish(event(0, "open/command/profiles.delta", std::string(900000, 'c')));
  const auto command = reports.next<LinkMessage>(turn);
  ASSERT_TRUE(command);
  EXPECT_EQ(command->payload.size(), 900000u);
}

TEST_F(LinkProcessTest, delivers_a_thousand_in_flight) {
  start();
  connect();
  for (std::uint64_t token = 1; token <= 1000; ++token) link->publish(event(token, "open/event"));
  std::vector<bool> seen(1001);
  for (int i = 0; i < 1000; ++i) {
    const auto delivered = reports.next<LinkDelivered>(turn);
    ASSERT_TRUE(delivered) << i;
    EXPECT_FALSE(seen.at(delivered->token));
    seen[delivered->token] = true;
  }
}

TEST_F(LinkProcessTest, a_killed_link_is_reported_announced_by_its_will_and_started_again) {
  start();
  connect();
  const auto first = link->child();
  ::kill(first, SIGKILL);
  ASSERT_TRUE(reports.next<LinkIsDown>(turn));
  const auto will = central_hears("open/state");
  ASSERT_TRUE(will);
  EXPECT_EQ(will->payload, "offline");
  connect();
  EXPECT_NE(link->child(), first);
  link->publish(event(3, "open/event"));
  EXPECT_TRUE(reports.next<LinkDelivered>(turn));
}

/// The link may learn of the daemon's death by the pipe before the kernel ends it.
TEST_F(LinkProcessTest, a_daemon_that_dies_is_announced_by_the_will) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(ends[1], kLinkFd);
    ::fcntl(kLinkFd, F_SETFL, O_NONBLOCK);
    ::execl("/proc/self/exe", "link", "--role", "link", nullptr);
    ::_exit(127);
  }
  ::close(ends[1]);
  auto settings = broker.settings("link");
  settings.will_topic = "open/state";
  settings.will_payload = "offline";
  const std::string begin = encode_frame(settings);
  ASSERT_EQ(::write(ends[0], begin.data(), begin.size()), static_cast<ssize_t>(begin.size()));
  LinkFrameReader reader;
  LinkFrame frame;
  std::array<char, 4096> bytes{};
  while (!std::holds_alternative<LinkIsUp>(frame)) {
    while (!*reader.next(frame)) {
      const ssize_t got = ::read(ends[0], bytes.data(), bytes.size());
      ASSERT_GT(got, 0);
      reader.feed({bytes.data(), static_cast<std::size_t>(got)});
    }
  }
  ::close(ends[0]);
  const auto will = central_hears("open/state");
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  ASSERT_TRUE(will);
  EXPECT_EQ(will->payload, "offline");
}

TEST_F(LinkProcessTest, a_killed_broker_is_reported_and_each_connection_has_a_process_of_its_own) {
  start();
  pid_t before = 0;
  for (std::uint64_t round = 1; round <= 3; ++round) {
    connect();
    EXPECT_NE(std::exchange(before, link->child()), link->child());
    link->publish(event(round, "open/x"));
    const auto delivered = reports.next<LinkDelivered>(turn);
    ASSERT_TRUE(delivered);
    EXPECT_EQ(delivered->token, round);
    broker.kill();
    const auto down = reports.next<LinkIsDown>(turn);
    ASSERT_TRUE(down);
    EXPECT_FALSE(down->reason.empty());
    link->publish(event(99, "open/x"));  // lost: nothing waits while it is down
    link->connect();
    ASSERT_TRUE(reports.next<LinkIsDown>(turn));
    broker.start();
  }
}

TEST_F(LinkProcessTest, drop_ends_the_connection_and_connect_brings_it_back) {
  start();
  for (int round = 0; round < 2; ++round) {
    connect();
    link->drop();
    ASSERT_TRUE(reports.next<LinkIsDown>(turn));
  }
}

/// Paho 1.3.12 sends on the next connection what it freed on the last one: no fact may arrive as garbage
/// (decisions/0001).
TEST(LinkProcess, what_a_broken_connection_leaves_never_arrives_as_something_else) {
  constexpr int kLinks = 8, kConnections = 30;
  constexpr std::uint64_t kWindow = 20;
  struct One {
    std::uint64_t next = 1, delivered = 0;
    int left = kConnections;
    bool up = false;
    std::unique_ptr<LinkProcess> link;
  };
  const auto seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  ResettingBroker broker(seed);
  EventLoop loop;
  std::array<One, kLinks> links;
  for (auto& one : links) {
    LinkSettings settings;
    settings.client_id = "gw-" + std::to_string(&one - links.data());
    settings.url = "mqtt://127.0.0.1:" + std::to_string(broker.port);
    settings.session_expiry_s = 3600;
    one.link = std::make_unique<LinkProcess>(loop, "central", settings, [&one](const LinkReport& report) {
      if (std::holds_alternative<LinkDelivered>(report)) ++one.delivered;
      if (std::holds_alternative<LinkIsUp>(report)) one.up = true;
      if (std::holds_alternative<LinkIsDown>(report)) {
        one.up = false;
        one.next = one.delivered + 1;
        if (--one.left > 0) one.link->connect();
      }
    });
    one.link->connect();
  }
  const auto deadline = Clock::now() + 3 * kDeadline;
  while (broker.resets < kLinks * kConnections && Clock::now() < deadline) {
    loop.turn(Millis{20});
    for (auto& one : links)
      while (one.up && one.next <= one.delivered + kWindow) {
        auto fact = event(one.next, "a/b", ResettingBroker::payload(one.next));
        ++one.next;
        one.link->publish(fact);
      }
  }
  EXPECT_GE(broker.resets, kLinks * kConnections);
  EXPECT_GT(broker.whole, 1000);
  EXPECT_EQ(broker.garbled, 0);
}

TEST_F(LinkProcessTest, a_silent_link_is_ended_without_harm_to_the_daemon) {
  start();
  connect();
  ::kill(link->child(), SIGSTOP);
  EXPECT_TRUE(reports.next<LinkIsDown>(turn));
  connect();
}

TEST_F(LinkProcessTest, says_goodbye_after_its_last_words_and_leaves_no_process) {
  start();
  connect();
  const auto child = link->child();
  auto state = event(1, "open/state", "stopped");
  state.retain = true;
  link->publish(state);
  link.reset();
  EXPECT_EQ(::kill(child, 0), -1);
  const auto heard = central_hears("open/state");
  ASSERT_TRUE(heard);
  EXPECT_EQ(heard->payload, "stopped");  // the will would say "offline"
}

TEST_F(LinkProcessTest, keeps_the_password_off_the_command_line_and_the_environment) {
  start();
  connect();
  for (const std::string_view file : {"cmdline", "environ"}) {
    std::ifstream in("/proc/" + std::to_string(link->child()) + '/' + std::string(file), std::ios::binary);
    const std::string content{std::istreambuf_iterator<char>(in), {}};
    EXPECT_FALSE(content.empty());
    EXPECT_EQ(content.find(kSecret), std::string::npos) << file;
  }
}

TEST_F(LinkProcessTest, a_program_that_cannot_start_is_a_link_that_is_down) {
  LinkProcess broken(loop, "central", broker.settings("x"), reports.sink(), "/nonexistent/touchpointd");
  broken.connect();
  EXPECT_TRUE(reports.next<LinkIsDown>(turn));
}

}  // namespace
}  // namespace tg

int main(int count, char** values) {
  if (count == 3 && std::string_view(values[1]) == "--role") return tg::run_link(tg::kLinkFd);
  testing::InitGoogleTest(&count, values);
  return RUN_ALL_TESTS();
}
