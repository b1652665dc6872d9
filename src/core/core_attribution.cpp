// Core, part "attribution": who bought, as far as that person allows (contract §4.1, §5.1).
#include <algorithm>
#include <set>

#include "core/core.hpp"
#include "core/matching.hpp"

namespace tg {
namespace {

constexpr Millis kLiveTicket{300'000};  // an older one says where its buyer was, not where she is
constexpr Millis kBeforeVisit{60'000};  // till clocks and the first advert do not agree to the second

struct SoldGoods {
  std::set<std::string> skus, gtins, styles;
};
SoldGoods sold_goods(const Ticket& ticket, const std::vector<CatalogItem>& items) {
  SoldGoods sold;
  for (const auto& line : ticket.lines) {
    if (line.kind != LineKind::sale || line.qty_milli <= 0) continue;
    sold.skus.insert(line.sku);
    if (!line.gtin.empty()) sold.gtins.insert(line.gtin);
  }
  for (const auto& item : items) {
    if (sold.skus.contains(item.variant) || sold.gtins.contains(item.gtin)) sold.styles.insert(item.style);
  }
  return sold;
}

}  // namespace

/// The gate of the purpose `attribution`: who bought, as far as that person allows; without it nobody, though a visit
/// may begin.
Core::Buyer Core::buyer_of(const Ticket& ticket, Profile holder, WallTime received_at) {
  overlay(holder);
  const Visit* visit = visit_for(ticket, holder, received_at);
  if (!holder.consent.granted(Purpose::attribution, now_.wall)) return {};
  return {std::move(holder), visit};
}

/// The visit that the ticket belongs to; a loyalty number at the till opens one where the radio heard nothing.
const Visit* Core::visit_for(const Ticket& ticket, const Profile& holder, WallTime received_at) {
  const Visit* visit = presence_.visit_of(holder.member);
  if (visit != nullptr) return ticket.ended_at + kBeforeVisit >= visit->started_at ? visit : nullptr;
  const bool live = received_at - ticket.ended_at <= kLiveTicket;
  if (!live || !ticket.loyalty || !identity_.knows(holder.member, now_.wall)) return nullptr;
  const Zone* till = match_.history().till_of(ticket.key.workstation);
  if (till == nullptr) return nullptr;
  presence_.proven(holder.member, till->id, RecognitionMethod::card, Seconds{0}, now_);
  settle();  // visit.started comes before what refers to it
  return presence_.visit_of(holder.member);
}

std::optional<Attribution> Core::attribute(const Ticket& ticket, const Buyer& buyer,
                                           const event::TicketFactsLoaded& facts) {
  auto attribution = match_by_number(ticket, *buyer.profile, buyer.visit, facts.items);
  const auto& no = facts.rejected;
  const bool rejected = std::find(no.begin(), no.end(), buyer.profile->member) != no.end();
  if (!attribution || rejected) return facts.known ? facts.known->attribution : std::nullopt;
  std::optional<SuggestionId> fulfilled;
  if (buyer.visit != nullptr) {
    const SoldGoods sold = sold_goods(ticket, facts.items);
    presence_.add_ticket(buyer.visit->id, attribution->ticket);
    fulfilled = suggestions_.sold(buyer.visit->id, sold.skus, sold.gtins, sold.styles);
  }
  attribution->suggestion = fulfilled;
  if (!attribution->visit) {  // of a late ticket
    const VisitTrace* trace = match_.history().of(*attribution->member, ticket.ended_at);
    if (trace != nullptr) attribution->visit = trace->visit;
  }
  TicketRecord record;
  if (facts.known) record.attribution = facts.known->attribution;
  record.id = attribution->ticket;
  const auto& before = record.attribution;
  if (before && before->member == attribution->member) {  // a revision does not forget what was found out at the till
    if (!attribution->visit) attribution->visit = before->visit;
    if (!attribution->suggestion) attribution->suggestion = before->suggestion;
  }
  attribute_to(record, std::move(*attribution));
  attribution = record.attribution;
  if (ticket.collect_order) {
    append(fact::CollectPickedUp{*ticket.collect_order, attribution->visit, attribution->ticket}, attribution->visit);
  }
  return attribution;
}

}  // namespace tg
