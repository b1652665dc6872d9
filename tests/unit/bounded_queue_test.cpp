// A mailbox never grows beyond its limit, whatever the posters do.
#include "base/bounded_queue.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace tg {
namespace {

using namespace std::chrono_literals;
using Items = std::vector<int>;

TEST(BoundedQueue, KeepsTheOrder) {
  BoundedQueue<int> queue(4, WhenFull::refuse);
  for (const int i : {1, 2, 3}) EXPECT_TRUE(queue.post(i));
  EXPECT_EQ(queue.take_some(2), (Items{1, 2}));
  EXPECT_EQ(queue.take_some(9), (Items{3}));
  EXPECT_TRUE(queue.take_some(9).empty());
}

TEST(BoundedQueue, DropsTheOldestWhenThatIsItsManner) {
  BoundedQueue<int> queue(2, WhenFull::drop_oldest);
  for (const int i : {1, 2, 3, 4}) EXPECT_TRUE(queue.post(i));
  EXPECT_EQ(queue.figures().dropped, 2U);
  EXPECT_EQ(queue.figures().high_water, 2U);
  EXPECT_EQ(queue.take_some(9), (Items{3, 4}));
}

TEST(BoundedQueue, RefusesTheNewestWhenThatIsItsManner) {
  BoundedQueue<int> queue(2, WhenFull::refuse);
  EXPECT_TRUE(queue.post(1));
  EXPECT_TRUE(queue.post(2));
  EXPECT_FALSE(queue.post(3));
  EXPECT_EQ(queue.figures().dropped, 1U);
  EXPECT_EQ(queue.figures().depth, 2U);
  EXPECT_EQ(queue.take_some(9), (Items{1, 2}));
  EXPECT_TRUE(queue.post(4)) << "room again";
}

TEST(BoundedQueue, WakesItsTakerOncePerAcceptedPost) {
  int woken = 0;
  BoundedQueue<int> queue(1, WhenFull::refuse, [&] { ++woken; });
  EXPECT_TRUE(queue.post(1));
  EXPECT_FALSE(queue.post(2));
  EXPECT_EQ(woken, 1);
}

TEST(BoundedQueue, AClosedOneTakesNothingAndStillGivesWhatItHad) {
  BoundedQueue<int> queue(4, WhenFull::refuse);
  EXPECT_TRUE(queue.post(1));
  queue.close();
  EXPECT_TRUE(queue.closed());
  EXPECT_FALSE(queue.post(2));
  EXPECT_EQ(queue.wait_some(9, 1h), (Items{1}));
  EXPECT_TRUE(queue.wait_some(9, 1h).empty()) << "returns at once";
}

TEST(BoundedQueue, AWaitingTakerGetsWhatAnotherThreadPosts) {
  BoundedQueue<int> queue(4, WhenFull::refuse);
  std::thread poster([&] { queue.post(7); });
  EXPECT_EQ(queue.wait_some(9, 1h), (Items{7}));
  poster.join();
}

TEST(BoundedQueue, NothingIsLostBetweenManyPostersAndOneTaker) {
  constexpr int kPosters = 4, kEach = 500;
  BoundedQueue<int> queue(kPosters * kEach, WhenFull::refuse);
  std::vector<std::thread> posters;
  for (int p = 0; p < kPosters; ++p) {
    posters.emplace_back([&queue, p] {
      for (int i = 0; i < kEach; ++i) queue.post(p * kEach + i);
    });
  }
  std::vector<int> last(kPosters, -1);
  for (int taken = 0; taken < kPosters * kEach;) {
    for (const int item : queue.wait_some(64, 1h)) {
      int& before = last[static_cast<std::size_t>(item / kEach)];
      EXPECT_EQ(item % kEach, before + 1) << "each poster's own order";
      before = item % kEach;
      ++taken;
    }
  }
  for (auto& poster : posters) poster.join();
  EXPECT_EQ(queue.figures().dropped, 0U);
}

}  // namespace
}  // namespace tg
