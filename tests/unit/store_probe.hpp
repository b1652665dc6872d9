// Hands for the tests of the store: a directory that goes away, an inbox of posted events, a search for bytes on disk.
// Owner thread: the test; the inbox takes posts from any lane.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <variant>

#include "core/events.hpp"
#include "ports/store_port.hpp"

namespace tg::test {

inline constexpr std::chrono::seconds kDeadline{20};

class TempDir {
 public:
  TempDir() {
    std::string pattern = (std::filesystem::temp_directory_path() / "touchpoint-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) std::abort();
    path_ = pattern;
  }
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  [[nodiscard]] std::string operator/(const std::string& name) const { return (path_ / name).string(); }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  /// The files as a power cut would leave them now: nobody has closed anything. A cut has one moment: what a lane
  /// changes meanwhile (a checkpoint shortens the log) is copied again.
  void copy_to(const TempDir& other) const {
    for (auto before = stamps(), after = before;; before = after) {
      for (const auto& [name, stamp] : before) {
        std::error_code changed;
        std::filesystem::copy(path_ / name, other.path_ / name, std::filesystem::copy_options::overwrite_existing,
                              changed);
      }
      if ((after = stamps()) == before) return;
    }
  }
  [[nodiscard]] std::size_t count(const std::string& part_of_name) const {
    std::size_t found = 0;
    for (const auto& entry : std::filesystem::directory_iterator(path_)) {
      if (entry.path().filename().string().find(part_of_name) != std::string::npos) ++found;
    }
    return found;
  }
  /// Whether any file holds these bytes, anywhere. Looks twice: a checkpoint may carry them from one file to another
  /// behind the back of a single look.
  [[nodiscard]] bool holds(const std::string& bytes) const { return look_for(bytes) || look_for(bytes); }

 private:
  using Stamps = std::map<std::string, std::pair<std::uintmax_t, std::filesystem::file_time_type>>;
  [[nodiscard]] Stamps stamps() const {
    Stamps all;
    for (const auto& entry : std::filesystem::directory_iterator(path_)) {
      all[entry.path().filename().string()] = {entry.file_size(), entry.last_write_time()};
    }
    return all;
  }
  [[nodiscard]] bool look_for(const std::string& bytes) const {
    for (const auto& entry : std::filesystem::directory_iterator(path_)) {
      std::ifstream in(entry.path(), std::ios::binary);
      const std::string all{std::istreambuf_iterator<char>(in), {}};
      if (all.find(bytes) != std::string::npos) return true;
    }
    return false;
  }

  std::filesystem::path path_;
};

/// Asks again until the answer is yes; false after the deadline.
inline bool eventually(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + kDeadline;
  while (std::chrono::steady_clock::now() < deadline) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds{2});
  }
  return condition();
}

class Inbox {
 public:
  EventPost post() {
    return [this](Event event) {
      {
        const std::scoped_lock lock(mutex_);
        events_.push_back(std::move(event));
      }
      arrived_.notify_all();
    };
  }
  /// The oldest event of this kind that was not taken yet.
  template <class T>
  std::optional<T> take(std::chrono::milliseconds at_most = kDeadline) {
    std::unique_lock lock(mutex_);
    std::optional<T> found;
    arrived_.wait_for(lock, at_most, [&] {
      for (auto event = events_.begin(); event != events_.end(); ++event) {
        if (!std::holds_alternative<T>(*event)) continue;
        found = std::get<T>(std::move(*event));
        events_.erase(event);
        return true;
      }
      return false;
    });
    return found;
  }
  /// False when the batch is not reported committed before the deadline.
  bool committed(std::uint64_t batch) {
    while (const auto done = take<event::Committed>()) {
      if (done->batch >= batch) return true;
    }
    return false;
  }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<Event> events_;
};

}  // namespace tg::test
