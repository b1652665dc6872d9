#include "codec/day_view.hpp"

#include <algorithm>
#include <cmath>
#include <set>

namespace tg {

std::int64_t DayView::at(std::string_view name, std::int32_t slot, const std::string& part) const {
  const auto cell = cells_.find(CellKey{day_, part, std::string(name), slot});
  return cell == cells_.end() ? 0 : cell->second;
}

std::map<std::int32_t, std::int64_t> DayView::slots(std::string_view name, const std::string& part) const {
  std::map<std::int32_t, std::int64_t> out;
  for (auto cell = cells_.lower_bound(CellKey{day_, part, std::string(name), 0}); cell != cells_.end(); ++cell) {
    if (cell->first.part != part || cell->first.name != name) break;
    out[cell->first.slot] = cell->second;
  }
  return out;
}

std::vector<std::string> DayView::kinds(std::string_view name) const {
  const std::string start = std::string(name).append("/");
  std::set<std::string> found;
  for (const auto& [key, value] : cells_) {
    if (key.part.empty() && key.name.starts_with(start)) found.insert(key.name.substr(start.size()));
  }
  return {found.begin(), found.end()};
}

std::vector<std::string> DayView::parts(std::string_view kind) const {
  const std::string start = std::string(kind).append("/");
  std::set<std::string> found;
  for (const auto& [key, value] : cells_) {
    if (key.part.starts_with(start)) found.insert(key.part.substr(start.size()));
  }
  return {found.begin(), found.end()};
}

double rounded(double value) { return std::round(value * 10'000) / 10'000; }

Json ratio(std::int64_t part, std::int64_t whole) {
  return whole == 0 ? Json() : Json(rounded(static_cast<double>(part) / static_cast<double>(whole)));
}

Json percentiles(const std::map<std::int32_t, std::int64_t>& histogram,
                 const std::vector<std::pair<const char*, std::int32_t>>& wanted) {
  Json out = Json::object();
  for (const auto& [name, permille] : wanted) out[name] = number_or_null(percentile(histogram, permille));
  std::int64_t n = 0;
  for (const auto& [slot, count] : histogram) n += count;
  out["n"] = n;
  return out;
}

std::vector<Json> parts_shown(const std::vector<std::int64_t>& counts) {
  const auto shown = shown_parts(counts);
  std::vector<Json> out(counts.size());
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (shown[i]) out[i] = counts[i];
  }
  return out;
}

}  // namespace tg
