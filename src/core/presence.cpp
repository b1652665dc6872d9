#include "core/presence.hpp"

#include <algorithm>
#include <cstdlib>

namespace tg {
namespace {

constexpr Millis kEnterWindow{10'000};  // contract §2: all adverts of an entry are within this
constexpr Millis kMemory{10'000};       // contract §2: "the phone heard best in the last 10 s"
constexpr std::size_t kMaxCandidates = 4096;
constexpr Millis kLongestGap{3'600'000};  // between two sightings of one visit: more is a night or a clock that was set
constexpr Millis kPersistEvery{30'000};   // how old last_sighting may be after a crash

/// The visit keeps its age and lies elsewhere in time.
void move(Visit& visit, Millis step) {
  for (WallTime* at : {&visit.started_at, &visit.last_sighting, &visit.zone_since}) *at += step;
  for (auto* at : {&visit.lease_until, &visit.away_since}) {
    if (*at) **at += step;
  }
}

/// While the box was off, or its clock wrong, nobody stayed.
void skip_gap(Visit& visit, WallTime now) {
  const Millis gap = now - visit.last_sighting;
  if (gap > kLongestGap) move(visit, gap);
}

}  // namespace

// --- the table -------------------------------------------------------------------------------------------------------

const Presence::Transition& Presence::transition(State state, Input input) {
  using S = State;
  using P = Presence;
  // clang-format off
  static constexpr Transition kTable[4][5] = {
      //             heard                         entered                       proof                         silence                        withdrawn
      /*absent*/    {{S::candidate, &P::nothing},  {S::present, &P::open},       {S::present, &P::open},       {S::absent, &P::impossible},   {S::absent, &P::nothing}},
      /*candidate*/ {{S::candidate, &P::nothing},  {S::present, &P::open},       {S::present, &P::open},       {S::absent, &P::nothing},      {S::absent, &P::nothing}},
      /*present*/   {{S::present, &P::refresh},    {S::present, &P::refresh},    {S::present, &P::hold},       {S::away, &P::leave},          {S::absent, &P::close}},
      /*away*/      {{S::present, &P::come_back},  {S::present, &P::come_back},  {S::present, &P::come_back},  {S::absent, &P::close},        {S::absent, &P::close}},
  };
  // clang-format on
  return kTable[static_cast<std::size_t>(state)][static_cast<std::size_t>(input)];
}

void Presence::apply(Tracks::iterator it, Input input, const Cause& cause) {
  Track& track = it->second;
  const Transition& t = transition(track.state, input);
  if (track.state == State::candidate && t.next != State::candidate) --candidates_;
  if (track.state != State::candidate && t.next == State::candidate) ++candidates_;
  (this->*t.action)(it->first, track, cause);
  track.state = t.next;
  if (track.state == State::absent) {
    erase(it);
  } else {
    rearm(it);
  }
}

void Presence::open(const MemberId& member, Track& track, const Cause& cause) {
  Visit& visit = track.visit;
  visit.member = member;
  visit.method = cause.method;
  visit.started_at = visit.last_sighting = visit.zone_since = cause.now.wall;
  visit.zone = cause.zone;
  name_visit_(visit);
  by_visit_.emplace(visit.id, member);
  track.last_heard = track.persisted = cause.now.mono;
  if (cause.lease > Seconds{0}) hold(member, track, cause);
  report(PresenceChange::Kind::opened, track);
  if (!track.samples.empty()) changes_.back().noticed_for = cause.now.mono - track.samples.front().at;
}

void Presence::refresh(const MemberId&, Track& track, const Cause& cause) {
  track.last_heard = cause.now.mono;
  skip_gap(track.visit, cause.now.wall);
  track.visit.last_sighting = std::max(track.visit.last_sighting, cause.now.wall);
  if (cause.now.mono - track.persisted < kPersistEvery) return;
  track.persisted = cause.now.mono;
  report(PresenceChange::Kind::refreshed, track);
}

void Presence::hold(const MemberId& member, Track& track, const Cause& cause) {
  refresh(member, track, cause);
  const bool silent = track.samples.empty() || cause.now.mono - track.samples.back().at > kMemory;
  if (silent && !cause.zone.empty() && cause.zone != track.visit.zone) change_zone(track, cause.zone, cause.now);
  if (cause.lease == Seconds{0}) return;
  track.lease_until = std::max(track.lease_until.value_or(MonoTime{}), cause.now.mono + cause.lease);
  track.visit.lease_until = cause.now.wall + cause.lease;
}

void Presence::leave(const MemberId&, Track& track, const Cause& cause) {
  track.away_since = std::min(cause.now.mono, leaves_at(track));
  track.rival.reset();
  track.lease_until.reset();
  track.visit.lease_until.reset();
  track.visit.state = VisitState::away;
  track.visit.away_since = cause.now.wall;
  end_stay(track.visit, track.visit.last_sighting);
  report(PresenceChange::Kind::went_away, track);
}

void Presence::come_back(const MemberId& member, Track& track, const Cause& cause) {
  track.visit.state = VisitState::present;
  track.visit.away_since.reset();
  skip_gap(track.visit, cause.now.wall);
  track.visit.zone_since = cause.now.wall;
  if (!cause.zone.empty()) track.visit.zone = cause.zone;
  hold(member, track, cause);
  track.persisted = cause.now.mono;
  report(PresenceChange::Kind::came_back, track);
}

void Presence::close(const MemberId&, Track& track, const Cause& cause) {
  Visit& visit = track.visit;
  if (track.state == State::present) end_stay(visit, visit.last_sighting);
  visit.state = VisitState::ended;
  visit.ended_at = visit.last_sighting;
  visit.end_reason = cause.reason;
  if (cause.reason == EndReason::left && visit.last_sighting - visit.started_at < policy_.presence.visit_min) {
    visit.end_reason = EndReason::short_;
  }
  report(PresenceChange::Kind::ended, track);
}

void Presence::impossible(const MemberId&, Track&, const Cause&) { std::abort(); }

// --- inputs ----------------------------------------------------------------------------------------------------------

void Presence::heard(std::string_view member, std::uint32_t phone, std::uint16_t receiver, RssiDbm rssi, Stamp now) {
  if (receiver >= policy_.receivers.size()) return;
  auto it = tracks_.find(member);
  if (it == tracks_.end()) {
    make_room();
    it = tracks_.emplace(MemberId{member}, Track{}).first;
  }
  Track& track = it->second;
  if (rssi != kRssiUnavailable) {
    const auto corrected = static_cast<RssiDbm>(rssi + policy_.receivers[receiver].offset_db);
    track.samples.push_back({now.mono, phone, receiver, corrected});
    if (map_.known()) locate(track, track.samples.back());
  }
  while (!track.samples.empty() &&
         (track.samples.size() > kMaxSamples || now.mono - track.samples.front().at > kMemory)) {
    track.samples.pop_front();
  }
  if (inside(receiver)) note_hearer(track, receiver, now.mono);
  return map_.known() ? heard_with_map(it, receiver, now) : heard_without_map(it, receiver, now);
}

void Presence::heard_without_map(Tracks::iterator it, std::uint16_t receiver, Stamp now) {
  Track& track = it->second;
  const bool waits = track.state == State::absent || track.state == State::candidate;
  if (!inside(receiver)) {  // nobody is in the shop for it, but it is remembered: it may veto an entry
    if (waits) {
      track.last_heard = now.mono;
      apply(it, Input::heard, Cause{now, {}});
    }
    return;
  }
  const Input input = waits && entered(track, now.mono) ? Input::entered : Input::heard;
  track.last_heard = now.mono;
  apply(it, input, Cause{now, policy_.receivers[receiver].zone});
  if (track.state == State::present) follow_zone(track, now);
  rearm(it);
}

/// Whether it opens, moves or brings back a visit is decided when the moment is complete (settle_position).
void Presence::heard_with_map(Tracks::iterator it, std::uint16_t receiver, Stamp now) {
  Track& track = it->second;
  const bool placed = !map_.expected(receiver).empty();
  if (track.state == State::away ? placed : track.state == State::present && (on_street(track) || !inside(receiver))) {
    return rearm(it);
  }
  track.last_heard = now.mono;
  apply(it, Input::heard, Cause{now, {}});
}

void Presence::proven(const MemberId& member, const ZoneId& zone, RecognitionMethod method, Seconds lease, Stamp now) {
  const auto it = tracks_.try_emplace(member).first;
  apply(it, Input::proof, Cause{now, zone, method, lease});
}

void Presence::withdraw(const MemberId& member, EndReason reason, Stamp now) {
  const auto it = tracks_.find(member);
  if (it == tracks_.end()) return;
  Cause cause{now, {}};
  cause.reason = reason;
  apply(it, Input::withdrawn, cause);
}

bool Presence::add_ticket(const VisitId& visit, const TicketId& ticket) {
  const auto member = by_visit_.find(visit);
  if (member == by_visit_.end()) return false;
  Track& track = tracks_.find(member->second)->second;
  auto& tickets = track.visit.tickets;
  if (std::find(tickets.begin(), tickets.end(), ticket) == tickets.end()) {
    tickets.push_back(ticket);
    report(PresenceChange::Kind::refreshed, track);
  }
  return true;
}

void Presence::restore(Visit visit, Stamp now) {
  if (!visit.member || visit.state == VisitState::ended) return;
  if (visit.last_sighting > now.wall) move(visit, now.wall - visit.last_sighting);  // the clock was set back since
  Track track;
  track.state = visit.state == VisitState::away ? State::away : State::present;
  track.held = true;
  track.last_heard = track.away_since = now.mono;
  track.persisted = now.mono - std::max(Millis{0}, now.wall - visit.last_sighting);  // crash after crash is no excuse
  if (visit.away_since) track.away_since = now.mono - std::max(Millis{0}, now.wall - *visit.away_since);
  if (visit.lease_until) track.lease_until = now.mono + std::max(Millis{0}, *visit.lease_until - now.wall);
  by_visit_.emplace(visit.id, *visit.member);
  const MemberId member = *visit.member;
  track.visit = std::move(visit);
  tracks_.insert_or_assign(member, std::move(track));
}

void Presence::release(Stamp now) {
  for (auto it = tracks_.begin(); it != tracks_.end(); ++it) {
    Track& track = it->second;
    if (!track.held) continue;
    track.held = false;
    track.last_heard = now.mono;  // exit_after runs from here; last_sighting stays what it was
    const MonoTime earliest = now.mono + policy_.presence.exit_after - policy_.presence.reentry;
    track.away_since = std::max(track.away_since, earliest);
    rearm(it);
  }
}

void Presence::clock_set(Millis step) {
  for (auto& [member, track] : tracks_) move(track.visit, step);
}

// --- stays -----------------------------------------------------------------------------------------------------------

void Presence::change_zone(Track& track, const ZoneId& to, Stamp now) {
  const WallTime until = std::max(track.visit.zone_since, now.wall);
  PresenceChange change{PresenceChange::Kind::zone_changed, {}, track.visit.zone, track.visit.zone_since, until};
  end_stay(track.visit, until);
  track.visit.zone = to;
  track.visit.zone_since = now.wall;
  track.rival.reset();
  track.persisted = now.mono;
  change.visit = track.visit;
  changes_.push_back(std::move(change));
}

void Presence::end_stay(Visit& visit, WallTime until) {
  const auto dwell = std::chrono::duration_cast<Seconds>(std::max(Millis{0}, until - visit.zone_since));
  const auto known = std::find_if(visit.zones.begin(), visit.zones.end(),
                                  [&](const ZoneStay& stay) { return stay.zone == visit.zone; });
  if (known != visit.zones.end()) {
    known->dwell += dwell;
  } else {
    visit.zones.push_back({visit.zone, dwell});
  }
}

// --- deadlines -------------------------------------------------------------------------------------------------------

std::optional<MonoTime> Presence::deadline_of(const Track& track) const {
  const auto ends = end_of(track);
  if (!track.located || !track.located->position.has_news()) return ends;
  return ends ? std::min(*ends, track.located->due) : track.located->due;
}

std::optional<MonoTime> Presence::end_of(const Track& track) const {
  if (track.held) return std::nullopt;
  switch (track.state) {
    case State::absent:
      return std::nullopt;
    case State::candidate:  // an advert at the very end of the window still counts
      return track.last_heard + kEnterWindow + Millis{1};
    case State::away:
      return silent_since(track, track.away_since) + policy_.presence.reentry;
    case State::present:
      break;
  }
  const MonoTime leaves = leaves_at(track);
  return track.rival ? std::min(leaves, track.rival_since + policy_.presence.zone_hold) : leaves;
}

void Presence::rearm(Tracks::iterator it) {
  auto& deadline = it->second.deadline;
  const auto wanted = deadline_of(it->second);
  if (deadline && wanted && (*deadline)->first == *wanted) return;
  if (deadline && wanted) {  // moved at each advert: the node is kept
    auto node = deadlines_.extract(*deadline);
    node.key() = *wanted;
    deadline = deadlines_.insert(std::move(node));
    return;
  }
  if (deadline) deadlines_.erase(*deadline);
  deadline.reset();
  if (wanted) deadline = deadlines_.emplace(*wanted, it->first);
}

void Presence::erase(Tracks::iterator it) {
  it->second.held = false;
  it->second.state = State::absent;
  forget_position(it->second);
  rearm(it);
  by_visit_.erase(it->second.visit.id);
  tracks_.erase(it);
}

std::optional<MonoTime> Presence::next_deadline() const {
  return deadlines_.empty() ? std::nullopt : std::optional{deadlines_.begin()->first};
}

void Presence::advance(Stamp now) {
  while (!deadlines_.empty() && deadlines_.begin()->first <= now.mono) {
    const auto it = tracks_.find(deadlines_.begin()->second);
    Track& track = it->second;
    if (track.located && track.located->position.has_news() && track.located->due <= now.mono) {
      settle_position(it, now);
      continue;
    }
    if (track.state == State::present && now.mono < leaves_at(track)) {
      follow_zone(track, now);  // the rival has held long enough, or is none any more
      rearm(it);
    } else {
      apply(it, Input::silence, Cause{now, {}});
    }
  }
}

void Presence::policy_changed() {
  for (auto& [member, track] : tracks_) forget_position(track);  // they refer to the map
  map_ = RadioMap{policy_};
  errors_ = SharedErrors{policy_.receivers.size()};
  sort_receivers();
  for (auto it = tracks_.begin(); it != tracks_.end(); ++it) rearm(it);
}

void Presence::sort_receivers() {
  inside_.clear();
  hears_since_.resize(policy_.receivers.size(), MonoTime::min());
  for (const auto& r : policy_.receivers) {
    const Zone* zone = policy_.zone(r.zone);
    inside_.push_back(zone != nullptr && zone->kind != ZoneKind::street);
  }
}

/// Candidates are only phones that might come in: beyond the limit the weakest knowledge goes, never a visit.
void Presence::make_room() {
  if (candidates_ < kMaxCandidates) return;
  for (const auto& [at, member] : deadlines_) {
    const auto it = tracks_.find(member);
    if (it->second.state != State::candidate) continue;
    --candidates_;
    erase(it);
    return;
  }
}

// --- reading ---------------------------------------------------------------------------------------------------------

std::vector<PresenceChange> Presence::take_changes() { return std::exchange(changes_, {}); }

const Visit* Presence::visit(const VisitId& id) const {
  const auto member = by_visit_.find(id);
  return member == by_visit_.end() ? nullptr : visit_of(member->second);
}

const Visit* Presence::visit_of(const MemberId& member) const {
  const auto it = tracks_.find(member);
  const bool open = it != tracks_.end() && (it->second.state == State::present || it->second.state == State::away);
  return open ? &it->second.visit : nullptr;
}

const ZoneId* Presence::zone_of(std::string_view member) const {
  const auto it = tracks_.find(member);
  const bool open = it != tracks_.end() && (it->second.state == State::present || it->second.state == State::away);
  return open ? &it->second.visit.zone : nullptr;
}

std::vector<const Visit*> Presence::open_visits() const {
  std::vector<const Visit*> out;
  for (const auto& [id, member] : by_visit_) out.push_back(visit_of(member));
  return out;
}

void Presence::describe(const std::function<void(std::string_view)>& sink) const {
  for (const MonoTime since : hears_since_) {
    if (since != MonoTime::min()) sink(std::to_string(since.time_since_epoch().count()));
  }
  for (const auto& [member, track] : tracks_) {
    sink(member.value);
    sink(track.visit.id.value);
    sink(track.visit.zone.value);
    sink(std::to_string(static_cast<int>(track.state)) + ' ' + std::to_string(unix_ms(track.visit.last_sighting)) +
         ' ' + std::to_string(track.last_heard.time_since_epoch().count()) + ' ' +
         std::to_string(track.samples.size()));
  }
}

}  // namespace tg
