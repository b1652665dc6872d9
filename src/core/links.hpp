// When to connect again: full-jitter back-off per link (contract §4), and patience with whoever uses the same client
// id. Owner thread: the loop.
// Never reads a random device: the jitter comes from a seed in an event, so that a replay backs off alike.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/types.hpp"
#include "core/events.hpp"

namespace tg {

class Links {
 public:
  /// The first attempt of each link is due at once.
  void start(std::uint64_t seed, MonoTime now);
  void up(Link link, MonoTime now);
  /// Whose end it was decides how long the next attempt waits. True when a rival is news.
  bool down(const event::LinkDown& e, MonoTime now);
  /// Remembered until the link has held for a while.
  [[nodiscard]] Rival rival(Link link, MonoTime now) const;
  [[nodiscard]] bool is_up(Link link) const { return at(link).phase == Phase::up; }
  /// Links whose attempt is due now; they count as connecting afterwards.
  [[nodiscard]] std::vector<Link> due(MonoTime now);
  [[nodiscard]] std::optional<MonoTime> next_deadline() const;

 private:
  enum class Phase : std::uint8_t { idle, waiting, connecting, up };
  struct State {
    Phase phase = Phase::idle;
    std::uint32_t failures = 0;
    std::uint32_t kicks = 0;  ///< in a row: it was up for a short time, and not we ended it
    Rival rival = Rival::none;
    MonoTime since{};
    MonoTime due{};
  };
  void judge(State& state, const event::LinkDown& e, MonoTime now) const;
  [[nodiscard]] Millis wait_of(Link link, State& state);
  [[nodiscard]] Millis jitter(Millis most);
  [[nodiscard]] const State& at(Link link) const { return states_[static_cast<std::size_t>(link)]; }
  std::uint64_t random();

  std::array<State, kLinkCount> states_;
  std::uint64_t random_state_ = 1;
};

}  // namespace tg
