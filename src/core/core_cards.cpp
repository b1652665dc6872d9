// Core, part "cards": from a member in the fitting rooms to a card on the tablets, and the taps on it.
#include "core/core.hpp"

namespace tg {

/// Stock is read when the member reaches the fitting rooms, not when she enters the shop.
void Core::consider_card(const Visit& visit) {
  const Zone* zone = policy_.zone(visit.zone);
  if (zone == nullptr || zone->kind != ZoneKind::fitting || !suggestions_.wants_dossier(visit.id)) return;
  if (dossiers_asked_.insert(visit.id).second) now_do(effect::LoadDossier{visit.id, *visit.member});
}

void Core::on(const event::DossierLoaded& e) {
  dossiers_asked_.erase(e.visit);
  follow_profile(e);
  const Visit* visit = presence_.visit(e.visit);
  if (visit == nullptr || visit->state != VisitState::present) return;
  const Zone* zone = policy_.zone(visit->zone);
  if (zone == nullptr || zone->kind != ZoneKind::fitting) return;  // gone on meanwhile
  if (!e.dossier) return suggestions_.decide_unknown(*visit, now_);
  Dossier dossier = *e.dossier;
  overlay(dossier.profile);
  suggestions_.decide(*visit, std::move(dossier), stale_cache(), now_);
}

bool Core::stale_cache() const {
  return !profiles_updated_at_ || now_.wall - *profiles_updated_at_ > policy_.profiles_stale_after;
}

void Core::on(const event::ActionArrived& e) {
  if (!suggestions_.act(e.action, now_)) return count(effect::Counter::actions_ignored);
  ops_.emplace_back(row::PutAction{e.action.id, now_.wall});
}

void Core::settle_card(const CardChange& change) {
  for (const auto& data : change.facts) {
    follow_card(change.visit, data);
    std::optional<WallTime> expires;
    if (const auto* created = std::get_if<fact::SuggestionCreated>(&data)) expires = created->expires_at;
    append(data, {}, expires);
    figures_.card(change.visit, data, now_.wall);
  }
  const VisitCards* cards = suggestions_.cards(change.visit);
  if (cards != nullptr) ops_.emplace_back(row::PutCards{*cards});
  if (change.show == CardChange::Show::publish && cards != nullptr && cards->card && cards->shown) {
    count(effect::Counter::cards_published);
    if (links_.is_up(Link::local)) figures_.delivered(change.visit, now_.wall);
    say(effect::PublishCard{*cards->card});
  } else if (change.show != CardChange::Show::unchanged) {
    count(effect::Counter::cards_withdrawn);
    if (!links_.is_up(Link::local)) unheard_withdrawals_.insert(change.visit);
    say(effect::WithdrawCard{change.visit});
  }
}

}  // namespace tg
