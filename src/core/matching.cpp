#include "core/matching.hpp"

#include <algorithm>
#include <set>

#include "base/crypto.hpp"

namespace tg {
namespace {

// 80c9ad1f-6a0e-4f5e-9d0b-2f6e1b7a4c11 (contract §6)
constexpr Key128 kTicketNamespace = {0x80, 0xc9, 0xad, 0x1f, 0x6a, 0x0e, 0x4f, 0x5e,
                                     0x9d, 0x0b, 0x2f, 0x6e, 0x1b, 0x7a, 0x4c, 0x11};
constexpr Seconds kRopoWindow{14 * 24 * 3600};

}  // namespace

TicketId ticket_id(const TicketKey& key) {
  return TicketId{
      uuid_v5(kTicketNamespace, key.store + '|' + key.workstation + '|' + key.business_day + '|' + key.sequence)};
}

TicketVerdict judge(const Ticket& ticket, const std::optional<TicketRecord>& known) {
  if (!known) return TicketVerdict::accepted;
  if (known->content == ticket.content) return TicketVerdict::duplicate;
  return ticket.revision > known->revision ? TicketVerdict::revised : TicketVerdict::quarantined;
}

bool is_recorded(const Ticket& ticket) {
  return !ticket.training && ticket.status == TicketStatus::final && ticket.type != TicketType::control &&
         ticket.type != TicketType::void_;
}

bool is_void(const Ticket& ticket) {
  return !ticket.training && ticket.status == TicketStatus::final && ticket.type == TicketType::void_;
}

bool may_be_attributed(const Ticket& ticket, Seconds late) {
  return is_recorded(ticket) && ticket.adds_up() && !ticket.employee && late <= kLateLimit;
}

Ropo ropo_of(const Ticket& ticket, const Profile& holder, const std::vector<CatalogItem>& items) {
  std::set<std::string> styles, categories, seen_categories;
  for (const auto& item : items) {
    const bool sold = std::any_of(ticket.lines.begin(), ticket.lines.end(), [&](const TicketLine& line) {
      return line.kind == LineKind::sale &&
             (line.sku == item.variant || (!line.gtin.empty() && line.gtin == item.gtin));
    });
    if (!sold) continue;
    styles.insert(item.style);
    categories.insert(item.category);
  }
  Ropo ropo;
  for (const auto& intent : holder.intents) {
    const bool recent = intent.last && *intent.last <= ticket.ended_at && ticket.ended_at - *intent.last <= kRopoWindow;
    if (!recent) continue;
    ropo.strict = ropo.strict || styles.contains(intent.style);
    for (const auto& item : items) {
      if (item.style == intent.style) seen_categories.insert(item.category);
    }
  }
  ropo.broad = ropo.strict || std::any_of(seen_categories.begin(), seen_categories.end(),
                                          [&](const std::string& c) { return categories.contains(c); });
  return ropo;
}

std::optional<Attribution> match_by_number(const Ticket& ticket, const Profile& holder, const Visit* visit,
                                           const std::vector<CatalogItem>& items) {
  if (!ticket.loyalty && !ticket.collect_order) return std::nullopt;
  Attribution a;
  a.ticket = ticket_id(ticket.key);
  a.member = holder.member;
  if (visit != nullptr) a.visit = visit->id;
  a.method = ticket.loyalty ? "loyalty_id" : "collect_order";
  const bool keyed = ticket.loyalty && ticket.loyalty->entry == LoyaltyEntry::keyed;
  a.p_permille = keyed ? 990 : 1000;  // a keyed number may be mistyped or lent
  a.ropo = ropo_of(ticket, holder, items);
  a.collect = ticket.collect_order.has_value();
  return a;
}

}  // namespace tg
