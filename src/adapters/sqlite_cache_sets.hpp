// The data sets of the cache file as a whole: snapshots staged and switched, deltas, garbage (contract §4.2).
// Owner thread: the cache lane, inside its transaction. Never touches the rows in effect while a snapshot is staged;
// never deletes a replaced generation in one go.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "adapters/sqlite_cache_rows.hpp"
#include "adapters/sqlite_db.hpp"
#include "core/effects.hpp"
#include "core/events.hpp"

namespace tg {

/// A data set as it is in effect.
struct HeldSet {
  Generation generation = 0;
  std::string snapshot;
  std::int64_t revision = 0;
  std::int64_t entries = 0;
  std::optional<WallTime> updated_at;  ///< nullopt: never received
};
using HeldSets = std::array<HeldSet, kDataSetCount>;  ///< by DataSet
[[nodiscard]] HeldSets read_sets(Db& db);

struct WriteContext {
  const HeldSets& sets;
  std::int64_t max_members;
  WallTime now;
};

/// Each fills status, reason, revision and what changed; the caller answers only after its transaction.
void write_set(Db& db, const WriteContext& context, const SnapshotPart& part, event::CacheWritten& answer);
void write_set(Db& db, const WriteContext& context, const Delta& delta, event::CacheWritten& answer);
void write_set(Db& db, const WriteContext& context, const ConsentChange& change, event::CacheWritten& answer);

/// What was staged before a restart is not continued.
void discard_staging(Db& db);
/// Deletes up to 2000 rows of a generation that is no longer in effect. True while there may be more.
[[nodiscard]] bool delete_garbage_slice(Db& db);
/// Removes members from the generation in effect.
void evict_members(Db& db, Generation generation, const std::vector<MemberId>& members);
/// Removes a member from every generation, also those staged and those waiting to be deleted.
void forget_member(Db& db, const MemberId& member);

}  // namespace tg
