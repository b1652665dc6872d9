// When to try again: 1, 2, 4, 8 s after a failure. Owner thread: the loop. Never reads a clock.
#pragma once

#include <algorithm>
#include <optional>

#include "base/types.hpp"

namespace tg {

class BluezBackoff {
 public:
  explicit BluezBackoff(Millis first = Seconds{1}) : first_(first) {}
  void failed() {
    ++failures_;
    due_at_.reset();
  }
  void succeeded() { failures_ = 0; }
  [[nodiscard]] int failures() const { return failures_; }  ///< in a row

  /// The wait begins with the first question after a failure.
  [[nodiscard]] bool due(MonoTime now) {
    if (!due_at_) due_at_ = now + wait();
    return now >= *due_at_;
  }

 private:
  [[nodiscard]] Millis wait() const {
    constexpr int kDoublings = 3;  // a local call costs little, and every second of waiting is a second of deafness
    return first_ * (1 << std::clamp(failures_ - 1, 0, kDoublings));
  }

  Millis first_;
  int failures_ = 0;
  std::optional<MonoTime> due_at_;
};

}  // namespace tg
