// The audit log in the facts file: entries chained by SHA-256, written in the transaction of what they tell of.
// Owner thread: the facts lane. Never deletes an entry, never holds a member's identifier.
#pragma once

#include <cstdint>

#include "adapters/sqlite_db.hpp"
#include "base/crypto.hpp"
#include "core/model/audit.hpp"

namespace tg {

/// Inside a transaction of its caller. The seal is SHA-256 over the seal of the entry before (32 zero bytes for the
/// first), then number, Unix milliseconds, action, command and detail, each followed by a line feed.
void append_audit(Db& db, const AuditEntry& entry);

struct AuditCheck {
  std::int64_t entries = 0;  ///< that are as their seals say, from the first on
  bool intact = true;        ///< else the next entry is missing or was changed
  Sha256 seal{};             ///< of the last intact one: kept elsewhere, it shows an end that was cut off
};
/// Walks the whole chain.
[[nodiscard]] AuditCheck verify_audit(Db& db);

}  // namespace tg
