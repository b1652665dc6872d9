// A disk that fails and forgets, under every SQLite file that this process opens: our own sqlite3_vfs over the
// system's. It counts the calls that can fail, fails the one it is told to, and keeps for one folder what a power cut
// would leave. Owner thread: the test sets it up; lanes use it, one at a time. Never changes what a healthy disk would
// do.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "support/core/dice.hpp"

namespace tg::test {

/// The files of a folder, by name.
using FolderImage = std::map<std::string, std::string>;

class RoughDisk {
 public:
  enum class Error : std::uint8_t { io, full };

  /// The one of this process; from the first call on SQLite uses it.
  static RoughDisk& mounted();

  /// The `n`-th call from now on fails, 1 = the next; with `for_good` every later one as well.
  void fail_call(std::uint64_t n, Error error, bool for_good = false);
  /// No byte of this file can be read from its next opening on, whatever it is called then.
  void break_file(const std::string& path);
  void heal();
  /// Calls since fail_call() or heal().
  [[nodiscard]] std::uint64_t calls() const { return calls_; }

  /// From now on remembers what of the files in `folder` is durable. `before_change` runs in the writer's thread before
  /// each write, truncation and sync.
  void remember(const std::string& folder, bool lies_about_sync, std::function<void()> before_change);
  void forget();
  /// What a power cut now would leave: what was synced, and of each later write all, nothing, or some sectors.
  [[nodiscard]] FolderImage cut(Dice& dice);

  // For the shim.
  [[nodiscard]] bool is_broken(const char* path) const;
  [[nodiscard]] int next_call(bool may_be_full);
  void changed(const std::string& path, std::int64_t at, std::string bytes);  ///< `at` < 0: truncated to -at - 1
  void synced(const std::string& path);
  void deleted(const std::string& path);
  void about_to_change(const std::string& path);

 private:
  struct Change {
    std::int64_t at = 0;
    std::string bytes;
  };
  struct File {
    std::string durable;
    std::vector<Change> pending;
  };
  static void apply(std::string& to, const Change& change, std::size_t bytes);
  [[nodiscard]] bool watched(const std::string& path) const;

  std::atomic<std::uint64_t> calls_{0}, fails_at_{0};
  std::atomic<bool> for_good_{false};
  std::atomic<Error> error_{Error::io};
  std::atomic<std::uint64_t> broken_{0};  // inode
  mutable std::mutex mutex_;
  std::string folder_;
  bool lies_ = false;
  std::function<void()> before_change_;
  std::map<std::string, File> files_;
};

}  // namespace tg::test
