#include "cli/layout.hpp"

#include <algorithm>
#include <array>

#include "codec/amount.hpp"

namespace tg {
namespace {

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

/// Bytes of the well-formed, visible character at the start of `text`; 0 when there is none.
std::size_t visible_size(std::string_view text) {
  const auto first = static_cast<unsigned char>(text.front());
  if (first < 0x80) return first >= 0x20 && first != 0x7F ? 1 : 0;
  const std::size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC2 ? 2 : 0;
  if (size == 0 || first > 0xF4 || text.size() < size) return 0;
  if (!std::all_of(text.begin() + 1, text.begin() + static_cast<std::ptrdiff_t>(size), is_continuation)) return 0;
  const bool c1_control = first == 0xC2 && static_cast<unsigned char>(text[1]) < 0xA0;  // U+0080-009F: 8-bit escapes
  return c1_control ? 0 : size;
}

/// Columns on the screen, one a code point: enough for the scripts of our messages.
std::size_t width(std::string_view text) {
  return text.size() - static_cast<std::size_t>(std::count_if(text.begin(), text.end(), is_continuation));
}

std::vector<std::size_t> widths_of(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width(row[i]));
  }
  return widths;
}

struct Unit {
  std::int64_t seconds;
  std::string_view name;
};
constexpr std::array<Unit, 4> kUnits{{{86'400, " d"}, {3'600, " h"}, {60, " min"}, {1, " s"}}};

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t size = visible_size(text);
    if (size == 0) {
      out += '?';
    } else {
      out.append(text.substr(0, size));
    }
    text.remove_prefix(std::max<std::size_t>(size, 1));
  }
  return out;
}

std::string duration_text(std::int64_t seconds) {
  seconds = std::max<std::int64_t>(seconds, 0);
  const auto* unit =
      std::find_if(kUnits.begin(), kUnits.end() - 1, [&](const Unit& u) { return seconds >= u.seconds; });
  std::string text = std::to_string(seconds / unit->seconds).append(unit->name);
  if (unit->seconds < 3'600) return text;  // "12 min" is exact enough; "1 h" is not
  const auto& finer = *(unit + 1);
  if (const auto rest = seconds % unit->seconds / finer.seconds; rest > 0)
    text.append(" ").append(std::to_string(rest)).append(finer.name);
  return text;
}

std::string count_text(std::int64_t n) {
  std::string text = std::to_string(n);
  const std::size_t first_digit = n < 0 ? 1 : 0;
  for (std::size_t at = text.size(); at > first_digit + 3;) text.insert(at -= 3, 1, ',');
  return text;
}

std::string count_of(std::int64_t n, std::string_view noun) {
  return count_text(n).append(" ").append(noun).append(n == 1 ? "" : "s");
}

std::string money_text(std::int64_t minor_units, std::string_view currency) {
  const bool negative = minor_units < 0;
  std::string digits = std::to_string(minor_units).substr(negative ? 1 : 0);
  const auto fraction = static_cast<std::size_t>(currency_digits(currency).value_or(2));
  if (digits.size() <= fraction) digits.insert(0, fraction + 1 - digits.size(), '0');
  if (fraction > 0) digits.insert(digits.size() - fraction, 1, '.');
  return (negative ? "-" : "") + digits + " " + std::string(currency);
}

std::string wrapped(std::string_view text, std::size_t indent, std::size_t columns) {
  const std::size_t room = columns > indent ? columns - indent : 1;
  std::string out;
  while (!text.empty()) {
    std::size_t end = text.size() <= room ? text.size() : text.rfind(' ', room);
    if (end == std::string_view::npos) end = std::min(text.find(' '), text.size());  // a word longer than a line
    out.append(indent, ' ').append(text.substr(0, end)).append("\n");
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

void Table::add(std::vector<std::string> cells) {
  for (auto& cell : cells) cell = printable(cell);
  rows_.push_back(std::move(cells));
}

std::string Table::text() const {
  const auto widths = widths_of(rows_);
  std::string out;
  for (const auto& row : rows_) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) line.append(row[i]).append(widths[i] - width(row[i]) + 2, ' ');
    line.erase(line.find_last_not_of(' ') + 1);
    out.append(line).append("\n");
  }
  return out;
}

}  // namespace tg
