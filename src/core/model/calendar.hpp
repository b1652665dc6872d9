// The store's calendar: which day an instant belongs to, with days of 23 and 25 hours. Plain data, any thread.
// Never reads the machine's time zone: codec/time_zone fills it in.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/types.hpp"
#include "core/model/ticket_share.hpp"

namespace tg {

struct UtcOffset {
  std::int64_t from_s = 0;  ///< Unix seconds
  std::int64_t offset_s = 0;
};

struct Calendar {
  std::vector<UtcOffset> offsets;  ///< ascending; none: UTC

  [[nodiscard]] Day day_of(WallTime at) const;
};

/// `2026-11-21`; nothing when it is no day.
[[nodiscard]] std::optional<Day> day_from(std::string_view text);
[[nodiscard]] std::string day_text(Day day);

}  // namespace tg
