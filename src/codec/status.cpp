#include "codec/status.hpp"

#include <algorithm>
#include <utility>

#include "codec/config.hpp"
#include "codec/json_write.hpp"

namespace tg {
namespace {

constexpr std::string_view kPartState[] = {"ok", "degraded", "down", "disabled"};
constexpr std::string_view kClock[] = {"synced", "unsynced", "implausible"};
constexpr std::string_view kMethod[] = {"eid", "checkin", "card"};
constexpr std::string_view kVisitState[] = {"present", "away", "ended"};
constexpr std::string_view kCardState[] = {"new", "claimed", "done"};
constexpr std::string_view kZoneKind[] = {"entrance", "floor", "fitting", "till", "street"};
constexpr std::string_view kReason[] = {"viewed_recently", "wished", "in_cart", "goes_with_owned"};
constexpr std::string_view kSuppressed[] = {"holdout", "consent",     "do_not_disturb", "cap",    "no_stock",
                                            "no_size", "stale_cache", "open_case",      "bought", "nothing_to_say"};

struct CounterText {
  std::string_view name, labels, help;
};
constexpr CounterText kCounters[effect::kCounterCount] = {
    {"adverts_total", "result=\"member\"", "Eddystone-EID adverts by what became of them"},
    {"adverts_total", "result=\"foreign\"", ""},
    {"adverts_total", "result=\"ambiguous\"", ""},
    {"adverts_total", "result=\"waiting\"", ""},
    {"checkins_total", "result=\"accepted\"", "GATT check-ins by what became of them"},
    {"checkins_total", "result=\"repeated\"", ""},
    {"checkins_total", "result=\"refused\"", ""},
    {"checkins_total", "result=\"waiting\"", ""},
    {"visits_total", "event=\"opened\"", "Visits opened and ended"},
    {"visits_total", "event=\"ended\"", ""},
    {"cards_total", "event=\"published\"", "Cards published to and withdrawn from the tablets"},
    {"cards_total", "event=\"withdrawn\"", ""},
    {"actions_ignored_total", "", "Taps on unknown visits, and repeated ones"},
    {"tickets_total", "result=\"taken\"", "Tickets by what became of them"},
    {"tickets_total", "result=\"duplicate\"", ""},
    {"tickets_total", "result=\"quarantined\"", ""},
    {"tickets_total", "result=\"training\"", ""},
    {"tickets_total", "result=\"cancelled\"", ""},
    {"commands_total", "", "Commands of the central platform"},
    {"outbox_acked_total", "", "Events that the central broker acknowledged"},
    {"outbox_refused_total", "", "Events that the central broker refused"},
    {"outbox_dropped_total", "", "Events that central never gets: expired, above the limits, refused for good, erased"},
    {"outbox_no_subscriber_total", "", "Events acknowledged although nobody had subscribed"},
    {"link_lost_total", "link=\"central\"", "Connections that were up and that the broker or the line ended"},
    {"link_lost_total", "link=\"local\"", ""},
};

template <class Enum, std::size_t N>
std::string_view text(Enum value, const std::string_view (&names)[N]) {
  return names[static_cast<std::size_t>(value)];
}

Json parts_json(const Status& status) {
  Json parts = Json::object();
  for (const auto& part : status.parts) {
    parts[part.name] = {{"state", text(part.state, kPartState)}, {"cause", or_null(part.cause)}};
  }
  return {{"ready", status.ready()}, {"parts", parts}};
}

Json link_json(const LinkStatus& link) {
  return {{"up", link.up},
          {"verified", link.verified},
          {"last_error", or_null(link.last_error)},
          {"warnings", link.warnings}};
}

std::string_view overall(const Status& status) {
  const bool degraded = std::any_of(status.parts.begin(), status.parts.end(),
                                    [](const PartStatus& p) { return p.state == PartState::degraded; });
  if (!status.ready()) return "down";
  return degraded ? "degraded" : "ok";
}

std::string_view card_state(const std::optional<VisitCards>& cards) {
  if (!cards || !cards->card || !cards->shown) return "none";
  return text(cards->card->state, kCardState);
}

void gauge(std::string& out, std::string_view name, std::string_view help, std::uint64_t value,
           std::string_view labels = {}) {
  if (!help.empty()) {
    out.append("# HELP touchpoint_").append(name).append(" ").append(help).append("\n# TYPE touchpoint_");
    out.append(name).append(" gauge\n");
  }
  out.append("touchpoint_").append(name);
  if (!labels.empty()) out.append("{").append(labels).append("}");
  out.append(" ").append(std::to_string(value)).append("\n");
}

}  // namespace

bool Status::ready() const {
  return std::none_of(parts.begin(), parts.end(), [](const PartStatus& p) { return p.state == PartState::down; });
}

std::string encode_status(const Status& s) {
  Json radio = Json::array();
  for (const auto& r : s.radio) {
    radio.push_back({{"id", r.id},
                     {"remote", r.remote},
                     {"scanning", r.scanning},
                     {"beacon", r.beacon},
                     {"checkin", r.checkin},
                     {"cause", or_null(r.cause)}});
  }
  Json certificates = Json::array();
  for (const auto& c : s.certificates) {
    certificates.push_back({{"key", c.key},
                            {"ends_at", c.ends_at ? Json(format_time(*c.ends_at)) : Json()},
                            {"warning", or_null(certificate_text(c, s.now))}});
  }
  return dump(
      {{"version", s.version},
       {"store", s.store},
       {"gateway", s.gateway},
       {"uptime_s", s.uptime.count()},
       {"state", overall(s)},
       {"clock", text(s.clock, kClock)},
       {"members", s.members},
       {"profiles_age_s", s.profiles_age ? Json(s.profiles_age->count()) : Json()},
       {"visits_open", s.visits_open},
       {"links", {{"central", link_json(s.central)}, {"local", link_json(s.local)}}},
       {"radio", radio},
       {"facts",
        {{"writable", s.store_writable}, {"cause", or_null(s.store_cause)}, {"mirror", or_null(s.facts_mirror)}}},
       {"outbox", {{"in_flight", s.in_flight}, {"last_sequence", s.last_sequence}}},
       {"certificates", certificates},
       {"ready", parts_json(s)},
       {"last_error", or_null(s.last_error)}});
}

Urgency urgency(const CertificateStatus& certificate, WallTime now) {
  constexpr std::array<std::pair<Seconds, Urgency>, 4> kWithin{{{Seconds{0}, Urgency::over},
                                                                {Seconds{86'400}, Urgency::tomorrow},
                                                                {Seconds{7 * 86'400}, Urgency::in_a_week},
                                                                {Seconds{30 * 86'400}, Urgency::in_a_month}}};
  if (!certificate.ends_at || !certificate.trouble.empty()) return Urgency::over;
  for (const auto& [left, urgency] : kWithin) {
    if (*certificate.ends_at - now <= left) return urgency;
  }
  return Urgency::none;
}

std::string certificate_text(const CertificateStatus& certificate, WallTime now) {
  if (!certificate.trouble.empty()) return certificate.key + ' ' + certificate.trouble;
  const Urgency how = urgency(certificate, now);
  if (how == Urgency::none) return {};
  if (how == Urgency::over) return certificate.key + " has ended";
  const auto hours = std::chrono::duration_cast<std::chrono::hours>(*certificate.ends_at - now).count();
  return certificate.key + " ends in " +
         (hours < 48 ? std::to_string(hours) + " h" : std::to_string(hours / 24) + " d");
}

std::string encode_ready(const Status& status) { return dump(parts_json(status)); }

std::string encode_visits(const std::vector<VisitView>& visits) {
  Json list = Json::array();
  for (const auto& [visit, cards] : visits) {
    list.push_back({{"visit", visit.id.value},
                    {"zone", visit.zone.value},
                    {"state", text(visit.state, kVisitState)},
                    {"method", text(visit.method, kMethod)},
                    {"started_at", format_time(visit.started_at)},
                    {"last_sighting", format_time(visit.last_sighting)},
                    {"card", card_state(cards)},
                    {"tickets", visit.tickets.size()}});
  }
  return dump({{"visits", list}});
}

std::string encode_explanation(const VisitView& view) {
  const auto& [visit, cards] = view;
  Json suggestions = Json::array();
  Json suppressed = Json::array();
  if (cards && cards->card) {
    for (const auto& s : cards->card->suggestions) {
      suggestions.push_back({{"variant", s.item.variant},
                             {"scenario", s.scenario},
                             {"reason", text(s.reason, kReason)},
                             {"size", or_null(s.size)},
                             {"size_confidence", share(s.size_confidence_permille)},
                             {"score", share(s.score_permille)},
                             {"stock", s.item.stock}});
    }
  }
  if (cards) {
    for (const auto reason : cards->suppressed) suppressed.push_back(text(reason, kSuppressed));
  }
  Json zones = Json::array();
  for (const auto& stay : visit.zones) zones.push_back({{"zone", stay.zone.value}, {"dwell_s", stay.dwell.count()}});
  return dump({{"visit", visit.id.value},
               {"recognition",
                {{"method", text(visit.method, kMethod)},
                 {"started_at", format_time(visit.started_at)},
                 {"zone", visit.zone.value},
                 {"holdout", visit.holdout}}},
               {"suggestions", suggestions},
               {"suppressed", suppressed},
               {"zones", zones}});
}

std::string encode_admin_error(std::string_view error) { return dump({{"error", error}}); }
std::string encode_forgotten() { return dump({{"status", "applied"}}); }

std::string encode_tablet_config(std::string_view mqtt_url, std::string_view topic_root, const Policy& policy,
                                 const std::vector<std::string>& languages, std::string_view timezone) {
  Json zones = Json::array();
  for (const auto& zone : policy.zones) zones.push_back({{"id", zone.id.value}, {"kind", text(zone.kind, kZoneKind)}});
  return dump({{"mqtt_url", mqtt_url},
               {"topic_root", topic_root},
               {"store", policy.store},
               {"zones", zones},
               {"languages", languages},
               {"timezone", timezone}});
}

std::string encode_configuration(const Config& config) {
  return dump({{"configuration", Json::parse(print_config(config))}});
}

std::string encode_metrics_answer(const std::string& metrics) { return dump({{"metrics", metrics}}); }

std::string encode_metrics(const Status& s, const Counters& counters) {
  std::string out;
  gauge(out, "build_info", "Version of the running program", 1, "version=\"" + s.version + "\"");
  for (std::size_t i = 0; i < effect::kCounterCount; ++i) {
    const CounterText& c = kCounters[i];
    if (!c.help.empty()) {
      out.append("# HELP touchpoint_").append(c.name).append(" ").append(c.help);
      out.append("\n# TYPE touchpoint_").append(c.name).append(" counter\n");
    }
    out.append("touchpoint_").append(c.name);
    if (!c.labels.empty()) out.append("{").append(c.labels).append("}");
    out.append(" ").append(std::to_string(counters[i])).append("\n");
  }
  gauge(out, "up_link", "1 while the link is connected", s.central.up, "link=\"central\"");
  gauge(out, "up_link", "", s.local.up, "link=\"local\"");
  gauge(out, "link_rival", "2: the broker says that another client uses this client id; 1: it looks like it",
        static_cast<std::uint64_t>(s.central.rival), "link=\"central\"");
  gauge(out, "link_rival", "", static_cast<std::uint64_t>(s.local.rival), "link=\"local\"");
  std::string_view help = "1 while the receiver scans, or reports if it is remote";
  for (const auto& r : s.radio) {
    gauge(out, "receiver_hears", std::exchange(help, {}), r.scanning, "receiver=\"" + r.id + "\"");
  }
  help = "When a certificate of the configuration ends, in Unix seconds";
  for (const auto& c : s.certificates) {
    if (!c.ends_at) continue;
    gauge(out, "certificate_ends_seconds", std::exchange(help, {}),
          static_cast<std::uint64_t>(unix_ms(*c.ends_at) / 1000), "key=\"" + c.key + "\"");
  }
  gauge(out, "ready", "1 while it can recognise, store and reach the local broker", s.ready());
  gauge(out, "visits_open", "Visits that are open", s.visits_open);
  gauge(out, "members", "Members that can be recognised", s.members);
  gauge(out, "outbox_in_flight", "Events sent and not yet acknowledged", s.in_flight);
  gauge(out, "outbox_last_sequence", "Number of the newest event", s.last_sequence);
  gauge(out, "clock_synced", "1 while the clock is synchronised", s.clock == ClockState::synced);
  if (s.profiles_age) {
    gauge(out, "profile_cache_age_seconds", "Since central last changed the profiles",
          static_cast<std::uint64_t>(std::max<std::int64_t>(0, s.profiles_age->count())));
  }
  return out;
}

namespace {

/// The payload may be a megabyte of profiles: only its first key is looked at.
std::string leading_command_id(std::string_view payload) {
  static constexpr std::string_view kHead = "{\"command_id\":\"";
  if (!payload.starts_with(kHead)) return {};
  const auto end = payload.find('"', kHead.size());
  return end == std::string_view::npos ? std::string{} : std::string(payload.substr(kHead.size(), end - kHead.size()));
}

}  // namespace

Result<AdminRequest> decode_admin_request(std::string_view line) {
  AdminRequest request;
  std::string head(line);
  static constexpr std::string_view kPayload = "\"payload\":";
  if (const auto at = line.find(kPayload); at != std::string_view::npos && line.ends_with('}')) {
    request.payload = line.substr(at + kPayload.size(), line.size() - at - kPayload.size() - 1);
    request.command_id = leading_command_id(request.payload);
    head = std::string(line.substr(0, at)) + "\"payload\":null}";
  }
  const Json json = Json::parse(head, nullptr, false);
  if (!json.is_object()) return fail("one JSON object a line is allowed");
  const auto field = [&](const char* name) {
    const auto it = json.find(name);
    return it != json.end() && it->is_string() ? it->get<std::string>() : std::string{};
  };
  request.cmd = field("cmd");
  request.visit = field("visit");
  request.member = field("member");
  request.day = field("day");
  request.name = field("name");
  if (request.cmd.empty()) return fail("/cmd: a string is required");
  return request;
}

}  // namespace tg
