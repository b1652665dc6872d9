// Bodies of the facts file: visits, cards and tickets as this gateway left them. Instants are Unix milliseconds.
// The form is our own; what reads it may meet bodies of every release since, so fields are only ever added.
#include "base/crypto.hpp"
#include "codec/fact_data.hpp"
#include "codec/json_write.hpp"
#include "codec/messages.hpp"
#include "codec/names.hpp"
#include "codec/readers.hpp"
#include "codec/writers.hpp"

namespace tg {
namespace {

constexpr std::int64_t kMaxMs = std::int64_t{1} << 53;
constexpr std::int64_t kMaxMoney = std::int64_t{1} << 60;
constexpr std::int32_t kMaxInt = std::numeric_limits<std::int32_t>::max();
constexpr std::size_t kMany = 100'000;
constexpr std::size_t kLongText = 2048;

Json ms(WallTime t) { return unix_ms(t); }
Json ms(const std::optional<WallTime>& t) { return t ? Json(unix_ms(*t)) : Json(); }

WallTime read_ms(const Cursor& c) { return wall_ms(c.integer(0, kMaxMs)); }
std::optional<WallTime> read_optional_ms(const Cursor& c) {
  return c.present() ? std::optional(read_ms(c)) : std::nullopt;
}
template <class Named>
std::optional<Named> read_optional_id(const Cursor& c) {
  return c.present() ? std::optional<Named>(c.text()) : std::nullopt;
}
std::int64_t read_money(const Cursor& c) { return c.integer(-kMaxMoney, kMaxMoney); }

// --- visit ---------------------------------------------------------------------------------------------------------

Json json_of(const std::vector<ZoneStay>& zones) {
  Json out = Json::array();
  for (const auto& stay : zones) out.push_back({{"zone", stay.zone.value}, {"dwell_s", stay.dwell.count()}});
  return out;
}
ZoneStay read_stay(const Cursor& c) {
  return {.zone = ZoneId{c.need("zone").text()}, .dwell = Seconds{c.at("dwell_s").integer(0, kMaxMs)}};
}

// --- cards ---------------------------------------------------------------------------------------------------------

Json json_of(const CardSuggestion& s) {
  return {{"id", s.id.value},
          {"item", item_json(s.item)},
          {"size", s.size},
          {"size_confidence_permille", s.size_confidence_permille},
          {"reason", name_of(kReasonCodeNames, s.reason)},
          {"anchor", s.anchor},
          {"scenario", s.scenario},
          {"score_permille", s.score_permille},
          {"rank", s.rank}};
}
CardSuggestion read_card_suggestion(const Cursor& c) {
  return {.id = SuggestionId{c.need("id").text()},
          .item = read_item(c.need("item")),
          .size = c.at("size").text(),
          .size_confidence_permille = c.at("size_confidence_permille").int32(0, 1000),
          .reason = c.need("reason").choice(kReasonCodeNames, ReasonCode::viewed_recently),
          .anchor = c.at("anchor").text(),
          .scenario = c.at("scenario").text(),
          .score_permille = c.at("score_permille").int32(-kMaxInt, kMaxInt),
          .rank = c.at("rank").int32(0, kMaxInt)};
}

Json json_of(const Card& card) {
  Json suggestions = Json::array();
  for (const auto& s : card.suggestions) suggestions.push_back(json_of(s));
  return {{"visit", card.visit.value},
          {"zone", card.zone.value},
          {"since_ms", ms(card.since)},
          {"expires_ms", ms(card.expires_at)},
          {"state", name_of(kCardStateNames, card.state)},
          {"claimed_by", or_null(card.claimed_by)},
          {"first_name", or_null(card.first_name)},
          {"purpose", or_null(card.purpose)},
          {"collect", collect_json(card.collect)},
          {"notice", or_null(card.notice)},
          {"suggestions", std::move(suggestions)}};
}
Card read_card(const Cursor& c) {
  return {.visit = VisitId{c.need("visit").text()},
          .zone = ZoneId{c.at("zone").text()},
          .since = read_ms(c.need("since_ms")),
          .expires_at = read_ms(c.need("expires_ms")),
          .state = c.need("state").choice(kCardStateNames, CardState::fresh),
          .claimed_by = c.at("claimed_by").optional_text(),
          .first_name = c.at("first_name").optional_text(),
          .purpose = c.at("purpose").optional_text(),
          .collect = c.at("collect").list(kMany, read_collect_order),
          .notice = c.at("notice").optional_text(kLongText),
          .suggestions = c.at("suggestions").list(kMany, read_card_suggestion)};
}

// --- ticket --------------------------------------------------------------------------------------------------------

TicketKey read_stored_key(const Cursor& c) {
  return {.store = c.need("store").text(),
          .workstation = c.need("workstation").text(),
          .business_day = c.need("business_day").text(),
          .sequence = c.need("sequence").text()};
}

Json json_of(const Attribution& a) {
  return {{"id", a.id.value},
          {"version", a.version},
          {"ticket", a.ticket.value},
          {"visit", or_null(a.visit)},
          {"member", or_null(a.member)},
          {"class", name_of(kAttributionClassNames, a.cls)},
          {"method", a.method},
          {"p_permille", a.p_permille},
          {"candidates", a.candidates},
          {"ropo_strict", a.ropo.strict},
          {"ropo_broad", a.ropo.broad},
          {"collect", a.collect},
          {"suggestion", or_null(a.suggestion)},
          {"retracted", a.retracted},
          {"evidence", a.evidence},
          {"model", a.model},
          {"reason", a.reason}};
}
Attribution read_attribution(const Cursor& c) {
  return {.id = AttributionId{c.need("id").text()},
          .version = c.at("version").int32(1, kMaxInt, 1),
          .ticket = TicketId{c.need("ticket").text()},
          .visit = read_optional_id<VisitId>(c.at("visit")),
          .member = read_optional_id<MemberId>(c.at("member")),
          .cls = c.need("class").choice(kAttributionClassNames, AttributionClass::certain),
          .method = c.at("method").text(),
          .p_permille = c.at("p_permille").int32(0, 1000),
          .candidates = c.at("candidates").int32(0, kMaxInt),
          .ropo = {.strict = c.at("ropo_strict").flag(), .broad = c.at("ropo_broad").flag()},
          .collect = c.at("collect").flag(),
          .suggestion = read_optional_id<SuggestionId>(c.at("suggestion")),
          .retracted = c.at("retracted").flag(),
          .evidence = c.at("evidence").list(kMany, [](const Cursor& e) { return e.text(); }),
          .model = c.at("model").text(),
          .reason = c.at("reason").text()};
}

/// A list, not an object: a ticket may have 10,000 of them.
Json json_of(const std::vector<StoredLine>& lines) {
  Json out = Json::array();
  for (const auto& l : lines) {
    out.push_back(Json::array({name_of(kLineKindNames, l.kind), l.sku, l.gtin, l.style, l.department, l.qty_milli,
                               l.net_minor, l.discount_minor}));
  }
  return out;
}
StoredLine read_stored_line(const Cursor& c) {
  return {.kind = c.element(0).choice(kLineKindNames, LineKind::sale),
          .sku = c.element(1).text(),
          .gtin = c.element(2).text(),
          .style = c.element(3).text(),
          .department = c.element(4).text(),
          .qty_milli = read_money(c.element(5)),
          .net_minor = read_money(c.element(6)),
          .discount_minor = read_money(c.element(7))};
}

std::optional<TicketKey> read_stored_link(const Cursor& c) {
  return c.present() ? std::optional(read_stored_key(c)) : std::nullopt;
}

Json json_of(const std::optional<NamedBuyer>& named) {
  if (!named) return Json();
  return {{"member", named->member.value}, {"p_permille", named->p_permille}, {"visit", or_null(named->visit)}};
}
std::optional<NamedBuyer> read_named(const Cursor& c) {
  if (!c.present()) return std::nullopt;
  return NamedBuyer{MemberId{c.need("member").text()}, c.at("p_permille").int32(0, 1000, 1000),
                    read_optional_id<VisitId>(c.at("visit"))};
}

/// What most tickets do not have stays away.
void put_if_any(Json& out, const TicketRecord& r) {
  if (r.superseded) out["superseded"] = true;
  if (r.employee) out["employee"] = true;
  if (r.begun_at) out["begun_ms"] = ms(r.begun_at);
  if (r.time_quality != TimeQuality::zoned) out["time"] = name_of(kTimeQualityNames, r.time_quality);
  if (r.channel != SaleChannel::store) out["channel"] = name_of(kSaleChannelNames, r.channel);
  if (!r.lines.empty()) out["lines"] = json_of(r.lines);
  if (r.voids) out["voids"] = key_json(*r.voids);
  if (r.returns) out["returns"] = key_json(*r.returns);
  if (r.resumes) out["resumes"] = key_json(*r.resumes);
  if (r.named) out["named"] = json_of(r.named);
}
void read_if_any(const Cursor& c, TicketRecord& r) {
  r.superseded = c.at("superseded").flag();
  r.employee = c.at("employee").flag();
  r.begun_at = read_optional_ms(c.at("begun_ms"));
  r.time_quality = c.at("time").choice(kTimeQualityNames, TimeQuality::zoned);
  r.channel = c.at("channel").choice(kSaleChannelNames, SaleChannel::store);
  r.lines = c.at("lines").list(kMany, read_stored_line);
  r.voids = read_stored_link(c.at("voids"));
  r.returns = read_stored_link(c.at("returns"));
  r.resumes = read_stored_link(c.at("resumes"));
  r.named = read_named(c.at("named"));
}

bool is_sha256_hex(std::string_view text) {
  Sha256 digest{};
  return unhex(text, digest);
}
Sha256 read_digest(const Cursor& c) {
  Sha256 digest{};
  const std::string digits = c.text_if(is_sha256_hex, "64 hexadecimal digits");
  if (!digits.empty()) (void)unhex(digits, digest);
  return digest;
}

}  // namespace

std::string encode_visit(const Visit& v) {
  Json tickets = Json::array();
  for (const auto& ticket : v.tickets) tickets.push_back(ticket.value);
  return dump({{"id", v.id.value},
               {"member", or_null(v.member)},
               {"method", name_of(kRecognitionNames, v.method)},
               {"state", name_of(kVisitStateNames, v.state)},
               {"started_ms", ms(v.started_at)},
               {"last_sighting_ms", ms(v.last_sighting)},
               {"zone_since_ms", ms(v.zone_since)},
               {"zone", v.zone.value},
               {"zones", json_of(v.zones)},
               {"lease_until_ms", ms(v.lease_until)},
               {"away_since_ms", ms(v.away_since)},
               {"holdout", v.holdout},
               {"tickets", std::move(tickets)},
               {"ended_ms", ms(v.ended_at)},
               {"end_reason", name_of(kEndReasonNames, v.end_reason)}});
}

Result<Visit> decode_visit(std::string_view json) {
  Document doc(json);
  const Cursor c = doc.root();
  Visit v{.id = VisitId{c.need("id").text()},
          .member = read_optional_id<MemberId>(c.at("member")),
          .method = c.need("method").choice(kRecognitionNames, RecognitionMethod::eid),
          .state = c.need("state").choice(kVisitStateNames, VisitState::present),
          .started_at = read_ms(c.need("started_ms")),
          .last_sighting = read_ms(c.need("last_sighting_ms")),
          .zone_since = read_ms(c.at("zone_since_ms")),
          .zone = ZoneId{c.at("zone").text()},
          .zones = c.at("zones").list(kMany, read_stay),
          .lease_until = read_optional_ms(c.at("lease_until_ms")),
          .away_since = read_optional_ms(c.at("away_since_ms")),
          .holdout = c.at("holdout").flag(),
          .tickets = c.at("tickets").list(kMany, [](const Cursor& t) { return TicketId{t.text()}; }),
          .ended_at = read_optional_ms(c.at("ended_ms")),
          .end_reason = c.at("end_reason").choice(kEndReasonNames, EndReason::left)};
  return doc.finish(std::move(v));
}

std::string encode_cards(const VisitCards& cards) {
  Json suppressed = Json::array();
  for (const SuppressReason reason : cards.suppressed) suppressed.push_back(name_of(kSuppressReasonNames, reason));
  return dump({{"visit", cards.visit.value},
               {"card", cards.card ? json_of(*cards.card) : Json()},
               {"shown", cards.shown},
               {"created", cards.created},
               {"silenced", cards.silenced},
               {"suppressed", std::move(suppressed)},
               {"closed_styles", cards.closed_styles}});
}

Result<VisitCards> decode_cards(std::string_view json) {
  Document doc(json);
  const Cursor c = doc.root();
  VisitCards cards;
  cards.visit = VisitId{c.need("visit").text()};
  if (const Cursor card = c.at("card"); card.present()) cards.card = read_card(card);
  cards.shown = c.at("shown").flag();
  cards.created = c.at("created").int32(0, kMaxInt);
  cards.silenced = c.at("silenced").flag();
  c.at("suppressed").each(kSuppressReasonNames.size(), [&](const Cursor& reason) {
    cards.suppressed.insert(reason.choice(kSuppressReasonNames, SuppressReason::nothing_to_say));
  });
  c.at("closed_styles").each(kMany, [&](const Cursor& style) { cards.closed_styles.insert(style.text()); });
  return doc.finish(std::move(cards));
}

std::string encode_ticket_record(const TicketRecord& r) {
  Json out = {{"id", r.id.value},
              {"key", key_json(r.key)},
              {"revision", r.revision},
              {"type", name_of(kTicketTypeNames, r.type)},
              {"status", name_of(kTicketStatusNames, r.status)},
              {"training", r.training},
              {"voided", r.voided},
              {"content", hex(r.content)},
              {"ended_ms", ms(r.ended_at)},
              {"received_ms", ms(r.received_at)},
              {"total_minor", r.total_minor},
              {"currency", r.currency},
              {"adds_up", r.adds_up},
              {"loyalty_present", r.loyalty_present},
              {"attribution", r.attribution ? json_of(*r.attribution) : Json()}};
  put_if_any(out, r);
  if (r.sums) out["sums"] = sums_json(*r.sums);
  if (r.counted) out["counted"] = share_json(*r.counted);
  return dump(out);
}

Result<TicketRecord> decode_ticket_record(std::string_view json) {
  Document doc(json);
  const Cursor c = doc.root();
  TicketRecord r;
  r.id = TicketId{c.need("id").text()};
  r.key = read_stored_key(c.need("key"));
  r.revision = c.at("revision").integer(0, kMaxMs);
  r.type = c.need("type").choice(kTicketTypeNames, TicketType::sale);
  r.status = c.need("status").choice(kTicketStatusNames, TicketStatus::final);
  r.training = c.at("training").flag();
  r.voided = c.at("voided").flag();
  r.content = read_digest(c.need("content"));
  r.ended_at = read_ms(c.need("ended_ms"));
  r.received_at = read_ms(c.at("received_ms"));
  r.total_minor = read_money(c.at("total_minor"));
  r.currency = c.at("currency").text();
  r.adds_up = c.at("adds_up").flag(true);
  r.loyalty_present = c.at("loyalty_present").flag();
  read_if_any(c, r);
  if (const Cursor a = c.at("attribution"); a.present()) r.attribution = read_attribution(a);
  if (const Cursor s = c.at("sums"); s.present()) r.sums = read_sums(s);
  if (const Cursor s = c.at("counted"); s.present()) r.counted = read_share(s);
  return doc.finish(std::move(r));
}

std::string encode_till_numbers(const TillNumbers& n) {
  Json holes = Json::array();
  for (const auto& hole : n.holes)
    holes.push_back(Json::array({hole.from, hole.to, name_of(kHoleStateNames, hole.state)}));
  return dump({{"workstation", n.workstation},
               {"business_day", n.business_day},
               {"prefix", n.prefix},
               {"low", n.low},
               {"high", n.high},
               {"holes", std::move(holes)},
               {"touched_ms", ms(n.touched)}});
}

Result<TillNumbers> decode_till_numbers(std::string_view json) {
  Document doc(json);
  const Cursor c = doc.root();
  TillNumbers n;
  n.workstation = c.need("workstation").text();
  n.business_day = c.need("business_day").text();
  n.prefix = c.at("prefix").text();
  n.low = c.need("low").integer(0, kMaxMs);
  n.high = c.need("high").integer(0, kMaxMs);
  n.holes = c.at("holes").list(kMany, [](const Cursor& hole) {
    return TillHole{hole.element(0).integer(0, kMaxMs),
                    hole.element(1).integer(0, kMaxMs),
                    hole.element(2).choice(kHoleStateNames, TillHole::State::open),
                    {}};
  });
  n.touched = read_ms(c.at("touched_ms"));
  return doc.finish(std::move(n));
}

}  // namespace tg
