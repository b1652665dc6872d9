#include "core/figures_shares.hpp"

#include <algorithm>

#include "core/figures_statistics.hpp"
#include "core/model/figure_names.hpp"

namespace tg {
namespace {

namespace fig = figure;

constexpr Millis kAddonWindow{3'600'000};              // facts on retail §6: a store ticket within 60 min
constexpr std::int64_t kMostNetHundreds = 30'000'000;  // of a visit; its square still adds up 10,000 times

std::string zone_part(const std::string& zone) { return "zone/" + zone; }

/// Counts of one share: into a day's cells, with its sign.
class Adder {
 public:
  Adder(Cells& cells, Day day, std::int64_t sign) : cells_(cells), day_(day), sign_(sign) {}

  void add(const std::string& part, std::string_view name, std::int64_t value, std::int32_t slot = 0) {
    add_on(day_, part, name, value, slot);
  }
  void add_on(Day day, const std::string& part, std::string_view name, std::int64_t value, std::int32_t slot = 0) {
    if (value == 0) return;
    const auto cell = cells_.try_emplace(CellKey{day, part, std::string(name), slot}, 0).first;
    cell->second += sign_ * value;
    if (cell->second == 0) cells_.erase(cell);
  }
  void store(std::string_view name, std::int64_t value = 1, std::int32_t slot = 0) { add({}, name, value, slot); }

