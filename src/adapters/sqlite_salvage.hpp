// What can still be read of a damaged facts file, moved into its empty successor.
// Owner thread: start-up. Never changes the damaged file's rows; never stops at the first bad page.
#pragma once

#include <cstdint>
#include <string>

#include "adapters/sqlite_db.hpp"
#include "base/result.hpp"
#include "base/types.hpp"

namespace tg {

struct Salvage {
  std::int64_t rows = 0;
  std::int64_t events = 0;     ///< of the outbox
  bool counter_known = false;  ///< else the epoch has risen (contract §4.1)
};

/// Reads every table forwards to the first error, then backwards. Where the counter cannot be read, the epoch rises:
/// numbering then starts at 1, or after the highest event that was saved, so that none is overwritten.
[[nodiscard]] Result<Salvage, DbError> salvage_facts(const std::string& damaged, Db& fresh, WallTime now);

}  // namespace tg
