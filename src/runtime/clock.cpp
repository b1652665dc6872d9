#include "runtime/clock.hpp"

#include <sys/timex.h>

namespace tg {
namespace {

constexpr WallTime kBuilt = wall_ms(TOUCHPOINT_BUILD_UNIX_S * 1000LL);
constexpr Seconds kSlack{24 * 3600};  // the machine that built may be a time zone or a day ahead
constexpr Seconds kConvinced{600};

}  // namespace

bool kernel_synchronised() {
  timex state{};
  return adjtimex(&state) != TIME_ERROR && (state.status & STA_UNSYNC) == 0;
}

ClockState Clock::judge(Stamp now) {
  if (now.wall < kBuilt - kSlack) return ClockState::implausible;
  const bool synchronised = synchronised_();
  if (now.wall >= newest_known_ || !synchronised) contradicted_since_.reset();
  if (now.wall < newest_known_) {
    if (!synchronised) return ClockState::implausible;
    if (!contradicted_since_) contradicted_since_ = now.mono;
    if (now.mono - *contradicted_since_ < kConvinced) return ClockState::implausible;
    newest_known_ = now.wall;
    contradicted_since_.reset();
  }
  if (synchronised) return ClockState::synced;
  return require_sync_ ? ClockState::implausible : ClockState::unsynced;
}

}  // namespace tg
