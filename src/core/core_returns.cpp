// Core, part "returns": what a ticket means for the one that it names, whichever comes first (decision 0020).
#include <algorithm>

#include "core/core.hpp"
#include "core/matching.hpp"
#include "core/ticket_life.hpp"

namespace tg {

/// A return is a negative purchase of whoever bought: of the original's member, else of whom its own number names.
/// An exchange belongs to who takes the new goods home; only where nobody says who that is, to the original's member.
void Core::attribute_return(TicketRecord& record, const Ticket& ticket, const Buyer& buyer,
                            const event::TicketFactsLoaded& facts) {
  if (record.type != TicketType::return_ && !brings_back(record)) return;
  if (buyer.profile && record.type == TicketType::return_) {
    const bool keyed = ticket.loyalty && ticket.loyalty->entry == LoyaltyEntry::keyed;
    record.named = NamedBuyer{buyer.profile->member, keyed ? 990 : 1000,
                              buyer.visit != nullptr ? std::optional{buyer.visit->id} : std::nullopt};
    const auto& before = facts.known ? facts.known->named : std::nullopt;
    if (before && before->member == record.named->member && !record.named->visit) record.named->visit = before->visit;
  }
  settle_return(record, allowed(claim_of(facts.original), facts));
  if (!brings_back(record)) record.named.reset();  // nothing that could still change it
}

/// The stored return of a ticket that has arrived, changed or been voided.
void Core::follow(const TicketRecord& later, const TicketRecord& original, const event::TicketFactsLoaded& facts) {
  if (!brings_back(later)) return;
  TicketRecord record = later;
  if (!allowed(claim_of(record.named), facts)) record.named.reset();
  settle_return(record, claim_of(std::optional{original}));
  put_ticket(record);
}

void Core::settle_return(TicketRecord& record, const std::optional<Claim>& by_ticket) {
  const bool own =
      record.attribution && !record.attribution->retracted && record.attribution->method != kReturnedTicket;
  if (record.type == TicketType::exchange && own) return;
  const auto by_number = claim_of(record.named);
  std::optional<Claim> wanted;
  if (may_be_attributed(record)) {
    const bool agree = by_ticket && by_number && by_ticket->member == by_number->member;
    wanted = by_ticket && !agree ? by_ticket : by_number;
  }
  change_attribution(record, wanted);
}

/// Created, revised or retracted, or left as it is. What was erased stays so.
void Core::change_attribution(TicketRecord& record, const std::optional<Claim>& wanted) {
  auto& held = record.attribution;
  const bool live = held && !held->retracted;
  if ((live && !held->member) || (!live && !wanted)) return;
  if (!wanted) return retract(record, kReturnedTicket);
  if (live && held->member == wanted->member && held->method == wanted->method) return;
  Attribution a;
  a.ticket = record.id;
  a.member = wanted->member;
  a.visit = wanted->visit;
  a.cls = wanted->cls;
  a.method = wanted->method;
  a.p_permille = wanted->p_permille;
  attribute_to(record, std::move(a));
}

/// The gate of the purpose `attribution` for whom another ticket names.
std::optional<Claim> Core::allowed(std::optional<Claim> claim, const event::TicketFactsLoaded& facts) const {
  if (!claim || being_erased_.contains(claim->member)) return std::nullopt;
  const auto it = std::find_if(facts.members.begin(), facts.members.end(),
                               [&](const Profile& profile) { return profile.member == claim->member; });
  if (it == facts.members.end()) return std::nullopt;
  Profile profile = *it;
  overlay(profile);
  return profile.consent.granted(Purpose::attribution, now_.wall) ? claim : std::nullopt;
}

void Core::supersede(TicketRecord suspended) {
  if (suspended.status != TicketStatus::suspended || suspended.superseded) return;
  suspended.superseded = true;
  put_ticket(suspended);
}

/// A void restores "not yet bought" where it is still known: the styles of the visit's only ticket may be suggested
/// again. What was told of the suggestion is taken back by attribution.retracted, which names it.
void Core::not_bought_after_all(const TicketRecord& target) {
  const auto& visit_id = target.attribution->visit;
  const Visit* visit = visit_id ? presence_.visit(*visit_id) : nullptr;
  if (visit == nullptr || visit->tickets.size() != 1 || visit->tickets.front() != target.id) return;
  std::set<std::string> styles;
  for (const auto& line : target.lines) {
    if (line.kind == LineKind::sale && !line.style.empty()) styles.insert(line.style);
  }
  suggestions_.unsold(visit->id, styles);
}

}  // namespace tg
