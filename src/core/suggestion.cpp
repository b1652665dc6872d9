#include "core/suggestion.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <tuple>
#include <utility>

#include "core/offer.hpp"

namespace tg {
namespace {

constexpr Millis kUndoWindow{10'000};  // contract §4.4
constexpr std::size_t kMaxSeenActions = 20'000;

/// The number that a size begins with; 0 for "M" and for one size.
int number_of(std::string_view size) {
  std::int16_t number = 0;
  std::from_chars(size.data(), size.data() + size.size(), number);
  return number;
}

/// What a tap says about an item; nothing for taps on the card as a whole.
std::optional<Outcome> outcome_of(ActionKind kind) {
  static constexpr std::pair<ActionKind, Outcome> kOutcomes[] = {{ActionKind::seen, Outcome::seen},
                                                                 {ActionKind::proposed, Outcome::proposed},
                                                                 {ActionKind::tried, Outcome::tried},
                                                                 {ActionKind::sold, Outcome::sold},
                                                                 {ActionKind::refused, Outcome::refused}};
  for (const auto& [tap, outcome] : kOutcomes) {
    if (tap == kind) return outcome;
  }
  return std::nullopt;
}

/// How far another variant is from the one shown: by size where sizes are numbers, then by colour.
std::tuple<int, bool, std::string> distance(const CatalogItem& item, const CardSuggestion& shown) {
  const int size = number_of(item.size.value_or(""));
  return {std::abs(size - number_of(shown.size)), item.color != shown.item.color, item.variant};
}

}  // namespace

Suggestions::Entry& Suggestions::entry(const VisitId& visit) {
  Entry& found = entries_[visit];
  found.cards.visit = visit;
  return found;
}

CardChange& Suggestions::change(const VisitId& visit) {
  if (changes_.empty() || changes_.back().visit != visit) changes_.push_back({visit, CardChange::Show::unchanged, {}});
  return changes_.back();
}

// --- creation --------------------------------------------------------------------------------------------------------

bool Suggestions::wants_dossier(const VisitId& visit) const {
  const auto it = entries_.find(visit);
  return it == entries_.end() || !it->second.cards.card;
}

/// Consent first; the hold-out last, so that its group is exactly those who would have got a card.
std::optional<SuppressReason> Suggestions::gate(const Entry& e, const Visit&, bool stale_cache, WallTime now) const {
  const Profile& profile = e.dossier->profile;
  if (!profile.consent.granted(Purpose::suggestion, now)) return SuppressReason::consent;
  if (profile.do_not_disturb || e.cards.silenced) return SuppressReason::do_not_disturb;
  if (profile.open_case) return SuppressReason::open_case;
  if (stale_cache) return SuppressReason::stale_cache;
  if (e.cards.created >= policy_.suggestion.cards_per_visit) return SuppressReason::cap;
  return std::nullopt;
}

void Suggestions::decide(const Visit& visit, Dossier dossier, bool stale_cache, Stamp now) {
  Entry& e = entry(visit.id);
  if (e.cards.card) return;
  e.dossier = std::move(dossier);
  if (const auto reason = gate(e, visit, stale_cache, now.wall)) return suppress(e, *reason);
  Offer offer = make_offer(*e.dossier, e.cards.closed_styles, now.wall);
  if (visit.holdout) return suppress(e, offer.items.empty() ? offer.why_not : SuppressReason::holdout);
  if (offer.items.empty()) suppress(e, offer.why_not);
  if (offer.items.empty() && ready_orders(e.dossier->profile).empty()) return;
  create(e, visit, std::move(offer.items), now);
}

void Suggestions::decide_unknown(const Visit& visit, Stamp) {
  suppress(entry(visit.id), SuppressReason::nothing_to_say);
}

void Suggestions::suppress(Entry& e, SuppressReason reason) {
  if (!e.cards.suppressed.insert(reason).second) return;  // once per visit and reason
  change(e.cards.visit).facts.emplace_back(fact::SuggestionSuppressed{e.cards.visit, reason});
}

void Suggestions::create(Entry& e, const Visit& visit, std::vector<CardSuggestion> items, Stamp now) {
  Card card;
  card.visit = visit.id;
  card.zone = visit.zone;
  card.since = visit.zone_since;
  card.expires_at = now.wall + policy_.suggestion.expire;
  card.collect = ready_orders(e.dossier->profile);
  card.suggestions = std::move(items);
  e.expires = now.mono + policy_.suggestion.expire;
  if (!card.suggestions.empty()) {
    const SuggestionId decision{new_id_()};
    for (auto& s : card.suggestions) {
      s.id = s.rank == 1 ? decision : SuggestionId{decision.value + '-' + std::to_string(s.rank)};
    }
    ++e.cards.created;
    change(visit.id).facts.emplace_back(fact::SuggestionCreated{
        decision, visit.id, visit.member, card.suggestions.front().scenario, card.suggestions, card.expires_at});
  }
  e.cards.card = std::move(card);
  show(e);
}

std::vector<CollectOrder> Suggestions::ready_orders(const Profile& profile) {
  std::vector<CollectOrder> ready;
  std::copy_if(profile.collect.begin(), profile.collect.end(), std::back_inserter(ready),
               [](const CollectOrder& o) { return o.state == "ready"; });
  return ready;
}

void Suggestions::show(Entry& e) {
  e.cards.shown = true;
  change(e.cards.visit).show = CardChange::Show::publish;
}

void Suggestions::hide(Entry& e) {
  if (e.cards.shown) change(e.cards.visit).show = CardChange::Show::withdraw;
  e.cards.shown = false;
}

// --- the visit goes on -----------------------------------------------------------------------------------------------

void Suggestions::zone_changed(const Visit& visit) {
  const auto it = entries_.find(visit.id);
  if (it == entries_.end()) return;
  move(it->second, visit);
  if (it->second.cards.card && it->second.cards.shown) show(it->second);
}

/// What an undo would bring back moves along.
void Suggestions::move(Entry& e, const Visit& visit) {
  for (VisitCards* cards : {&e.cards, e.last ? &e.last->before : nullptr}) {
    if (cards == nullptr || !cards->card) continue;
    cards->card->zone = visit.zone;
    cards->card->since = visit.zone_since;
  }
}

void Suggestions::went_away(const VisitId& visit) {
  const auto it = entries_.find(visit);
  if (it == entries_.end()) return;
  hide(it->second);
  if (it->second.last) it->second.last->before.shown = false;
}

void Suggestions::came_back(const Visit& visit, Stamp) {
  const auto it = entries_.find(visit.id);
  if (it == entries_.end()) return;
  move(it->second, visit);
  if (it->second.last) it->second.last->before.shown = true;
  if (it->second.cards.card) show(it->second);
}

void Suggestions::ended(const VisitId& visit, const std::string& why) {
  const auto it = entries_.find(visit);
  if (it == entries_.end()) return;
  close_all(it->second, Outcome::withdrawn, why);
  entries_.erase(it);
}

void Suggestions::consent_lost(const VisitId& visit, Purpose purpose) {
  const auto it = entries_.find(visit);
  if (it == entries_.end()) return;
  Entry& e = it->second;
  e.last.reset();  // no undo brings back what the member has withdrawn
  if (e.dossier && e.dossier->profile.consent.at(purpose)) {
    e.dossier->profile.consent.at(purpose)->status = ConsentStatus::revoked;
  }
  if (purpose == Purpose::suggestion) close_all(e, Outcome::withdrawn, "consent");
  if (purpose == Purpose::associate_display && e.cards.card && e.cards.card->first_name) {
    e.cards.card->first_name.reset();
    show(e);
  }
}

std::optional<SuggestionId> Suggestions::sold(const VisitId& visit, const std::set<std::string>& skus,
                                              const std::set<std::string>& gtins, const std::set<std::string>& styles) {
  Entry& e = entry(visit);  // also without a card so far: what she has just bought must not appear on a later one
  e.last.reset();           // nor does an undo bring it back
  e.cards.closed_styles.insert(styles.begin(), styles.end());
  change(visit);  // the styles must be written even when no card is touched
  if (!e.cards.card) return std::nullopt;
  std::optional<SuggestionId> fulfilled;
  auto& items = e.cards.card->suggestions;
  for (std::size_t i = items.size(); i-- > 0;) {
    const CardSuggestion item = items[i];
    if (skus.contains(item.item.variant) || (!item.item.gtin.empty() && gtins.contains(item.item.gtin))) {
      fulfilled = item.decision();
      close_item(e, i, Outcome::sold, "ticket");
    } else if (styles.contains(item.item.style)) {
      close_item(e, i, Outcome::withdrawn, "bought");
    }
  }
  drop_if_empty(e);
  return fulfilled;
}

void Suggestions::unsold(const VisitId& visit, const std::set<std::string>& styles) {
  Entry& e = entry(visit);
  for (const auto& style : styles) e.cards.closed_styles.erase(style);
  change(visit);
}

void Suggestions::close_item(Entry& e, std::size_t index, Outcome outcome, const std::string& reason) {
  auto& items = e.cards.card->suggestions;
  const CardSuggestion item = items[index];
  items.erase(items.begin() + static_cast<std::ptrdiff_t>(index));
  change(e.cards.visit)
      .facts.emplace_back(
          fact::SuggestionOutcome{item.decision(), e.cards.visit, item.item.variant, outcome, reason, item.rank, {}});
  if (e.cards.shown) show(e);
}

void Suggestions::close_all(Entry& e, Outcome outcome, const std::string& reason) {
  if (!e.cards.card) return;
  while (!e.cards.card->suggestions.empty()) close_item(e, 0, outcome, reason);
  e.cards.card->collect.clear();
  drop_if_empty(e);
}

void Suggestions::drop_if_empty(Entry& e) {
  if (!e.cards.card || !e.cards.card->suggestions.empty() || !e.cards.card->collect.empty()) return;
  hide(e);
  e.cards.card.reset();
  e.expires.reset();
}

// --- taps ------------------------------------------------------------------------------------------------------------

Suggestions::Handler Suggestions::handler(ActionKind kind) {
  using S = Suggestions;
  // clang-format off
  static constexpr Handler kTable[] = {
      /*claim*/ &S::on_claim,                          /*release*/ &S::on_release,
      /*purpose*/ &S::on_purpose,                      /*seen*/ &S::on_outcome,
      /*proposed*/ &S::on_outcome,                     /*tried*/ &S::on_outcome,
      /*sold*/ &S::on_outcome,                         /*refused*/ &S::on_outcome,
      /*other_size*/ &S::on_other_size,                /*do_not_disturb*/ &S::on_do_not_disturb,
      /*not_this_customer*/ &S::on_not_this_customer,  /*undo*/ &S::on_undo,
  };
  // clang-format on
  return kTable[static_cast<std::size_t>(kind)];
}

bool Suggestions::act(const CardAction& action, Stamp now) {
  const auto it = entries_.find(action.visit);
  const bool card = it != entries_.end() && (it->second.cards.card || action.kind == ActionKind::undo);
  if (!card || !seen_actions_.insert(action.id).second) return false;
  seen_order_.push_back(action.id);
  if (seen_order_.size() > kMaxSeenActions) {
    seen_actions_.erase(seen_order_.front());
    seen_order_.pop_front();
  }
  Entry& e = it->second;
  now_ = now;
  VisitCards before = e.cards;
  const auto expires = e.expires;
  CardChange& changed = change(action.visit);
  const bool done = (this->*handler(action.kind))(e, action, changed);
  if (done && action.kind != ActionKind::undo) {
    e.last = Undoable{action.id, now.mono, std::move(before), expires, action.kind, action.suggestion};
  }
  if (e.cards.card && e.cards.shown) show(e);  // also when nothing changed: a loser of a claim sees who has it
  return true;
}

bool Suggestions::on_claim(Entry& e, const CardAction& a, CardChange&) {
  Card& card = *e.cards.card;
  if (card.claimed_by) return false;  // the first claim wins
  card.claimed_by = a.associate;
  card.state = CardState::claimed;
  const bool may_see = e.dossier && e.dossier->profile.consent.granted(Purpose::associate_display, now_.wall);
  if (may_see) card.first_name = e.dossier->profile.first_name;
  return true;
}

bool Suggestions::on_release(Entry& e, const CardAction& a, CardChange&) {
  Card& card = *e.cards.card;
  if (card.claimed_by != a.associate) return false;  // only the holder releases
  card.claimed_by.reset();
  card.first_name.reset();
  card.state = CardState::fresh;
  return true;
}

bool Suggestions::on_purpose(Entry& e, const CardAction& a, CardChange&) {
  e.cards.card->purpose = a.reason;
  return true;
}

bool Suggestions::on_outcome(Entry& e, const CardAction& a, CardChange& changed) {
  const auto index = find_item(e, a.suggestion);
  if (!index) return false;
  const Outcome outcome = *outcome_of(a.kind);
  const CardSuggestion item = e.cards.card->suggestions[*index];
  if (outcome == Outcome::sold || outcome == Outcome::refused) {
    e.cards.closed_styles.insert(item.item.style);
    close_item(e, *index, outcome, a.reason.value_or("associate"));
    drop_if_empty(e);
  } else {
    changed.facts.emplace_back(fact::SuggestionOutcome{
        item.decision(), e.cards.visit, item.item.variant, outcome, a.reason.value_or(""), item.rank, {}});
  }
  return true;
}

/// The same style in the size that `reason` names, or the nearest other one here; without stock, a notice says so.
bool Suggestions::on_other_size(Entry& e, const CardAction& a, CardChange&) {
  const auto index = find_item(e, a.suggestion);
  if (!index || !e.dossier) return false;
  CardSuggestion& shown = e.cards.card->suggestions[*index];
  const CatalogItem* best = nullptr;
  for (const auto& item : e.dossier->items) {
    if (item.style != shown.item.style || item.stock < 1 || item.one_size() || *item.size == shown.size) continue;
    if (a.reason && *item.size != *a.reason) continue;
    if (best == nullptr || distance(item, shown) < distance(*best, shown)) best = &item;
  }
  if (best == nullptr) {
    e.cards.card->notice = "no_stock_in_size";
    return true;
  }
  shown.item = *best;
  shown.size = *best->size;
  shown.size_confidence_permille = a.reason ? 1000 : kMinSizeConfidencePermille;  // the customer said so, or not
  e.cards.card->notice.reset();
  return true;
}

bool Suggestions::on_do_not_disturb(Entry& e, const CardAction&, CardChange&) {
  e.cards.silenced = true;
  close_all(e, Outcome::withdrawn, "do_not_disturb");
  return true;
}

bool Suggestions::on_not_this_customer(Entry& e, const CardAction&, CardChange& changed) {
  e.cards.silenced = true;
  const auto member = e.dossier ? std::optional{e.dossier->profile.member} : std::nullopt;
  changed.facts.emplace_back(
      fact::IdentityUnlinked{e.cards.visit, member, fact::LinkBasis::associate, "not_this_customer"});
  close_all(e, Outcome::withdrawn, "not_this_customer");
  return true;
}

/// Puts the card back as it was before the last tap; what central heard of it is taken back with a fact.
bool Suggestions::on_undo(Entry& e, const CardAction& a, CardChange& changed) {
  if (!e.last || a.undoes != e.last->action || now_.mono - e.last->at > kUndoWindow) return false;
  const Undoable undone = *std::exchange(e.last, std::nullopt);
  const auto it = std::find_if(undone.before.card->suggestions.begin(), undone.before.card->suggestions.end(),
                               [&](const CardSuggestion& s) { return s.id == undone.suggestion; });
  if (it != undone.before.card->suggestions.end() && undone.kind != ActionKind::other_size) {
    changed.facts.emplace_back(fact::SuggestionOutcome{it->decision(), e.cards.visit, it->item.variant,
                                                       Outcome::withdrawn, "undo", it->rank, outcome_of(undone.kind)});
  }
  e.cards = undone.before;
  e.expires = undone.expires;
  return true;
}

std::optional<std::size_t> Suggestions::find_item(const Entry& e, const std::optional<SuggestionId>& id) const {
  const auto& items = e.cards.card->suggestions;
  const auto it = std::find_if(items.begin(), items.end(), [&](const CardSuggestion& s) { return s.id == id; });
  if (it == items.end()) return std::nullopt;
  return static_cast<std::size_t>(it - items.begin());
}

// --- time and memory -------------------------------------------------------------------------------------------------

void Suggestions::restore(VisitCards cards, Stamp now) {
  Entry& e = entries_[cards.visit];
  if (cards.card) e.expires = now.mono + std::max(Millis{0}, cards.card->expires_at - now.wall);
  e.cards = std::move(cards);
}

void Suggestions::remember_actions(const std::vector<std::string>& ids) {
  for (const auto& id : ids) {
    if (seen_actions_.insert(id).second) seen_order_.push_back(id);
  }
}

void Suggestions::advance(Stamp now) {
  for (auto& [visit, e] : entries_) {
    if (!e.expires || *e.expires > now.mono) continue;
    e.last.reset();
    close_all(e, Outcome::expired, "time");
  }
}

std::optional<MonoTime> Suggestions::next_deadline() const {
  std::optional<MonoTime> next;
  for (const auto& [visit, e] : entries_) {
    if (e.expires && (!next || *e.expires < *next)) next = e.expires;
  }
  return next;
}

std::vector<CardChange> Suggestions::take_changes() { return std::exchange(changes_, {}); }

const VisitCards* Suggestions::cards(const VisitId& visit) const {
  const auto it = entries_.find(visit);
  return it == entries_.end() ? nullptr : &it->second.cards;
}

std::vector<const Card*> Suggestions::shown() const {
  std::vector<const Card*> out;
  for (const auto& [visit, e] : entries_) {
    if (e.cards.shown && e.cards.card) out.push_back(&*e.cards.card);
  }
  return out;
}

void Suggestions::describe(const std::function<void(std::string_view)>& sink) const {
  for (const auto& [visit, e] : entries_) {
    sink(visit.value);
    sink(std::to_string(e.cards.created) + ' ' + std::to_string(e.cards.shown) + ' ' +
         std::to_string(e.cards.card ? e.cards.card->suggestions.size() : 0));
  }
}

}  // namespace tg
