#include "codec/outgoing.hpp"

#include "codec/facts.hpp"
#include "codec/messages.hpp"

namespace tg {
namespace {

std::string card_topic(const Prefixes& prefixes, const VisitId& visit) {
  return prefixes.local + "tablet/card/" + visit.value;
}

}  // namespace

std::optional<Outgoing> outgoing(const Effect& effect, const Prefixes& prefixes) {
  using Out = std::optional<Outgoing>;
  return std::visit(Overload{[](const effect::PublishRow& e) -> Out {
                               return Outgoing{Link::central,
                                               e.row.sequence,
                                               e.row.topic,
                                               e.row.payload,
                                               false,
                                               "application/cloudevents+json",
                                               {},
                                               repeated_attributes(e.row.payload)};
                             },
                             [&](const effect::PublishAck& e) -> Out {
                               return Outgoing{Link::central,
                                               0,
                                               prefixes.central + "ack/" + e.ack.name,
                                               encode_ack(e.ack),
                                               false,
                                               "application/json",
                                               {},
                                               {}};
                             },
                             [&](const effect::PublishCard& e) -> Out {
                               return Outgoing{Link::local,         0,    card_topic(prefixes, e.card.visit),
                                               encode_card(e.card), true, "application/json",
                                               e.card.expires_at,   {}};
                             },
                             [&](const effect::WithdrawCard& e) -> Out {
                               return Outgoing{Link::local, 0, card_topic(prefixes, e.visit), "", true, "", {}, {}};
                             },
                             [](const auto&) -> Out { return std::nullopt; }},
                    effect);
}

}  // namespace tg
