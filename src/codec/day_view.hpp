// Reading a day's cells by name. Owner thread: any. For .cpp files of codec/ only; `cells` outlives the view.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/json_write.hpp"
#include "core/figures_statistics.hpp"
#include "core/model/figure.hpp"

namespace tg {

class DayView {
 public:
  DayView(Day day, const Cells& cells) : day_(day), cells_(cells) {}

  /// 0 when nothing was counted.
  [[nodiscard]] std::int64_t at(std::string_view name, std::int32_t slot = 0, const std::string& part = {}) const;
  /// Count by slot.
  [[nodiscard]] std::map<std::int32_t, std::int64_t> slots(std::string_view name, const std::string& part = {}) const;
  /// What stands behind `name/` in the store's cells, e.g. currencies, alert codes; sorted.
  [[nodiscard]] std::vector<std::string> kinds(std::string_view name) const;
  /// What stands behind `kind/` in the parts, e.g. zones; sorted.
  [[nodiscard]] std::vector<std::string> parts(std::string_view kind) const;

 private:
  Day day_;
  const Cells& cells_;
};

/// Four decimals are enough for a share; null without a denominator.
[[nodiscard]] Json ratio(std::int64_t part, std::int64_t whole);
[[nodiscard]] double rounded(double value);
[[nodiscard]] Json percentiles(const std::map<std::int32_t, std::int64_t>& histogram,
                               const std::vector<std::pair<const char*, std::int32_t>>& wanted);
/// Of counts that are parts of one whole: what is too small to show is null.
[[nodiscard]] std::vector<Json> parts_shown(const std::vector<std::int64_t>& counts);

}  // namespace tg
