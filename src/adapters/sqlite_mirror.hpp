// facts.db and facts.mirror.db: the same content twice, so that the damage of either loses nothing (decisions/0017).
// Owner thread: start-up opens, then the facts lane. Never merges two files: one of them is right, whole.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "adapters/sequence_mark.hpp"
#include "adapters/sqlite_mirror_vfs.hpp"
#include "adapters/sqlite_schema.hpp"

namespace tg {

/// `facts.db` -> `facts.mirror.db`
[[nodiscard]] std::string mirror_of(const std::string& path);

/// Called only once the facts are ours: another process may be writing its mark.
using MarkReader = std::function<std::optional<CounterMark>()>;

/// open_database for the facts. The mirror takes the place of a file that cannot be used, is gone, or has fewer
/// commits; then OpenedDatabase::mirrored is set. A mirror that cannot be used lies beside; one of another pair, too.
/// `trouble` says what was found wrong with the mirror, in words.
[[nodiscard]] Result<OpenedDatabase> open_facts(const Db::Settings& settings, const MarkReader& mark,
                                                std::string& trouble);

/// Inside a transaction: it counts. What was not counted is not newer.
void count_commit(Db& db);

/// The mirror follows the open facts from now on.
class MirrorKeeper {
 public:
  explicit MirrorKeeper(std::shared_ptr<MirrorVfs> vfs, std::string path)
      : vfs_(std::move(vfs)), path_(std::move(path)) {}

  /// At start: names the pair, then copies for at most `budget`.
  void begin(Db& db, Millis budget);
  /// In the lane, each turn: goes on copying, or begins again a minute after trouble. True while there is more to do at
  /// once.
  bool tend();
  /// True when no mirror holds what the file no longer holds. For an erasure.
  [[nodiscard]] bool follows();
  /// "complete", "copying", "none".
  [[nodiscard]] std::string_view state() const;
  /// Why there is none.
  [[nodiscard]] const std::string& cause() const { return no_room_.empty() ? vfs_->trouble() : no_room_; }
  /// Pages that were not as they should be.
  [[nodiscard]] std::int64_t renewed() const { return vfs_->renewed(); }
  [[nodiscard]] bool complete() const { return vfs_->state() == MirrorVfs::State::complete; }

 private:
  void begin();

  std::shared_ptr<MirrorVfs> vfs_;
  std::string path_;
  std::string no_room_;
  std::chrono::steady_clock::time_point retry_at_{};
};

}  // namespace tg
