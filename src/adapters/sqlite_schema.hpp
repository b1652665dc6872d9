// From a path to a database that can be trusted: opened, checked, migrated, or set aside and begun anew.
// Owner thread: start-up, before the lane runs. Never deletes a file; never opens one of a newer program.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/sqlite_db.hpp"
#include "base/result.hpp"
#include "sql_migrations.hpp"

namespace tg {

struct DatabaseKind {
  std::string_view name;        ///< suffix of its migrations: "facts" or "cache"
  std::int64_t application_id;  ///< in the file's header, so that no foreign file is taken for ours
  std::string_view vital;       ///< when large, only this table is checked at start; empty: always all of it
  bool backup = false;          ///< a copy is kept from before an upgrade
  bool thorough = false;        ///< indexes are compared with their tables, too: twice the time and more
};
inline constexpr DatabaseKind kFactsKind{"facts", 0x54474601, "", true};
inline constexpr DatabaseKind kCacheKind{"cache", 0x54474301, "recognition"};

struct OpenedDatabase {
  Db db;
  std::optional<std::string> damaged;  ///< where the unusable predecessor lies now: this one is empty
  bool fresh = false;                  ///< begun just now
  bool mirrored = false;  ///< facts: the mirror took the place of the file that was damaged, gone or behind
};

/// Runs quick_check (0.1 s for 100 MB in memory, 2 s from a cold disk: hence DatabaseKind::vital) and the missing
/// migrations, each in one transaction. A damaged file is renamed to `<path>.corrupt-<unix seconds>` with its log, what
/// is not ours to `<path>.foreign-…`. Before the first of them facts are copied to `<path>.before-…`.
/// A file of a newer program is refused and not touched, unless such a copy says that it was upgraded here: then the
/// box was rolled back, and the file is renamed to `<path>.newer-…`. Errors name the path: no permission, in use,
/// newer.
[[nodiscard]] Result<OpenedDatabase> open_database(const Db::Settings& settings, const DatabaseKind& kind,
                                                   const std::vector<SqlMigration>& migrations = sql_migrations());

/// The first half of it: an error when the file cannot be used, with `aside` as the place where it lies then, empty
/// when it was left alone. Where there is no file an empty one begins.
[[nodiscard]] Result<Db, DbError> open_existing(const Db::Settings& settings, const DatabaseKind& kind,
                                                std::string& aside,
                                                const std::vector<SqlMigration>& migrations = sql_migrations());

/// The file's schema becomes the newest of `migrations`.
[[nodiscard]] DbError migrate(Db& db, const DatabaseKind& kind, const std::vector<SqlMigration>& migrations);

}  // namespace tg
