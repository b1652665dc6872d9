// What the day's figures are made of: counts in cells, and the share that one ticket or one visit has in them.
// Plain data, any thread. Never a member, a visit or a ticket in a cell: a share lies in the row of its own ticket or
// visit, and goes with it.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/types.hpp"
#include "core/model/ticket_share.hpp"
#include "core/model/visit.hpp"

namespace tg {

/// One count of one day. `part` is empty for the store as a whole, else `zone/<id>` or `scenario/<id>`; `name` is one
/// of core/model/figure_names.hpp; `slot` an enumerator or a step of a histogram, else 0.
struct CellKey {
  Day day = 0;
  std::string part;
  std::string name;
  std::int32_t slot = 0;
  friend auto operator<=>(const CellKey&, const CellKey&) = default;
};
using Cells = std::map<CellKey, std::int64_t>;

/// A ticket of a visit, as far as the visit's figures need it.
struct VisitPurchase {
  WallTime ended_at{};
  std::string currency;
  MinorUnits net_minor = 0;
  bool sale = false;
  bool pickup = false;         ///< an ordered parcel was handed over
  MinorUnits addon_minor = 0;  ///< on the same ticket, beyond the parcel
  std::int32_t certain = 0;    ///< 1000 when it is certainly this member's
  std::int32_t weight = 0;     ///< 1000 when certain or probable, else the probability
  friend bool operator==(const VisitPurchase&, const VisitPurchase&) = default;
};

/// One line of a card and the taps on it.
struct ItemShare {
  std::uint32_t decision = 0;  ///< a hash of the suggestion's id: told apart within its visit, traced nowhere
  std::int32_t rank = 0;
  std::string scenario;
  std::array<std::int32_t, 7> taps{};  ///< by Outcome
  friend bool operator==(const ItemShare&, const ItemShare&) = default;
};

/// All that one visit has put into the figures.
struct VisitShare {
  enum class State : std::uint8_t { open, counted, left_out };
  Day day = 0;  ///< on which it began
  State state = State::open;
  RecognitionMethod method = RecognitionMethod::eid;
  bool holdout = false;
  bool eligible = false;                 ///< a card was due: created, or held back for the hold-out alone
  std::optional<WallTime> suggested_at;  ///< first
  bool delivered = false;                ///< a card went to the tablets while they were reachable
  std::int64_t delivered_ms = -1;        ///< from suggested_at until then; -1: not known
  bool unlinked = false;                 ///< "not this customer"
  std::uint32_t suppressed = 0;          ///< bits by SuppressReason
  std::int32_t cards = 0;
  std::int64_t recognised_ms = 0;  ///< from the first advert to the visit
  std::optional<WallTime> ended_at;
  std::vector<ZoneStay> zones;
  std::vector<ItemShare> items;
  std::map<TicketId, VisitPurchase> purchases;
};

/// What was learnt in one interval, of the store or of a zone.
struct IntervalCounts {
  std::int64_t visits = 0;
  std::int64_t tickets = 0;
  std::int64_t recognised_tickets = 0;
  std::int64_t late_tickets = 0;                ///< of `tickets`: more than an hour old
  std::map<std::string, MinorUnits> net_minor;  ///< by currency
  friend bool operator==(const IntervalCounts&, const IntervalCounts&) = default;
};
struct Interval {
  WallTime from{};
  std::map<std::string, IntervalCounts> zones;  ///< "" is the store
  friend bool operator==(const Interval&, const Interval&) = default;
};

/// What a step has changed, for one row operation.
struct FigureRows {
  Cells differences;
  std::vector<std::pair<VisitId, VisitShare>> visits;
  std::optional<Interval> interval;  ///< the one under way, when it changed; without zones: there is none now
};

/// What the figures remember over a restart.
struct FigureMemory {
  std::optional<Interval> interval;
  std::vector<std::pair<VisitId, VisitShare>> visits;
};

}  // namespace tg
