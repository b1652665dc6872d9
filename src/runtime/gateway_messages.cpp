// Gateway, part "messages": what the two brokers bring, by topic (contract §4).
#include <algorithm>
#include <array>

#include "base/log.hpp"
#include "codec/messages.hpp"
#include "codec/text.hpp"
#include "codec/ticket_json.hpp"
#include "runtime/gateway.hpp"

namespace tg {
namespace {

constexpr std::size_t kSmallCommand = 4096;  ///< bytes that the loop itself may decode: some 20 us

/// The last level of `topic` when the rest is `prefix + family`; empty otherwise.
std::string last_level(const std::string& topic, const std::string& prefix, std::string_view family) {
  const std::string head = prefix + std::string(family);
  if (topic.size() <= head.size() || !topic.starts_with(head)) return {};
  const std::string rest = topic.substr(head.size());
  return rest.find('/') == std::string::npos ? rest : std::string{};
}

}  // namespace

void Gateway::on_message(Link from, const LinkMessage& m) {
  if (from == Link::central) {
    const std::string name = last_level(m.topic, prefixes_.central, "command/");
    if (!name.empty()) return on_command(name, m.payload);
  }
  using Handler = void (Gateway::*)(const std::string&, const std::string&);
  static constexpr std::array<std::pair<std::string_view, Handler>, 4> kLocal = {{
      {"rx/", &Gateway::on_rx},
      {"pos/", &Gateway::on_pos},
      {"tablet/action/", &Gateway::on_action},
      {"tablet/card/", &Gateway::on_retained_card},
  }};
  if (from != Link::local) return;
  for (const auto& [family, handler] : kLocal) {
    const std::string level = last_level(m.topic, prefixes_.local, family);
    if (!level.empty()) return (this->*handler)(level, m.payload);
  }
  if (!on_will(m.topic, m.payload)) on_foreign_rx(m.topic, m.payload);
}

/// A withdrawal waits behind no import: consents are small and the newest one wins, in whatever order they are read.
void Gateway::on_command(const std::string& name, const std::string& payload) {
  const bool small = payload.size() <= kSmallCommand;
  if (small && name == "consent") return on_event(event::CommandArrived{decode_command(name, payload)});
  if (doors_.commands->read(name, payload)) return;
  if (!small) return log(LogLevel::warning, "central", "too much waits: " + name + " was dropped; it is sent again");
  Command busy = decode_command(name, payload);
  busy.body = BadCommand{"busy"};
  on_event(event::CommandArrived{std::move(busy)});
}

void Gateway::on_rx(const std::string& receiver, const std::string& payload) {
  const auto& all = config_.receivers;
  const auto it = std::find_if(all.begin(), all.end(), [&](const ReceiverConfig& r) {
    return r.remote && r.id == receiver && r.format == "touchpoint";
  });
  if (it != all.end()) feed_adverts(static_cast<std::size_t>(it - all.begin()), payload, false);
}

/// True when the topic is one on which nodes only come and go.
bool Gateway::on_will(const std::string& topic, const std::string& payload) {
  bool known = false;
  for (std::size_t i = 0; i < config_.receivers.size(); ++i) {
    if (will_topic(config_.receivers[i]) != topic) continue;
    known = true;
    if (const auto online = decode_will(payload)) remote_.connected(i, *online);
  }
  return known;
}

void Gateway::on_foreign_rx(const std::string& topic, const std::string& payload) {
  const auto& all = config_.receivers;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!all[i].remote || !all[i].topic) continue;
    const std::string& filter = *all[i].topic;
    const bool subtree = filter.ends_with('#') && topic.starts_with(filter.substr(0, filter.size() - 1));
    if (topic == filter || subtree) feed_adverts(i, payload, true);
  }
}

void Gateway::feed_adverts(std::size_t receiver, const std::string& payload, bool foreign) {
  const auto batch = foreign ? decode_rx_foreign(payload) : decode_rx(payload);
  if (!batch) return log(LogLevel::warning, "rx", config_.receivers[receiver].id + ": " + batch.error().message);
  const MonoTime now = loop_.now().mono;
  if (!remote_.trouble(receiver, now).empty())
    log(LogLevel::info, "rx", config_.receivers[receiver].id + ": reports again");
  remote_.reported(receiver, batch->next, now);
  if (doors_.radio != nullptr) doors_.radio->note_heard_remotely(batch->adverts.size());
  for (const auto& advert : batch->adverts) on_advert(static_cast<std::uint16_t>(receiver), advert.eid, advert.rssi);
}

void Gateway::on_pos(const std::string& workstation, const std::string& payload) {
  if (!config_.pos_mqtt) return;
  auto batch = doors_.dialects->read(guess_body(payload), payload, {.workstation = workstation});
  if (!batch) return refuse_ticket(workstation, batch.error().message);
  for (const auto& problem : batch->problems) refuse_ticket(workstation, in_batch(problem));
  const auto of_another = [&](const Ticket& ticket) { return ticket.key.workstation != workstation; };
  if (std::any_of(batch->tickets.begin(), batch->tickets.end(), of_another))
    return log(LogLevel::warning, "pos", "a ticket over MQTT is refused: /workstation differs from its topic");
  for (auto& ticket : batch->tickets) handle(event::TicketArrived{0, 0, std::move(ticket)});
}

void Gateway::refuse_ticket(const std::string& workstation, const std::string& cause) {
  log(LogLevel::warning, "pos", "a ticket over MQTT is refused: " + cause);
  if (!doors_.intake->tells_refusal()) return;
  handle(event::BodyRefused{is_plain_id(workstation) ? workstation : "", cause});
}

void Gateway::on_action(const std::string& device, const std::string& payload) {
  auto action = decode_action(device, payload);
  if (!action) return log(LogLevel::warning, "tablet", "an action is refused: " + action.error().message);
  handle(event::ActionArrived{std::move(*action)});
}

/// A retained card that this gateway would not show any more: from before a restart, or withdrawn while offline.
void Gateway::on_retained_card(const std::string& visit, const std::string& payload) {
  if (payload.empty()) return;
  const VisitCards* cards = core_.suggestions().cards(VisitId{visit});
  if (cards != nullptr && cards->card && cards->shown) return;
  carry_out(effect::WithdrawCard{VisitId{visit}});
}

}  // namespace tg
