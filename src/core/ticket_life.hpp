// What tickets mean to each other: returns, exchanges and resumes before or after the ticket that they name (facts on
// retail §2.4). Pure functions but for TicketTurns; any thread. Never decides who bought: core_attribution does.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/types.hpp"
#include "core/effects.hpp"
#include "core/events.hpp"
#include "core/model/ticket.hpp"

namespace tg {

/// What is kept of a ticket: nothing of a person; lines only of what central hears of.
[[nodiscard]] TicketRecord record_of(const Ticket& ticket, WallTime received_at);

/// Central has heard of it: a final sale, return or exchange.
[[nodiscard]] bool was_recorded(const TicketRecord& known);
/// As may_be_attributed(), of a ticket that came before.
[[nodiscard]] bool may_be_attributed(const TicketRecord& record);
/// A return or exchange that names a ticket of this store.
[[nodiscard]] bool brings_back(const TicketRecord& record);

/// Everything of a ticket that is asked of the files.
[[nodiscard]] effect::LoadTicketFacts question_of(const Ticket& ticket, std::uint64_t request);
/// Whose consent is asked when a return follows the ticket that it names, or no longer does. Each once.
[[nodiscard]] std::vector<MemberId> members_named(const event::TicketFactsLoaded& facts);
/// Puts in what the catalogue knows (sku of a GTIN, style, size, department) and what the GTIN itself says. Returns how
/// many different products it does not know, 0 without a catalogue.
std::int64_t complete_lines(Ticket& ticket, const event::TicketFactsLoaded& facts);
/// GS1 check digit of 8, 12, 13 or 14 digits, and no number that a shop may give itself (GS1 General Specifications
/// §1.4: prefixes 02, 04, 2 of 13 digits).
[[nodiscard]] bool is_gtin(std::string_view text);

/// Products of which the live ones among `returns` bring back more than `original` sold.
[[nodiscard]] std::int64_t over_returned(const TicketRecord& original, const std::vector<TicketRecord>& returns);

/// Attribution::method of what was returned: it belongs to who bought it.
inline constexpr const char* kReturnedTicket = "returned_ticket";

/// Whose a return is, by the ticket that it names and by the number on itself.
struct Claim {
  MemberId member;
  AttributionClass cls = AttributionClass::certain;
  std::string method;
  std::int32_t p_permille = 1000;
  std::optional<VisitId> visit;
};
/// What the original says; nothing while it is unknown, void or nobody's.
[[nodiscard]] std::optional<Claim> claim_of(const std::optional<TicketRecord>& original);
/// What the number on the return says.
[[nodiscard]] std::optional<Claim> claim_of(const std::optional<NamedBuyer>& named);

/// Two tickets that concern the same ticket are worked on one after the other, in the order of their arrival. What
/// only turns out when the files have answered is seen by is_stale().
class TicketTurns {
 public:
  /// Waits for those before it about `ids`; true when it is its turn at once.
  bool join(std::uint64_t request, std::vector<TicketId> ids);
  /// It is done: those whose turn it is now, in order of arrival.
  [[nodiscard]] std::vector<std::uint64_t> leave(std::uint64_t request);

  /// The files are being asked for `request`.
  void asked(std::uint64_t request) { asked_[request] = clock_++; }
  void wrote(const TicketId& id) { written_[id] = clock_++; }
  /// One of `ids` was written since the files were asked.
  [[nodiscard]] bool is_stale(std::uint64_t request, const std::vector<TicketId>& ids) const;
  [[nodiscard]] bool idle() const { return waiting_.empty(); }

 private:
  [[nodiscard]] bool has_turn(std::uint64_t request) const;

  std::uint64_t clock_ = 0;
  std::map<std::uint64_t, std::vector<TicketId>> waiting_;  ///< by request; under way or in a queue
  std::map<TicketId, std::deque<std::uint64_t>> queues_;
  std::map<std::uint64_t, std::uint64_t> asked_;
  std::map<TicketId, std::uint64_t> written_;  ///< while anybody waits
};

}  // namespace tg
