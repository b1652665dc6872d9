// A simulated day through the real core, by the way of `touchpointctl replay`.
// Owner thread: the caller's. Never writes a file but for those of export_day().
#pragma once

#include <string>

#include "sim/crowd.hpp"
#include "sim/score.hpp"

namespace tg::sim {

inline constexpr std::int64_t kOpeningMs = 1'763'713'200'000;  ///< when each simulation begins: 2025-11-21T08:20:00Z

struct Rehearsal {
  std::vector<Person> crowd;
  Score score;
  std::size_t sightings = 0;
  double simulated_h = 0;
  double cpu_s = 0;  ///< of the core alone
};

/// With `map` the gateway knows zone areas and receiver places.
[[nodiscard]] Rehearsal rehearse(const StorePlan& plan, bool map, const CrowdOptions& options);

/// Writes `gateway.json`, `journal.ndjson` for `touchpointctl replay`, and `truth.ndjson`: each half second of each
/// person inside. Throws when the folder cannot be written.
void export_day(const StorePlan& plan, bool map, const CrowdOptions& options, const std::string& folder);

}  // namespace tg::sim
