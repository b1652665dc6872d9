// A mailbox between two threads that declares its limit and its manners.
// Owner thread: any number of posters, one taker. Never grows beyond `limit`; never calls back under its lock.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace tg {

enum class WhenFull { drop_oldest, refuse, wait };

struct QueueFigures {
  std::size_t depth = 0;
  std::size_t high_water = 0;
  std::uint64_t dropped = 0;
};

template <class T>
class BoundedQueue {
 public:
  /// `wake` runs after each successful post, outside the lock (an eventfd write, for example).
  BoundedQueue(std::size_t limit, WhenFull when_full, std::function<void()> wake = {})
      : limit_(limit), when_full_(when_full), wake_(std::move(wake)) {}

  /// False when the queue is full and refuses (the item is counted as dropped), or is closed. Blocks while it is full
  /// and waits.
  bool post(T item) {
    {
      std::unique_lock lock(mutex_);
      if (when_full_ == WhenFull::wait) room_.wait(lock, [this] { return closed_ || items_.size() < limit_; });
      if (closed_) return false;
      if (items_.size() >= limit_) {
        ++figures_.dropped;
        if (when_full_ == WhenFull::refuse) return false;
        items_.pop_front();
      }
      items_.push_back(std::move(item));
      figures_.high_water = std::max(figures_.high_water, items_.size());
    }
    ready_.notify_one();
    if (wake_) wake_();
    return true;
  }

  /// Everything that waits, at most `most`; never blocks.
  [[nodiscard]] std::vector<T> take_some(std::size_t most) {
    std::unique_lock lock(mutex_);
    return take_locked(most, lock);
  }

  /// Waits until there is something or the queue is closed (then the vector may be empty).
  template <class Rep, class Period>
  [[nodiscard]] std::vector<T> wait_some(std::size_t most, std::chrono::duration<Rep, Period> at_most) {
    std::unique_lock lock(mutex_);
    ready_.wait_for(lock, at_most, [this] { return closed_ || !items_.empty(); });
    return take_locked(most, lock);
  }

  void close() {
    {
      const std::scoped_lock lock(mutex_);
      closed_ = true;
    }
    ready_.notify_all();
    room_.notify_all();
  }
  [[nodiscard]] bool closed() const {
    const std::scoped_lock lock(mutex_);
    return closed_;
  }
  [[nodiscard]] QueueFigures figures() const {
    const std::scoped_lock lock(mutex_);
    QueueFigures out = figures_;
    out.depth = items_.size();
    return out;
  }

 private:
  std::vector<T> take_locked(std::size_t most, std::unique_lock<std::mutex>& lock) {
    std::vector<T> out;
    const std::size_t n = std::min(most, items_.size());
    out.reserve(n);
    for (std::size_t i = 0; i < n; ++i) {
      out.push_back(std::move(items_.front()));
      items_.pop_front();
    }
    lock.unlock();
    if (n > 0) room_.notify_all();
    return out;
  }

  const std::size_t limit_;
  const WhenFull when_full_;
  const std::function<void()> wake_;
  mutable std::mutex mutex_;
  std::condition_variable ready_, room_;
  std::deque<T> items_;
  QueueFigures figures_;
  bool closed_ = false;
};

}  // namespace tg
