// What can still be read of a damaged facts file, moved into its empty successor.
// Owner thread: start-up. Never changes the damaged file: it reads a copy. Never stops at the first bad page.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "adapters/sqlite_db.hpp"

namespace tg {

struct Salvage {
  std::int64_t rows = 0;
  std::int64_t events = 0;     ///< of the outbox, whole
  bool counter_known = false;  ///< epoch and last sequence could be read
};

/// A copy of `damaged` and its log beside it, opened; deleted with this object. Where its first page is unreadable it
/// gets that of an empty database: tables lie at the same pages in each, so that the rows behind it are found again.
/// On a disk without room for a copy the file itself is opened. What is encrypted stays so; without its first page it
/// is read with the current key.
class SalvageCopy {
 public:
  explicit SalvageCopy(const Db::Settings& damaged);
  ~SalvageCopy();
  SalvageCopy(const SalvageCopy&) = delete;
  SalvageCopy& operator=(const SalvageCopy&) = delete;
  [[nodiscard]] std::optional<Db>& db() { return db_; }  ///< none when nothing of it can be read

 private:
  std::string path_;
  bool own_ = false;
  std::optional<Db> db_;
};

/// Inside a transaction of its caller: every table forwards to the first error, then backwards; events whose payload is
/// not what was written are left out.
[[nodiscard]] Salvage salvage_rows(Db& from, Db& fresh);

}  // namespace tg
