#include "core/links.hpp"

#include <algorithm>

namespace tg {
namespace {
constexpr Millis kFirst{1'000};
constexpr Millis kCap{60'000};     // contract §4
constexpr Millis kStable{60'000};  // a link that held this long starts over; one that is kicked at once does not
}  // namespace

void Links::start(std::uint64_t seed, MonoTime now) {
  random_state_ = seed | 1;
  for (auto& state : states_) state = {Phase::waiting, 0, now, now};
}

void Links::up(Link link, MonoTime now) {
  State& state = states_[static_cast<std::size_t>(link)];
  state.phase = Phase::up;
  state.since = now;
}

void Links::down(Link link, MonoTime now) {
  State& state = states_[static_cast<std::size_t>(link)];
  if (state.phase == Phase::idle || state.phase == Phase::waiting) return;
  if (state.phase == Phase::up && now - state.since >= kStable) state.failures = 0;
  const Millis most = std::min(kCap, Millis{kFirst.count() << std::min<std::uint32_t>(state.failures, 6)});
  ++state.failures;
  state.phase = Phase::waiting;
  state.due = now + Millis{static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(most.count() + 1))};
}

std::vector<Link> Links::due(MonoTime now) {
  std::vector<Link> out;
  for (std::size_t i = 0; i < kLinkCount; ++i) {
    if (states_[i].phase != Phase::waiting || states_[i].due > now) continue;
    states_[i].phase = Phase::connecting;
    out.push_back(static_cast<Link>(i));
  }
  return out;
}

std::optional<MonoTime> Links::next_deadline() const {
  std::optional<MonoTime> next;
  for (const auto& state : states_) {
    if (state.phase == Phase::waiting && (!next || state.due < *next)) next = state.due;
  }
  return next;
}

std::uint64_t Links::random() {  // xorshift64*: spread, not secrecy, is what jitter needs
  random_state_ ^= random_state_ >> 12;
  random_state_ ^= random_state_ << 25;
  random_state_ ^= random_state_ >> 27;
  return random_state_ * 2685821657736338717ULL >> 8;
}

}  // namespace tg
