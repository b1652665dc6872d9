// Counting and its uncertainty: histograms of bounded size, shares with intervals, cells that are too small to show.
// Pure functions, any thread. Never a random number: the same counts give the same answer.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace tg {

// --- histograms ------------------------------------------------------------------------------------------------------

/// The step of a histogram that `value` falls in: exact up to 15, then eight steps an octave, so that a step is at
/// most an eighth of its value wide; negative values count as 0. Fewer than 500 steps in all.
[[nodiscard]] std::int32_t histogram_slot(std::int64_t value);
/// The smallest value of a step.
[[nodiscard]] std::int64_t slot_floor(std::int32_t slot);
/// The value below which `permille` of the entries lie: the middle of the step of the nearest rank. Empty: nothing
/// was counted.
[[nodiscard]] std::optional<std::int64_t> percentile(const std::map<std::int32_t, std::int64_t>& histogram,
                                                     std::int32_t permille);

// --- shares ----------------------------------------------------------------------------------------------------------

struct Range {
  double value = 0, low = 0, high = 0;
};
/// Difference of two shares a/n - b/m with its 95 % interval: Newcombe, Statistics in Medicine 17 (1998) 873-890,
/// method 10 (from the two Wilson intervals). Needs n, m > 0 and 0 <= a <= n, 0 <= b <= m.
[[nodiscard]] Range newcombe(std::int64_t a, std::int64_t n, std::int64_t b, std::int64_t m);

struct Moments {
  std::int64_t n = 0;
  double sum = 0, squares = 0;
};
/// Difference of two means with its 95 % interval by the normal approximation, unequal variances: what a bootstrap
/// gives for large groups, from sums alone. Needs n > 1 in both.
[[nodiscard]] Range mean_difference(const Moments& a, const Moments& b);

// --- what nobody counts ----------------------------------------------------------------------------------------------

/// How many visits there were when `marked` of them were recognised and `again` of the recognised ones were found
/// among `caught` purchases: the recapture estimate of Lincoln and Petersen as Chapman corrected it (University of
/// California Publications in Statistics 1, 1951, 131-160). It takes it that recognised and other visitors buy alike.
/// Needs 0 <= again <= marked and again <= caught; at least `marked` and at least `caught`.
[[nodiscard]] std::int64_t recapture(std::int64_t marked, std::int64_t caught, std::int64_t again);

// --- small cells -----------------------------------------------------------------------------------------------------

inline constexpr std::int64_t kSmallestCell = 5;  ///< contract §4.1: cells under 5 are suppressed

[[nodiscard]] inline std::optional<std::int64_t> unless_small(std::int64_t count) {
  return count < kSmallestCell ? std::nullopt : std::optional(count);
}
/// Which of the parts of one whole may be shown beside its total. A cell under 5 is hidden; where the total less the
/// cells shown would give a hidden one away (there is only one, or they are under 5 together), the smallest of the
/// others is hidden as well. Cells of 0 hide nobody and need no company.
[[nodiscard]] std::vector<bool> shown_parts(const std::vector<std::int64_t>& parts);

}  // namespace tg
