// When to connect again: full-jitter back-off per link (contract §4). Owner thread: the loop.
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
  void down(Link link, MonoTime now);
  [[nodiscard]] bool is_up(Link link) const { return at(link).phase == Phase::up; }
  /// Links whose attempt is due now; they count as connecting afterwards.
  [[nodiscard]] std::vector<Link> due(MonoTime now);
  [[nodiscard]] std::optional<MonoTime> next_deadline() const;

 private:
  enum class Phase : std::uint8_t { idle, waiting, connecting, up };
  struct State {
    Phase phase = Phase::idle;
    std::uint32_t failures = 0;
    MonoTime since{};
    MonoTime due{};
  };
  [[nodiscard]] const State& at(Link link) const { return states_[static_cast<std::size_t>(link)]; }
  std::uint64_t random();

  std::array<State, kLinkCount> states_;
  std::uint64_t random_state_ = 1;
};

}  // namespace tg
