// Which ticket numbers of a till are missing (facts on retail §2.4, gaps). Owner thread: the loop.
// Never guesses across days: a till may begin its day with any number. Never tells of the same hole twice.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "base/types.hpp"
#include "core/model/ticket.hpp"

namespace tg {

inline constexpr Millis kGapPatience{15 * 60'000};  ///< facts on retail §2.4
inline constexpr std::int64_t kMostAhead = 1'000;   ///< a longer jump forwards is another numbering, not a hole
inline constexpr std::int64_t kMostBehind = 100;    ///< a longer jump backwards is a till that counts anew
inline constexpr std::size_t kMostTillDays = 256;   ///< numberings in memory; the one touched longest ago goes
inline constexpr std::size_t kMostHoles = 64;       ///< of one numbering; the lowest goes

class TillBook {
 public:
  /// What has been missing for kGapPatience, of one numbering.
  struct Gap {
    TillNumbers numbers;  ///< to be written
    std::string detail;   ///< how many and which; never anything of a person
  };

  /// Holes that were open get their whole patience again: after an outage the tills have to catch up.
  void restore(std::vector<TillNumbers> numbers, Stamp now);
  /// A ticket came, of whatever type and status; a sequence that does not end in digits is ignored. Returns what must
  /// be written, nothing when the number was known. O(holes), O(numberings) when a new one needs room.
  std::optional<TillNumbers> note(const TicketKey& key, Stamp now);
  /// The holes whose patience is over, in order of workstation, day and prefix.
  [[nodiscard]] std::vector<Gap> advance(Stamp now);
  [[nodiscard]] std::optional<MonoTime> next_deadline() const { return next_; }
  [[nodiscard]] std::size_t size() const { return books_.size(); }

 private:
  using Name = std::tuple<std::string, std::string, std::string>;  ///< workstation, business day, prefix

  void open(TillNumbers& book, std::size_t at, TillHole hole, MonoTime now);
  bool fill(TillNumbers& book, std::int64_t number, MonoTime now);
  void make_room();

  std::map<Name, TillNumbers> books_;
  std::optional<MonoTime> next_;  ///< not later than the first hole that is due
};

}  // namespace tg
