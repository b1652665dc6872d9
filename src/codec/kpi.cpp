#include "codec/kpi.hpp"

#include <algorithm>
#include <array>

#include "codec/day_view.hpp"
#include "codec/names.hpp"
#include "core/model/figure_names.hpp"

namespace tg {
namespace {

namespace fig = figure;
using Money = Json (*)(const DayView&, const std::string& currency);

constexpr std::array<std::string_view, kUnmatchedCount> kCauses{"no_number", "unknown_number", "no_consent",
                                                                "employee",  "too_late",       "no_match"};
constexpr std::array<std::string_view, fig::kStageCount> kStages{
    "created", "delivered", "seen", "proposed", "tried", "accepted", "sold", "refused", "expired", "withdrawn"};

Json coverage(std::int64_t known, std::int64_t of, std::string_view note) {
  return {{"known", known}, {"of", of}, {"share", ratio(known, of)}, {"note", note}};
}

/// One entry a currency: what is sold in two of them is not added up.
Json by_currency(const DayView& day, std::string_view name, Money entry) {
  Json out = Json::array();
  for (const auto& currency : day.kinds(name)) out.push_back(entry(day, currency));
  return out;
}

std::int64_t money(const DayView& day, std::string_view name, const std::string& currency, std::int32_t slot = 0) {
  return day.at(fig::of(name, currency), slot);
}

// --- visits ----------------------------------------------------------------------------------------------------------

Json dwell(const DayView& day, const std::string& part) {
  return percentiles(day.slots(fig::kDwell, part), {{"median", 500}, {"p90", 900}});
}

/// A visit counts in each zone that it went through: the zones are no parts of the store's visits.
Json zone_visits(const KpiContext& context, const DayView& day) {
  Json out = Json::array();
  for (const Zone& zone : context.zones) {
    if (zone.kind == ZoneKind::street) continue;
    const std::string part = "zone/" + zone.id.value;
    const auto visits = unless_small(day.at(fig::kVisits, 0, part));
    out.push_back(
        {{"zone", zone.id.value}, {"visits", number_or_null(visits)}, {"dwell_s", visits ? dwell(day, part) : Json()}});
  }
  return out;
}

/// Without a door counter. A visit that a card opened was found among the purchases by its nature, so it marks nobody.
std::optional<std::int64_t> estimated_footfall(const DayView& day) {
  const std::int64_t by_card = day.at(fig::kMethod, static_cast<int>(RecognitionMethod::card));
  const std::int64_t marked = day.at(fig::kVisits) - by_card, caught = day.at(fig::kTickets) - by_card;
  const std::int64_t again = std::min(day.at(fig::kConvertedPermille) / 1000 - by_card, caught);
  if (again < kSmallestCell) return std::nullopt;
  return recapture(marked, caught, again) + by_card;
}

Json visits_json(const KpiContext& context, const DayView& day) {
  Json methods = Json::object();
  for (const auto& row : kRecognitionNames) methods[row.name] = day.at(fig::kMethod, static_cast<int>(row.value));
  const auto footfall = estimated_footfall(day);
  return {
      {"recognised", day.at(fig::kVisits)},
      {"open", context.day == context.today ? Json(context.visits_open) : Json()},
      {"short_left_out", day.at(fig::kVisitsShort)},
      {"not_this_customer", day.at(fig::kVisitsUnlinked)},
      {"methods", std::move(methods)},
      {"dwell_s", dwell(day, {})},
      {"zones", zone_visits(context, day)},
      {"footfall", number_or_null(footfall)},
      {"footfall_estimated", true},
      {"recognised_share", footfall ? ratio(day.at(fig::kVisits), *footfall) : Json()},
      {"footfall_note",
       "no counter: from the recognised visits that bought and all purchases; those without a buyer make it too high"},
      {"coverage", {{"note", "members who let themselves be recognised, and nobody else"}}}};
}

// --- tickets ---------------------------------------------------------------------------------------------------------

Json zone_tickets(const KpiContext& context, const DayView& day) {
  std::vector<std::string> zones;
  std::vector<std::int64_t> tickets, certain;
  for (const Zone& zone : context.zones) {
    if (zone.workstations.empty()) continue;
    zones.push_back(zone.id.value);
    tickets.push_back(day.at(fig::kTickets, 0, "zone/" + zone.id.value));
    certain.push_back(day.at(fig::kTicketClass, 0, "zone/" + zone.id.value));
  }
  const auto placed = [&](const std::vector<std::int64_t>& parts) {
    std::int64_t sum = 0;
    for (const auto count : parts) sum += count;
    return sum;
  };
  tickets.push_back(day.at(fig::kTickets) - placed(tickets));  // tills without a zone are a part, too
  certain.push_back(day.at(fig::kTicketClass, 0) - placed(certain));
  const auto tickets_shown = parts_shown(tickets), certain_shown = parts_shown(certain);
  Json out = Json::array();
  for (std::size_t i = 0; i < zones.size(); ++i) {
    out.push_back({{"zone", zones[i]},
                   {"tickets", tickets_shown[i]},
                   {"recognised", tickets_shown[i].is_null() ? Json() : certain_shown[i]}});
  }
  return out;
}

Json tickets_json(const KpiContext& context, const DayView& day) {
  const std::int64_t tickets = day.at(fig::kTickets), certain = day.at(fig::kTicketClass, 0);
  Json classes = Json::object(), unmatched = Json::object();
  for (const auto& row : kAttributionClassNames)
    classes[row.name] = day.at(fig::kTicketClass, static_cast<int>(row.value));
  for (std::size_t i = 0; i < kCauses.size(); ++i) unmatched[kCauses[i]] = day.at(fig::kUnmatched, static_cast<int>(i));
  return {{"sales", tickets},
          {"returns", day.at(fig::kReturnTickets)},
          {"recognised", std::move(classes)},
          {"recognised_share", ratio(certain, tickets)},
          {"expected_share", ratio(day.at(fig::kTicketPermille), tickets * 1000)},
          {"not_recognised", std::move(unmatched)},
          {"zones", zone_tickets(context, day)},
          {"coverage", coverage(certain, tickets, "final sales that add up; recognised: of certain attribution")}};
}

Json conversion_json(const DayView& day) {
  const std::int64_t visits = day.at(fig::kVisits), certain = day.at(fig::kConverted, 0);
  return {{"visits", visits},
          {"with_certain_sale", certain},
          {"share", ratio(certain, visits)},
          {"with_certain_or_probable_sale", day.at(fig::kConverted, 1)},
          {"expected_share", ratio(day.at(fig::kConvertedPermille), visits * 1000)},
          {"coverage", coverage(day.at(fig::kTicketClass, 0), day.at(fig::kTickets),
                                "a purchase without the card is seen only where it is matched")}};
}

Json sales_of(const DayView& day, const std::string& currency) {
  const std::int64_t sold = money(day, fig::kSold, currency), tickets = day.at(fig::kTickets);
  const std::int64_t net = sold - money(day, fig::kReturnedOf, currency);
  const bool only_one = day.kinds(fig::kSold).size() == 1;
  return {{"currency", currency},
          {"gross_minor", sold},
          {"returned_minor", money(day, fig::kReturned, currency)},
          {"returned_of_this_day_minor", money(day, fig::kReturnedOf, currency)},
          {"net_minor", net},
          {"atv_minor", only_one && tickets > 0 ? Json(net / tickets) : Json()}};
}

Json sales_json(const DayView& day) {
  const std::int64_t tickets = day.at(fig::kTickets);
  const std::int64_t units = day.at(fig::kUnits) - day.at(fig::kUnitsReturnedOf);
  return {{"by_currency", by_currency(day, fig::kSold, sales_of)},
          {"upt", ratio(units, tickets * 1000)},
          {"upt_gross", ratio(day.at(fig::kUnits), tickets * 1000)},
          {"returns_without_link", day.at(fig::kReturnsUnlinked)},
          {"coverage", coverage(tickets, tickets + day.at(fig::kMismatch),
                                "tickets that add up; a return lowers the day of its sale, without a link its own")}};
}

Json ropo_of(const DayView& day, const std::string& currency) {
  const std::int64_t certain = money(day, fig::kSoldCertain, currency), sold = money(day, fig::kSold, currency);
  return {{"currency", currency},
          {"strict_minor", money(day, fig::kRopoStrict, currency)},
          {"broad_minor", money(day, fig::kRopoBroad, currency)},
          {"strict_share", ratio(money(day, fig::kRopoStrict, currency), certain)},
          {"broad_share", ratio(money(day, fig::kRopoBroad, currency), certain)},
          {"coverage", coverage(certain, sold, "sales of certain attribution; others' web activity is not known")}};
}

Json addon_of(const DayView& day, const std::string& currency) {
  return {{"currency", currency}, {"addon_minor", money(day, fig::kAddon, currency)}};
}

Json collect_json(const DayView& day) {
  const std::int64_t known = day.at(fig::kPickupsInVisit);
  return {{"pickups", day.at(fig::kPickups)},
          {"with_addon", day.at(fig::kPickupsAddon)},
          {"attach_rate", ratio(day.at(fig::kPickupsAddon), known)},
          {"addon", by_currency(day, fig::kAddon, addon_of)},
          {"coverage", coverage(known, day.at(fig::kPickups), "pickups in a recognised visit, 60 minutes after")}};
}

// --- suggestions -----------------------------------------------------------------------------------------------------

/// Each stage over all scenarios has parts of one whole.
Json scenarios_json(const DayView& day) {
  const auto names = day.parts("scenario");
  std::vector<Json> rows(names.size(), Json::object());
  for (int stage = 0; stage < fig::kStageCount; ++stage) {
    std::vector<std::int64_t> counts;
    for (const auto& name : names) counts.push_back(day.at(fig::kItems, stage, "scenario/" + name));
    const auto shown = parts_shown(counts);
    for (std::size_t i = 0; i < names.size(); ++i) {
      rows[i]["scenario"] = names[i];
      rows[i][std::string(kStages[static_cast<std::size_t>(stage)])] = shown[i];
    }
  }
  return rows;
}

Json suggestions_json(const DayView& day) {
  const auto stage = [&](fig::Stage s) { return day.at(fig::kItems, static_cast<int>(s)); };
  Json items = Json::object(), suppressed = Json::object();
  for (std::size_t i = 0; i < kStages.size(); ++i) items[kStages[i]] = day.at(fig::kItems, static_cast<int>(i));
  for (const auto& row : kSuppressReasonNames)
    suppressed[row.name] = day.at(fig::kSuppressed, static_cast<int>(row.value));
  return {{"eligible_visits", day.at(fig::kEligible, 0) + day.at(fig::kEligible, 1)},
          {"cards", day.at(fig::kCards)},
          {"items", std::move(items)},
          {"acceptance", ratio(stage(fig::Stage::accepted), stage(fig::Stage::seen))},
          {"conversion", ratio(stage(fig::Stage::sold), stage(fig::Stage::created))},
          {"suppressed", std::move(suppressed)},
          {"scenarios", scenarios_json(day)},
          {"coverage", coverage(stage(fig::Stage::delivered), stage(fig::Stage::created),
                                "items that reached the tablets; seen and later are taps of associates")}};
}

// --- the trial -------------------------------------------------------------------------------------------------------

struct Group {
  std::int64_t visits, converted;
};
Group group(const DayView& day, int slot) {
  return {day.at(fig::kEligible, slot), day.at(fig::kEligibleConverted, slot)};
}
bool large_enough(const Group& a, const Group& b) { return a.visits >= kSmallestCell && b.visits >= kSmallestCell; }

Json range_json(const Range& range) {
  return {{"value", rounded(range.value)}, {"low", rounded(range.low)}, {"high", rounded(range.high)}};
}

Json net_of(const DayView& day, const std::string& currency) {
  constexpr double kHundred = 100;
  const auto moments = [&](int slot) {
    const auto squares = static_cast<double>(money(day, fig::kEligibleSquares, currency, slot));
    return Moments{group(day, slot).visits, static_cast<double>(money(day, fig::kEligibleNet, currency, slot)),
                   squares * kHundred * kHundred};
  };
  const bool shown = large_enough(group(day, 0), group(day, 1));
  return {{"currency", currency},
          {"treated_minor", money(day, fig::kEligibleNet, currency, 0)},
          {"holdout_minor", money(day, fig::kEligibleNet, currency, 1)},
          {"per_visit_difference_minor", shown ? range_json(mean_difference(moments(0), moments(1))) : Json()}};
}

Json holdout_json(const DayView& day) {
  const Group treated = group(day, 0), holdout = group(day, 1);
  const auto json = [](const Group& g) {
    return Json{{"visits", g.visits}, {"converted", g.converted}, {"share", ratio(g.converted, g.visits)}};
  };
  const bool shown = large_enough(treated, holdout);
  return {{"treated", json(treated)},
          {"holdout", json(holdout)},
          {"difference",
           shown ? range_json(newcombe(treated.converted, treated.visits, holdout.converted, holdout.visits)) : Json()},
          {"net", by_currency(day, fig::kEligibleNet, net_of)},
          {"coverage", coverage(treated.visits + holdout.visits, day.at(fig::kVisits),
                                "visits for which a card was due; 95 % intervals, from 5 visits a group on")}};
}

// --- quality ---------------------------------------------------------------------------------------------------------

Json quality_json(const DayView& day) {
  Json alerts = Json::object();
  for (const auto& code : day.kinds(fig::kAlert)) alerts[code] = day.at(fig::of(fig::kAlert, code));
  return {{"duplicates", day.at(fig::kDuplicate)},
          {"mismatches", day.at(fig::kMismatch)},
          {"late_over_1h", day.at(fig::kLate)},
          {"voided", day.at(fig::kVoided)},
          {"alerts", std::move(alerts)},
          {"attributions", day.at(fig::kAttributions)},
          {"retracted", day.at(fig::kRetracted)},
          {"retraction_rate", ratio(day.at(fig::kRetracted), day.at(fig::kAttributions))}};
}

Json latency_json(const DayView& day) {
  const auto of = [&](std::string_view name) { return percentiles(day.slots(name), {{"p50", 500}, {"p95", 950}}); };
  return {{"entry_to_recognised_ms", of(fig::kRecognisedAfter)},
          {"recognised_to_central_ms", of(fig::kPublishedAfter)},
          {"suggestion_to_tablet_ms", of(fig::kDeliveredAfter)},
          {"ticket_to_attributed_ms", of(fig::kAttributedAfter)}};
}

}  // namespace

std::string encode_kpi(const KpiContext& context, const Cells& cells) {
  const DayView day(context.day, cells);
  return dump({{"day", day_text(context.day)},
               {"timezone", context.timezone},
               {"so_far", context.day >= context.today},
               {"visits", visits_json(context, day)},
               {"tickets", tickets_json(context, day)},
               {"conversion", conversion_json(day)},
               {"sales", sales_json(day)},
               {"ropo", by_currency(day, fig::kSold, ropo_of)},
               {"collect", collect_json(day)},
               {"suggestions", suggestions_json(day)},
               {"holdout", holdout_json(day)},
               {"quality", quality_json(day)},
               {"latency", latency_json(day)}});
}

}  // namespace tg
