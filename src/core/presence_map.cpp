// Presence, part "with a map": what the position filter says about entry, zone and the street (contract §2).
#include <algorithm>

#include "core/presence.hpp"

namespace tg {
namespace {

constexpr Millis kSameMoment{100};           // receivers hear one advert within this, remote ones included
constexpr Millis kStepSpacing{400};          // a step costs the same for one advert and for ten
constexpr Millis kEnterSpacing{100};         // contract §2: adverts of an entry are at least this far apart
constexpr Millis kEnterWindow{10'000};       // and all of them within this
constexpr std::size_t kMostPositions = 512;  // 130 kB each at most

// decisions/0011 has the figures behind these.
constexpr float kSurelyStreet = 0.9F;  // somebody on a bench outside does not hold a visit
constexpr float kBack = 0.5F;          // an away member comes back
constexpr float kSurelyThere = 0.6F;   // of what is inside: changes the zone

/// The zone with the greatest probability; a tie keeps the order of the configuration.
std::size_t likeliest(const std::vector<float>& zones) {
  return static_cast<std::size_t>(std::max_element(zones.begin(), zones.end()) - zones.begin());
}

}  // namespace

/// Feeds the filter with the phone that is heard best; two phones at once would be two strengths in one place.
void Presence::locate(Track& track, const Sample& sample) {
  if (track.located && track.located->phone != sample.phone) {
    const bool louder = std::none_of(track.samples.begin(), track.samples.end(), [&](const Sample& s) {
      return s.phone == track.located->phone && s.rssi >= sample.rssi;
    });
    if (!louder) return;
    track.located->phone = sample.phone;
    track.located->position.forget_strength();
  }
  if (!track.located) {
    if (positions_ >= kMostPositions) forget_a_position();
    track.located = std::make_unique<Located>(Located{Position{map_}, sample.phone, sample.at, sample.at});
    ++positions_;
  }
  Located& here = *track.located;
  if (!here.position.has_news()) here.due = std::max(sample.at + kSameMoment, here.stepped + kStepSpacing);
  here.position.observe(sample.receiver, static_cast<float>(sample.rssi));
}

bool Presence::on_street(const Track& track) const {
  return track.located && track.located->position.inside() < 1 - kSurelyStreet;
}

/// The adverts of a moment are complete: where is the member now?
void Presence::settle_position(Tracks::iterator it, Stamp now) {
  Track& track = it->second;
  Located& here = *track.located;
  here.position.step(now.mono - here.stepped, &errors_);
  here.stepped = now.mono;
  const auto& zones = here.position.zones();
  const std::size_t best = likeliest(zones);
  const ZoneId& zone = policy_.zones[best].id;
  switch (track.state) {
    case State::absent:
    case State::candidate:
      if (here.position.inside() >= map_.surroundings().surely_inside && enough_adverts(track, now.mono))
        return apply(it, Input::entered, Cause{now, zone});
      break;
    case State::away:
      if (here.position.inside() >= kBack) return apply(it, Input::heard, Cause{now, zone});
      break;
    case State::present:
      if (zone != track.visit.zone && zones[best] >= kSurelyThere * here.position.inside() && !on_street(track))
        change_zone(track, zone, now);
      break;
  }
  rearm(it);
}

/// Adverts of one moment are one, however many receivers heard it.
bool Presence::enough_adverts(const Track& track, MonoTime now) const {
  std::int32_t adverts = 0;
  MonoTime last{};
  for (const auto& s : track.samples) {
    if (now - s.at > kEnterWindow || (adverts > 0 && s.at - last < kEnterSpacing)) continue;
    ++adverts;
    last = s.at;
  }
  return adverts >= policy_.presence.enter_adverts;
}

/// The one that was heard longest ago, of those without a visit if there is any; its track stays.
void Presence::forget_a_position() {
  const auto keeps = [](const Track& t) {
    const bool visits = t.state == State::present || t.state == State::away;
    return std::pair{!t.located, std::pair{visits, t.last_heard}};
  };
  const auto oldest = std::min_element(tracks_.begin(), tracks_.end(),
                                       [&](const auto& a, const auto& b) { return keeps(a.second) < keeps(b.second); });
  forget_position(oldest->second);
  rearm(oldest);
}

void Presence::forget_position(Track& track) {
  if (!track.located) return;
  track.located.reset();
  --positions_;
}

}  // namespace tg
