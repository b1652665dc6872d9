// What tablets show (contract §4.4), and the two retained states.
#include <algorithm>
#include <array>

#include "codec/json_write.hpp"
#include "codec/messages.hpp"
#include "codec/names.hpp"
#include "codec/writers.hpp"

namespace tg {
namespace {

struct ReasonText {
  ReasonCode code;
  std::string_view fr;
  std::string_view en;
  std::string_view anchored_fr;  ///< followed by the owned product's name; empty = no such form
  std::string_view anchored_en;
};
// A reason names what the product does for the client, never how often somebody was watched (facts: cards that show
// browsing as browsing are called creepy by half of those asked).
constexpr auto kReasonTexts = std::to_array<ReasonText>({
    {ReasonCode::viewed_recently, "Vu récemment en ligne, disponible ici dans la bonne taille",
     "Seen recently online, here in the right size", "", ""},
    {ReasonCode::wished, "Dans la liste d’envies, disponible ici dans la bonne taille",
     "On the wish list, here in the right size", "", ""},
    {ReasonCode::in_cart, "Dans le panier en ligne, à essayer ici dans la bonne taille",
     "In the online basket, here to try in the right size", "", ""},
    {ReasonCode::goes_with_owned, "S’accorde avec une pièce déjà choisie", "Goes with something already chosen",
     "S’accorde avec : ", "Goes with: "},
});

Json reason_json(const CardSuggestion& s) {
  for (const auto& text : kReasonTexts) {
    if (text.code != s.reason) continue;
    const bool anchored = !s.anchor.empty() && !text.anchored_fr.empty();
    return {{"code", name_of(kReasonCodeNames, s.reason)},
            {"fr", anchored ? std::string(text.anchored_fr) + s.anchor : std::string(text.fr)},
            {"en", anchored ? std::string(text.anchored_en) + s.anchor : std::string(text.en)}};
  }
  return nullptr;
}

Json suggestion_json(const CardSuggestion& s) {
  const bool priced = !s.item.currency.empty();  // an amount without a currency says nothing
  return {{"id", s.id.value},
          {"variant", s.item.variant},
          {"style", s.item.style},
          {"name", s.item.name.empty() ? s.item.style : s.item.name},
          {"size", or_null(s.size)},
          {"size_confidence", share(s.size_confidence_permille)},
          {"color", or_null(s.item.color)},
          {"price_minor", priced ? Json(s.item.price_minor) : Json()},
          {"currency", or_null(s.item.currency)},
          {"stock", std::max(s.item.stock, 0)},
          {"stock_at", or_null(s.item.stock_at)},
          {"location", or_null(s.item.location)},
          {"image", or_null(s.item.image)},
          {"rank", s.rank},
          {"reason", reason_json(s)}};
}

}  // namespace

std::string encode_card(const Card& card) {
  Json suggestions = Json::array();
  for (const auto& s : card.suggestions) suggestions.push_back(suggestion_json(s));
  return dump({{"v", 1},
               {"visit", card.visit.value},
               {"zone", or_null(card.zone)},
               {"since", format_time(card.since)},
               {"state", name_of(kCardStateNames, card.state)},
               {"claimed_by", or_null(card.claimed_by)},
               {"label", {{"fr", "Client fidélité"}, {"en", "Loyalty member"}}},
               {"first_name", or_null(card.first_name)},
               {"purpose", or_null(card.purpose)},
               {"expires_at", format_time(card.expires_at)},
               {"collect", collect_json(card.collect)},
               {"notice", or_null(card.notice)},
               {"suggestions", std::move(suggestions)}});
}

std::string encode_gateway_state(bool online, std::uint64_t session, std::string_view version, WallTime since) {
  if (!online) return dump({{"state", "offline"}, {"session", session}});
  return dump({{"state", "online"}, {"session", session}, {"version", version}, {"since", format_time(since)}});
}

std::string encode_tablet_state(bool online, std::string_view store, WallTime at) {
  return dump({{"state", online ? "online" : "offline"}, {"store", store}, {"at", format_time(at)}});
}

}  // namespace tg
