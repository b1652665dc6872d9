// What one ticket has put into the day's figures. Plain data, any thread; lies in the ticket's own row.
// Never says who bought: only how sure it is that somebody known did.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/types.hpp"

namespace tg {

/// A day of the store's calendar, counted from 1970-01-01.
using Day = std::int32_t;

/// Why nobody is known to have bought (facts on retail §6: causes beside the recognised share).
enum class Unmatched : std::uint8_t { no_number, unknown_number, no_consent, employee, too_late, no_match };
inline constexpr std::size_t kUnmatchedCount = 6;

/// What its lines are worth, whoever bought. Deposits and fees are neither sold nor returned.
struct TicketSums {
  Day day = 0;                ///< the till's business day
  std::optional<Day> origin;  ///< of what is returned, where a link says so
  std::string zone;           ///< where the till stands; empty: unknown
  std::string currency;
  bool adds_up = true;  ///< else it counts as a mismatch and nothing more
  bool late = false;    ///< more than an hour
  bool sale = false;
  bool pickup = false;
  MinorUnits sold_minor = 0;
  MinorUnits returned_minor = 0;  ///< not negative
  MinorUnits addon_minor = 0;     ///< of a pickup: sold beyond the order
  MilliQuantity sold_milli = 0;
  MilliQuantity returned_milli = 0;  ///< not negative
  Unmatched cause = Unmatched::no_number;
  friend bool operator==(const TicketSums&, const TicketSums&) = default;
};

/// The sums, and what became of the ticket.
struct TicketShare {
  TicketSums sums;
  bool voided = false;
  bool attributed = false;  ///< at some time
  bool retracted = false;
  std::optional<VisitId> visit;  ///< of the attribution that stands
  std::int32_t cls = -1;         ///< its AttributionClass; -1: none stands
  std::int32_t p_permille = 0;   ///< of that one
  bool ropo_strict = false, ropo_broad = false;
  std::int64_t attributed_after_ms = -1;  ///< since it was received; -1: not
  friend bool operator==(const TicketShare&, const TicketShare&) = default;
};

}  // namespace tg
