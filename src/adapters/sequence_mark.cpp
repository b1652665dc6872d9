#include "adapters/sequence_mark.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <utility>

#include "adapters/sqlite_aside.hpp"
#include "base/crypto.hpp"
#include "base/log.hpp"

namespace tg {
namespace {

constexpr std::size_t kBytes = 192;      // within a sector: written whole or not at all
constexpr Sequence kReserveAhead{1024};  // at 50 events a minute an fsync every 20 minutes
constexpr std::string_view kWord = "touchpoint-mark-1";

std::string boot_id() {
  std::string id;
  std::ifstream("/proc/sys/kernel/random/boot_id") >> id;
  return id.empty() ? "unknown" : id;
}

std::string check_of(const std::string& words) { return hex(sha256(as_bytes(words))).substr(0, 16); }

std::string line_of(const CounterMark& mark) {
  std::ostringstream words;
  words << kWord << ' ' << mark.epoch << ' ' << mark.committed << ' ' << mark.settled << ' ' << mark.reserved << ' '
        << boot_id() << ' ';
  std::string line = words.str() + check_of(words.str());
  line.resize(kBytes - 1, ' ');
  return line + '\n';
}

std::optional<CounterMark> mark_of(const std::string& line) {
  const auto last = line.find_last_not_of(" \n");
  const auto check = last == std::string::npos ? last : line.rfind(' ', last);
  if (check == std::string::npos || line.substr(check + 1, last - check) != check_of(line.substr(0, check + 1)))
    return std::nullopt;
  CounterMark mark;
  std::string word, boot;
  std::istringstream(line) >> word >> mark.epoch >> mark.committed >> mark.settled >> mark.reserved >> boot;
  if (word != kWord) return std::nullopt;
  mark.same_boot = boot == boot_id() && boot != "unknown";
  return mark;
}

}  // namespace

MarkFile MarkFile::open(const std::string& path) {
  MarkFile file(path);
  std::array<char, kBytes> line{};
  for (int attempt = 0; attempt < 2 && file.fd_ < 0; ++attempt) {
    file.fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    const ssize_t got = file.fd_ < 0 ? -1 : ::pread(file.fd_, line.data(), line.size(), 0);
    if (got == 0) break;
    if (got > 0) file.found_ = mark_of({line.data(), static_cast<std::size_t>(got)});
    if (file.found_ || attempt > 0) break;
    if (file.fd_ >= 0) ::close(std::exchange(file.fd_, -1));
    if (const auto aside = set_aside(path, "corrupt"); aside)
      log(LogLevel::warning, "facts", "the counter's mark was unreadable; it was set aside");
  }
  if (file.found_) file.now_ = *file.found_;
  return file;
}

MarkFile::MarkFile(MarkFile&& other) noexcept
    : path_(std::move(other.path_)),
      fd_(std::exchange(other.fd_, -1)),
      complained_(other.complained_),
      found_(other.found_),
      now_(other.now_) {}

MarkFile::~MarkFile() {
  if (fd_ >= 0) ::close(fd_);
}

void MarkFile::reserve(std::uint32_t epoch, Sequence last) {
  if (epoch == now_.epoch && last <= now_.reserved) return;
  if (epoch != now_.epoch) now_ = {};
  now_.epoch = epoch;
  now_.reserved = last + kReserveAhead;
  write(true);
}

void MarkFile::note(Sequence committed, Sequence settled) {
  if (committed == now_.committed && settled == now_.settled) return;
  now_.committed = committed;
  now_.settled = settled;
  write(false);
}

void MarkFile::write(bool sync) {
  const std::string line = line_of(now_);
  const bool written = ::pwrite(fd_, line.data(), line.size(), 0) == static_cast<ssize_t>(line.size()) &&
                       (!sync || ::fdatasync(fd_) == 0);
  if (!written && !std::exchange(complained_, true))
    log(LogLevel::warning, "facts", path_ + ": " + std::strerror(errno) + "; the counter has no second memory");
}

}  // namespace tg
