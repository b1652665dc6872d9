// The loop that everything of the daemon turns on: descriptors, timers, signals and deferred work over sd-event.
// Owner thread: the one that made it; every call and every callback is on that thread.
// Never blocks but in run() and turn(); never lets an exception through: a callback that throws ends the process.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "base/types.hpp"

namespace tg {

/// POLLIN | POLLOUT of poll(2); a callback may also see POLLERR and POLLHUP.
using PollEvents = std::uint32_t;

/// Something the loop watches, for as long as this handle lives. Movable. May be destroyed inside its own callback,
/// which then still runs to its end; it never runs again.
class EventSource {
 public:
  struct State;
  EventSource() = default;
  explicit EventSource(State* state) : state_(state) {}
  [[nodiscard]] explicit operator bool() const { return state_ != nullptr; }
  void reset() { state_.reset(); }

 protected:
  struct Release {
    void operator()(State* state) const;
  };
  std::unique_ptr<State, Release> state_;
};

class FdSource : public EventSource {
 public:
  using EventSource::EventSource;
  void watch(PollEvents events);  ///< replaces what is watched; 0 leaves errors and hang-up only
  /// Runs before each sleep of the loop, for descriptors whose owner buffers (D-Bus): it may call watch() and arm
  /// timers for the sleep to come, but must not destroy sources.
  void before_sleep(std::function<void()> callback);
};

class TimerSource : public EventSource {
 public:
  using EventSource::EventSource;
  void arm_at(MonoTime when);  ///< fires once, at `when` or at most about 1 ms later; a past instant fires next turn
  void disarm();
};

class DeferredSource : public EventSource {
 public:
  using EventSource::EventSource;
  void arm();  ///< runs once in a coming turn, never inside this call; arming twice before that is arming once
};

enum class DeferredPriority {
  normal,
  idle
};  ///< normal: its turn among the others; idle: only when nothing else waits

class EventLoop {
 public:
  EventLoop();
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  /// The descriptor stays the caller's and must outlive the source.
  [[nodiscard]] FdSource add_fd(int fd, PollEvents events, std::function<void(PollEvents ready)> callback);
  [[nodiscard]] TimerSource add_timer(std::function<void()> callback);  ///< not armed yet
  [[nodiscard]] DeferredSource add_deferred(std::function<void()> callback,
                                            DeferredPriority priority = DeferredPriority::normal);
  /// Blocks the signal for the calling thread and those it starts later: add signals before the first thread.
  [[nodiscard]] EventSource add_signal(int signal_number, std::function<void()> callback);

  int run();            ///< turns until exit(); returns its code
  void exit(int code);  ///< ends run() after the current callback
  /// One turn, at most one callback. Waits up to `at_most` for something to do; false when nothing came. For tests.
  bool turn(Millis at_most);

  [[nodiscard]] Stamp now() const;  ///< both clocks as read at the start of the turn, so one turn has one instant

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Tells the service manager (`READY=1`, `STATUS=…`, `WATCHDOG=1`, `STOPPING=1`); nothing happens without one.
void notify_service_manager(std::string_view assignment);
/// How often to say `WATCHDOG=1`: twice in the time after which the service manager takes this process for dead
/// (sd_watchdog_enabled(3)). Nothing when it does not watch.
[[nodiscard]] std::optional<Millis> watchdog_period();

}  // namespace tg
