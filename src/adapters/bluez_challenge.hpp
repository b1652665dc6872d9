// The challenge of one adapter (contract §3.2): new every 60 s, the previous one still valid. Owner thread: the loop.
// Never reads a clock and never draws by itself: time and chance come from outside.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "base/types.hpp"
#include "core/model/checkin.hpp"

namespace tg {

class BluezChallenge {
 public:
  explicit BluezChallenge(std::function<Challenge()> draw) : draw_(std::move(draw)) {}

  /// What a phone reads now.
  [[nodiscard]] const Challenge& current(MonoTime now) {
    turn(now);
    return *current_;
  }
  /// Newest first.
  [[nodiscard]] std::vector<Challenge> valid(MonoTime now) {
    turn(now);
    return previous_ ? std::vector{*current_, *previous_} : std::vector{*current_};
  }

 private:
  static constexpr Seconds kLife{60};

  /// On a grid of 60 s, so that none is valid longer than 120 s however seldom somebody asks.
  void turn(MonoTime now) {
    const std::int64_t period = now.time_since_epoch() / kLife;
    if (current_ && period == period_) return;
    previous_ = period == period_ + 1 ? current_ : std::nullopt;
    current_ = draw_();
    period_ = period;
  }

  std::function<Challenge()> draw_;
  std::optional<Challenge> current_, previous_;
  std::int64_t period_ = 0;
};

}  // namespace tg
