// Core, part "figures": what a ticket is worth, and the rows that carry the figures with the facts they rest on.
#include <algorithm>
#include <map>
#include <set>

#include "core/core.hpp"
#include "core/matching.hpp"
#include "core/model/figure_names.hpp"

namespace tg {
namespace {

constexpr Seconds kLate{3'600};  // facts on retail §6: late > 1 h

bool is_goods(LineKind kind) {
  return kind == LineKind::sale || kind == LineKind::return_ || kind == LineKind::service;
}

void add_lines(const Ticket& ticket, TicketSums& sums) {
  for (const TicketLine& line : ticket.lines) {
    if (!is_goods(line.kind)) continue;
    const bool back = line.kind == LineKind::return_ || line.net_minor < 0 || line.qty_milli < 0;
    const MilliQuantity units = line.kind == LineKind::service ? 0 : std::abs(line.qty_milli);
    (back ? sums.returned_minor : sums.sold_minor) += std::abs(line.net_minor);
    (back ? sums.returned_milli : sums.sold_milli) += units;
    sums.sale = sums.sale || !back;
  }
}

/// What a pickup ticket sells beside the parcel, as far as the order's styles are known.
MinorUnits addon_of(const Ticket& ticket, const Profile& holder, const std::vector<CatalogItem>& items) {
  const auto order = std::find_if(holder.collect.begin(), holder.collect.end(),
                                  [&](const CollectOrder& o) { return o.order == *ticket.collect_order; });
  if (order == holder.collect.end()) return 0;
  const std::set<std::string> ordered(order->styles.begin(), order->styles.end());
  MinorUnits beyond = 0;
  for (const TicketLine& line : ticket.lines) {
    if (line.kind != LineKind::sale || line.net_minor <= 0) continue;
    const auto item = std::find_if(items.begin(), items.end(), [&](const CatalogItem& i) {
      return i.variant == line.sku || (!line.gtin.empty() && i.gtin == line.gtin);
    });
    if (item != items.end() && !ordered.contains(item->style)) beyond += line.net_minor;
  }
  return beyond;
}

}  // namespace

/// With the cause that stands if nobody is found to have bought it.
TicketSums Core::sums_of(const Ticket& ticket, const event::TicketFactsLoaded& facts, const Buyer& buyer,
                         Seconds late) const {
  const bool clock = clock_ != ClockState::implausible;
  const auto today = clock ? std::optional(policy_.calendar.day_of(now_.wall)) : std::nullopt;
  TicketSums sums;
  sums.day = figures_.day_of(ticket, today);
  sums.zone = figures_.zone_of(ticket.key.workstation);
  sums.currency = ticket.currency;
  sums.adds_up = ticket.adds_up();
  sums.late = late > kLate;
  sums.pickup = ticket.collect_order.has_value();
  add_lines(ticket, sums);
  if (sums.pickup && buyer.profile) sums.addon_minor = addon_of(ticket, *buyer.profile, facts.items);
  if (ticket.returns) sums.origin = Figures::origin_day(*ticket.returns, today);
  sums.cause = ticket.employee     ? Unmatched::employee
               : late > kLateLimit ? Unmatched::too_late
               : !ticket.loyalty   ? Unmatched::no_number
               : !facts.holder     ? Unmatched::unknown_number
               : !buyer.profile    ? Unmatched::no_consent
                                   : Unmatched::no_match;
  return sums;
}

/// What a step wrote about tickets becomes figures; the last word about each ticket counts.
void Core::settle_figures() {
  if (ops_.empty() && figures_.quiet(now_.wall)) return;
  figures_.advance(now_.wall);
  std::map<TicketId, TicketRecord*> tickets;
  for (RowOp& op : ops_) {
    if (auto* put = std::get_if<row::PutTicket>(&op)) tickets[put->ticket.id] = &put->ticket;
  }
  for (const auto& [id, record] : tickets) figures_.ticket(*record, now_.wall);
  for (std::size_t i = 0, written = ops_.size(); i < written; ++i) {
    const auto* fact = std::get_if<row::AppendFact>(&ops_[i]);
    const auto* alert = fact == nullptr ? nullptr : std::get_if<fact::DqAlert>(&fact->fact.data);
    if (alert != nullptr) figures_.count(figure::of(figure::kAlert, alert->code), now_.wall);
  }
  for (auto& interval : figures_.take_intervals()) append(std::move(interval));
  if (auto rows = figures_.take_rows()) ops_.emplace_back(row::PutFigures{std::move(*rows)});
}

}  // namespace tg
