// So many at once and so many a second. Owner thread: the loop. Never reads a clock.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "base/types.hpp"

namespace tg {

class BluezRateLimit {
 public:
  BluezRateLimit(std::int64_t at_once, std::int64_t a_second)
      : most_(at_once * kOne), a_second_(a_second), left_(most_) {}

  /// False when one more would be too many.
  [[nodiscard]] bool take(MonoTime now) {
    const std::int64_t since_ms = std::min((now - last_.value_or(now)).count(), most_);
    left_ = std::min(most_, left_ + since_ms * a_second_);
    last_ = now;
    if (left_ < kOne) return false;
    left_ -= kOne;
    return true;
  }

 private:
  static constexpr std::int64_t kOne = 1000;  // in thousandths: one a second is one unit a millisecond

  const std::int64_t most_;
  const std::int64_t a_second_;
  std::int64_t left_;
  std::optional<MonoTime> last_;
};

}  // namespace tg
