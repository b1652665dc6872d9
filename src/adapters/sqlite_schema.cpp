#include "adapters/sqlite_schema.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <system_error>
#include <utility>

#include "adapters/sqlite_aside.hpp"
#include "adapters/sqlite_seal.hpp"
#include "base/log.hpp"

namespace tg {
namespace {

std::string file_name(const std::string& path) { return std::filesystem::path(path).filename().string(); }

struct Step {
  std::int64_t version;
  std::string_view sql;
};

/// `0001_facts` -> version 1 of "facts".
std::vector<Step> steps_of(const DatabaseKind& kind, const std::vector<SqlMigration>& migrations) {
  std::vector<Step> steps;
  for (const auto& migration : migrations) {
    const auto bar = migration.name.find('_');
    if (bar == std::string_view::npos || migration.name.substr(bar + 1) != kind.name) continue;
    std::int64_t version = 0;
    std::from_chars(migration.name.data(), migration.name.data() + bar, version);
    steps.push_back({version, migration.sql});
  }
  std::ranges::sort(steps, {}, &Step::version);
  return steps;
}

std::int64_t newest_of(const std::vector<Step>& steps) { return steps.empty() ? 0 : steps.back().version; }

DbError check_version(Db& db, const DatabaseKind& kind, const std::vector<SqlMigration>& migrations) {
  const auto newest = newest_of(steps_of(kind, migrations));
  const auto found = db.number("PRAGMA user_version").value_or(0);
  if (!db.ok() || found <= newest) return db.error();
  return {DbTrouble::newer, "written by a newer program (schema " + std::to_string(found) + ", this one knows " +
                                std::to_string(newest) + "); install that program again"};
}

/// A store must open its doors within seconds: of a cache of a million members only the keys, which are read anyway.
DbError quick_check(Db& db, const DatabaseKind& kind) {
  constexpr std::int64_t kLarge = 32 << 20;
  const std::int64_t bytes = db.number("PRAGMA page_count").value_or(0) * db.number("PRAGMA page_size").value_or(0);
  const std::string what = kind.vital.empty() || bytes < kLarge ? "1" : std::string(kind.vital);
  Query query(db, (kind.thorough ? "PRAGMA integrity_check(" : "PRAGMA quick_check(") + what + ")");
  const bool fine = query.next() && query.text(0) == "ok";
  if (!db.ok()) return db.error();
  return fine ? DbError{} : DbError{DbTrouble::damaged, "the file is damaged"};
}

bool is_older(Db& db, const DatabaseKind& kind, const std::vector<SqlMigration>& migrations) {
  const auto found = db.number("PRAGMA user_version").value_or(0);
  return found > 0 && found < newest_of(steps_of(kind, migrations));
}

/// Of the file as the former program left it; one is kept. A disk without room for it does not stop the upgrade: each
/// step is a transaction.
void keep_copy(Db& db, const std::string& path) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  if (std::filesystem::space(path, error).available < 2 * size) {
    return log(LogLevel::warning, "store", "no room for a copy before the upgrade");
  }
  const auto former = copies_before_upgrade(path);
  const std::string copy = free_name(path, kBeforeUpgrade);
  if (const DbError failed = db.copy_to(copy)) {
    std::filesystem::remove(copy, error);
    return log(LogLevel::warning, "store", "no copy before the upgrade: " + failed.text);
  }
  for (const auto& old : former) std::filesystem::remove(old, error);
  log(LogLevel::info, "store", "a copy from before the upgrade lies beside as " + file_name(copy));
}

/// Of an encrypted file only now; what is in the clear was looked at before.
DbError check_owner(Db& db, const DatabaseKind& kind) {
  const auto id = db.number("PRAGMA application_id").value_or(0);
  const auto objects = db.number("SELECT count(*) FROM sqlite_schema").value_or(0);
  if (!db.ok() || id == kind.application_id || (id == 0 && objects == 0)) return db.error();
  return {DbTrouble::refused, "not a " + std::string(kind.name) + " database of this program; move it away"};
}

DbError prepare(Db& db, const std::string& path, const DatabaseKind& kind,
                const std::vector<SqlMigration>& migrations) {
  if (DbError error = check_owner(db, kind)) return error;
  if (DbError error = check_version(db, kind, migrations)) return error;
  if (DbError error = quick_check(db, kind)) return error;
  if (kind.backup && is_older(db, kind, migrations)) keep_copy(db, path);
  return migrate(db, kind, migrations);
}

/// One attempt; the connection is closed again when it fails.
Result<Db, DbError> open_once(const Db::Settings& settings, const DatabaseKind& kind,
                              const std::vector<SqlMigration>& migrations) {
  auto db = Db::open(settings);
  if (!db) return db;
  if (DbError error = prepare(*db, settings.path, kind, migrations)) {
    error.text = settings.path + ": " + error.text;
    return Unexpected<DbError>{std::move(error)};
  }
  return db;
}

/// With the current key afterwards, whichever the file had.
Result<Db, DbError> open_with_current_key(const Db::Settings& settings, const DatabaseKind& kind,
                                          const std::vector<SqlMigration>& migrations) {
  const bool is_current = has_current_key(settings);
  auto db = open_once(settings, kind, migrations);
  if (!db || is_current) return db;
  if (const DbError error = apply_current_key(std::move(*db), settings))
    log(LogLevel::error, kind.name, "keeps its former key, the next start tries again: " + error.text);
  return open_once(settings, kind, migrations);
}

/// What is no database of ours is moved away before SQLite touches it. Returns where, or nothing.
Result<std::optional<std::string>> clear_the_place(const std::string& path, const DatabaseKind& kind, Found found) {
  if (found == Found::damaged || found == Found::foreign) {
    auto aside = set_aside(path, found == Found::foreign ? "foreign" : "corrupt");
    if (!aside) return Unexpected<Error>{aside.error()};
    return std::optional(std::move(*aside));
  }
  const auto log_aside = clear_log(path);
  if (!log_aside) return Unexpected<Error>{log_aside.error()};
  if (*log_aside) log(LogLevel::error, kind.name, "the log was unusable; it lies beside as " + file_name(**log_aside));
  return std::optional<std::string>{};
}

}  // namespace

