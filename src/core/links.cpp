#include "core/links.hpp"

#include <algorithm>

namespace tg {
namespace {
constexpr Millis kFirst{1'000};
constexpr Millis kStable{60'000};  // a link that held this long starts over; one that is kicked at once does not
// Central: contract §4. The broker in the store has no fleet to spare, and tablets stand empty meanwhile.
constexpr std::array<Millis, kLinkCount> kCap{Millis{60'000}, Millis{4'000}};

constexpr std::uint8_t kSessionTakenOver = 0x8E;
constexpr Millis kShort{90'000};  // more than a rival's patience: his return does not look like a new trouble
constexpr std::uint32_t kSuspiciousKicks = 5;
constexpr Millis kPatience{60'000};  // at most one kick a minute
constexpr Millis kSpread{10'000};    // a broker that fails over and over must not see all stores at once
constexpr Millis kForgotten{600'000};
}  // namespace

void Links::start(std::uint64_t seed, MonoTime now) {
  random_state_ = seed | 1;
  for (auto& state : states_) state = {Phase::waiting, 0, 0, Rival::none, now, now};
}

void Links::up(Link link, MonoTime now) {
  State& state = states_[static_cast<std::size_t>(link)];
  state.phase = Phase::up;
  state.since = now;
}

bool Links::down(const event::LinkDown& e, MonoTime now) {
  State& state = states_[static_cast<std::size_t>(e.link)];
  if (state.phase == Phase::idle || state.phase == Phase::waiting) return false;
  const Rival before = rival(e.link, now);
  if (state.phase == Phase::up && now - state.since >= kStable) state.failures = 0;
  judge(state, e, now);
  state.phase = Phase::waiting;
  state.due = now + wait_of(e.link, state);
  return state.rival > before;
}

void Links::judge(State& state, const event::LinkDown& e, MonoTime now) const {
  state.rival = rival(e.link, now);
  if (e.reason_code == kSessionTakenOver) state.rival = Rival::certain;
  if (!e.by_peer) return;  // an attempt that fails takes nobody's session
  state.kicks = now - state.since < kShort ? state.kicks + 1 : 0;
  if (e.link == Link::central && state.kicks >= kSuspiciousKicks) state.rival = std::max(state.rival, Rival::suspected);
}

/// While a rival is only suspected the cap of the contract holds: the line may be to blame.
Millis Links::wait_of(Link link, State& state) {
  const Millis most = std::min(kCap[static_cast<std::size_t>(link)],
                               Millis{kFirst.count() << std::min<std::uint32_t>(state.failures, 6)});
  ++state.failures;
  if (state.rival == Rival::certain) return kPatience + jitter(kSpread);
  if (state.rival == Rival::suspected && state.kicks > 0) return kPatience - jitter(kSpread);
  return jitter(most);
}

Millis Links::jitter(Millis most) {
  return Millis{static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(most.count() + 1))};
}

Rival Links::rival(Link link, MonoTime now) const {
  const State& state = at(link);
  return state.phase == Phase::up && now - state.since >= kForgotten ? Rival::none : state.rival;
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
