// Where other threads leave work for the loop: bounded, and a poster waits while it is full.
// Owner thread: any number post; the loop takes. Never loses anything; close() lets waiting posters go.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>

#include "adapters/event_loop.hpp"

namespace tg {

class Inbox {
 public:
  using Work = std::function<void()>;

  Inbox(EventLoop& loop, std::size_t limit);
  ~Inbox();
  Inbox(const Inbox&) = delete;
  Inbox& operator=(const Inbox&) = delete;

  /// Waits while the inbox is full; ignored after close(). Not from the loop's own thread.
  void post(Work work);
  void close();

 private:
  void take();

  const std::size_t limit_;
  const int event_fd_;
  std::mutex mutex_;
  std::condition_variable room_;
  std::deque<Work> waiting_;
  bool closed_ = false;
  FdSource source_;
};

}  // namespace tg
