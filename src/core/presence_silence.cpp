// Presence, part "silence": whose silence counts. Where nobody listens, nobody is known to have left.
#include <algorithm>

#include "core/presence.hpp"

namespace tg {
namespace {

constexpr Millis kMemory{10'000};  // as long as a receiver counts for the zone (contract §2)

/// Longer than whatever heals by itself: the recovery ladder (90 s and four rungs of 30 s), a node or a broker that
/// starts anew, a Wi-Fi access point that takes an update (5 min). After that a person is needed, and a card of
/// somebody who has probably left is worse than a visit that ends too early.
constexpr Millis kMostHeld{15 * 60'000};

constexpr MonoTime kDeaf = MonoTime::max();

}  // namespace

void Presence::receiver_changed(std::uint16_t receiver, bool hears, Stamp now) {
  if (receiver >= hears_since_.size()) return;
  MonoTime& since = hears_since_[receiver];
  if (hears == (since != kDeaf)) return;
  since = hears ? now.mono : kDeaf;
  for (auto it = tracks_.begin(); it != tracks_.end(); ++it) rearm(it);
}

void Presence::note_hearer(Track& track, std::uint16_t receiver, MonoTime now) {
  std::erase_if(track.hearers, [&](const Hearer& h) { return h.receiver == receiver || now - h.at > kMemory; });
  track.hearers.push_back({receiver, now});
}

/// Since when one of those that heard the member last would hear him again. Of a member whom nobody has heard since the
/// start, any receiver may have been the last one.
MonoTime Presence::listening_since(const Track& track) const {
  std::optional<MonoTime> earliest;
  const auto consider = [&](std::size_t receiver) {
    earliest = std::min(earliest.value_or(kDeaf), hears_since_[receiver]);
  };
  for (const Hearer& h : track.hearers) consider(h.receiver);
  for (std::size_t i = 0; track.hearers.empty() && i < hears_since_.size(); ++i) {
    if (inside_[i]) consider(i);
  }
  return earliest.value_or(MonoTime::min());
}

/// From when on the member's silence counts; `quiet`: since when it lasts.
MonoTime Presence::silent_since(const Track& track, MonoTime quiet) const {
  return std::max(quiet, std::min(listening_since(track), track.last_heard + kMostHeld));
}

MonoTime Presence::leaves_at(const Track& track) const {
  const MonoTime silent = silent_since(track, track.last_heard) + policy_.presence.exit_after;
  return std::max(silent, track.lease_until.value_or(silent));
}

}  // namespace tg
