// A second memory of the counter beside facts.db: `facts.mark`, one line of 192 bytes.
// A write-ahead log that lost its end looks like one that ended there; this file knows better, so that no number is
// given twice and what is missing can be named (decisions/0014). Owner thread: start-up, then the facts lane.
// Never needed to go on: without it, or when it cannot be written, only that knowledge is lacking.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/types.hpp"

namespace tg {

struct CounterMark {
  std::uint32_t epoch = 0;
  Sequence committed = 0;  ///< the highest number on disk; written without fsync: exact until the machine goes down
  Sequence settled = 0;    ///< every event up to here was delivered, or is explained
  Sequence reserved = 0;   ///< no higher number was given: written with fsync before the first of them
  bool same_boot = false;  ///< written since the machine started: `committed` is exact
  /// The highest number that may have been given.
  [[nodiscard]] Sequence highest() const { return same_boot ? committed : reserved; }
};

class MarkFile {
 public:
  /// Reads what a former run left. What is no mark is moved beside (set_aside).
  static MarkFile open(const std::string& path);
  MarkFile(MarkFile&& other) noexcept;
  MarkFile& operator=(MarkFile&&) = delete;
  ~MarkFile();

  [[nodiscard]] const std::optional<CounterMark>& found() const { return found_; }
  /// Before a commit with numbers up to `last`: an fsync for each 1024 of them.
  void reserve(std::uint32_t epoch, Sequence last);
  /// After a commit.
  void note(Sequence committed, Sequence settled);

 private:
  explicit MarkFile(std::string path) : path_(std::move(path)) {}
  void write(bool sync);

  std::string path_;
  int fd_ = -1;
  bool complained_ = false;
  std::optional<CounterMark> found_;
  CounterMark now_;
};

}  // namespace tg
