// Gateway, part "admin": status, pages, and what touchpointctl asks (contract §7).
#include <algorithm>
#include <array>

#include "base/log.hpp"
#include "codec/figure_json.hpp"
#include "codec/kpi.hpp"
#include "codec/match_json.hpp"
#include "codec/status.hpp"
#include "runtime/gateway.hpp"

namespace tg {
namespace {

constexpr std::string_view kClockCause = "the clock is implausible or not synchronised";

}  // namespace

// --- status ----------------------------------------------------------------------------------------------------------

/// Beacon and check-in: without them Android phones are still recognised, so the box stays ready.
PartStatus Gateway::peripheral_part() const {
  if (doors_.peripheral == nullptr) return {"peripheral", PartState::disabled, ""};
  for (const auto& station : doors_.peripheral->status()) {
    if (!station.cause.empty()) return {"peripheral", PartState::degraded, station.cause};
  }
  return {"peripheral", PartState::ok, ""};
}

/// All of the configuration, in its order; of a remote one, `scanning` says that it reports.
std::vector<ReceiverStatus> Gateway::receivers() const {
  const auto local = doors_.radio == nullptr ? std::vector<ReceiverStatus>{} : doors_.radio->status();
  std::vector<ReceiverStatus> out;
  for (std::size_t i = 0; i < config_.receivers.size(); ++i) {
    const ReceiverConfig& receiver = config_.receivers[i];
    if (receiver.remote) {
      std::string trouble = remote_.trouble(i, loop_.now().mono);
      out.push_back({receiver.id, trouble.empty(), std::move(trouble)});
    } else if (const auto own = std::ranges::find(local, receiver.id, &ReceiverStatus::id); own != local.end()) {
      out.push_back(*own);
    } else {
      out.push_back({receiver.id, false, "not started"});
    }
  }
  return out;
}

void Gateway::certificates(std::vector<CertificateStatus> now) {
  certificates_ = std::move(now);
  const WallTime wall = loop_.now().wall;
  for (const auto& certificate : certificates_) {
    const Urgency how = urgency(certificate, wall);
    if (std::exchange(told_[certificate.key], how) == how || how == Urgency::none) continue;
    last_error_ = certificate_text(certificate, wall);
    log(how >= Urgency::tomorrow ? LogLevel::error : LogLevel::warning, "certificates", last_error_);
  }
}

/// A month before the end is news for `status` and `doctor`; a week before it is trouble.
PartStatus Gateway::certificates_part() const {
  const WallTime now = loop_.now().wall;
  PartStatus part{"certificates", certificates_.empty() ? PartState::disabled : PartState::ok, ""};
  if (core_.clock() == ClockState::implausible) return part;
  for (const auto& certificate : certificates_) {
    if (urgency(certificate, now) >= Urgency::in_a_week)
      return {part.name, PartState::degraded, certificate_text(certificate, now)};
  }
  return part;
}

/// Without central events wait; without the local broker the tablets stand empty.
PartStatus Gateway::link_part(Link which) const {
  const bool central = which == Link::central;
  const char* const name = central ? "central" : "local";
  const LinkStatus link = link_status(which);
  if (!link.up) {
    return {name, central ? PartState::degraded : PartState::down,
            link.last_error.empty() ? "not connected yet" : link.last_error};
  }
  if (!link.warnings.empty()) return {name, PartState::degraded, link.warnings.front()};
  return {name, PartState::ok, ""};
}

LinkStatus Gateway::link_status(Link which) const {
  LinkStatus link = links_[static_cast<std::size_t>(which)];
  link.rival = core_.rival(which, loop_.now().mono);
  if (link.rival == Rival::certain) link.warnings.emplace_back("another client uses the same client id");
  if (link.rival == Rival::suspected)
    link.warnings.emplace_back("ended at once, over and over: another client uses the same client id, or a bad line");
  return link;
}

std::vector<PartStatus> Gateway::parts() const {
  const WallTime now = loop_.now().wall;
  PartStatus radio{"radio", PartState::disabled, ""};
  if (!config_.receivers.empty()) {
    const auto heard = receivers();
    const bool remote =
        std::any_of(config_.receivers.begin(), config_.receivers.end(), [](const auto& r) { return r.remote; });
    const bool any = remote || std::any_of(heard.begin(), heard.end(), [](const auto& r) { return r.scanning; });
    const auto sick =
        std::find_if(heard.begin(), heard.end(), [](const auto& r) { return !r.scanning || !r.cause.empty(); });
    radio.state = !any ? PartState::down : sick != heard.end() ? PartState::degraded : PartState::ok;
    if (sick != heard.end()) radio.cause = sick->id + ": " + sick->cause;
  }
  PartStatus recognition{"recognition", core_.can_recognise(now) ? PartState::ok : PartState::down, ""};
  if (recognition.state == PartState::down) {
    recognition.cause = core_.clock() == ClockState::implausible ? kClockCause : "the identity tables are being built";
  }
  PartStatus store{"store", PartState::ok, ""};
  for (const StoreHealth& health : {doors_.facts->health(), doors_.cache->health()}) {
    if (!health.writable) store = {"store", PartState::down, health.cause};
  }
  return {radio,
          peripheral_part(),
          recognition,
          store,
          link_part(Link::local),
          link_part(Link::central),
          certificates_part()};
}

Status Gateway::status() const {
  Status s;
  const Stamp now = loop_.now();
  s.version = TOUCHPOINT_VERSION;
  s.store = config_.store;
  s.gateway = config_.gateway;
  s.uptime = std::chrono::duration_cast<Seconds>(now.mono - started_.mono);
  s.clock = core_.clock();
  s.members = core_.identity().members();
  if (const auto at = core_.profiles_updated_at()) s.profiles_age = std::chrono::duration_cast<Seconds>(now.wall - *at);
  s.visits_open = core_.presence().open_visits().size();
  s.now = now.wall;
  s.certificates = certificates_;
  s.central = link_status(Link::central);
  s.local = link_status(Link::local);
  for (const auto& r : receivers()) {
    const bool remote = config_.receivers[s.radio.size()].remote;
    s.radio.push_back({r.id, r.scanning, remote, false, false, r.cause});
  }
  if (doors_.peripheral != nullptr) {
    for (const auto& station : doors_.peripheral->status()) {
      const auto receiver = std::ranges::find(s.radio, station.id, &RadioStatus::id);
      if (receiver == s.radio.end()) continue;
      receiver->beacon = station.beacon;
      receiver->checkin = station.checkin;
    }
  }
  const StoreHealth facts = doors_.facts->health();
  s.store_writable = facts.writable;
  s.store_cause = facts.cause;
  s.facts_mirror = facts.mirror;
  s.in_flight = core_.outbox().in_flight();
  s.last_sequence = core_.outbox().last();
  s.parts = parts();
  s.last_error = last_error_;
  return s;
}

void Gateway::refresh_pages() {
  const Status now = status();
  std::string ready = encode_ready(now);
  std::string metrics = encode_metrics(now, counters_);
  const std::scoped_lock lock(pages_.mutex);
  pages_.ready = now.ready();
  pages_.ready_json = std::move(ready);
  pages_.metrics_text = std::move(metrics);
  pages_.turned = loop_.now().mono;
}

std::string Gateway::tablet_config() const {
  return encode_tablet_config(config_.tablet_mqtt_url, config_.local.topic_root, core_.policy(), config_.languages,
                              config_.timezone);
}

// --- the admin door --------------------------------------------------------------------------------------------------

void Gateway::on_admin(const std::string& line, const AdminReply& reply) {
  using Handler = void (Gateway::*)(const AdminRequest&, const AdminReply&);
  static constexpr std::array<std::pair<std::string_view, Handler>, 13> kCommands = {{
      {"status", &Gateway::admin_status},
      {"visits", &Gateway::admin_visits},
      {"explain", &Gateway::admin_explain},
      {"outbox", &Gateway::admin_inspect},
      {"tickets", &Gateway::admin_inspect},
      {"audit", &Gateway::admin_inspect},
      {"database", &Gateway::admin_inspect},
      {"metrics", &Gateway::admin_metrics},
      {"configuration", &Gateway::admin_configuration},
      {"match", &Gateway::admin_match},
      {"kpi", &Gateway::admin_kpi},
      {"forget", &Gateway::admin_forget},
      {"command", &Gateway::admin_command},
  }};
  const auto request = decode_admin_request(line);
  if (!request) return reply(encode_admin_error(request.error().message));
  for (const auto& [cmd, handler] : kCommands) {
    if (cmd == request->cmd) return (this->*handler)(*request, reply);
  }
  reply(encode_admin_error("/cmd: unknown"));
}

void Gateway::admin_status(const AdminRequest&, const AdminReply& reply) { reply(encode_status(status())); }

void Gateway::admin_metrics(const AdminRequest&, const AdminReply& reply) {
  reply(encode_metrics_answer(encode_metrics(status(), counters_)));
}

void Gateway::admin_configuration(const AdminRequest&, const AdminReply& reply) {
  reply(encode_configuration(config_));
}

VisitView Gateway::view(const Visit& visit) const {
  const VisitCards* cards = core_.suggestions().cards(visit.id);
  return {visit, cards == nullptr ? std::nullopt : std::optional{*cards}};
}

void Gateway::admin_visits(const AdminRequest&, const AdminReply& reply) {
  std::vector<VisitView> views;
  for (const Visit* visit : core_.presence().open_visits()) views.push_back(view(*visit));
  reply(encode_visits(views));
}

void Gateway::admin_explain(const AdminRequest& request, const AdminReply& reply) {
  const Visit* visit = core_.presence().visit(VisitId{request.visit});
  if (visit == nullptr) return reply(encode_admin_error("/visit: no open visit has this id"));
  reply(encode_explanation(view(*visit)));
}

void Gateway::admin_inspect(const AdminRequest& request, const AdminReply& reply) {
  doors_.facts->inspect(
      request.cmd, [post = post_, reply](std::string json) { post([reply, json = std::move(json)] { reply(json); }); });
}

void Gateway::admin_match(const AdminRequest&, const AdminReply& reply) {
  reply(encode_match_report(core_.match_learning()));
}

void Gateway::admin_kpi(const AdminRequest& request, const AdminReply& reply) {
  const Policy& policy = core_.policy();
  KpiContext context;
  context.today = policy.calendar.day_of(loop_.now().wall);
  const auto day = request.day.empty() ? std::optional(context.today) : day_from(request.day);
  if (!day) return reply(encode_admin_error("/day: a day such as 2026-11-21 is allowed"));
  context.day = *day;
  context.timezone = config_.timezone;
  context.zones = policy.zones;
  context.visits_open = core_.presence().open_visits().size();
  doors_.facts->inspect("figures " + day_text(*day), [post = post_, reply, context](const std::string& json) {
    const auto cells = decode_cells(context.day, json);
    post([reply, answer = cells ? encode_kpi(context, *cells) : encode_admin_error(cells.error().message)] {
      reply(answer);
    });
  });
}

void Gateway::admin_forget(const AdminRequest& request, const AdminReply& reply) {
  if (request.member.empty()) return reply(encode_admin_error("/member: a string is required"));
  const CommandId id{"forget-" + std::to_string(unix_ms(loop_.now().wall)) + '-' +
                     std::to_string(core_.outbox().last())};
  waiting_acks_.emplace(id, [reply](const std::string&) { reply(encode_forgotten()); });
  handle(event::ForgetAsked{id, MemberId{request.member}});
}

void Gateway::admin_command(const AdminRequest& request, const AdminReply& reply) {
  if (request.command_id.empty()) return reply(encode_admin_error("/payload: begins with \"command_id\""));
  waiting_acks_.insert_or_assign(CommandId{request.command_id}, reply);
  on_command(request.name, request.payload);
}

}  // namespace tg
