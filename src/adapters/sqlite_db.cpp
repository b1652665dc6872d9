#include "adapters/sqlite_db.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <map>
#include <system_error>
#include <utility>

#include "adapters/sqlite_mirror_vfs.hpp"
#include "adapters/sqlite_seal.hpp"
#include "adapters/sqlite_sealed_vfs.hpp"

namespace tg {

struct SqlStatement {
  sqlite3_stmt* handle = nullptr;
  bool busy = false;
  ~SqlStatement() { sqlite3_finalize(handle); }
};

struct Db::Impl {
  std::shared_ptr<MirrorVfs> mirror;  // the layers below, lowest first; they outlive the connection
  std::unique_ptr<SealedVfs> sealed;  // of an encrypted file
  sqlite3* handle = nullptr;
  std::map<std::string, std::unique_ptr<SqlStatement>, std::less<>> statements;  // by their text
  DbError error;
  Durable durable = Durable::now;

  Impl() = default;
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() {
    statements.clear();
    sqlite3_close(handle);
  }
  void note(int code);
};

namespace {

constexpr std::int64_t kPageBytes = 4096;
constexpr int kMaxValueBytes = 4 << 20;  // a ticket of 1 MiB, once as JSON, fits
constexpr int kMaxSqlBytes = 64 << 10;

struct Named {
  int code;
  DbTrouble trouble;
  const char* text;
};
constexpr std::array kNames{
    Named{SQLITE_FULL, DbTrouble::full, "disk full"},
    Named{SQLITE_READONLY, DbTrouble::read_only, "read-only file system or no permission to write"},
    Named{SQLITE_PERM, DbTrouble::read_only, "no permission"},
    Named{SQLITE_CANTOPEN, DbTrouble::io, "cannot be opened"},
    Named{SQLITE_CORRUPT, DbTrouble::damaged, "the file is damaged"},
    Named{SQLITE_NOTADB, DbTrouble::damaged, "the file is no database"},
    Named{SQLITE_BUSY, DbTrouble::locked, "in use by another process"},
    Named{SQLITE_CONSTRAINT, DbTrouble::constraint, "a row breaks a rule of the schema"},
    Named{SQLITE_IOERR, DbTrouble::unreadable, "the disk does not read or write"},
};

DbError named_error(int code) {
  for (const auto& name : kNames) {
    if (name.code == (code & 0xff)) return {name.trouble, name.text};
  }
  return {DbTrouble::other, sqlite3_errstr(code)};  // a constant text of the library, never a value
}

/// Each setting is written and read back: a setting that silently does not take is how rows get lost (F4).
struct Setting {
  const char* set;
  const char* get;
  std::string_view expected;
};
constexpr std::array kSettings{
    Setting{"PRAGMA locking_mode=EXCLUSIVE", "PRAGMA locking_mode", "exclusive"},  // before WAL: no shared memory file
    Setting{"PRAGMA auto_vacuum=INCREMENTAL", "PRAGMA auto_vacuum", "2"},          // before the first table
    Setting{"PRAGMA journal_mode=WAL", "PRAGMA journal_mode", "wal"},
    Setting{"PRAGMA synchronous=FULL", "PRAGMA synchronous", "2"},
    Setting{"PRAGMA busy_timeout=5000", "PRAGMA busy_timeout", "5000"},
    Setting{"PRAGMA foreign_keys=ON", "PRAGMA foreign_keys", "1"},
    Setting{"PRAGMA trusted_schema=OFF", "PRAGMA trusted_schema", "0"},
    Setting{"PRAGMA cell_size_check=ON", "PRAGMA cell_size_check", "1"},
    Setting{"PRAGMA secure_delete=ON", "PRAGMA secure_delete", "1"},
    Setting{"PRAGMA temp_store=MEMORY", "PRAGMA temp_store", "2"},
    Setting{"PRAGMA mmap_size=0", "PRAGMA mmap_size", "0"},  // mmap turns a disk error into SIGBUS
    Setting{"PRAGMA wal_autocheckpoint=1000", "PRAGMA wal_autocheckpoint", "1000"},
    Setting{"PRAGMA journal_size_limit=8388608", "PRAGMA journal_size_limit", "8388608"},
};

/// The first column of the first row, "" when there is none.
std::string first_text(sqlite3* handle, const char* sql, int& code) {
  sqlite3_stmt* statement = nullptr;
  code = sqlite3_prepare_v2(handle, sql, -1, &statement, nullptr);
  std::string text;
  if (code == SQLITE_OK) {
    code = sqlite3_step(statement);
    if (code == SQLITE_ROW) {
      const auto* found = sqlite3_column_text(statement, 0);
      if (found != nullptr) text = reinterpret_cast<const char*>(found);
    }
    if (code == SQLITE_ROW || code == SQLITE_DONE) code = SQLITE_OK;
  }
  sqlite3_finalize(statement);
  return text;
}

DbError apply_settings(sqlite3* handle) {
  for (const auto& setting : kSettings) {
    int code = SQLITE_OK;
    first_text(handle, setting.set, code);
    if (code != SQLITE_OK) return named_error(code);
    const std::string found = first_text(handle, setting.get, code);
    if (code != SQLITE_OK) return named_error(code);
    if (found != setting.expected) {
      return {DbTrouble::refused, std::string("setting refused: ") + setting.set + " gives " + found};
    }
  }
  return {};
}

void harden(sqlite3* handle) {
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
  sqlite3_db_config(handle, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
  sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, kMaxValueBytes);
  sqlite3_limit(handle, SQLITE_LIMIT_SQL_LENGTH, kMaxSqlBytes);
  sqlite3_limit(handle, SQLITE_LIMIT_ATTACHED, 0);
}

/// The kernel names the trouble better than the library; and the file is for its owner only from its first byte on.
DbError create_private(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return {DbTrouble::io, path + ": " + std::generic_category().message(errno)};
  ::close(fd);
  return {};
}

int bind(sqlite3_stmt* statement, int index, const SqlValue& value) {
  switch (value.kind) {
    case SqlValue::Kind::integer:
      return sqlite3_bind_int64(statement, index, value.integer);
    case SqlValue::Kind::text:
      return sqlite3_bind_text64(statement, index, value.text.data() == nullptr ? "" : value.text.data(),
                                 value.text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
    case SqlValue::Kind::blob:
      if (value.blob.empty()) return sqlite3_bind_zeroblob(statement, index, 0);  // a null pointer would mean NULL
      return sqlite3_bind_blob64(statement, index, value.blob.data(), value.blob.size(), SQLITE_TRANSIENT);
    case SqlValue::Kind::null:
      break;
  }
  return sqlite3_bind_null(statement, index);
}

}  // namespace

void Db::Impl::note(int code) {
  if (!error) error = named_error(code);
}

Db::Db(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Db::Db(Db&&) noexcept = default;
Db& Db::operator=(Db&&) noexcept = default;
Db::~Db() = default;

Result<Db, DbError> Db::open(const Settings& settings) {
  if (DbError error = create_private(settings.path)) return Unexpected<DbError>{std::move(error)};
  Db db(std::make_unique<Impl>());
  const auto file = key_of_file(settings.path, settings.keys ? *settings.keys : AtRestKeys{});
  if (!file) return Unexpected<DbError>{file.error()};
  db.impl_->mirror = settings.mirror;
  const char* layer = settings.mirror ? settings.mirror->name() : nullptr;
  if (file->key) {
    db.impl_->sealed = std::make_unique<SealedVfs>(*file->key, layer);
    layer = db.impl_->sealed->name();
  }
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX;
  const int code = sqlite3_open_v2(settings.path.c_str(), &db.impl_->handle, flags, layer);
  DbError error = code == SQLITE_OK ? DbError{} : named_error(code);
  if (!error) {
    harden(db.impl_->handle);
    sqlite3_busy_timeout(db.impl_->handle, 5000);
    error = apply_settings(db.impl_->handle);
  }
  if (error) {
    error.text = settings.path + ": " + error.text;
    return Unexpected<DbError>{std::move(error)};
  }
  db.script("PRAGMA cache_size=-" + std::to_string(settings.cache_kib));
  db.set_max_bytes(settings.max_bytes);
  return db;
}

void Db::set_max_bytes(std::int64_t bytes) {
  if (bytes > 0) script("PRAGMA max_page_count=" + std::to_string(std::max<std::int64_t>(bytes / kPageBytes, 1)));
}

bool Db::ok() const { return !impl_->error; }
const DbError& Db::error() const { return impl_->error; }
void Db::clear_error() { impl_->error = {}; }
std::int64_t Db::changes() const { return sqlite3_changes64(impl_->handle); }

std::int64_t Db::unindexed() const {
  std::int64_t rows = 0;
  for (const auto& [sql, statement] : impl_->statements) {
    rows += sqlite3_stmt_status(statement->handle, SQLITE_STMTSTATUS_FULLSCAN_STEP, 0);
  }
  return rows;
}

SqlStatement* Db::prepared(std::string_view sql) {
  auto found = impl_->statements.find(sql);
  if (found == impl_->statements.end()) {
    auto made = std::make_unique<SqlStatement>();
    const int code = sqlite3_prepare_v3(impl_->handle, sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &made->handle, nullptr);
    if (code != SQLITE_OK) {
      impl_->note(code);
      return nullptr;
    }
    found = impl_->statements.emplace(std::string(sql), std::move(made)).first;
  }
  if (found->second->busy) std::abort();  // the same statement twice at a time: a broken invariant of the program
  return found->second.get();
}

void Db::run_row(std::string_view sql, SqlRow values) {
  Query query(*this, sql, values);
  while (query.next()) {
  }
}

std::optional<std::int64_t> Db::number(std::string_view sql, SqlValues values) {
  Query query(*this, sql, values);
  if (!query.next()) return std::nullopt;
  return query.optional_integer(0);
}

void Db::script(const std::string& sql) {
  if (!ok()) return;
  const int code = sqlite3_exec(impl_->handle, sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) impl_->note(code);
}

DbError Db::transact(const std::function<void()>& work, Durable durable) {
  clear_error();
  if (impl_->durable != durable) run(durable == Durable::now ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL");
  if (ok()) impl_->durable = durable;
  run("BEGIN IMMEDIATE");
  if (ok()) work();
  run("COMMIT");
  DbError error = std::move(impl_->error);
  clear_error();
  // Some errors roll back by themselves; a second ROLLBACK would be an error of its own.
  if (error && sqlite3_get_autocommit(impl_->handle) == 0) run("ROLLBACK");
  clear_error();
  return error;
}

DbError Db::checkpoint() {
  const int code = sqlite3_wal_checkpoint_v2(impl_->handle, nullptr, SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  return code == SQLITE_OK ? DbError{} : named_error(code);
}

DbError Db::copy_to(const std::string& path) {
  if (DbError error = create_private(path)) return error;
  sqlite3* copy = nullptr;
  const char* layer = impl_->sealed ? impl_->sealed->name() : nullptr;  // what is encrypted stays so
  int code = sqlite3_open_v2(path.c_str(), &copy, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, layer);
  sqlite3_backup* backup = code == SQLITE_OK ? sqlite3_backup_init(copy, "main", impl_->handle, "main") : nullptr;
  if (backup != nullptr) {
    sqlite3_backup_step(backup, -1);
    code = sqlite3_backup_finish(backup);
  } else if (code == SQLITE_OK) {
    code = sqlite3_errcode(copy);
  }
  const int closed = sqlite3_close(copy);
  if (code == SQLITE_OK) code = closed;
  return code == SQLITE_OK ? DbError{} : named_error(code);
}

Query::Query(Db& db, std::string_view sql, SqlRow values) : db_(db), statement_(db.ok() ? db.prepared(sql) : nullptr) {
  if (statement_ == nullptr) return;
  statement_->busy = true;
  int index = 0;
  for (const auto& value : values) {
    const int code = bind(statement_->handle, ++index, value);
    if (code != SQLITE_OK) db_.impl_->note(code);
  }
}

Query::~Query() {
  if (statement_ == nullptr) return;
  sqlite3_reset(statement_->handle);
  sqlite3_clear_bindings(statement_->handle);
  statement_->busy = false;
}

bool Query::next() {
  if (statement_ == nullptr || !db_.ok()) return false;
  const int code = sqlite3_step(statement_->handle);
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) db_.impl_->note(code);
  return false;
}

int Query::columns() const { return statement_ == nullptr ? 0 : sqlite3_column_count(statement_->handle); }
bool Query::null(int column) const { return sqlite3_column_type(statement_->handle, column) == SQLITE_NULL; }
std::int64_t Query::integer(int column) const { return sqlite3_column_int64(statement_->handle, column); }

std::string_view Query::text(int column) const {
  const auto* data = sqlite3_column_text(statement_->handle, column);
  if (data == nullptr) return {};
  return {reinterpret_cast<const char*>(data),
          static_cast<std::size_t>(sqlite3_column_bytes(statement_->handle, column))};
}

Bytes Query::blob(int column) const {
  const auto* data = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_->handle, column));
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_->handle, column))};
}

SqlValue Query::value(int column) const {
  switch (sqlite3_column_type(statement_->handle, column)) {
    case SQLITE_INTEGER:
      return integer(column);
    case SQLITE_TEXT:
      return text(column);
    case SQLITE_BLOB:
      return blob(column);
    default:
      return std::nullopt;
  }
}

std::optional<std::int64_t> Query::optional_integer(int column) const {
  if (null(column)) return std::nullopt;
  return integer(column);
}

std::optional<std::string> Query::optional_text(int column) const {
  if (null(column)) return std::nullopt;
  return std::string(text(column));
}

}  // namespace tg
