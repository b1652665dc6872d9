// Full-jitter back-off (contract §4): at once after a start, then spread over a growing span, 60 s at most.
#include "core/links.hpp"

#include <gtest/gtest.h>

#include <set>

#include "support/core/shop.hpp"

namespace tg {
namespace {

using namespace test;
using Due = std::vector<Link>;

constexpr MonoTime t(Millis since) { return MonoTime{since}; }

event::LinkDown failed(Link link) { return {link, "no route"}; }
event::LinkDown kicked() { return {Link::central, "connection lost", 0, true}; }
event::LinkDown taken_over() { return {Link::central, "session taken over", 0x8E, true}; }

/// How long until the next attempt after this end at `now`.
Millis wait_after(Links& links, const event::LinkDown& end, MonoTime& now) {
  links.down(end, now);
  const MonoTime due = links.next_deadline().value();
  const Millis waited = due - now;
  EXPECT_TRUE(waited == 0ms || links.due(due - 1ms).empty());
  EXPECT_EQ(links.due(due), Due{Link::central});
  now = due;
  return waited;
}
Millis wait_after_failure(Links& links, MonoTime& now) { return wait_after(links, failed(Link::central), now); }

Links started(std::uint64_t seed) {
  Links links;
  links.start(seed, t(0ms));
  EXPECT_EQ(links.due(t(0ms)), (Due{Link::central, Link::local})) << "the first connect is immediate";
  links.up(Link::local, t(0ms));
  return links;
}

TEST(Links, NothingIsDueBeforeTheStart) {
  Links links;
  EXPECT_TRUE(links.due(t(1h)).empty());
  EXPECT_EQ(links.next_deadline(), std::nullopt);
}

TEST(Links, WaitsNeverExceedTheGrowingBoundNorAMinute) {
  constexpr Millis kBounds[] = {1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s, 60s, 60s};
  std::vector<Millis> longest(std::size(kBounds), 0ms);
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    Links links = started(seed * 0x9E37'79B9'7F4A'7C15);
    MonoTime now = t(0ms);
    for (std::size_t i = 0; i < std::size(kBounds); ++i) {
      const Millis waited = wait_after_failure(links, now);
      EXPECT_LE(waited, kBounds[i]);
      longest[i] = std::max(longest[i], waited);
    }
  }
  for (std::size_t i = 0; i < std::size(kBounds); ++i) {
    EXPECT_GT(longest[i], kBounds[i] * 9 / 10) << "attempt " << i << ": the whole span is used";
  }
}

TEST(Links, JitterIsFullAndTheSameForTheSameSeed) {
  const auto waits = [](std::uint64_t seed) {
    Links links = started(seed);
    MonoTime now = t(0ms);
    std::vector<Millis> out;
    for (int i = 0; i < 10; ++i) out.push_back(wait_after_failure(links, now));
    return out;
  };
  EXPECT_EQ(waits(42), waits(42));
  EXPECT_NE(waits(42), waits(44)) << "a street of shops must not come back in step";
}

TEST(Links, ALinkThatIsKickedAtOnceKeepsBackingOff) {
  Links links = started(7);
  MonoTime now = t(0ms);
  for (int i = 0; i < 6; ++i) (void)wait_after_failure(links, now);
  Millis longest{0};
  for (int i = 0; i < 50; ++i) {
    links.up(Link::central, now);
    now += 59'999ms;
    longest = std::max(longest, wait_after_failure(links, now));
  }
  EXPECT_GT(longest, 30s);
}

TEST(Links, ALinkThatHeldAMinuteStartsOver) {
  Links links = started(7);
  MonoTime now = t(0ms);
  for (int i = 0; i < 6; ++i) (void)wait_after_failure(links, now);
  for (int i = 0; i < 50; ++i) {
    links.up(Link::central, now);
    now += 60s;
    EXPECT_LE(wait_after_failure(links, now), 1s);
  }
}

TEST(Links, AnAttemptIsAskedForOnce) {
  Links links = started(1);
  links.down(failed(Link::central), t(0ms));
  links.down(failed(Link::central), t(0ms));
  const MonoTime due = links.next_deadline().value();
  EXPECT_EQ(links.due(due).size(), 1U);
  EXPECT_TRUE(links.due(due + 1h).empty()) << "connecting: the answer is awaited";
}

TEST(Links, TheOtherLinkIsNotConcerned) {
  Links links = started(1);
  links.down(failed(Link::central), t(0ms));
  EXPECT_TRUE(links.is_up(Link::local));
  EXPECT_FALSE(links.is_up(Link::central));
}

TEST(Links, ABrokerInTheStoreIsBackForTheTabletsWithinSeconds) {
  Links links = started(3);
  MonoTime now = t(0ms);
  for (int i = 0; i < 100; ++i) {
    links.down(failed(Link::local), now);
    const MonoTime due = links.next_deadline().value();
    EXPECT_LE(due - now, 4s);
    now = due;
    EXPECT_EQ(links.due(now), Due{Link::local});
  }
}

TEST(Links, WhoeverTookTheSessionKeepsItForAMinute) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    Links links = started(seed);
    MonoTime now = t(1h);
    links.up(Link::central, t(0ms));
    EXPECT_TRUE(links.down(taken_over(), now)) << "news";
    EXPECT_EQ(links.rival(Link::central, now), Rival::certain);
    const Millis waited = links.next_deadline().value() - now;
    EXPECT_GE(waited, 60s);
    EXPECT_LE(waited, 70s);
  }
}

TEST(Links, TwoBoxesWithOneIdAndABrokerThatDoesNotSaySoMeetOnceAMinute) {
  Links boxes[] = {started(1), started(2)};
  MonoTime now = t(0ms);
  boxes[0].up(Link::central, now);
  boxes[1].up(Link::central, now);
  std::vector<MonoTime> meetings;
  for (std::size_t kicker = 1; meetings.size() < 40; kicker = 1 - kicker) {
    Links& other = boxes[1 - kicker];
    now += 100ms;  // the kicker is there
    meetings.push_back(now);
    (void)wait_after(other, kicked(), now);
    other.up(Link::central, now);
  }
  const Millis settled = meetings.back() - meetings[12];
  EXPECT_GE(settled / 27, 50s);
  EXPECT_EQ(boxes[0].rival(Link::central, now), Rival::suspected);
}

TEST(Links, ALineThatIsCutNowAndThenIsNoRival) {
  Links links = started(5);
  MonoTime now = t(0ms);
  for (int i = 0; i < 50; ++i) {
    links.up(Link::central, now);
    now += 2min;
    EXPECT_LE(wait_after(links, kicked(), now), 1s);
  }
  for (int i = 0; i < 50; ++i) {
    links.up(Link::central, now);
    now += 1s;
    (void)wait_after(links, failed(Link::central), now);
    EXPECT_EQ(links.rival(Link::central, now), Rival::none) << "we ended it ourselves";
  }
}

TEST(Links, ARivalIsForgottenOnceTheLinkHolds) {
  Links links = started(5);
  MonoTime now = t(0ms);
  links.up(Link::central, now);
  now += 1s;
  (void)wait_after(links, taken_over(), now);
  links.up(Link::central, now);
  EXPECT_EQ(links.rival(Link::central, now + 9min), Rival::certain);
  EXPECT_EQ(links.rival(Link::central, now + 10min), Rival::none);
  now += 10min;
  EXPECT_LE(wait_after(links, kicked(), now), 1s);
}

}  // namespace
}  // namespace tg
