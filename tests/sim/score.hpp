// Compares the visits that a gateway published with the walks that people took.
// Owner thread: the caller's. Never looks into the gateway: only published lines count.
#pragma once

#include <array>
#include <cstdint>
#include <iosfwd>
#include <map>
#include <string>
#include <vector>

#include "sim/crowd.hpp"

namespace tg::sim {

/// A visit as the events of central tell it.
struct Published {
  struct Zone {
    SimMs from;
    int zone;  ///< index into the plan
  };
  SimMs started = 0;        ///< when visit.started was published
  SimMs ended = 0;          ///< `ended_at` of visit.ended; the end of time for one still open
  std::vector<Zone> zones;  ///< by the instant of publication
};

/// An entry before the door counts as early from here on: sooner, the clocks and one's stride explain it.
inline constexpr double kEarly = 5, kLate = 10;  // s

/// What went wrong with one person, for those who look for the reason.
struct Blunder {
  const Person* person;
  const char* what;
  double at_s;     ///< since the simulation began
  double value_s;  ///< delay or length
};

struct Score {
  std::size_t outside = 0;        ///< persons who never came in
  std::size_t false_entries = 0;  ///< of them: those with a visit
  std::array<std::size_t, 6> people_of_role{}, false_of_role{};
  std::size_t visits = 0;  ///< real ones; out and back within exit_after + reentry is one
  std::size_t missed = 0;
  std::size_t early = 0;        ///< published more than kEarly before the door was crossed
  std::size_t flaps = 0;        ///< published visits of visitors beyond the real ones
  std::vector<double> entry_s;  ///< visit.started after crossing the door; negative: before
  std::vector<double> exit_s;   ///< ended_at after crossing it again
  std::size_t zone_changes = 0, true_zone_changes = 0;
  std::vector<Blunder> blunders;  ///< of persons in the crowd that was scored
  /// Half seconds [true zone, last: the street][published zone, last: no visit]. In the street only until one comes in:
  /// nobody publishes when a member has gone.
  std::vector<std::vector<std::size_t>> confusion;

  [[nodiscard]] double false_rate() const;
  [[nodiscard]] double missed_rate() const;
  [[nodiscard]] double flap_rate() const;
  [[nodiscard]] double early_rate() const;
  /// Share of the half seconds inside during a published visit whose zone is right.
  [[nodiscard]] double zone_accuracy() const;
  /// Published changes of zone for each true one.
  [[nodiscard]] double changes_per_true() const;
  /// Share of the half seconds inside without a published visit.
  [[nodiscard]] double unnoticed() const;
};

/// `p` of 0..1 of the sorted values; 0 of none.
[[nodiscard]] double quantile(std::vector<double> values, double p);

/// Reads the lines of a replay; `opening_ms` is the `at` of the simulation's beginning.
[[nodiscard]] std::map<std::string, std::vector<Published>> read_visits(std::istream& lines, const StorePlan& plan,
                                                                        std::int64_t opening_ms);

/// `grace`: exit_after + reentry of the configuration.
[[nodiscard]] Score score(const StorePlan& plan, const std::vector<Person>& crowd,
                          const std::map<std::string, std::vector<Published>>& published, SimMs grace);

}  // namespace tg::sim
