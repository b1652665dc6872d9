#include "adapters/bluez_ladder.hpp"

#include <algorithm>
#include <array>

namespace tg {
namespace {

/// Heard at this strength a moment ago, a phone has not just walked out of range.
constexpr RssiDbm kStrong = -80;
constexpr int kPatienceInGaps = 5;

struct Row {
  Rung rung;
  bool when_deaf;
  bool when_failing;
};

/// A receiver that fails has tried to start the scan many times before the ladder is asked.
constexpr auto kLadder = std::to_array<Row>({
    {Rung::restart_scan, true, false},
    {Rung::power_cycle, true, true},
    {Rung::reset_usb, true, true},
    {Rung::take_spare, true, true},
    {Rung::alarm, true, true},
});

bool hears(const RadioSigns& signs) { return signs.heard + signs.own_beacon > 0; }

}  // namespace

void AdvertRate::add(MonoTime now, Millis window, std::uint64_t count) {
  if (!began_) began_ = now;
  if (now - *began_ >= window) {
    previous_ = now - *began_ < 2 * window ? current_ : 0;
    current_ = 0;
    began_ = now;
  }
  current_ += count;
}

std::optional<Millis> AdvertRate::gap(Millis window) const {
  const auto count = std::max(current_, previous_);
  if (count < 2) return std::nullopt;
  return window / static_cast<Millis::rep>(count);
}

Rung BluezLadder::step(MonoTime now, const RadioSigns& signs) {
  take_in(now, signs);
  trouble_ = judge(now, signs);
  if (trouble_ == Trouble::none || !signs.answering || !due(now)) return Rung::none;
  const Rung rung = next(signs);
  rung_ = rung;
  taken_at_ = now;
  skipped_ = false;
  if (rung == Rung::restart_scan) restarted_at_ = now;
  return rung;
}

void BluezLadder::take_in(MonoTime now, const RadioSigns& signs) {
  elsewhere_.add(now, timing_.window, signs.heard_elsewhere);
  if (elsewhere_.recent() < timing_.witness)
    witnessed_since_.reset();
  else if (!witnessed_since_)
    witnessed_since_ = now;
  if (!signs.beacon_beside)
    beacon_since_.reset();
  else if (!beacon_since_)
    beacon_since_ = now;
  if (hears(signs)) {
    own_.add(now, timing_.window, signs.heard);
    beacon_.add(now, timing_.window, signs.own_beacon);
    if (signs.heard > 0) last_strongest_ = signs.strongest;
    silent_since_ = now;
    elsewhere_in_silence_ = 0;
    failing_since_.reset();
    rung_ = Rung::none;
    return;
  }
  elsewhere_in_silence_ += signs.heard_elsewhere;
  // A scan that does not run is not silent. While the ladder is climbed its own interruptions do not count.
  if (!silent_since_ || (!signs.scanning && rung_ == Rung::none)) silent_since_ = now;
}

Trouble BluezLadder::judge(MonoTime now, const RadioSigns& signs) {
  by_beacon_ = false;
  if (hears(signs)) return Trouble::none;  // be it with the monitor alone
  if (!signs.scanning) {
    const bool was_well = trouble_ == Trouble::none && steady_since_ && now - *steady_since_ >= timing_.settle_max;
    if (was_well) rung_ = Rung::none;
    steady_since_.reset();
    if (!failing_since_) failing_since_ = now;
    return now - *failing_since_ >= timing_.patience_min ? Trouble::failing : trouble_;
  }
  failing_since_.reset();
  if (!steady_since_) steady_since_ = now;
  if (trouble_ == Trouble::failing) silent_since_ = now;  // from now on there is something to be silent
  by_beacon_ = beacon_missed(now);
  if (!by_beacon_ && now - *silent_since_ < patience()) return Trouble::none;
  if (!by_beacon_ && !proven(now)) return Trouble::silent;
  // A restart of hours ago, when nobody was there, says nothing about today.
  if (trouble_ != Trouble::deaf && now - taken_at_ >= 2 * timing_.settle_max) rung_ = Rung::none;
  return Trouble::deaf;
}

/// Others have heard for as long as we have waited, and not only before our silence: in the morning the street may be
/// heard at the door long before anybody comes to the fitting rooms.
bool BluezLadder::proven(MonoTime now) const {
  return witnessed_since_ && now - std::max(*witnessed_since_, *silent_since_) >= patience() &&
         elsewhere_in_silence_ >= timing_.witness;
}

/// It was among what this one heard last, is on the air all the while, and is heard no more.
bool BluezLadder::beacon_missed(MonoTime now) const {
  return beacon_.recent() >= timing_.witness && beacon_since_ &&
         now - std::max(*beacon_since_, *silent_since_) >= beacon_patience();
}

bool BluezLadder::due(MonoTime now) const {
  if (trouble_ == Trouble::silent) return !restarted_at_ || now - *restarted_at_ >= timing_.quiet_pause;
  if (rung_ == Rung::none || skipped_) return true;
  return now - taken_at_ >= (rung_ == Rung::alarm ? timing_.again : settle());
}

Rung BluezLadder::next(const RadioSigns& signs) const {
  if (trouble_ == Trouble::silent) return Rung::restart_scan;
  const auto from = rung_ == Rung::alarm ? Rung::none : rung_;
  const auto* const row = std::ranges::find_if(kLadder, [&](const Row& r) {
    const bool fits = trouble_ == Trouble::deaf ? r.when_deaf : r.when_failing;
    return r.rung > from && fits && (r.rung != Rung::take_spare || signs.spare);
  });
  return row == kLadder.end() ? Rung::alarm : row->rung;
}

bool BluezLadder::trying(MonoTime now) const {
  return trouble_ == Trouble::silent && restarted_at_ && now - *restarted_at_ < timing_.settle_min;
}

/// Busy and strong until the last moment: nobody leaves a shop like this.
bool BluezLadder::abrupt() const { return last_strongest_ && *last_strongest_ >= kStrong; }

Millis BluezLadder::patience() const {
  const auto gap = own_.gap(timing_.window);
  if (!abrupt() || !gap) return timing_.patience_max;
  return std::clamp(kPatienceInGaps * *gap, timing_.patience_min, timing_.patience_max);
}

/// A beacon does not walk away: how strong it was does not matter.
Millis BluezLadder::beacon_patience() const {
  const auto gap = beacon_.gap(timing_.window);
  return gap ? std::clamp(kPatienceInGaps * *gap, timing_.patience_min, timing_.patience_max) : timing_.patience_max;
}

Millis BluezLadder::settle() const {
  const Millis waited = by_beacon_ ? beacon_patience() : patience();
  return trouble_ == Trouble::failing || waited < timing_.patience_max ? timing_.settle_min : timing_.settle_max;
}

}  // namespace tg
