#include "codec/figure_json.hpp"

#include "codec/json_write.hpp"
#include "codec/names.hpp"
#include "codec/readers.hpp"
#include "codec/writers.hpp"

namespace tg {
namespace {

constexpr std::int64_t kMost = std::int64_t{1} << 60;
constexpr std::int32_t kMaxInt = std::numeric_limits<std::int32_t>::max();
constexpr std::size_t kMany = 100'000;

constexpr auto kShareStateNames = std::to_array<Named<VisitShare::State>>({{VisitShare::State::open, "open"},
                                                                           {VisitShare::State::counted, "counted"},
                                                                           {VisitShare::State::left_out, "left_out"}});

/// Only what says something: a share is written with every ticket.
template <class Value>
void put(Json& json, const char* key, const Value& value) {
  if (value != Value{}) json[key] = value;
}

std::int64_t amount(const Cursor& c) { return c.integer(-kMost, kMost); }
Day read_day(const Cursor& c) { return c.int32(-kMaxInt, kMaxInt); }

Json json_of(const VisitPurchase& p) {
  Json out = {{"ended_ms", unix_ms(p.ended_at)}, {"currency", p.currency}};
  put(out, "net", p.net_minor);
  put(out, "sale", p.sale);
  put(out, "pickup", p.pickup);
  put(out, "addon", p.addon_minor);
  put(out, "certain", p.certain);
  put(out, "weight", p.weight);
  return out;
}
VisitPurchase read_purchase(const Cursor& c) {
  return {.ended_at = wall_ms(amount(c.need("ended_ms"))),
          .currency = c.at("currency").text(),
          .net_minor = amount(c.at("net")),
          .sale = c.at("sale").flag(),
          .pickup = c.at("pickup").flag(),
          .addon_minor = amount(c.at("addon")),
          .certain = c.at("certain").int32(0, 1000),
          .weight = c.at("weight").int32(0, 1000)};
}

Json json_of(const ItemShare& item) {
  return {{"decision", item.decision}, {"rank", item.rank}, {"scenario", item.scenario}, {"taps", item.taps}};
}
ItemShare read_item_share(const Cursor& c) {
  ItemShare item{.decision = static_cast<std::uint32_t>(c.at("decision").integer(0, UINT32_MAX)),
                 .rank = c.at("rank").int32(0, kMaxInt),
                 .scenario = c.at("scenario").text(),
                 .taps = {}};
  std::size_t i = 0;
  c.at("taps").each(item.taps.size(), [&](const Cursor& n) { item.taps.at(i++) = n.int32(-kMaxInt, kMaxInt); });
  return item;
}

Json json_of(const IntervalCounts& c) {
  Json out = Json::object();
  put(out, "visits", c.visits);
  put(out, "tickets", c.tickets);
  put(out, "recognised_tickets", c.recognised_tickets);
  put(out, "late_tickets", c.late_tickets);
  if (!c.net_minor.empty()) out["net_minor"] = c.net_minor;
  return out;
}
IntervalCounts read_counts(const Cursor& c) {
  IntervalCounts out{.visits = amount(c.at("visits")),
                     .tickets = amount(c.at("tickets")),
                     .recognised_tickets = amount(c.at("recognised_tickets")),
                     .late_tickets = amount(c.at("late_tickets")),
                     .net_minor = {}};
  const Cursor money = c.at("net_minor");
  for (const auto& currency : money.keys(kMany)) out.net_minor[currency] = amount(money.at(currency));
  return out;
}

}  // namespace

// --- the ticket's own row --------------------------------------------------------------------------------------------

Json sums_json(const TicketSums& s) {
  Json out = {{"day", s.day}};
  if (s.origin) out["origin"] = *s.origin;
  put(out, "zone", s.zone);
  put(out, "currency", s.currency);
  if (!s.adds_up) out["mismatch"] = true;
  put(out, "late", s.late);
  put(out, "sale", s.sale);
  put(out, "pickup", s.pickup);
  put(out, "sold", s.sold_minor);
  put(out, "returned", s.returned_minor);
  put(out, "addon", s.addon_minor);
  put(out, "sold_milli", s.sold_milli);
  put(out, "returned_milli", s.returned_milli);
  put(out, "cause", static_cast<int>(s.cause));
  return out;
}

TicketSums read_sums(const Cursor& c) {
  TicketSums s{.day = read_day(c.need("day")),
               .origin = std::nullopt,
               .zone = c.at("zone").text(),
               .currency = c.at("currency").text(),
               .adds_up = !c.at("mismatch").flag(),
               .late = c.at("late").flag(),
               .sale = c.at("sale").flag(),
               .pickup = c.at("pickup").flag(),
               .sold_minor = amount(c.at("sold")),
               .returned_minor = amount(c.at("returned")),
               .addon_minor = amount(c.at("addon")),
               .sold_milli = amount(c.at("sold_milli")),
               .returned_milli = amount(c.at("returned_milli")),
               .cause = static_cast<Unmatched>(c.at("cause").int32(0, kUnmatchedCount - 1))};
  if (const Cursor origin = c.at("origin"); origin.present()) s.origin = read_day(origin);
  return s;
}

Json share_json(const TicketShare& s) {
  Json out = {{"sums", sums_json(s.sums)}};
  put(out, "voided", s.voided);
  put(out, "attributed", s.attributed);
  put(out, "retracted", s.retracted);
  if (s.visit) out["visit"] = s.visit->value;
  if (s.cls >= 0) out["class"] = s.cls;
  put(out, "p_permille", s.p_permille);
  put(out, "ropo_strict", s.ropo_strict);
  put(out, "ropo_broad", s.ropo_broad);
  if (s.attributed_after_ms >= 0) out["attributed_after_ms"] = s.attributed_after_ms;
  return out;
}

TicketShare read_share(const Cursor& c) {
  const auto visit = c.at("visit").optional_text();
  return {.sums = read_sums(c.need("sums")),
          .voided = c.at("voided").flag(),
          .attributed = c.at("attributed").flag(),
          .retracted = c.at("retracted").flag(),
          .visit = visit ? std::optional<VisitId>(*visit) : std::nullopt,
          .cls = c.at("class").int32(-1, 2, -1),
          .p_permille = c.at("p_permille").int32(0, 1000),
          .ropo_strict = c.at("ropo_strict").flag(),
          .ropo_broad = c.at("ropo_broad").flag(),
          .attributed_after_ms = c.at("attributed_after_ms").integer(-1, kMost, -1)};
}

// --- the visit's own row ---------------------------------------------------------------------------------------------

std::string encode_visit_share(const VisitShare& s) {
  Json zones = Json::array(), items = Json::array(), purchases = Json::object();
  for (const auto& stay : s.zones) zones.push_back(Json::array({stay.zone.value, stay.dwell.count()}));
  for (const auto& item : s.items) items.push_back(json_of(item));
  for (const auto& [ticket, purchase] : s.purchases) purchases[ticket.value] = json_of(purchase);
  Json out = {{"day", s.day}, {"state", name_of(kShareStateNames, s.state)}};
  out["method"] = name_of(kRecognitionNames, s.method);
  put(out, "holdout", s.holdout);
  put(out, "eligible", s.eligible);
  if (s.suggested_at) out["suggested_ms"] = unix_ms(*s.suggested_at);
  put(out, "delivered", s.delivered);
  if (s.delivered_ms >= 0) out["delivered_ms"] = s.delivered_ms;
  put(out, "unlinked", s.unlinked);
  put(out, "suppressed", s.suppressed);
  put(out, "cards", s.cards);
  put(out, "recognised_ms", s.recognised_ms);
  if (s.ended_at) out["ended_ms"] = unix_ms(*s.ended_at);
  if (!zones.empty()) out["zones"] = std::move(zones);
  if (!items.empty()) out["items"] = std::move(items);
  if (!purchases.empty()) out["purchases"] = std::move(purchases);
  return dump(out);
}

Result<VisitShare> decode_visit_share(std::string_view json) {
  Document doc(json);
  const Cursor c = doc.root();
  VisitShare s{.day = read_day(c.need("day")),
               .state = c.at("state").choice(kShareStateNames, VisitShare::State::open),
               .method = c.at("method").choice(kRecognitionNames, RecognitionMethod::eid),
               .holdout = c.at("holdout").flag(),
               .eligible = c.at("eligible").flag(),
               .suggested_at = std::nullopt,
               .delivered = c.at("delivered").flag(),
               .delivered_ms = c.at("delivered_ms").integer(-1, kMost, -1),
               .unlinked = c.at("unlinked").flag(),
               .suppressed = static_cast<std::uint32_t>(c.at("suppressed").integer(0, UINT32_MAX)),
               .cards = c.at("cards").int32(0, kMaxInt),
               .recognised_ms = amount(c.at("recognised_ms")),
               .ended_at = std::nullopt,
               .zones = {},
               .items = c.at("items").list(kMany, read_item_share),
               .purchases = {}};
  if (const Cursor ended = c.at("ended_ms"); ended.present()) s.ended_at = wall_ms(amount(ended));
  if (const Cursor first = c.at("suggested_ms"); first.present()) s.suggested_at = wall_ms(amount(first));
  s.zones = c.at("zones").list(kMany, [](const Cursor& stay) {
    return ZoneStay{ZoneId{stay.element(0).text()}, Seconds{amount(stay.element(1))}};
  });
  const Cursor purchases = c.at("purchases");
  for (const auto& ticket : purchases.keys(kMany)) s.purchases[TicketId{ticket}] = read_purchase(purchases.at(ticket));
  return doc.finish(std::move(s));
}

// --- intervals and cells ---------------------------------------------------------------------------------------------

std::string encode_interval(const Interval& interval) {
  Json zones = Json::object();
  for (const auto& [zone, counts] : interval.zones) zones[zone] = json_of(counts);
  return dump({{"from_ms", unix_ms(interval.from)}, {"zones", std::move(zones)}});
}

Result<Interval> decode_interval(std::string_view json) {
  Document doc(json);
  const Cursor c = doc.root();
  Interval interval{.from = wall_ms(amount(c.need("from_ms"))), .zones = {}};
  const Cursor zones = c.at("zones");
  for (const auto& zone : zones.keys(kMany)) interval.zones[zone] = read_counts(zones.at(zone));
  return doc.finish(std::move(interval));
}

std::string encode_cells(const Cells& cells) {
  Json out = Json::array();
  for (const auto& [key, value] : cells) out.push_back(Json::array({key.part, key.name, key.slot, value}));
  return dump(out);
}

Result<Cells> decode_cells(Day day, std::string_view json) {
  Document doc(json);
  Cells cells;
  doc.root().each(kMany, [&](const Cursor& row) {
    CellKey key{day, row.element(0).text(), row.element(1).text(), row.element(2).int32(0, kMaxInt)};
    cells[std::move(key)] = amount(row.element(3));
  });
  return doc.finish(std::move(cells));
}

}  // namespace tg
