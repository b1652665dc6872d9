#include "runtime/clock.hpp"

#include <sys/timex.h>

namespace tg {
namespace {

constexpr WallTime kBuilt = wall_ms(TOUCHPOINT_BUILD_UNIX_S * 1000LL);
constexpr Seconds kSlack{24 * 3600};  // the machine that built may be a time zone or a day ahead

bool kernel_synchronised() {
  timex state{};
  return adjtimex(&state) != TIME_ERROR && (state.status & STA_UNSYNC) == 0;
}

}  // namespace

ClockState Clock::judge(WallTime now) const {
  if (now < kBuilt - kSlack || now < newest_known_) return ClockState::implausible;
  if (kernel_synchronised()) return ClockState::synced;
  return require_sync_ ? ClockState::implausible : ClockState::unsynced;
}

}  // namespace tg
