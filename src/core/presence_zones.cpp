// Presence, part "without a map": what each receiver's strength says about entry and zone.
#include <algorithm>
#include <array>

#include "core/presence.hpp"

namespace tg {
namespace {

constexpr Millis kEnterSpacing{100};    // contract §2: adverts of an entry are at least this far apart
constexpr Millis kEnterWindow{10'000};  // and all of them within this
constexpr Millis kSmoothing{5'000};     // P75 over 5 s: facts measured the best accuracy per change there

}  // namespace

/// Sources of one track's samples: the strengths of each phone at each receiver, side by side. A counting sort, because
/// this runs for every advert.
class Presence::Sources {
 public:
  void add(const Sample& s) {
    std::size_t at = 0;
    while (at < count_ && (sources_[at].phone != s.phone || sources_[at].receiver != s.receiver)) ++at;
    if (at == count_) sources_[count_++] = {s.phone, s.receiver, 0, 0};
    ++sources_[at].size;
    source_of_[samples_] = static_cast<std::uint8_t>(at);
    rssi_[samples_++] = s.rssi;
  }
  /// The 75th percentile of each source: a body in between weakens some samples, nothing strengthens them.
  std::vector<Loud> strengths() {
    std::array<RssiDbm, kMaxSamples> sorted;
    std::uint16_t next = 0;
    for (std::size_t i = 0; i < count_; next += sources_[i++].size) sources_[i].first = next;
    auto ends = sources_;
    for (std::size_t i = 0; i < samples_; ++i) sorted[ends[source_of_[i]].first++] = rssi_[i];
    std::vector<Loud> out;
    for (std::size_t i = 0; i < count_; ++i) {
      const auto first = sorted.begin() + sources_[i].first, at = first + (sources_[i].size - 1) * 3 / 4;
      std::nth_element(first, at, first + sources_[i].size);
      out.push_back({sources_[i].phone, sources_[i].receiver, *at});
    }
    return out;
  }

 private:
  struct Source {
    std::uint32_t phone;
    std::uint16_t receiver;
    std::uint16_t size;
    std::uint16_t first;
  };
  std::array<Source, kMaxSamples> sources_;
  std::array<std::uint8_t, kMaxSamples> source_of_;
  std::array<RssiDbm, kMaxSamples> rssi_;
  std::size_t count_ = 0, samples_ = 0;
};

/// Receivers by the phone that is heard best, the loudest first; a tie keeps the order of the configuration.
std::vector<Presence::Loud> Presence::loudest(const Track& track, MonoTime now, bool street) const {
  Sources sources;
  for (const auto& s : track.samples) {
    if (inside(s.receiver) != street && now - s.at <= kSmoothing) sources.add(s);
  }
  auto all = sources.strengths();
  if (all.empty()) return all;
  const auto best = std::min_element(all.begin(), all.end(), [](const Loud& a, const Loud& b) {
    return std::pair{-a.best, a.phone} < std::pair{-b.best, b.phone};
  });
  std::erase_if(all, [phone = best->phone](const Loud& l) { return l.phone != phone; });
  std::sort(all.begin(), all.end(), [](const Loud& a, const Loud& b) {
    return std::pair{-a.best, a.receiver} < std::pair{-b.best, b.receiver};
  });
  return all;
}

bool Presence::entered(const Track& track, MonoTime now) const {
  std::map<std::uint16_t, std::pair<std::int32_t, MonoTime>> counted;  // receiver -> adverts, last one counted
  bool enough = false;
  for (const auto& s : track.samples) {
    if (now - s.at > kEnterWindow || s.rssi < policy_.presence.enter_dbm || !inside(s.receiver)) continue;
    auto& [n, last] = counted[s.receiver];
    if (n > 0 && s.at - last < kEnterSpacing) continue;
    ++n;
    last = s.at;
    enough = enough || n >= policy_.presence.enter_adverts;
  }
  if (!enough) return false;
  const auto street = loudest(track, now, true);
  const auto shop = loudest(track, now, false);
  return street.empty() || (!shop.empty() && shop.front().best >= street.front().best);
}

void Presence::follow_zone(Track& track, Stamp now) {
  const auto zone_of = [&](const auto& heard) -> const ZoneId& { return policy_.receivers[heard.receiver].zone; };
  const bool alone = std::all_of(track.samples.begin(), track.samples.end(), [&](const Sample& s) {
    return !inside(s.receiver) || zone_of(s) == track.visit.zone;
  });
  const auto heard = alone ? std::vector<Loud>{} : loudest(track, now.mono, false);
  const auto same =
      std::find_if(heard.begin(), heard.end(), [&](const Loud& l) { return zone_of(l) == track.visit.zone; });
  const bool better = !heard.empty() && zone_of(heard.front()) != track.visit.zone &&
                      (same == heard.end() || heard.front().best >= same->best + policy_.presence.zone_margin_db);
  if (!better) {
    track.rival.reset();
    return;
  }
  if (track.rival != zone_of(heard.front())) {
    track.rival = zone_of(heard.front());
    track.rival_since = now.mono;
  }
  if (now.mono - track.rival_since >= policy_.presence.zone_hold) change_zone(track, *track.rival, now);
}

}  // namespace tg
