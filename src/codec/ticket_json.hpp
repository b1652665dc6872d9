// The contract's JSON ticket (contract §6) -> canonical Ticket. An allow-list: what is not named is dropped here.
// Owner thread: any. Never throws; never puts a value of the ticket into an error text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "codec/text.hpp"
#include "core/model/ticket.hpp"

namespace tg {

inline constexpr std::size_t kMaxTicketLines = 10000;
/// Of a bulk; understood or not: half a million lines that are nothing cost 3.3 s, and an answer for each.
inline constexpr std::size_t kMaxTicketsInBody = 10'000;
inline constexpr auto kTooManyTickets = "at most 10000 tickets are allowed";
inline constexpr std::size_t kMaxJsonDepth = 32;

/// Content of a ticket (contract §6): SHA-256 over its canonical form, all but the revision.
[[nodiscard]] Sha256 ticket_content(const Ticket& ticket);

/// `store` becomes key.store whatever the ticket says. Amounts are decimal strings; a JSON number is an error.
/// Digits of a card number (13-19, Luhn) in a kept string are replaced by "redacted" before hashing.
[[nodiscard]] Result<Ticket> decode_ticket(std::string_view json, std::string_view store);

/// A ticket of a body that cannot be understood: it does not take the others with it.
struct TicketProblem {
  std::size_t place = 0;  ///< among all tickets of the body, from 0
  std::string cause;      ///< the place within it and what is allowed there
};
struct TicketBatch {
  std::vector<Ticket> tickets;
  std::vector<TicketProblem> problems;  ///< in order of their places
};
/// As a person reads it: "ticket 2: …".
[[nodiscard]] std::string in_batch(const TicketProblem& problem);
/// Place in the body of the i-th ticket that was understood.
[[nodiscard]] std::size_t place_of(const TicketBatch& batch, std::size_t i);
/// One result for each ticket of the body, in its order; what was not understood is quarantined with its cause.
[[nodiscard]] std::vector<TicketAnswer> all_answers(const std::vector<TicketAnswer>& understood,
                                                    const std::vector<TicketProblem>& problems);

/// One ticket a line; a problem names its line.
[[nodiscard]] TicketBatch decode_ticket_lines(const std::vector<NumberedLine>& lines, std::string_view store);
[[nodiscard]] std::string encode_ticket_answers(const std::vector<TicketAnswer>& answers);
[[nodiscard]] std::string encode_key(const TicketKey& key);

/// Kinds of tender differ from till to till; those we do not tell apart are "other".
[[nodiscard]] std::string tender_kind(std::string_view kind);

/// Decimal text -> minor units by the currency's ISO 4217 exponent; surplus digits round half to even.
[[nodiscard]] Result<MinorUnits> parse_amount(std::string_view text, std::string_view currency);

}  // namespace tg
