// Tickets in the facts file: rows, what is found about a ticket, retention, erasure; and the numbers of the tills.
// Owner thread: the facts lane; writes run inside a transaction of the caller. Trouble shows in Db::ok(). Never
// commits.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "adapters/sqlite_db.hpp"
#include "core/effects.hpp"
#include "core/events.hpp"

namespace tg {

/// After it was delivered: so long a ticket that is sent again is known.
inline constexpr Millis kTicketMemory = std::chrono::days{180};

/// `store|workstation|business_day|sequence`
[[nodiscard]] std::string ticket_key_text(const TicketKey& key);

void put_ticket(Db& db, const TicketRecord& ticket);
void put_till_numbers(Db& db, const TillNumbers& numbers);

/// All of TicketFactsLoaded that this file knows. At most 1,000 returns of one ticket are looked at.
[[nodiscard]] event::TicketFactsLoaded read_ticket_facts(Db& db, const effect::LoadTicketFacts& request);
/// Those touched last, as many as the core keeps.
[[nodiscard]] std::vector<TillNumbers> read_till_numbers(Db& db);

/// A slice of what came before `before`: tickets live 180 days longer, so that one sent again is still known. Returns
/// how many rows went.
std::int64_t purge_tickets(Db& db, WallTime before);
/// Tickets stay without their member. Returns how many rows changed.
std::int64_t erase_tickets(Db& db, const MemberId& member);

}  // namespace tg
