// Core, part "visits": restart, keys, adverts, and what presence makes of them.
#include <algorithm>
#include <utility>

#include "base/crypto.hpp"
#include "core/core.hpp"

namespace tg {
namespace {
constexpr Millis kFirstPurge{60'000};  // soon: a box that is switched off every evening must come to it
}  // namespace

void Core::on(const event::Restored& e) {
  outbox_.restore(e.last_sequence, e.epoch, e.first_undelivered);
  for (const auto& change : e.consents) decisions_[change.member][change.purpose] = change.record;
  for (const auto& visit : e.open_visits) presence_.restore(visit, now_);
  for (const auto& cards : e.cards) {
    if (presence_.visit(cards.visit) != nullptr) suggestions_.restore(cards, now_);
  }
  match_.restore(e.traces, e.purchases, e.learnt, e.goods, now_.wall);
  for (const Visit* visit : presence_.open_visits()) follow_visit(*visit);
  suggestions_.remember_actions(e.action_ids);
  figures_.restore(e.figures);
  seen_commands_.insert(e.command_ids.begin(), e.command_ids.end());
  tills_.restore(e.tills, now_);
  profiles_updated_at_ = e.profiles_updated_at;
  links_.start(e.jitter_seed, now_.mono);
  next_purge_ = now_.mono + kFirstPurge;
  ask_for_keys();
}

// --- keys ------------------------------------------------------------------------------------------------------------

void Core::ask_for_keys() {
  ++key_loads_;
  now_do(effect::LoadKeys{});
}

/// Every member that was written to the cache so far is found by his token.
bool Core::keys_in_use() const { return key_loads_ == 0 && identity_.ready(now_.wall); }

void Core::on(const event::KeysLoaded& e) {
  if (e.first) {
    identity_.clear();
    keys_loading_ = true;
  }
  for (const auto& member : e.members) put_keys(member);
  if (!e.last) return;
  keys_loading_ = false;
  --key_loads_;
  end_lapsed_consents();
  close_unknown_visits();
  release_if_ready();
}

/// A refusal that is as new as the grant, or newer, keeps the key out of memory (contract §4.2).
void Core::put_keys(const event::MemberKeys& keys) {
  if (being_erased_.contains(keys.member)) return;  // read before it was forgotten
  const auto decided = decisions_.find(keys.member);
  if (decided != decisions_.end()) {
    const auto recognition = decided->second.find(Purpose::recognition);
    const bool refused = recognition != decided->second.end() && recognition->second.status != ConsentStatus::granted &&
                         recognition->second.at >= keys.granted_at;
    if (refused) return;
  }
  identity_.put(keys.member, keys.keys, keys.granted_until);
}

/// A consent that ran out by itself is a withdrawal as well.
void Core::end_lapsed_consents() {
  next_lapse_.reset();
  std::vector<MemberId> over;
  for (const Visit* visit : presence_.open_visits()) {
    const auto until = identity_.granted_until(*visit->member);
    if (!until) continue;
    if (*until <= now_.wall) {
      over.push_back(*visit->member);
    } else {
      const MonoTime due = now_.mono + (*until - now_.wall);
      next_lapse_ = std::min(next_lapse_.value_or(due), due);
    }
  }
  for (const auto& member : over) forget_member(member, EndReason::consent);
}

/// After a full replacement: whoever is not in it any more is not recognised any more.
void Core::close_unknown_visits() {
  std::vector<MemberId> gone;
  for (const Visit* visit : presence_.open_visits()) {
    if (!identity_.knows(*visit->member, now_.wall)) gone.push_back(*visit->member);
  }
  for (const auto& member : gone) presence_.withdraw(member, EndReason::removed, now_);
}

void Core::release_if_ready() {
  if (keys_in_use()) {
    for (auto& answer : std::exchange(acks_awaiting_keys_, {})) say(effect::PublishAck{std::move(answer)});
  }
  if (released_ || !can_recognise(now_.wall)) return;
  released_ = true;
  presence_.release(now_);
}

// --- sightings -------------------------------------------------------------------------------------------------------

void Core::on(const event::AdvertSeen& e) {
  if (clock_ == ClockState::implausible || keys_loading_) return count(effect::Counter::adverts_waiting);
  const Match match = identity_.find(e.eid, now_.wall);
  switch (match.kind) {
    case MatchKind::foreign:
      return count(effect::Counter::adverts_foreign);
    case MatchKind::ambiguous:
      return count(effect::Counter::adverts_ambiguous);
    case MatchKind::waiting:
      return count(effect::Counter::adverts_waiting);
    case MatchKind::member:
      break;
  }
  count(effect::Counter::adverts_matched);
  if (policy_.record_sightings) now_do(effect::Sighted{e.receiver, MemberId{match.member}, e.rssi});
  presence_.heard(match.member, match.phone, e.receiver, e.rssi, now_);
  trace(match.member, e.receiver, e.rssi);
}

void Core::on(const event::SightingSeen& e) {
  if (!identity_.knows(e.member, now_.wall)) return count(effect::Counter::adverts_foreign);
  count(effect::Counter::adverts_matched);
  presence_.heard(e.member.value, 0, e.receiver, e.rssi, now_);
  trace(e.member.value, e.receiver, e.rssi);
}

void Core::on(const event::ReceiverChanged& e) {
  presence_.receiver_changed(e.receiver, e.hears, now_);
  match_.history().receiver_changed(e.receiver, e.hears, now_.wall);
}

// --- visits ----------------------------------------------------------------------------------------------------------

void Core::name_visit(Visit& visit) {
  visit.id = VisitId{new_id()};
  visit.holdout = in_holdout(*visit.member);
}

/// HMAC-SHA256(salt, member) as one big-endian number, mod 100 (contract §5.4).
bool Core::in_holdout(const MemberId& member) const {
  const Sha256 mac = hmac_sha256(as_bytes(policy_.suggestion.holdout_salt), as_bytes(member.value));
  std::uint32_t rest = 0;
  for (const std::uint8_t byte : mac) rest = (rest * 256 + byte) % 100;
  return static_cast<std::int32_t>(rest) < policy_.suggestion.holdout_percent;
}

void Core::settle_presence(const PresenceChange& change) {
  const Visit& visit = change.visit;
  ops_.emplace_back(row::PutVisit{visit});
  match_.history().touch(visit.id);
  switch (change.kind) {
    case PresenceChange::Kind::refreshed:
      return;
    case PresenceChange::Kind::opened: {
      std::optional<Seconds> age;
      if (profiles_updated_at_)
        age = std::chrono::duration_cast<Seconds>(std::max(Millis{0}, now_.wall - *profiles_updated_at_));
      const Sequence fact = append(fact::VisitStarted{visit.id, visit.member, visit.method, 1000, visit.zone,
                                                      visit.started_at, visit.holdout, age});
      figures_.telling(fact, now_.wall);
      figures_.opened(visit, change.noticed_for);
      count(effect::Counter::visits_opened);
      end_lapsed_consents();
      follow_visit(visit);
      return consider_card(visit);
    }
    case PresenceChange::Kind::zone_changed:
      append(fact::VisitZoneChanged{visit.id, visit.member, change.left, change.from, change.to, visit.zone});
      suggestions_.zone_changed(visit);
      return consider_card(visit);
    case PresenceChange::Kind::went_away:
      return suggestions_.went_away(visit.id);
    case PresenceChange::Kind::came_back:
      suggestions_.came_back(visit, now_);
      return consider_card(visit);
    case PresenceChange::Kind::ended: {
      static constexpr std::pair<EndReason, const char*> kWhy[] = {
          {EndReason::consent, "consent"}, {EndReason::erased, "erased"}, {EndReason::removed, "removed"}};
      const auto* why = std::find_if(std::begin(kWhy), std::end(kWhy),
                                     [&](const auto& pair) { return pair.first == visit.end_reason; });
      suggestions_.ended(visit.id, why == std::end(kWhy) ? "visit_ended" : why->second);
      for (const auto& cards : suggestions_.take_changes()) settle_card(cards);  // outcomes before the end
      dossiers_asked_.erase(visit.id);
      match_.history().ended(visit);
      match_.hurry(visit.id, now_.wall);
      append(fact::VisitEnded{visit.id, visit.member, visit.started_at, *visit.ended_at, visit.zones, visit.tickets,
                              visit.end_reason});
      figures_.ended(visit, now_.wall);
      return count(effect::Counter::visits_ended);
    }
  }
}

}  // namespace tg
