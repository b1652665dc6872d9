// After a start that found the facts file damaged, emptied, gone or behind its mark: rows saved, no number given twice,
// and an event that explains what is missing (decisions/0014).
// Owner thread: start-up. Never changes a sound file.
#pragma once

#include <string>

#include "adapters/sequence_mark.hpp"
#include "adapters/sqlite_fact_rows.hpp"
#include "adapters/sqlite_schema.hpp"

namespace tg {

struct FactsPast {
  bool lived_before = false;  ///< another file says that this box has a past
  std::optional<CounterMark> mark;
};

/// When the mirror took the place of what was damaged nothing is done. Else one transaction: the readable rows, the
/// counter, and `outbox.dropped` (reason "damaged") for the numbers that are neither there nor settled. The counter
/// comes from the file, else from the mark, else the epoch rises to the time of day, which no earlier life of this box
/// can have used. Damage that shows only now sets the file aside as well. Returns what was found in words for the
/// status screen, empty when there was nothing; the error names the file, which is in its place again.
[[nodiscard]] Result<std::string> recover_facts(OpenedDatabase& opened, const Db::Settings& file, const FactsPast& past,
                                                const FactOrigin& origin, WallTime now);

}  // namespace tg