DbError migrate(Db& db, const DatabaseKind& kind, const std::vector<SqlMigration>& migrations) {
  if (DbError error = check_version(db, kind, migrations)) return error;
  const auto found = db.number("PRAGMA user_version").value_or(0);
  for (const auto& step : steps_of(kind, migrations)) {
    if (step.version <= found) continue;
    const DbError error = db.transact([&] {
      db.script(std::string(step.sql));
      db.script("PRAGMA application_id=" + std::to_string(kind.application_id));
      db.script("PRAGMA user_version=" + std::to_string(step.version));
    });
    if (error) return {error.trouble, "migration " + std::to_string(step.version) + ": " + error.text};
  }
  return {};
}

Result<Db, DbError> open_existing(const Db::Settings& settings, const DatabaseKind& kind, std::string& aside,
                                  const std::vector<SqlMigration>& migrations) {
  discard_unfinished_copy(settings.path);
  const Found found = look_at(settings.path, kind.application_id, settings.keys ? *settings.keys : AtRestKeys{});
  const auto moved = clear_the_place(settings.path, kind, found);
  if (!moved) return Unexpected<DbError>{{DbTrouble::io, moved.error().message}};
  DbError error{DbTrouble::damaged, {}};
  if (*moved) {
    aside = **moved;
  } else {
    auto db = open_with_current_key(settings, kind, migrations);
    if (db) return db;
    error = db.error();
    const bool rolled_back = error.trouble == DbTrouble::newer && !copies_before_upgrade(settings.path).empty();
    if (error.trouble != DbTrouble::damaged && !rolled_back) return Unexpected<DbError>{std::move(error)};
    auto left = set_aside(settings.path, rolled_back ? "newer" : "corrupt");
    if (!left) return Unexpected<DbError>{{DbTrouble::io, left.error().message}};
    aside = std::move(*left);
  }
  log(LogLevel::error, kind.name, "the database was unusable; it lies beside as " + file_name(aside));
  return Unexpected<DbError>{std::move(error)};
}

Result<OpenedDatabase> open_database(const Db::Settings& settings, const DatabaseKind& kind,
                                     const std::vector<SqlMigration>& migrations) {
  const bool fresh = look_at(settings.path, kind.application_id) == Found::nothing;
  std::string aside;
  auto db = open_existing(settings, kind, aside, migrations);
  if (db) return OpenedDatabase{std::move(*db), std::nullopt, fresh};
  if (aside.empty()) return fail(db.error().text);
  auto successor = open_once(settings, kind, migrations);
  if (!successor) return fail(successor.error().text);
  return OpenedDatabase{std::move(*successor), std::move(aside), true};
}

}  // namespace tg
