#include "adapters/journal_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "adapters/durable_file.hpp"
#include "base/log.hpp"

namespace tg {
namespace {

constexpr std::size_t kGather = 64U << 10U;
constexpr mode_t kOwnerOnly = 0600;

}  // namespace

Result<std::unique_ptr<JournalFile>> JournalFile::open(const std::string& directory, std::int64_t max_bytes) {
  const std::string path = directory + "/journal.ndjson";
  if (std::rename(path.c_str(), (directory + "/journal.1.ndjson").c_str()) != 0 && errno != ENOENT) {
    return fail("journal.ndjson: " + std::string(std::strerror(errno)));
  }
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC | O_NOFOLLOW, kOwnerOnly);
  if (fd < 0) return fail("journal.ndjson: " + std::string(std::strerror(errno)));
  return std::unique_ptr<JournalFile>(new JournalFile(fd, max_bytes));
}

JournalFile::~JournalFile() {
  flush();
  ::close(fd_);
}

bool JournalFile::append(std::string_view line) {
  if (over_) return false;
  const auto size = static_cast<std::int64_t>(line.size()) + 1;
  if (size > left_) {
    flush();
    end("journal.max_bytes is reached");
    return false;
  }
  left_ -= size;
  gathered_.append(line).push_back('\n');
  if (gathered_.size() >= kGather) flush();
  return !over_;
}

void JournalFile::flush() {
  if (over_ || gathered_.empty()) return;
  const std::string gathered = std::exchange(gathered_, {});
  if (const int error = write_all(fd_, as_bytes(gathered))) end(std::strerror(error));
}

void JournalFile::end(const std::string& why) {
  over_ = true;
  log(LogLevel::warning, "journal", "the recording ends until the next start: " + why);
}

}  // namespace tg
