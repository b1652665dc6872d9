// Core, part "check-in": what a phone proves over GATT (contract §3.2), and what a member decides with it.
#include <algorithm>
#include <optional>

#include "core/core.hpp"

namespace tg {
namespace {

CheckinMac mac_of(const Sha256& hmac) {
  CheckinMac mac{};
  std::copy_n(hmac.begin(), mac.size(), mac.begin());
  return mac;
}

}  // namespace

/// Every offer costs the same work until the verdict, whether or not the token is a member's.
void Core::on(const event::CheckinOffered& e) {
  proven_.expire(now_.mono);
  if (clock_ == ClockState::implausible || keys_loading_) return answer(e, CheckinVerdict::later);
  const Match match = identity_.find(e.token.eid, now_.wall);
  const auto challenge = signed_challenge(match, e);
  if (proven_.contains(e.token, e.challenges)) {  // a withdrawal has taken the key away: its repeat is known from here
    count(effect::Counter::checkins_repeated);
    return say(effect::CheckinAnswered{e.request, CheckinVerdict::accepted});
  }
  if (match.kind == MatchKind::waiting) return answer(e, CheckinVerdict::later);
  if (match.kind != MatchKind::member || !challenge) return answer(e, CheckinVerdict::refused);
  if (!proven_.remember(e.token, *challenge, now_.mono)) return answer(e, CheckinVerdict::later);
  const event::CheckinSeen proof{e.receiver, MemberId{match.member}, e.token.kind};
  if (policy_.record_sightings) now_do(effect::CheckedIn{proof});
  count(effect::Counter::checkins_accepted);
  on(proof);
  say(effect::CheckinAnswered{e.request, CheckinVerdict::accepted});
}

/// The challenge under which the token's HMAC is right.
std::optional<Challenge> Core::signed_challenge(const Match& match, const event::CheckinOffered& e) {
  std::optional<Challenge> found;
  for (const Challenge& challenge : e.challenges) {
    const CheckinMac expected = mac_of(identity_.sign(match, checkin_message(challenge, e.token)));
    if (equal_constant_time(expected, e.token.mac)) found = challenge;
  }
  return found;
}

void Core::answer(const event::CheckinOffered& e, CheckinVerdict verdict) {
  const bool refused = verdict == CheckinVerdict::refused;
  count(refused ? effect::Counter::checkins_refused : effect::Counter::checkins_waiting);
  now_do(effect::CheckinAnswered{e.request, verdict});
}

void Core::on(const event::CheckinSeen& e) {
  if (e.kind == CheckinKind::forget) return forget_on_the_spot(e.member);
  if (e.receiver >= policy_.receivers.size() || !identity_.knows(e.member, now_.wall)) return;
  const Zone* zone = policy_.zone(policy_.receivers[e.receiver].zone);
  if (zone == nullptr || zone->kind == ZoneKind::street) return;
  presence_.proven(e.member, zone->id, RecognitionMethod::checkin, policy_.presence.lease, now_);
}

/// The member's own word counts even where the clock of this box is behind the decision held: on a tie, the refusal.
void Core::forget_on_the_spot(const MemberId& member) {
  ConsentChange refusal{member, Purpose::recognition, {ConsentStatus::revoked, now_.wall, std::nullopt, {}}, {}};
  refusal.source = ConsentSource::device;
  const auto& decisions = decisions_[member];
  if (const auto held = decisions.find(refusal.purpose); held != decisions.end()) {
    refusal.record.at = std::max(refusal.record.at, held->second.at);
  }
  decide(refusal, CommandId{new_id()}, "consent");
}

}  // namespace tg
