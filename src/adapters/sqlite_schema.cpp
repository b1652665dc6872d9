#include "adapters/sqlite_schema.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <system_error>
#include <utility>

#include "base/log.hpp"

namespace tg {
namespace {

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

DbError check_owner(Db& db, const DatabaseKind& kind) {
  const auto id = db.number("PRAGMA application_id").value_or(0);
  const auto objects = db.number("SELECT count(*) FROM sqlite_schema").value_or(0);
  if (!db.ok() || id == kind.application_id || (id == 0 && objects == 0)) return db.error();
  return {DbTrouble::refused, "not a " + std::string(kind.name) + " database of this program; move it away"};
}

/// A store must open its doors within seconds: of a cache of a million members only the keys, which are read anyway.
DbError quick_check(Db& db, const DatabaseKind& kind) {
  constexpr std::int64_t kLarge = 32 << 20;
  const std::int64_t bytes = db.number("PRAGMA page_count").value_or(0) * db.number("PRAGMA page_size").value_or(0);
  const std::string what = kind.vital.empty() || bytes < kLarge ? "1" : std::string(kind.vital);
  Query query(db, "PRAGMA quick_check(" + what + ")");
  const bool fine = query.next() && query.text(0) == "ok";
  if (!db.ok()) return db.error();
  return fine ? DbError{} : DbError{DbTrouble::damaged, "the file is damaged"};
}

DbError prepare(Db& db, const DatabaseKind& kind, const std::vector<SqlMigration>& migrations) {
  if (DbError error = check_owner(db, kind)) return error;
  if (DbError error = quick_check(db, kind)) return error;
  return migrate(db, kind, migrations);
}

Result<std::string> set_aside(const std::string& path) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now).count();
  const std::string aside = path + ".corrupt-" + std::to_string(seconds);
  std::error_code error;
  if (std::filesystem::exists(path + "-wal")) std::filesystem::rename(path + "-wal", aside + "-wal", error);
  if (!error) std::filesystem::rename(path, aside, error);
  if (error) return fail(path + ": damaged, and cannot be renamed: " + error.message());
  return aside;
}

/// One attempt; the connection is closed again when it fails.
Result<Db, DbError> open_once(const Db::Settings& settings, const DatabaseKind& kind,
                              const std::vector<SqlMigration>& migrations) {
  auto db = Db::open(settings);
  if (!db) return db;
  if (DbError error = prepare(*db, kind, migrations)) {
    error.text = settings.path + ": " + error.text;
    return Unexpected<DbError>{std::move(error)};
  }
  return db;
}

}  // namespace

DbError migrate(Db& db, const DatabaseKind& kind, const std::vector<SqlMigration>& migrations) {
  const auto steps = steps_of(kind, migrations);
  const auto newest = steps.empty() ? 0 : steps.back().version;
  const auto found = db.number("PRAGMA user_version").value_or(0);
  if (!db.ok()) return db.error();
  if (found > newest) {
    return {DbTrouble::refused, "written by a newer program (schema " + std::to_string(found) + ", this one knows " +
                                    std::to_string(newest) + "); install that program again"};
  }
  for (const auto& step : steps) {
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

Result<OpenedDatabase> open_database(const Db::Settings& settings, const DatabaseKind& kind,
                                     const std::vector<SqlMigration>& migrations) {
  auto db = open_once(settings, kind, migrations);
  if (db) return OpenedDatabase{std::move(*db), std::nullopt};
  if (db.error().trouble != DbTrouble::damaged) return fail(db.error().text);

  auto aside = set_aside(settings.path);
  if (!aside) return Unexpected<Error>{aside.error()};
  log(LogLevel::error, kind.name, "the database was damaged; it was set aside and an empty one begun");
  auto fresh = open_once(settings, kind, migrations);
  if (!fresh) return fail(fresh.error().text);
  return OpenedDatabase{std::move(*fresh), std::move(*aside)};
}

}  // namespace tg
