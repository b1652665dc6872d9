#include "core/model/calendar.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>

namespace tg {
namespace {

constexpr std::int64_t kDaySeconds = 86'400;

std::optional<int> number(std::string_view digits) {
  int value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

std::string padded(std::int64_t value, std::size_t width) {
  const std::string digits = std::to_string(value);
  return std::string(width - std::min(width, digits.size()), '0') + digits;
}

}  // namespace

Day Calendar::day_of(WallTime at) const {
  const std::int64_t seconds = unix_s(at);
  const auto after = std::ranges::upper_bound(offsets, seconds, {}, &UtcOffset::from_s);
  const std::int64_t local = seconds + (after == offsets.begin() ? 0 : std::prev(after)->offset_s);
  return static_cast<Day>(local >= 0 ? local / kDaySeconds : -((kDaySeconds - 1 - local) / kDaySeconds));
}

std::optional<Day> day_from(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  const auto year = number(text.substr(0, 4)), month = number(text.substr(5, 2)), day = number(text.substr(8));
  if (!year || !month || !day || *month < 1 || *day < 1) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{*year}, std::chrono::month{static_cast<unsigned>(*month)},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  if (!date.ok()) return std::nullopt;
  return static_cast<Day>(std::chrono::sys_days{date}.time_since_epoch().count());
}

std::string day_text(Day day) {
  const std::chrono::year_month_day date{std::chrono::sys_days{std::chrono::days{day}}};
  return padded(int{date.year()}, 4) + '-' + padded(unsigned{date.month()}, 2) + '-' + padded(unsigned{date.day()}, 2);
}

}  // namespace tg
