// When the wall clock is believed (contract §2, "Clock").
#include "runtime/clock.hpp"

#include <gtest/gtest.h>

namespace tg {
namespace {

const WallTime kNow = wall_ms(4'000'000'000'000);  // long after any build
constexpr auto kDay = std::chrono::days{1};

struct Box {
  explicit Box(WallTime newest, bool require_sync = false)
      : clock(newest, require_sync, [this] { return synchronised; }) {}
  ClockState at(Seconds since_start, WallTime wall) { return clock.judge({MonoTime{} + since_start, wall}); }
  bool synchronised = false;
  Clock clock;
};

TEST(Clock, IsUnsyncedWithoutATimeSourceAndSyncedWithOne) {
  Box box(kNow - kDay);
  EXPECT_EQ(box.at(Seconds{1}, kNow), ClockState::unsynced);
  box.synchronised = true;
  EXPECT_EQ(box.at(Seconds{2}, kNow), ClockState::synced);
  EXPECT_EQ(Box(kNow - kDay, true).at(Seconds{1}, kNow), ClockState::implausible) << "require_sync waits";
}

TEST(Clock, IsImplausibleInThePast) {
  Box box(kNow);
  box.synchronised = true;
  EXPECT_EQ(box.at(Seconds{1}, WallTime{}), ClockState::implausible);
  EXPECT_EQ(box.at(Seconds{2}, kNow - kDay), ClockState::implausible) << "before the newest event";
  EXPECT_EQ(box.at(Seconds{3}, kNow), ClockState::synced);
}

TEST(Clock, AnEventFromTheFutureIsForgottenWhenASynchronisedClockContradictsItForTenMinutes) {
  const WallTime wrong = kNow + 1000 * kDay;
  Box box(wrong);
  EXPECT_EQ(box.at(Seconds{0}, kNow), ClockState::implausible);
  EXPECT_EQ(box.at(Seconds{3600}, kNow), ClockState::implausible) << "an unconfirmed clock convinces nobody";
  box.synchronised = true;
  EXPECT_EQ(box.at(Seconds{3601}, kNow), ClockState::implausible);
  EXPECT_EQ(box.at(Seconds{4200}, kNow), ClockState::implausible);
  EXPECT_EQ(box.at(Seconds{4201}, kNow), ClockState::synced);
  EXPECT_EQ(box.at(Seconds{4202}, kNow + Seconds{1}), ClockState::synced);
}

}  // namespace
}  // namespace tg
