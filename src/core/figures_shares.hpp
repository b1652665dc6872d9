// From what one ticket or one visit is now to the counts that it puts into the figures (facts on retail §6).
// Pure functions, any thread. Never depends on what came before: a correction takes out the old share and puts in the
// new one, so the order of events does not matter.
#pragma once

#include <optional>

#include "core/model/figure.hpp"
#include "core/model/ticket.hpp"

namespace tg {

/// Nothing of a record that is no fact (control, training, suspended, a void). `before` is what it has put in so far;
/// `now` dates the attribution.
[[nodiscard]] std::optional<TicketShare> share_of(const TicketRecord& record, WallTime now);
/// What its visit's figures need of a ticket whose attribution stands.
[[nodiscard]] VisitPurchase purchase_of(const TicketShare& share, WallTime ended_at);

/// Adds the share's counts to `cells`, `sign` times (1 or -1).
void put_cells(const TicketShare& share, std::int64_t sign, Cells& cells);
void put_cells(const VisitShare& share, std::int64_t sign, Cells& cells);

/// Sold less returned on the ticket itself.
[[nodiscard]] inline MinorUnits net_minor(const TicketSums& sums) { return sums.sold_minor - sums.returned_minor; }

}  // namespace tg
