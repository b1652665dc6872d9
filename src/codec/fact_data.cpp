#include "codec/fact_data.hpp"

#include <variant>

#include "codec/names.hpp"

namespace tg {
namespace {

Json data_of(const fact::VisitStarted& f) {
  return {
      {"visit_id", f.visit.value},
      {"member", or_null(f.member)},
      {"recognition", {{"method", name_of(kRecognitionNames, f.method)}, {"confidence", share(f.confidence_permille)}}},
      {"zone", f.zone.value},
      {"detected_at", format_time(f.detected_at)},
      {"holdout", f.holdout},
      {"cache_age_s", f.cache_age ? Json(f.cache_age->count()) : Json()}};
}

Json data_of(const fact::VisitZoneChanged& f) {
  return {{"visit_id", f.visit.value},   {"member", or_null(f.member)}, {"zone", f.zone.value},
          {"from", format_time(f.from)}, {"to", format_time(f.to)},     {"next_zone", f.next_zone.value}};
}

Json data_of(const fact::VisitEnded& f) {
  Json zones = Json::array();
  for (const auto& stay : f.zones) zones.push_back({{"zone", stay.zone.value}, {"dwell_s", stay.dwell.count()}});
  Json tickets = Json::array();
  for (const auto& ticket : f.tickets) tickets.push_back(ticket.value);
  return {{"visit_id", f.visit.value},
          {"member", or_null(f.member)},
          {"started_at", format_time(f.started_at)},
          {"ended_at", format_time(f.ended_at)},
          {"dwell_s", std::chrono::duration_cast<Seconds>(f.ended_at - f.started_at).count()},
          {"zones", std::move(zones)},
          {"tickets", std::move(tickets)},
          {"end_reason", name_of(kEndReasonNames, f.reason)}};
}

template <class Link>
Json link_json(const Link& f) {
  return {{"visit_id", f.visit.value},
          {"member", or_null(f.member)},
          {"basis", name_of(kLinkBasisNames, f.basis)},
          {"reason", or_null(f.reason)}};
}
Json data_of(const fact::IdentityLinked& f) { return link_json(f); }
Json data_of(const fact::IdentityUnlinked& f) { return link_json(f); }

Json item_json(const CardSuggestion& s) {
  return {{"variant", s.item.variant},
          {"style", s.item.style},
          {"size", or_null(s.size)},
          {"size_confidence", share(s.size_confidence_permille)},
          {"source", or_null(s.scenario)},
          {"reason", name_of(kReasonCodeNames, s.reason)},
          {"score", share(s.score_permille)},
          {"stock", s.item.stock},
          {"rank", s.rank}};
}

Json data_of(const fact::SuggestionCreated& f) {
  Json items = Json::array();
  for (const auto& item : f.items) items.push_back(item_json(item));
  return {{"suggestion_id", f.suggestion.value}, {"visit_id", f.visit.value},
          {"member", or_null(f.member)},         {"scenario", f.scenario},
          {"items", std::move(items)},           {"expires_at", format_time(f.expires_at)}};
}

Json data_of(const fact::SuggestionOutcome& f) {
  return {{"suggestion_id", f.suggestion.value},
          {"visit_id", f.visit.value},
          {"variant", or_null(f.variant)},
          {"outcome", name_of(kOutcomeNames, f.outcome)},
          {"reason", or_null(f.reason)}};
}

Json data_of(const fact::SuggestionSuppressed& f) {
  return {{"visit_id", f.visit.value}, {"reason", name_of(kSuppressReasonNames, f.reason)}};
}

Json lines_json(const Ticket& ticket) {
  Json lines = Json::array();
  for (const auto& line : ticket.lines) {
    Json one = {{"n", line.n},
                {"kind", name_of(kLineKindNames, line.kind)},
                {"sku", or_null(line.sku)},
                {"gtin", or_null(line.gtin)},
                {"qty_milli", line.qty_milli},
                {"unit_minor", line.unit_minor},
                {"net_minor", line.net_minor},
                {"discount_minor", line.discount_minor},
                {"department", or_null(line.department)},
                {"style", or_null(line.style)},
                {"size", or_null(line.size)}};
    if (!line.gtin.empty()) one["gtin_valid"] = line.gtin_valid;
    lines.push_back(std::move(one));
  }
  return lines;
}

Json rewards_json(const Ticket& ticket) {
  Json out = Json::array();
  for (const auto& r : ticket.rewards) {
    out.push_back(
        {{"code", or_null(r.code)}, {"amount_minor", r.amount_minor}, {"line", r.line == 0 ? Json() : Json(r.line)}});
  }
  return out;
}

Json link_or_null(const std::optional<TicketKey>& link) { return link ? key_json(*link) : Json(); }

// Never the member, never the loyalty number: a ticket is tied to a person by its attribution alone.
template <class Recorded>
Json ticket_json(const Recorded& f) {
  const Ticket& ticket = f.ticket;
  return {{"ticket_id", f.id.value},
          {"key", key_json(ticket.key)},
          {"revision", ticket.revision},
          {"type", name_of(kTicketTypeNames, ticket.type)},
          {"begun_at", ticket.begun_at ? Json(format_time(*ticket.begun_at)) : Json()},
          {"ended_at", format_time(ticket.ended_at)},
          {"utc_offset_min", ticket.utc_offset_min ? Json(*ticket.utc_offset_min) : Json()},
          {"native_id", or_null(ticket.native_id)},
          {"channel", name_of(kSaleChannelNames, ticket.channel)},
          {"employee", ticket.employee},
          {"total_minor", ticket.total_minor},
          {"currency", ticket.currency},
          {"lines", lines_json(ticket)},
          {"rewards", rewards_json(ticket)},
          {"links", {{"returns", link_or_null(ticket.returns)}, {"resumes", link_or_null(ticket.resumes)}}},
          {"loyalty_present", ticket.loyalty.has_value()},
          {"late_s", f.late.count()},
          {"checks",
           {{"totals", ticket.adds_up() ? "ok" : "mismatch"},
            {"time", name_of(kTimeQualityNames, ticket.time_quality)},
            {"unknown_products", f.unknown_products}}}};
}
Json data_of(const fact::TicketRecorded& f) { return ticket_json(f); }
Json data_of(const fact::TicketRevised& f) { return ticket_json(f); }

Json data_of(const fact::TicketVoided& f) {
  return {{"ticket_id", f.id.value}, {"key", key_json(f.key)}, {"by", key_json(f.by)}};
}

Json attribution_json(const Attribution& a) {
  Json out = {{"attribution_id", a.id.value}, {"version", a.version},
              {"ticket_id", a.ticket.value},  {"visit_id", or_null(a.visit)},
              {"member", or_null(a.member)},  {"class", name_of(kAttributionClassNames, a.cls)},
              {"method", a.method},           {"p", share(a.p_permille)},
              {"candidates", a.candidates},   {"ropo", {{"strict", a.ropo.strict}, {"broad", a.ropo.broad}}},
              {"collect", a.collect},         {"suggestion_id", or_null(a.suggestion)}};
  if (!a.evidence.empty()) out["evidence"] = a.evidence;
  if (!a.model.empty()) out["model"] = a.model;
  if (!a.reason.empty()) out["reason"] = a.reason;
  return out;
}
Json data_of(const fact::AttributionCreated& f) { return attribution_json(f.attribution); }
Json data_of(const fact::AttributionRevised& f) { return attribution_json(f.attribution); }
Json data_of(const fact::AttributionRetracted& f) { return attribution_json(f.attribution); }

Json data_of(const fact::CollectPickedUp& f) {
  return {{"order", f.order}, {"visit_id", or_null(f.visit)}, {"ticket_id", f.ticket.value}};
}

Json data_of(const fact::ConsentApplied& f) {
  return {{"member", or_null(f.change.member)},
          {"purpose", name_of(kPurposeNames, f.change.purpose)},
          {"status", name_of(kConsentStatusNames, f.change.record.status)},
          {"effective_at", format_time(f.change.record.at)},
          {"source", name_of(kConsentSourceNames, f.change.source)}};
}

Json data_of(const fact::EraseCompleted& f) {
  Json tables = Json::array();
  for (const auto& [name, rows] : f.tables) tables.push_back({{"name", name}, {"rows", rows}});
  return {{"request_id", f.request_id}, {"tables", std::move(tables)}};
}

Json data_of(const fact::OutboxDropped& f) {
  Json ranges = Json::array();
  for (const auto& [from, to] : f.ranges) ranges.push_back(Json::array({from, to}));
  return {{"class", name_of(kDeliveryClassNames, f.cls)},
          {"reason", name_of(kDropReasonNames, f.reason)},
          {"ranges", std::move(ranges)}};
}

Json data_of(const fact::DqAlert& f) {
  return {{"code", f.code}, {"workstation", or_null(f.workstation)}, {"detail", or_null(f.detail)}};
}

Json data_of(const fact::StatsInterval& f) {
  return {{"from", format_time(f.from)},
          {"to", format_time(f.to)},
          {"zone", or_null(f.zone)},
          {"recognised_visits", number_or_null(f.recognised_visits)},
          {"tickets", number_or_null(f.tickets)},
          {"recognised_tickets", number_or_null(f.recognised_tickets)},
          {"late_tickets", number_or_null(f.late_tickets)},
          {"net_minor", number_or_null(f.net_minor)},
          {"currency", f.net_minor ? Json(f.currency) : Json()}};
}

}  // namespace

Json fact_data(const Fact& fact) {
  Json data = std::visit([](const auto& f) { return data_of(f); }, fact.data);
  if (std::holds_alternative<fact::EraseCompleted>(fact.data)) data["at"] = format_time(fact.time);
  return data;
}

Json key_json(const TicketKey& key) {
  return {{"store", key.store},
          {"workstation", key.workstation},
          {"business_day", key.business_day},
          {"sequence", key.sequence}};
}

}  // namespace tg