 private:
  Cells& cells_;
  Day day_;
  std::int64_t sign_;
};

bool stands(const TicketShare& s) { return s.cls >= 0; }
bool is_certain(const TicketShare& s) { return s.cls == static_cast<int>(AttributionClass::certain); }

/// A "possible" counts as its probability; the other classes count whole.
std::int32_t weight_of(const TicketShare& s) {
  if (!stands(s)) return 0;
  return s.cls == static_cast<int>(AttributionClass::possible) ? s.p_permille : 1000;
}

void put_sale(const TicketShare& s, Adder& to) {
  const TicketSums& sums = s.sums;
  for (const std::string& part : {std::string{}, zone_part(sums.zone)}) {
    if (part == "zone/") continue;
    to.add(part, fig::kTickets, 1);
    to.add(part, fig::of(fig::kSold, sums.currency), sums.sold_minor);
    to.add(part, fig::kUnits, sums.sold_milli);
    if (stands(s)) to.add(part, fig::kTicketClass, 1, s.cls);
  }
  to.store(fig::kTicketPermille, weight_of(s));
  if (!stands(s)) to.store(fig::kUnmatched, 1, static_cast<int>(sums.cause));
  if (!is_certain(s)) return;
  to.store(fig::of(fig::kSoldCertain, sums.currency), sums.sold_minor);
  if (s.ropo_strict) to.store(fig::of(fig::kRopoStrict, sums.currency), sums.sold_minor);
  if (s.ropo_broad) to.store(fig::of(fig::kRopoBroad, sums.currency), sums.sold_minor);
}

/// Gross on the day of the return, and off the day of the sale.
void put_return(const TicketSums& sums, Adder& to) {
  to.store(fig::kReturnTickets);
  to.store(fig::of(fig::kReturned, sums.currency), sums.returned_minor);
  to.store(fig::kUnitsReturned, sums.returned_milli);
  if (!sums.origin) to.store(fig::kReturnsUnlinked);
  const Day sold_on = sums.origin.value_or(sums.day);
  to.add_on(sold_on, {}, fig::of(fig::kReturnedOf, sums.currency), sums.returned_minor);
  to.add_on(sold_on, {}, fig::kUnitsReturnedOf, sums.returned_milli);
}

void put_quality(const TicketShare& s, Adder& to) {
  to.store(fig::kLate, s.sums.late ? 1 : 0);
  if (s.voided) return to.store(fig::kVoided);  // whether it was attributed before is a matter of order
  to.store(fig::kMismatch, s.sums.adds_up ? 0 : 1);
  to.store(fig::kAttributions, s.attributed ? 1 : 0);
  to.store(fig::kRetracted, s.retracted ? 1 : 0);
  if (s.attributed_after_ms >= 0) to.store(fig::kAttributedAfter, 1, histogram_slot(s.attributed_after_ms));
}

/// What was bought in the hour after a parcel was handed over, and beside it on the same ticket.
struct Addons {
  std::int64_t pickups = 0, with_addon = 0;
  std::map<std::string, MinorUnits> minor;  ///< by currency
};
Addons addons_of(const VisitShare& visit) {
  Addons out;
  const auto follows = [](const VisitPurchase& pickup, const VisitPurchase& other) {
    return other.sale && !other.pickup && other.ended_at >= pickup.ended_at &&
           other.ended_at - pickup.ended_at <= kAddonWindow;
  };
  for (const auto& [id, pickup] : visit.purchases) {
    if (!pickup.pickup) continue;
    ++out.pickups;
    const bool later = std::any_of(visit.purchases.begin(), visit.purchases.end(),
                                   [&](const auto& other) { return follows(pickup, other.second); });
    if (later || pickup.addon_minor > 0) ++out.with_addon;
    if (pickup.addon_minor > 0) out.minor[pickup.currency] += pickup.addon_minor;
  }
  for (const auto& [id, other] : visit.purchases) {
    const bool after = std::any_of(visit.purchases.begin(), visit.purchases.end(), [&](const auto& pickup) {
      return pickup.second.pickup && follows(pickup.second, other);
    });
    if (after) out.minor[other.currency] += other.net_minor;
  }
  return out;
}

/// What the member bought in the visit, as sure as it is.
struct Bought {
  bool certain = false, likely = false;
  std::int64_t permille = 0;
  std::map<std::string, MinorUnits> net_minor;
};
Bought bought_in(const VisitShare& visit) {
  Bought out;
  for (const auto& [id, purchase] : visit.purchases) {
    out.net_minor[purchase.currency] += purchase.net_minor * purchase.weight / 1000;
    if (!purchase.sale) continue;
    out.certain = out.certain || purchase.certain > 0;
    out.likely = out.likely || purchase.weight == 1000;
    out.permille = std::min<std::int64_t>(1000, out.permille + purchase.weight);
  }
  return out;
}

/// Intention to treat: everybody for whom a card was due, in the group that she was in from the start.
void put_trial(const VisitShare& visit, const Bought& bought, Adder& to) {
  if (!visit.eligible) return;
  const int group = visit.holdout ? 1 : 0;
  to.store(fig::kEligible, 1, group);
  to.store(fig::kEligibleConverted, bought.likely ? 1 : 0, group);
  for (const auto& [currency, minor] : bought.net_minor) {
    const std::int64_t hundreds = std::clamp(minor / 100, -kMostNetHundreds, kMostNetHundreds);
    to.store(fig::of(fig::kEligibleNet, currency), minor, group);
    to.store(fig::of(fig::kEligibleSquares, currency), hundreds * hundreds, group);
  }
}

void put_item(const ItemShare& item, bool delivered, Adder& to) {
  const auto tapped = [&](Outcome outcome) { return item.taps[static_cast<std::size_t>(outcome)] > 0; };
  const bool accepted = tapped(Outcome::proposed) || tapped(Outcome::tried) || tapped(Outcome::sold);
  const std::array<bool, fig::kStageCount> reached{true,
                                                   delivered,
                                                   accepted || tapped(Outcome::seen) || tapped(Outcome::refused),
                                                   tapped(Outcome::proposed),
                                                   tapped(Outcome::tried),
                                                   accepted,
                                                   tapped(Outcome::sold),
                                                   tapped(Outcome::refused),
                                                   tapped(Outcome::expired),
                                                   tapped(Outcome::withdrawn)};
  for (int stage = 0; stage < fig::kStageCount; ++stage) {
    if (!reached[static_cast<std::size_t>(stage)]) continue;
    to.store(fig::kItems, 1, stage);
    to.add("scenario/" + item.scenario, fig::kItems, 1, stage);
  }
}

void put_cards(const VisitShare& visit, Adder& to) {
  to.store(fig::kCards, visit.cards);
  if (visit.delivered_ms >= 0) to.store(fig::kDeliveredAfter, 1, histogram_slot(visit.delivered_ms));
  for (const ItemShare& item : visit.items) put_item(item, visit.delivered, to);
  for (int reason = 0; reason < 32; ++reason) {
    if ((visit.suppressed >> reason & 1U) != 0) to.store(fig::kSuppressed, 1, reason);
  }
}

void put_stay(const VisitShare& visit, Adder& to) {
  to.store(fig::kVisits);
  to.store(fig::kVisitsUnlinked, visit.unlinked ? 1 : 0);
  to.store(fig::kMethod, 1, static_cast<int>(visit.method));
  to.store(fig::kRecognisedAfter, 1, histogram_slot(visit.recognised_ms));
  Seconds inside{0};
  for (const auto& stay : visit.zones) {
    inside += stay.dwell;
    to.add(zone_part(stay.zone.value), fig::kVisits, 1);
    to.add(zone_part(stay.zone.value), fig::kDwell, 1, histogram_slot(stay.dwell.count()));
  }
  to.store(fig::kDwell, 1, histogram_slot(inside.count()));
}

}  // namespace

std::optional<TicketShare> share_of(const TicketRecord& record, WallTime now) {
  if (!record.sums) return std::nullopt;
  TicketShare s;
  s.sums = *record.sums;
  s.voided = record.voided;
  if (!record.attribution) return s;
  const Attribution& a = *record.attribution;
  s.attributed = true;
  s.retracted = a.retracted;
  const bool known = record.counted && record.counted->attributed;
  s.attributed_after_ms =
      known ? record.counted->attributed_after_ms : std::max<std::int64_t>(0, (now - record.received_at).count());
  if (a.retracted || record.voided) return s;
  s.visit = a.visit;
  s.cls = static_cast<std::int32_t>(a.cls);
  s.p_permille = a.p_permille;
  s.ropo_strict = a.ropo.strict;
  s.ropo_broad = a.ropo.broad;
  return s;
}

VisitPurchase purchase_of(const TicketShare& s, WallTime ended_at) {
  return {ended_at,      s.sums.currency,    net_minor(s.sums),        s.sums.sale,
          s.sums.pickup, s.sums.addon_minor, is_certain(s) ? 1000 : 0, weight_of(s)};
}

void put_cells(const TicketShare& s, std::int64_t sign, Cells& cells) {
  Adder to(cells, s.sums.day, sign);
  put_quality(s, to);
  if (s.voided || !s.sums.adds_up) return;
  if (s.sums.sale) put_sale(s, to);
  if (s.sums.returned_minor != 0 || s.sums.returned_milli != 0) put_return(s.sums, to);
  if (s.sums.pickup) to.store(fig::kPickups);
}

void put_cells(const VisitShare& visit, std::int64_t sign, Cells& cells) {
  Adder to(cells, visit.day, sign);
  if (visit.state == VisitShare::State::left_out) return to.store(fig::kVisitsShort);
  put_cards(visit, to);
  if (visit.state == VisitShare::State::open) return;
  put_stay(visit, to);
  const Bought bought = bought_in(visit);
  to.store(fig::kConverted, bought.certain ? 1 : 0, 0);
  to.store(fig::kConverted, bought.likely ? 1 : 0, 1);
  to.store(fig::kConvertedPermille, bought.permille);
  put_trial(visit, bought, to);
  const Addons addons = addons_of(visit);
  to.store(fig::kPickupsInVisit, addons.pickups);
  to.store(fig::kPickupsAddon, addons.with_addon);
  for (const auto& [currency, minor] : addons.minor) to.store(fig::of(fig::kAddon, currency), minor);
}

}  // namespace tg
