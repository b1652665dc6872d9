// May the wall clock be believed? (contract §2, "Clock")
// Owner thread: the loop. Never changes the clock.
#pragma once

#include "base/types.hpp"
#include "core/events.hpp"

namespace tg {

class Clock {
 public:
  /// `newest_known`: the latest instant that a file remembers. `require_sync`: an unsynchronised clock does not do.
  Clock(WallTime newest_known, bool require_sync) : newest_known_(newest_known), require_sync_(require_sync) {}

  /// Implausible before the build or before what is remembered; else as the kernel says.
  [[nodiscard]] ClockState judge(WallTime now) const;

 private:
  WallTime newest_known_;
  bool require_sync_;
};

}  // namespace tg
