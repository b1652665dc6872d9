// The loop's promises that the daemon leans on: re-arming, order, and sources that go away in their own callback.
#include "adapters/event_loop.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <csignal>
#include <optional>
#include <vector>

namespace tg {
namespace {

class Eventfd {
 public:
  Eventfd() : fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
  ~Eventfd() { close(fd_); }
  Eventfd(const Eventfd&) = delete;
  Eventfd& operator=(const Eventfd&) = delete;
  [[nodiscard]] int fd() const { return fd_; }
  void raise() const { EXPECT_EQ(eventfd_write(fd_, 1), 0); }
  void clear() const {
    eventfd_t value = 0;
    EXPECT_EQ(eventfd_read(fd_, &value), 0);
  }

 private:
  int fd_;
};

/// Turns until nothing is left to do at once.
void settle(EventLoop& loop) {
  while (loop.turn(Millis{0})) {
  }
}

TEST(EventLoop, a_readable_descriptor_calls_back_with_what_is_ready) {
  EventLoop loop;
  const Eventfd event;
  PollEvents seen = 0;
  const auto source = loop.add_fd(event.fd(), POLLIN, [&](PollEvents ready) {
    seen = ready;
    event.clear();
  });
  settle(loop);
  EXPECT_EQ(seen, 0U);
  event.raise();
  settle(loop);
  EXPECT_EQ(seen, PollEvents{POLLIN});
}

TEST(EventLoop, a_descriptor_is_silent_while_it_is_not_watched) {
  EventLoop loop;
  const Eventfd event;
  int calls = 0;
  auto source = loop.add_fd(event.fd(), 0, [&](PollEvents) {
    ++calls;
    event.clear();
  });
  event.raise();
  settle(loop);
  EXPECT_EQ(calls, 0);
  source.watch(POLLIN);
  settle(loop);
  EXPECT_EQ(calls, 1);
}

TEST(EventLoop, a_timer_fires_once_for_each_arming_and_not_before_its_time) {
  EventLoop loop;
  std::vector<MonoTime> fired;
  auto timer = loop.add_timer([&] { fired.push_back(loop.now().mono); });
  settle(loop);
  EXPECT_TRUE(fired.empty());
  const auto due = loop.now().mono + Millis{5};
  timer.arm_at(due);
  while (fired.empty()) ASSERT_TRUE(loop.turn(Seconds{5}));
  EXPECT_GE(fired.front(), due);
  settle(loop);
  EXPECT_EQ(fired.size(), 1U);
  timer.arm_at(due);  // already past: at once
  settle(loop);
  EXPECT_EQ(fired.size(), 2U);
}

TEST(EventLoop, a_disarmed_timer_never_fires) {
  EventLoop loop;
  int fired = 0;
  auto timer = loop.add_timer([&] { ++fired; });
  timer.arm_at(MonoTime{});
  timer.disarm();
  settle(loop);
  EXPECT_EQ(fired, 0);
}

TEST(EventLoop, deferred_work_that_arms_itself_again_lets_descriptors_take_their_turn) {
  EventLoop loop;
  const Eventfd event;
  bool heard = false;
  const auto source = loop.add_fd(event.fd(), POLLIN, [&](PollEvents) {
    heard = true;
    event.clear();
  });
  int slices = 0;
  DeferredSource work = loop.add_deferred([&] {
    ++slices;
    work.arm();
  });
  work.arm();
  EXPECT_EQ(slices, 0);
  event.raise();
  for (int i = 0; i < 8; ++i) loop.turn(Millis{0});
  EXPECT_TRUE(heard);
  EXPECT_GT(slices, 3);
}

TEST(EventLoop, idle_work_waits_for_everything_else) {
  EventLoop loop;
  std::vector<int> order;
  auto idle = loop.add_deferred([&] { order.push_back(2); }, DeferredPriority::idle);
  auto normal = loop.add_deferred([&] { order.push_back(1); });
  idle.arm();
  normal.arm();
  settle(loop);
  EXPECT_EQ(order, (std::vector<int>{1, 2}));
}

TEST(EventLoop, a_source_may_be_destroyed_inside_its_own_callback) {
  EventLoop loop;
  const Eventfd event;
  std::optional<FdSource> source;
  std::vector<int> kept(100, 7);  // captured: reading it after the reset shows a freed callback under a sanitizer
  std::size_t seen = 0;
  source = loop.add_fd(event.fd(), POLLIN, [&, kept](PollEvents) {
    source.reset();
    seen = kept.size();
  });
  event.raise();
  settle(loop);
  EXPECT_EQ(seen, 100U);
  EXPECT_FALSE(loop.turn(Millis{0}));
}

TEST(EventLoop, before_sleep_runs_ahead_of_every_wait_and_may_arm_a_timer_for_it) {
  EventLoop loop;
  const Eventfd event;
  bool buffered = true;
  auto timer = loop.add_timer([&] { buffered = false; });
  auto source = loop.add_fd(event.fd(), POLLIN, [](PollEvents) {});
  source.before_sleep([&] {
    if (buffered) timer.arm_at(MonoTime{});
  });
  EXPECT_TRUE(loop.turn(Seconds{5}));
  EXPECT_FALSE(buffered);
}

TEST(EventLoop, a_signal_ends_the_loop_with_the_given_code) {
  EventLoop loop;
  const auto source = loop.add_signal(SIGUSR1, [&] { loop.exit(3); });
  ASSERT_EQ(raise(SIGUSR1), 0);
  EXPECT_EQ(loop.run(), 3);
}

TEST(EventLoop, both_clocks_are_real) {
  const EventLoop loop;
  const Stamp now = loop.now();
  EXPECT_GT(unix_s(now.wall), 1'700'000'000);
  EXPECT_GT(now.mono.time_since_epoch().count(), 0);
}

TEST(ServiceManager, is_not_needed) {
  unsetenv("NOTIFY_SOCKET");
  unsetenv("WATCHDOG_USEC");
  notify_service_manager("READY=1");
  EXPECT_EQ(watchdog_period(), std::nullopt);
  setenv("WATCHDOG_USEC", "30000000", 1);
  EXPECT_EQ(watchdog_period(), Millis{15000}) << "fed at the last moment it is fed too late";
  unsetenv("WATCHDOG_USEC");
}

}  // namespace
}  // namespace tg
