#include "codec/journal.hpp"

#include "base/crypto.hpp"
#include "codec/json_write.hpp"
#include "codec/readers.hpp"

namespace tg {
namespace {

constexpr std::string_view kAllowedKinds =
    "\"at\" and exactly one of command, sighting, advert, checkin, receiver, ticket, action, tick";
constexpr std::int64_t kLastMs = 7'258'118'399'999;  ///< 2199-12-31T23:59:59.999Z
constexpr std::string_view kCommandWithoutId = "journal";

bool is_eid_hex(std::string_view text) {
  Eid eid{};
  return unhex(text, eid);
}

std::uint16_t read_receiver(const Cursor& parent, std::string_view key, const Policy& policy) {
  const Cursor c = parent.need(key);
  const std::string id = c.text();
  for (std::size_t i = 0; i < policy.receivers.size(); ++i) {
    if (policy.receivers[i].id.value == id) return static_cast<std::uint16_t>(i);
  }
  if (c.present()) c.complain("a receiver of the configuration is allowed");
  return 0;
}

RssiDbm read_rssi(const Cursor& parent) {
  const Cursor c = parent.need("rssi");
  return static_cast<RssiDbm>(c.integer(-127, kRssiUnavailable, kRssiUnavailable));
}

Event read_advert(const Cursor& c, const Policy& policy) {
  event::AdvertSeen advert{.receiver = read_receiver(c, "receiver", policy), .rssi = read_rssi(c)};
  const std::string digits = c.need("eid").text_if(is_eid_hex, "16 hexadecimal digits");
  if (!digits.empty()) (void)unhex(digits, advert.eid);
  return advert;
}
Event read_sighting(const Cursor& c, const Policy& policy) {
  return event::SightingSeen{
      .receiver = read_receiver(c, "receiver", policy), .member = read_member(c), .rssi = read_rssi(c)};
}
Event read_checkin(const Cursor& c, const Policy& policy) {
  const bool forget = c.at("forget").flag();
  return event::CheckinSeen{.receiver = read_receiver(c, "receiver", policy),
                            .member = read_member(c),
                            .kind = forget ? CheckinKind::forget : CheckinKind::arrive};
}
Event read_receiver_state(const Cursor& c, const Policy& policy) {
  const Cursor hears = c.need("hears");
  return event::ReceiverChanged{.receiver = read_receiver(c, "id", policy), .hears = hears.flag()};
}
Event read_posted_ticket(const Cursor& c, const Policy& policy) {
  return event::TicketArrived{.ticket = read_ticket(c, policy.store)};
}
Event read_tap(const Cursor& c, const Policy&) {
  const std::string device = c.need("device").text_if(is_plain_id, "an id of a tablet");
  return event::ActionArrived{.action = read_action(device, c.need("payload"))};
}
Event read_tick(const Cursor&, const Policy&) { return event::DeadlineReached{}; }

Event read_journal_command(const Cursor& c, const Policy&) {
  // A payload that the daemon would answer with "rejected" is no broken line: the replay shows the same answer.
  return event::CommandArrived{
      .command = decode_command_or(c.need("name").filled_text(), c.need("payload").raw(), kCommandWithoutId)};
}

struct Kind {
  std::string_view key;
  Event (*read)(const Cursor& c, const Policy& policy);
};
constexpr auto kKinds = std::to_array<Kind>({{"command", read_journal_command},
                                             {"sighting", read_sighting},
                                             {"advert", read_advert},
                                             {"checkin", read_checkin},
                                             {"receiver", read_receiver_state},
                                             {"ticket", read_posted_ticket},
                                             {"action", read_tap},
                                             {"tick", read_tick}});

}  // namespace

Result<JournalLine> decode_journal_line(std::string_view line, const Policy& policy) {
  Document doc(line);
  const Cursor root = doc.root();
  JournalLine out;
  if (root.present() && root.keys(16).size() != 2) root.complain(std::string(kAllowedKinds) + " are allowed");
  out.at = wall_ms(root.need("at").integer(0, kLastMs));
  for (const auto& kind : kKinds) {
    if (const Cursor c = root.at(kind.key); c.present()) out.event = kind.read(c, policy);
  }
  if (!out.event) root.complain(std::string(kAllowedKinds) + " are allowed");
  return doc.finish(std::move(out));
}

std::string encode_replay_line(WallTime at, std::string_view topic, std::string_view payload) {
  // The payload goes in byte for byte: what is compared is what would have been sent.
  return "{\"at\":" + std::to_string(unix_ms(at)) + ",\"topic\":" + dump(Json(topic)) +
         ",\"payload\":" + (payload.empty() ? "null" : std::string(payload)) + "}";
}

}  // namespace tg
