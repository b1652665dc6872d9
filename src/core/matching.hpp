// Whose purchase is it? (contract §6; facts on retail §3.) Pure functions, any thread.
// Never attributes a ticket that does not add up, nor a ticket twice.
#pragma once

#include <optional>
#include <vector>

#include "base/types.hpp"
#include "core/model/catalogue.hpp"
#include "core/model/member.hpp"
#include "core/model/ticket.hpp"
#include "core/model/visit.hpp"

namespace tg {

inline constexpr Seconds kLateLimit{30 * 24 * 3600};  ///< beyond it a ticket is recorded and never matched

/// `ticket_id`: UUIDv5 over `store|workstation|business_day|sequence` (contract §6).
[[nodiscard]] TicketId ticket_id(const TicketKey& key);

/// Duplicate, revision, conflict or new: the receive table of a ticket against what is stored under its key.
[[nodiscard]] TicketVerdict judge(const Ticket& ticket, const std::optional<TicketRecord>& known);

/// Final sales, returns and exchanges are facts for central; control, training and suspended ones are only accepted.
[[nodiscard]] bool is_recorded(const Ticket& ticket);
/// A final, real void: it says something about another ticket.
[[nodiscard]] bool is_void(const Ticket& ticket);
[[nodiscard]] bool may_be_attributed(const Ticket& ticket, Seconds late);

/// Was something on the ticket, or its category, looked at online in the 14 days before it?
[[nodiscard]] Ropo ropo_of(const Ticket& ticket, const Profile& holder, const std::vector<CatalogItem>& items);

/// Certain, by the loyalty number of `holder`, else by the number of an order that he collects. He lets his purchases
/// be known: Core::buyer_of has seen to that. The id is the caller's to give.
[[nodiscard]] std::optional<Attribution> match_by_number(const Ticket& ticket, const Profile& holder,
                                                         const Visit* visit, const std::vector<CatalogItem>& items);

}  // namespace tg
