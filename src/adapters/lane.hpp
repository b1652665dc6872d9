// A thread that waits on a disk so that the loop does not have to.
// Owner thread: the loop starts, wakes and stops it; the turn runs in the lane. Never holds work of its own: what there
// is to do waits in the bounded queue of whoever owns the lane.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "base/types.hpp"

namespace tg {

/// Of the calling thread; at most 15 bytes.
void name_this_thread(const char* name);

class Lane {
 public:
  /// Does one piece of work; returns how long nothing is due. Zero: again at once; more: sleep unless woken.
  using Turn = std::function<Millis()>;

  explicit Lane(Turn turn);
  ~Lane();  ///< stops
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  /// `name`, of at most 15 bytes, is what top and gdb call the thread.
  void start(const char* name);
  /// Something waits. Any thread.
  void wake();
  /// Lets the turn finish what it can do at once, then ends the thread. Ignored when not running.
  void stop();
  /// From within a long turn: still alive.
  void beat();
  /// False when the lane has not turned for 10 s, e.g. because the disk hangs. Any thread.
  [[nodiscard]] bool answering() const;

 private:
  void run(const char* name);

  const Turn turn_;
  std::thread thread_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool woken_ = false;
  bool stopping_ = false;
  std::atomic<std::int64_t> last_beat_ms_;
};

}  // namespace tg
