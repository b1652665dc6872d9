#include "runtime/gateway.hpp"

#include <utility>

#include "base/log.hpp"
#include "codec/messages.hpp"

namespace tg {
namespace {

constexpr std::size_t kKeysAtOnce = 8'192;  // about 3 ms of table building between two turns of the loop
constexpr Millis kTick{250};
constexpr std::size_t kUnsentAcks = 256;

}  // namespace

Gateway::Gateway(EventLoop& loop, Config config, Doors doors, std::function<void(std::function<void()>)> post,
                 Clock clock, Stamp born)
    : loop_(loop),
      config_(std::move(config)),
      doors_(doors),
      post_(std::move(post)),
      clock_(clock),
      prefixes_{config_.central_prefix(), config_.local_prefix()},
      core_(config_.policy()),
      remote_(config_.receivers.size()),
      hears_(config_.receivers.size(), true),
      deadline_(loop.add_timer([this] { handle(event::DeadlineReached{}); })),
      tick_(loop.add_timer([this] { tick(); })),
      idle_(loop.add_deferred([this] { build_tables(); }, DeferredPriority::idle)),
      started_(born) {
  links_[static_cast<std::size_t>(Link::central)].verified = config_.central.v5;
  links_[static_cast<std::size_t>(Link::local)].verified = config_.local.v5;
  if (doors_.journal == nullptr) return;
  recorder_.emplace(
      core_, [this](Effect question) { carry_out(std::move(question)); },
      [this](std::string_view line) { return doors_.journal->append(line); });
}

void Gateway::start(event::Restored restored, std::string finding) {
  last_error_ = std::move(finding);
  check_clock();
  handle(restored);
  if (doors_.peripheral != nullptr) doors_.peripheral->start();
  if (doors_.radio != nullptr) doors_.radio->start();
  tick();
}

void Gateway::stop() {
  if (recorder_) {
    recorder_->finish(loop_.now().wall);
    doors_.journal->flush();
  }
  for (const Link which : {Link::central, Link::local}) {
    if (core_.link_up(which)) publish_state(which, false);
  }
}

void Gateway::on_event(const Event& event) { handle(event); }

void Gateway::on_advert(std::uint16_t receiver, const Eid& eid, RssiDbm rssi) {
  handle(event::AdvertSeen{receiver, eid, rssi});
}

void Gateway::on_tickets(const TicketRequest& request) {
  for (std::uint32_t i = 0; i < request.tickets.size(); ++i) {
    handle(event::TicketArrived{request.token, i, request.tickets[i]});
  }
}

void Gateway::on_link(Link which, const LinkReport& report) {
  LinkStatus& link = links_[static_cast<std::size_t>(which)];
  const auto turned = [&](bool up) {
    link.up = up;
    if (which == Link::local) remote_.link_changed(up, loop_.now().mono);
  };
  std::visit(Overload{[&](const LinkIsUp& up) {
                        turned(true);
                        link.last_error.clear();
                        handle(event::LinkUp{which, up.receive_maximum});
                        if (which == Link::central) send_unsent_acks();
                      },
                      [&](const LinkIsDown& down) {
                        turned(false);
                        link.last_error = down.reason;
                        handle(event::LinkDown{which, down.reason, down.reason_code, down.by_peer});
                      },
                      [&](const LinkDelivered& d) {
                        handle(event::Delivered{d.token, d.reason_code});
                      },
                      [&](const LinkMessage& message) { on_message(which, message); }},
             report);
}

void Gateway::send_unsent_acks() {
  for (auto& message : std::exchange(unsent_acks_, {})) publish(std::move(message));
}

void Gateway::reconfigure(const Config& fresh) {
  config_.presence = fresh.presence;  // contract §2
  config_.suggestion = fresh.suggestion;
  config_.zones = fresh.zones;
  handle(event::PolicyChanged{config_.policy()});
  log(LogLevel::info, "config", "presence, suggestions and zones are taken over; other keys need a restart");
}

// --- the pump --------------------------------------------------------------------------------------------------------

void Gateway::handle(const Event& event) {
  const Stamp now = loop_.now();
  if (recorder_ && recorder_->see(event, now)) return;
  Effects effects;
  core_.step(event, now, effects);
  for (auto& effect : effects) carry_out(std::move(effect));
  if (std::holds_alternative<event::KeysLoaded>(event) || std::holds_alternative<event::CacheWritten>(event))
    idle_.arm();
  rearm();
}

void Gateway::rearm() {
  if (const auto next = core_.next_deadline()) {
    deadline_.arm_at(*next);
  } else {
    deadline_.disarm();
  }
}

void Gateway::build_tables() {
  Effects effects;
  const bool more = core_.work(loop_.now(), kKeysAtOnce, effects);
  for (auto& effect : effects) carry_out(std::move(effect));
  if (!effects.empty()) rearm();
  if (more) idle_.arm();
}

void Gateway::carry_out(Effect effect) {
  if (const auto* ack = std::get_if<effect::PublishAck>(&effect)) return answer_command(*ack);
  if (auto message = outgoing(effect, prefixes_)) return publish(std::move(*message));
  std::visit(Overload{[&](effect::Persist& e) { doors_.facts->persist(std::move(e)); },
                      [&](effect::ReadRows& e) { doors_.facts->read_rows(e); },
                      [&](effect::SurveyOutbox& e) { doors_.facts->survey(e); },
                      [&](effect::ReviveRows& e) { doors_.facts->revive(std::move(e)); },
                      [&](effect::EraseRows& e) { doors_.facts->erase_rows(std::move(e)); },
                      [&](effect::LoadTicketFacts& e) {
                        doors_.facts->load_ticket_facts(
                            std::move(e), [cache = doors_.cache](auto request, auto so_far) {
                              cache->complete_ticket_facts(std::move(request), std::move(so_far));
                            });
                      },
                      [&](effect::LoadDossier& e) { doors_.cache->load_dossier(std::move(e)); },
                      [&](effect::LoadKeys&) { doors_.cache->load_keys(); },
                      [&](effect::WriteCache& e) { doors_.cache->write(std::move(e)); },
                      [&](effect::EvictMembers& e) { doors_.cache->evict(std::move(e)); },
                      [&](effect::ForgetMember& e) { doors_.cache->forget(std::move(e)); },
                      [&](effect::PatchConfig& e) { doors_.config->patch(std::move(e)); },
                      [&](effect::PublishState& e) { publish_state(e.link, true); },
                      [&](effect::ConnectLink& e) { link(e.link).connect(); },
                      [&](effect::DropLink& e) { link(e.link).drop(); },
                      [&](effect::AnswerTicket& e) { doors_.intake->answer(e.token, e.index, e.answer); },
                      [&](effect::Count& e) { counters_[static_cast<std::size_t>(e.counter)] += e.by; },
                      [&](effect::Sighted& e) {
                        if (recorder_) recorder_->sighted(e);
                      },
                      [&](effect::CheckedIn& e) {
                        if (recorder_) recorder_->checked_in(e);
                      },
                      [&](effect::CheckinAnswered& e) { doors_.peripheral->answer(e.request, e.verdict); },
                      [&](effect::Note& e) {
                        log(e.alarm ? LogLevel::warning : LogLevel::info, "core", e.text);
                        if (e.alarm) last_error_ = e.text;
                      },
                      [](auto&) {}},
             effect);
}

/// A command is answered where it came from; central hears of it when it is there again.
void Gateway::answer_command(const effect::PublishAck& ack) {
  Outgoing message = *outgoing(ack, prefixes_);
  if (const auto waiting = waiting_acks_.find(ack.ack.id); waiting != waiting_acks_.end()) {
    const AdminReply reply = std::move(waiting->second);
    waiting_acks_.erase(waiting);
    return reply(message.payload);
  }
  if (core_.link_up(Link::central)) return publish(std::move(message));
  if (unsent_acks_.size() >= kUnsentAcks) unsent_acks_.pop_front();
  unsent_acks_.push_back(std::move(message));
}

void Gateway::publish(Outgoing message) {
  Publication p;
  p.token = message.token;
  p.topic = std::move(message.topic);
  p.payload = std::move(message.payload);
  p.retain = message.retain;
  p.content_type = std::move(message.content_type);
  p.user_properties = std::move(message.user_properties);
  if (message.expires_at) {
    const auto left = std::chrono::duration_cast<Seconds>(*message.expires_at - loop_.now().wall).count();
    p.expiry_s = static_cast<std::uint32_t>(std::max<std::int64_t>(1, left));
  }
  link(message.link).publish(std::move(p));
}

void Gateway::publish_state(Link which, bool online) {
  Publication p;
  p.retain = true;
  p.content_type = "application/json";
  const WallTime now = loop_.now().wall;
  if (which == Link::central) {
    p.topic = prefixes_.central + "state/" + config_.gateway;
    p.payload =
        encode_gateway_state(online, static_cast<std::uint64_t>(unix_ms(started_.wall)), TOUCHPOINT_VERSION, now);
  } else {
    p.topic = prefixes_.local + "tablet/state";
    p.payload = encode_tablet_state(online, config_.store, now);
  }
  link(which).publish(std::move(p));
}

// --- time ------------------------------------------------------------------------------------------------------------

void Gateway::tick() {
  check_clock();
  if (doors_.radio != nullptr) doors_.radio->tick(loop_.now().mono);
  if (doors_.peripheral != nullptr) doors_.peripheral->tick(loop_.now().mono);
  watch_receivers();
  const StoreHealth facts = doors_.facts->health();
  doors_.intake->refuse_because(facts.writable ? std::string{} : facts.cause);
  if (!facts.unmirrored.empty()) last_error_ = facts.unmirrored;
  if (!facts.writable) last_error_ = facts.cause;
  if (recorder_) {
    recorder_->tick(loop_.now().wall);
    doors_.journal->flush();
  }
  idle_.arm();  // a new window may be due
  refresh_pages();
  tick_.arm_at(loop_.now().mono + kTick);
}

/// A change is news a quarter of a second late at most; visits end after seconds of silence.
void Gateway::watch_receivers() {
  const auto all = receivers();
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i].scanning == hears_[i]) continue;
    hears_[i] = all[i].scanning;
    const bool news = config_.receivers[i].remote && links_[static_cast<std::size_t>(Link::local)].up;
    if (news && !hears_[i]) log(LogLevel::warning, "rx", all[i].id + ": " + all[i].cause);
    handle(event::ReceiverChanged{static_cast<std::uint16_t>(i), hears_[i]});
  }
}

void Gateway::check_clock() {
  const ClockState state = clock_.judge(loop_.now());
  if (state == core_.clock()) return;
  if (state == ClockState::implausible) log(LogLevel::warning, "clock", "implausible: recognition waits");
  handle(event::ClockChanged{state});
}

}  // namespace tg
