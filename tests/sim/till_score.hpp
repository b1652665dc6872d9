// What the matcher made of simulated days, against who really paid. Owner thread: the caller's.
// Never looks into the core: only at the events that it would have sent.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "sim/till_day.hpp"

namespace tg::sim {

struct TillScore {
  std::size_t tickets = 0, anonymous = 0;
  std::size_t member_buyers = 0;  ///< without a number, of members who could be known
  std::size_t probable = 0, probable_right = 0;
  std::size_t possible = 0, possible_right = 0;
  std::size_t voided = 0, voided_standing = 0;  ///< void tickets whose attribution still stands
  std::size_t nearest = 0, nearest_right = 0;   ///< what "the nearest member bought it" would have said
  double squared_error = 0;                     ///< of p, over inferred attributions that stand
  struct Bin {
    std::size_t n = 0, right = 0;
    double p = 0;
  };
  std::array<Bin, 10> bins{};
  double cpu_s = 0;
  std::string report;  ///< what `touchpointctl match calibrate --json` would say

  [[nodiscard]] double precision() const;  ///< of probable; 1 of none
  [[nodiscard]] double recall() const;
  [[nodiscard]] double wrong() const;  ///< wrong persons by evidence, of all tickets
  [[nodiscard]] double brier() const;
  void add(const TillScore& other);
};

/// Lives through the days with the core behind `touchpointctl replay`.
[[nodiscard]] TillScore live_till_days(const TillDayOptions& options);
/// The same as files for `touchpointctl replay`: gateway.json, journal.ndjson, truth.ndjson.
void export_till_days(const TillDayOptions& options, const std::string& folder);

}  // namespace tg::sim
