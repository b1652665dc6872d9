// Small shared translations: instants and identifiers as text. Owner thread: any. Never throws.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/types.hpp"

namespace tg {

/// "2026-11-21T14:04:05.123Z", always UTC with milliseconds.
[[nodiscard]] std::string format_time(WallTime t);
/// RFC 3339 with offset or Z, fraction optional; "YYYY-MM-DD" alone is midnight UTC. Years 1970-2199.
[[nodiscard]] std::optional<WallTime> parse_time(std::string_view text);
/// The offset that such a text says, in minutes, east is positive. Nothing for Z, which does not say where.
[[nodiscard]] std::optional<std::int32_t> utc_offset_min(std::string_view text);
/// As format_time, but as a clock so many minutes east of UTC shows it: "2026-11-21T15:04:05.123+01:00".
[[nodiscard]] std::string format_time_at(WallTime t, std::int32_t offset_min);
/// A line that is not blank, and its place from 1.
struct NumberedLine {
  std::size_t number = 0;
  std::string_view text;
};
/// At most `most` of them, in order.
[[nodiscard]] std::vector<NumberedLine> lines_of(std::string_view text, std::size_t most);
/// "YYYY-MM-DD", a day of the calendar.
[[nodiscard]] bool is_day(std::string_view text);
/// `^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$` (contract §1).
[[nodiscard]] bool is_plain_id(std::string_view text);
/// The number of a ticket: 1-40 printable ASCII characters without `|`, which separates the parts of a key.
[[nodiscard]] bool is_ticket_sequence(std::string_view text);
/// 1-60 of `A-Z a-z 0-9 . _ - @` (contract §5.1).
[[nodiscard]] bool is_member_id(std::string_view text);

}  // namespace tg
