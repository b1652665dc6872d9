// Journal lines (contract §8, and `receiver`: config/schemas/journal.schema.json) <-> core events. Owner thread: any.
// Never writes a key, name, loyalty number or token.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "core/events.hpp"

namespace tg {

struct JournalLine {
  WallTime at{};
  std::optional<Event> event;  ///< CommandArrived, SightingSeen, AdvertSeen, CheckinSeen, ReceiverChanged,
                               ///< TicketArrived, ActionArrived, DeadlineReached (tick)
};
/// Receivers are resolved by `policy`. An error says what is wrong and what is allowed; the caller names the line.
[[nodiscard]] Result<JournalLine> decode_journal_line(std::string_view line, const Policy& policy);

/// One output line of `touchpointctl replay`: `{"at":…,"topic":"…","payload":…}`; `payload` empty = null.
[[nodiscard]] std::string encode_replay_line(WallTime at, std::string_view topic, std::string_view payload);

}  // namespace tg
