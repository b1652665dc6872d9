#include "codec/text.hpp"

#include <algorithm>
#include <chrono>

namespace tg {
namespace {

using std::chrono::days;
using std::chrono::sys_days;

constexpr WallTime kFirstInstant = WallTime{sys_days{std::chrono::year{1970} / 1 / 1}.time_since_epoch()};
constexpr WallTime kAfterLastRead = WallTime{sys_days{std::chrono::year{2200} / 1 / 1}.time_since_epoch()};
constexpr WallTime kLastWritten = WallTime{sys_days{std::chrono::year{10000} / 1 / 1}.time_since_epoch()} - Millis{1};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_alnum(char c) { return is_digit(c) || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }

/// Reads a text from left to right; every step says whether it matched.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  [[nodiscard]] bool done() const { return rest_.empty(); }

  bool one_of(std::string_view allowed) {
    if (rest_.empty() || allowed.find(rest_.front()) == std::string_view::npos) return false;
    last_ = rest_.front();
    rest_.remove_prefix(1);
    return true;
  }
  [[nodiscard]] char last() const { return last_; }

  /// Exactly `width` digits with a value of at most `most`.
  bool number(std::size_t width, int most, int& out) {
    if (rest_.size() < width ||
        !std::all_of(rest_.begin(), rest_.begin() + static_cast<std::ptrdiff_t>(width), is_digit))
      return false;
    out = 0;
    for (const char c : rest_.substr(0, width)) out = out * 10 + (c - '0');
    rest_.remove_prefix(width);
    return out <= most;
  }

  /// Digits of a second's fraction; what is finer than a millisecond is cut off.
  bool fraction(Millis& out) {
    if (rest_.empty() || !is_digit(rest_.front())) return false;
    int scale = 100;
    for (out = Millis{0}; !rest_.empty() && is_digit(rest_.front()); rest_.remove_prefix(1), scale /= 10)
      out += Millis{(rest_.front() - '0') * scale};
    return true;
  }

 private:
  std::string_view rest_;
  char last_ = 0;
};

bool read_date(Scanner& in, sys_days& out) {
  int year = 0;
  int month = 0;
  int day = 0;
  if (!in.number(4, 9999, year) || !in.one_of("-") || !in.number(2, 12, month) || !in.one_of("-") ||
      !in.number(2, 31, day))
    return false;
  const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok()) return false;
  out = sys_days{date};
  return true;
}

bool read_time_of_day(Scanner& in, Millis& out) {
  int hour = 0;
  int minute = 0;
  int second = 0;  // 60: a leap second counts as the first of the next minute
  if (!in.number(2, 23, hour) || !in.one_of(":") || !in.number(2, 59, minute) || !in.one_of(":") ||
      !in.number(2, 60, second))
    return false;
  Millis fraction{0};
  if (in.one_of(".") && !in.fraction(fraction)) return false;
  out = std::chrono::hours{hour} + std::chrono::minutes{minute} + Seconds{second} + fraction;
  return true;
}

bool read_offset(Scanner& in, Millis& out) {
  if (in.one_of("Zz")) {
    out = Millis{0};
    return true;
  }
  if (!in.one_of("+-")) return false;
  const int sign = in.last() == '-' ? -1 : 1;
  int hour = 0;
  int minute = 0;
  if (!in.number(2, 23, hour) || !in.one_of(":") || !in.number(2, 59, minute)) return false;
  out = sign * (std::chrono::hours{hour} + std::chrono::minutes{minute});
  return true;
}

void put(std::string& out, int value, std::size_t width, char after) {
  const std::string digits = std::to_string(value);
  out.append(width - std::min(width, digits.size()), '0').append(digits).push_back(after);
}

}  // namespace

std::string format_time(WallTime t) {
  t = std::clamp(t, kFirstInstant, kLastWritten);
  const sys_days day{std::chrono::floor<days>(t.time_since_epoch())};
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss time{t.time_since_epoch() - Millis{day.time_since_epoch()}};
  std::string out;
  put(out, static_cast<int>(date.year()), 4, '-');
  put(out, static_cast<int>(static_cast<unsigned>(date.month())), 2, '-');
  put(out, static_cast<int>(static_cast<unsigned>(date.day())), 2, 'T');
  put(out, static_cast<int>(time.hours().count()), 2, ':');
  put(out, static_cast<int>(time.minutes().count()), 2, ':');
  put(out, static_cast<int>(time.seconds().count()), 2, '.');
  put(out, static_cast<int>(time.subseconds().count()), 3, 'Z');
  return out;
}

std::optional<WallTime> parse_time(std::string_view text) {
  Scanner in{text};
  sys_days day;
  if (!read_date(in, day)) return std::nullopt;
  Millis time{0};
  Millis offset{0};
  if (!in.done() && (!in.one_of("Tt") || !read_time_of_day(in, time) || !read_offset(in, offset) || !in.done()))
    return std::nullopt;
  const WallTime t = WallTime{day.time_since_epoch()} + time - offset;
  if (t < kFirstInstant || t >= kAfterLastRead) return std::nullopt;
  return t;
}

std::optional<std::int32_t> utc_offset_min(std::string_view text) {
  constexpr std::size_t kOffset = 6;  // "+01:00"
  if (text.size() <= 10 + kOffset || !parse_time(text)) return std::nullopt;
  Scanner in{text.substr(text.size() - kOffset)};
  Millis offset{0};
  if (!read_offset(in, offset)) return std::nullopt;
  return static_cast<std::int32_t>(std::chrono::duration_cast<std::chrono::minutes>(offset).count());
}

std::string format_time_at(WallTime t, std::int32_t offset_min) {
  std::string out = format_time(t + std::chrono::minutes{offset_min});
  out.back() = offset_min < 0 ? '-' : '+';
  const std::int32_t minutes = offset_min < 0 ? -offset_min : offset_min;
  put(out, minutes / 60, 2, ':');
  put(out, minutes % 60, 2, ' ');
  out.pop_back();
  return out;
}

std::vector<NumberedLine> lines_of(std::string_view text, std::size_t most) {
  std::vector<NumberedLine> out;
  for (std::size_t number = 1; !text.empty() && out.size() < most; ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.find_first_not_of(" \t\r") != std::string_view::npos) out.push_back({number, line});
  }
  return out;
}

bool is_day(std::string_view text) { return text.size() == 10 && parse_time(text).has_value(); }

bool is_plain_id(std::string_view text) {
  if (text.empty() || text.size() > 32 || !is_alnum(text.front())) return false;
  return std::all_of(text.begin(), text.end(), [](char c) { return is_alnum(c) || c == '_' || c == '-'; });
}

bool is_ticket_sequence(std::string_view text) {
  if (text.empty() || text.size() > 40) return false;
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~' && c != '|'; });
}

bool is_member_id(std::string_view text) {
  if (text.empty() || text.size() > 60) return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return is_alnum(c) || c == '.' || c == '_' || c == '-' || c == '@'; });
}

}  // namespace tg
