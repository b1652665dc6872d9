// A day's cells as the figures that people read, each with its coverage (facts on retail §6). Owner thread: any.
// Never a person: zones and scenarios in which fewer than five are counted show null (contract §4.1).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/types.hpp"
#include "core/model/figure.hpp"
#include "core/policy.hpp"

namespace tg {

struct KpiContext {
  Day day = 0;
  Day today = 0;
  std::string timezone;
  std::vector<Zone> zones;        ///< in the order in which they are shown
  std::uint64_t visits_open = 0;  ///< now; they are counted when they end
};

/// JSON, one line. What cannot be known is null, with a note of why in `coverage`.
[[nodiscard]] std::string encode_kpi(const KpiContext& context, const Cells& cells);

}  // namespace tg
