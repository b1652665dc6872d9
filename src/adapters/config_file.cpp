#include "adapters/config_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "adapters/durable_file.hpp"
#include "adapters/sqlite_aside.hpp"
#include "base/log.hpp"

namespace tg {
namespace {

constexpr Millis kIdle{2'000};
constexpr std::size_t kMostWaiting = 16;

std::string joined(const std::vector<ConfigProblem>& problems) {
  std::string words;
  for (const auto& p : problems) words += (words.empty() ? "" : "; ") + p.pointer + ": " + p.what;
  return words;
}

/// The whole text or what was there before. 0, or the errno.
int replace_file(const std::string& path, std::string_view text) {
  const std::string fresh = path + ".new";
  const int file = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) return errno;
  int error = write_all(file, as_bytes(text));
  if (error == 0 && ::fsync(file) != 0) error = errno;
  ::close(file);
  if (error == 0 && ::rename(fresh.c_str(), path.c_str()) == 0) return sync_folder_of(path);
  const int why = error == 0 ? errno : error;
  ::unlink(fresh.c_str());
  return why;
}

}  // namespace

void log_problems(const std::vector<ConfigProblem>& problems) {
  for (const auto& problem : problems) log(LogLevel::error, "config", to_line(problem));
}

ConfigFile::ConfigFile(std::string path, Answer answer) : path_(std::move(path)), answer_(std::move(answer)) {}

std::optional<Config> ConfigFile::reread() const {
  auto fresh = load_config(path_);
  log_problems(fresh ? fresh->patch_problems : fresh.error());
  if (fresh) return std::move(*fresh);
  log(LogLevel::error, "config", "refused; the configuration in force stays");
  return std::nullopt;
}

void ConfigFile::patch(effect::PatchConfig patch) {
  {
    const std::scoped_lock lock(mutex_);
    const bool full = waiting_.size() >= kMostWaiting;
    if (full) patch.patch.clear();  // what is left of it is answered in its turn
    waiting_.push_back(std::move(patch));
  }
  lane_.wake();
}

Millis ConfigFile::turn() {
  effect::PatchConfig next;
  {
    const std::scoped_lock lock(mutex_);
    if (waiting_.empty()) return kIdle;
    next = std::move(waiting_.front());
    waiting_.pop_front();
  }
  apply(next);
  return Millis{0};
}

void ConfigFile::apply(const effect::PatchConfig& patch) const {
  const auto refuse = [&](std::string why) { answer_({patch.command, patch.name, std::move(why)}, std::nullopt); };
  if (patch.patch.empty()) return refuse("busy");
  auto patched = patch_config(path_, patch.patch);
  if (!patched) return refuse(joined(patched.error()));
  const std::string file = patch_file(patched->config);
  if (patched->former_useless) {
    if (const auto aside = set_aside(file, "corrupt"); !aside) return refuse(aside.error().message);
  }
  if (const int error = replace_file(file, patched->stored); error != 0)
    return refuse("cannot be written: " + std::string(std::strerror(error)));
  answer_({patch.command, patch.name, {}}, std::move(patched->config));
}

}  // namespace tg
