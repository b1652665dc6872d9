// One SQLite file behind our own words: settings that survive a power cut, cached statements, one sticky error.
// Owner thread: one at a time (a lane, or start-up before the lane runs). Never a second connection to the file
// (F5: the WAL-reset bug needs two); never a value of a row in an error text.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/crypto.hpp"
#include "base/page_cipher.hpp"
#include "base/result.hpp"

namespace tg {

enum class DbTrouble : std::uint8_t {
  none,
  full,
  read_only,
  damaged,
  locked,
  constraint,
  io,
  unreadable,
  refused,
  newer,
  other
};

struct DbError {
  DbTrouble trouble = DbTrouble::none;
  std::string text;  ///< for a person, e.g. "disk full"; empty when there is none
  explicit operator bool() const { return trouble != DbTrouble::none; }
};

/// When a commit outlives the machine. Every commit outlives the process.
enum class Durable : std::uint8_t {
  now,   ///< when transact() returns
  later  ///< with the next commit that is `now`, or the next checkpoint; never before an earlier commit
};

/// What a `?` of a statement stands for. Text and blobs are borrowed until the call returns.
class SqlValue {
 public:
  enum class Kind : std::uint8_t { null, integer, text, blob };
  SqlValue(std::nullopt_t) {}
  SqlValue(std::int64_t v) : kind(Kind::integer), integer(v) {}
  SqlValue(std::string_view v) : kind(Kind::text), text(v) {}
  SqlValue(const std::string& v) : kind(Kind::text), text(v) {}
  SqlValue(const char* v) : kind(Kind::text), text(v) {}
  SqlValue(Bytes v) : kind(Kind::blob), blob(v) {}
  template <class T>
  SqlValue(const std::optional<T>& v) : SqlValue(v ? SqlValue(*v) : SqlValue(std::nullopt)) {}

  Kind kind = Kind::null;
  std::int64_t integer = 0;
  std::string_view text;
  Bytes blob;
};
using SqlValues = std::initializer_list<SqlValue>;
using SqlRow = std::span<const SqlValue>;

class MirrorVfs;
struct SqlStatement;  // a prepared statement, kept by the Db

class Db {
 public:
  struct Settings {
    std::string path;
    std::int64_t max_bytes = 0;     ///< quota of the file (F6), 0 = none; a larger file keeps its size
    std::int32_t cache_kib = 4096;  ///< page cache
    std::shared_ptr<const AtRestKeys> keys = nullptr;  ///< none: a file in the clear
    std::shared_ptr<MirrorVfs> mirror = nullptr;       ///< none: the file is written once
  };
  /// Opens or creates (mode 0600) and sets what facts/platform asks for, reading each setting back.
  /// An encrypted file is opened by whichever of the keys fits, a new one is begun with the current key.
  /// The error's text starts with the path.
  static Result<Db, DbError> open(const Settings& settings);

  Db(Db&&) noexcept;
  Db& operator=(Db&&) noexcept;
  ~Db();

  /// After the first error every statement does nothing until clear_error(): a transaction is written straight down.
  [[nodiscard]] bool ok() const;
  [[nodiscard]] const DbError& error() const;
  void clear_error();

  /// One statement to its end; prepared once and kept, so the number of different texts must be small.
  void run(std::string_view sql, SqlValues values = {}) { run_row(sql, {values.begin(), values.size()}); }
  void run_row(std::string_view sql, SqlRow values);
  /// The first column of the first row; nullopt when there is no row, it is null, or an error is pending.
  [[nodiscard]] std::optional<std::int64_t> number(std::string_view sql, SqlValues values = {});
  /// Several statements, not kept; for migrations.
  void script(const std::string& sql);
  /// Rows that the last run() changed.
  [[nodiscard]] std::int64_t changes() const;

  /// BEGIN IMMEDIATE, `work`, COMMIT: when no error comes back all of it happened, and is durable as told; else nothing
  /// of it happened.
  [[nodiscard]] DbError transact(const std::function<void()>& work, Durable durable = Durable::now);
  /// Moves the write-ahead log into the file and truncates it: what was deleted is then in neither.
  [[nodiscard]] DbError checkpoint();
  /// A copy of everything committed, through this connection (F5). `path` is written over; half of it stays on an
  /// error.
  [[nodiscard]] DbError copy_to(const std::string& path);
  /// Rows that statements walked over without the help of an index, since the file was opened.
  [[nodiscard]] std::int64_t unindexed() const;
  /// Changes the quota of an open file.
  void set_max_bytes(std::int64_t bytes);

 private:
  friend class Query;
  struct Impl;
  explicit Db(std::unique_ptr<Impl> impl);
  SqlStatement* prepared(std::string_view sql);
  std::unique_ptr<Impl> impl_;
};

/// One run of a kept statement that gives rows; reset when it goes out of scope. Never two of the same text at a time.
class Query {
 public:
  Query(Db& db, std::string_view sql, SqlValues values = {}) : Query(db, sql, SqlRow{values.begin(), values.size()}) {}
  Query(Db& db, std::string_view sql, SqlRow values);
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;
  ~Query();

  /// False at the end and on an error (then Db::ok() is false). Text and blobs of a row live until the next call.
  [[nodiscard]] bool next();
  [[nodiscard]] int columns() const;
  [[nodiscard]] bool null(int column) const;
  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] std::string_view text(int column) const;
  [[nodiscard]] Bytes blob(int column) const;
  [[nodiscard]] SqlValue value(int column) const;
  [[nodiscard]] std::optional<std::int64_t> optional_integer(int column) const;
  [[nodiscard]] std::optional<std::string> optional_text(int column) const;

 private:
  Db& db_;
  SqlStatement* statement_;  ///< null when an error was pending
};

}  // namespace tg
