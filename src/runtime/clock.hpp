// May the wall clock be believed? (contract §2, "Clock")
// Owner thread: the loop. Never changes the clock.
#pragma once

#include <functional>
#include <optional>

#include "base/types.hpp"
#include "core/events.hpp"

namespace tg {

/// What the kernel says of its clock.
[[nodiscard]] bool kernel_synchronised();

class Clock {
 public:
  /// `newest_known`: the latest instant that a file remembers. `require_sync`: an unsynchronised clock does not do.
  Clock(WallTime newest_known, bool require_sync, std::function<bool()> synchronised = kernel_synchronised)
      : newest_known_(newest_known), require_sync_(require_sync), synchronised_(std::move(synchronised)) {}

  /// Implausible before the build or before what is remembered; else as the kernel says. What is remembered is
  /// forgotten when a synchronised clock has contradicted it for ten minutes: else one event written in 2038 by a clock
  /// that was wrong would end recognition until then.
  ClockState judge(Stamp now);

 private:
  WallTime newest_known_;
  bool require_sync_;
  std::function<bool()> synchronised_;
  std::optional<MonoTime> contradicted_since_;
};

}  // namespace tg
