#include "codec/outgoing.hpp"

#include "codec/facts.hpp"
#include "codec/messages.hpp"

namespace tg {
namespace {

struct Speaker {
  using Out = std::optional<Outgoing>;
  const Prefixes& prefixes;

  Out operator()(const effect::PublishRow& e) const {
    return Outgoing{.token = e.row.sequence,
                    .topic = e.row.topic,
                    .payload = e.row.payload,
                    .content_type = "application/cloudevents+json",
                    .user_properties = repeated_attributes(e.row.payload)};
  }
  Out operator()(const effect::PublishAck& e) const {
    return Outgoing{.topic = prefixes.central + "ack/" + e.ack.name,
                    .payload = encode_ack(e.ack),
                    .content_type = "application/json"};
  }
  Out operator()(const effect::PublishCard& e) const {
    return Outgoing{.link = Link::local,
                    .topic = topic_of(e.card.visit),
                    .payload = encode_card(e.card),
                    .retain = true,
                    .content_type = "application/json",
                    .expires_at = e.card.expires_at};
  }
  Out operator()(const effect::WithdrawCard& e) const {
    return Outgoing{.link = Link::local, .topic = topic_of(e.visit), .retain = true};
  }
  template <class Other>
  Out operator()(const Other&) const {
    return std::nullopt;
  }

  [[nodiscard]] std::string topic_of(const VisitId& visit) const {
    return prefixes.local + "tablet/card/" + visit.value;
  }
};

}  // namespace

std::optional<Outgoing> outgoing(const Effect& effect, const Prefixes& prefixes) {
  return std::visit(Speaker{prefixes}, effect);
}

}  // namespace tg
