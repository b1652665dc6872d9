// Decoders that work on a place in a document rather than on a text, so that a profile reads alike in a file, in a
// delta and in a snapshot, and a ticket alike on HTTP and in a journal. Owner thread: any.
// For .cpp files of codec/ only. Problems go to the cursor's document; the value is then meaningless.
#pragma once

#include <string_view>

#include "codec/json_read.hpp"
#include "core/model/command.hpp"
#include "core/model/ticket.hpp"
#include "core/model/visit.hpp"

namespace tg {

[[nodiscard]] Profile read_profile(const Cursor& c);
[[nodiscard]] MemberId read_member(const Cursor& parent);  ///< the required key "member"
[[nodiscard]] ConsentRecord read_consent_record(const Cursor& c);
[[nodiscard]] CollectOrder read_collect_order(const Cursor& c);
[[nodiscard]] CatalogItem read_item(const Cursor& c);
[[nodiscard]] ComplementRule read_rule(const Cursor& c);
[[nodiscard]] Scenario read_scenario(const Cursor& c);
[[nodiscard]] Ticket read_ticket(const Cursor& c, std::string_view store);
[[nodiscard]] TicketSums read_sums(const Cursor& c);
[[nodiscard]] TicketShare read_share(const Cursor& c);
[[nodiscard]] CardAction read_action(std::string_view device, const Cursor& c);

/// decode_command for a payload that may come without command_id (a journal's).
[[nodiscard]] Command decode_command_or(std::string_view name, std::string_view payload, std::string_view id_if_absent);

/// Without white space, in capitals: cards, tills and profiles write a number differently (contract §5.1).
[[nodiscard]] std::string normal_loyalty(std::string_view text);

}  // namespace tg
