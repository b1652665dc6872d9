// The file of a recording: `<runtime_dir>/journal.ndjson`, one line an input (contract §8), mode 0600.
// Owner thread: the loop. Never blocks it noticeably: lines gather in memory (at most 64 KiB) and go into the page
// cache in one write. Never grows beyond its limit: then it says so once in the log and takes no more.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace tg {

class JournalFile {
 public:
  /// Begins a fresh file; the former one stays beside it as `journal.1.ndjson`, the one before that goes.
  [[nodiscard]] static Result<std::unique_ptr<JournalFile>> open(const std::string& directory, std::int64_t max_bytes);
  ~JournalFile();  ///< flushes
  JournalFile(const JournalFile&) = delete;
  JournalFile& operator=(const JournalFile&) = delete;

  /// Adds `line` and a line end. False when the line does not fit any more or the disk refused: the recording is over.
  bool append(std::string_view line);
  /// What has gathered becomes visible to readers. Call a few times a second.
  void flush();

 private:
  JournalFile(int fd, std::int64_t max_bytes) : fd_(fd), left_(max_bytes) {}
  void end(const std::string& why);

  int fd_;
  std::int64_t left_;  ///< bytes until the limit
  std::string gathered_;
  bool over_ = false;
};

}  // namespace tg
