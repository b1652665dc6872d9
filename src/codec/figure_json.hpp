// Shares and figures as they lie in the facts file, and the cells of a day on their way to a reader.
// Owner thread: any. Never throws. The form is our own; fields are only ever added, and what is 0 is left out.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "core/model/figure.hpp"

namespace tg {

[[nodiscard]] std::string encode_visit_share(const VisitShare& share);
[[nodiscard]] Result<VisitShare> decode_visit_share(std::string_view json);
[[nodiscard]] std::string encode_interval(const Interval& interval);
[[nodiscard]] Result<Interval> decode_interval(std::string_view json);
/// `[[part, name, slot, value], …]`
[[nodiscard]] std::string encode_cells(const Cells& cells);
[[nodiscard]] Result<Cells> decode_cells(Day day, std::string_view json);

}  // namespace tg
