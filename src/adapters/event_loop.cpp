#include "adapters/event_loop.hpp"

#include <poll.h>
#include <sys/epoll.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>

#include "base/log.hpp"

namespace tg {
namespace {

constexpr std::uint64_t kTimerAccuracyUs = 1000;  // sd-event's own default is 250 ms

static_assert(POLLIN == EPOLLIN && POLLOUT == EPOLLOUT && POLLERR == EPOLLERR && POLLHUP == EPOLLHUP);

/// Failures here are out of memory, out of descriptors or a wrong argument: nothing a caller could mend.
void require(int result, const char* what) {
  if (result >= 0) return;
  log(LogLevel::error, "loop", std::string(what) + ": " + std::strerror(-result));
  std::abort();
}

/// After run() has ended, parts that are taken down may still change what they watch: it has no meaning any more.
void change(int result, const char* what) {
  if (result != -ESTALE) require(result, what);
}

std::uint64_t to_us(MonoTime t) {
  const auto ms = t.time_since_epoch().count();
  return ms <= 0 ? 0 : static_cast<std::uint64_t>(ms) * 1000;
}

}  // namespace

struct EventSource::State {
  sd_event_source* source = nullptr;
  std::function<void(PollEvents)> callback;
  std::function<void()> prepare;
};

namespace {

using State = EventSource::State;

State* state_of(void* userdata) { return static_cast<State*>(userdata); }

int on_io(sd_event_source*, int, std::uint32_t ready, void* userdata) noexcept {
  state_of(userdata)->callback(ready);
  return 0;
}
int on_time(sd_event_source*, std::uint64_t, void* userdata) noexcept {
  state_of(userdata)->callback(0);
  return 0;
}
int on_signal(sd_event_source*, const signalfd_siginfo*, void* userdata) noexcept {
  state_of(userdata)->callback(0);
  return 0;
}
int on_prepare(sd_event_source*, void* userdata) noexcept {
  state_of(userdata)->prepare();
  return 0;
}
void on_destroy(void* userdata) noexcept { delete state_of(userdata); }

std::function<void(PollEvents)> ignoring_events(std::function<void()> callback) {
  return [callback = std::move(callback)](PollEvents) { callback(); };
}

State* new_state(std::function<void(PollEvents)> callback) {
  auto* state = new State;
  state->callback = std::move(callback);
  return state;
}

/// From here on sd-event frees the state, and only after a callback that is still running has returned.
State* adopt(State* state, int result, const char* what) {
  require(result, what);
  require(sd_event_source_set_destroy_callback(state->source, on_destroy), what);
  return state;
}

/// Disabled until it is armed.
State* new_timer(sd_event* event, std::function<void()> callback) {
  auto* state = new_state(ignoring_events(std::move(callback)));
  adopt(state, sd_event_add_time(event, &state->source, CLOCK_MONOTONIC, 0, kTimerAccuracyUs, on_time, state),
        "add a timer");
  require(sd_event_source_set_enabled(state->source, SD_EVENT_OFF), "add a timer");
  return state;
}

void arm_once(sd_event_source* timer, std::uint64_t at_us) {
  change(sd_event_source_set_time(timer, at_us), "arm a timer");
  change(sd_event_source_set_enabled(timer, SD_EVENT_ONESHOT), "arm a timer");
}

}  // namespace

void EventSource::Release::operator()(State* state) const { sd_event_source_disable_unref(state->source); }

void FdSource::watch(PollEvents events) {
  change(sd_event_source_set_io_events(state_->source, events), "watch a descriptor");
}

void FdSource::before_sleep(std::function<void()> callback) {
  state_->prepare = std::move(callback);
  change(sd_event_source_set_prepare(state_->source, on_prepare), "prepare a descriptor");
}

void TimerSource::arm_at(MonoTime when) { arm_once(state_->source, to_us(when)); }
void TimerSource::disarm() { change(sd_event_source_set_enabled(state_->source, SD_EVENT_OFF), "disarm a timer"); }

void DeferredSource::arm() { arm_once(state_->source, 0); }

struct EventLoop::Impl {
  sd_event* event = nullptr;
};

EventLoop::EventLoop() : impl_(std::make_unique<Impl>()) { require(sd_event_new(&impl_->event), "make the loop"); }
EventLoop::~EventLoop() { sd_event_unref(impl_->event); }

FdSource EventLoop::add_fd(int fd, PollEvents events, std::function<void(PollEvents)> callback) {
  auto* state = new_state(std::move(callback));
  return FdSource(
      adopt(state, sd_event_add_io(impl_->event, &state->source, fd, events, on_io, state), "add a descriptor"));
}

TimerSource EventLoop::add_timer(std::function<void()> callback) {
  return TimerSource(new_timer(impl_->event, std::move(callback)));
}

/// A timer that is always due, not a defer source of sd-event: one of those that arms itself again is older than
/// anything the next poll finds, and would starve every descriptor.
DeferredSource EventLoop::add_deferred(std::function<void()> callback, DeferredPriority priority) {
  auto* state = new_timer(impl_->event, std::move(callback));
  if (priority == DeferredPriority::idle)
    require(sd_event_source_set_priority(state->source, SD_EVENT_PRIORITY_IDLE), "add deferred work");
  return DeferredSource(state);
}

EventSource EventLoop::add_signal(int signal_number, std::function<void()> callback) {
  sigset_t only_this;
  sigemptyset(&only_this);
  sigaddset(&only_this, signal_number);
  require(-pthread_sigmask(SIG_BLOCK, &only_this, nullptr), "block a signal");
  auto* state = new_state(ignoring_events(std::move(callback)));
  return EventSource(
      adopt(state, sd_event_add_signal(impl_->event, &state->source, signal_number, on_signal, state), "add a signal"));
}

int EventLoop::run() {
  const int code = sd_event_loop(impl_->event);
  require(code, "run the loop");
  return code;
}

void EventLoop::exit(int code) { require(sd_event_exit(impl_->event, code), "end the loop"); }

bool EventLoop::turn(Millis at_most) {
  const int happened = sd_event_run(impl_->event, static_cast<std::uint64_t>(at_most.count()) * 1000);
  require(happened, "turn the loop");
  return happened > 0;
}

Stamp EventLoop::now() const {
  std::uint64_t mono_us = 0;
  std::uint64_t wall_us = 0;
  require(sd_event_now(impl_->event, CLOCK_MONOTONIC, &mono_us), "read the clock");
  require(sd_event_now(impl_->event, CLOCK_REALTIME, &wall_us), "read the clock");
  return {MonoTime{Millis{static_cast<std::int64_t>(mono_us / 1000)}},
          wall_ms(static_cast<std::int64_t>(wall_us / 1000))};
}

void notify_service_manager(std::string_view assignment) {
  if (sd_notify(0, std::string(assignment).c_str()) < 0)
    log(LogLevel::warning, "loop", "the service manager could not be told");
}

std::optional<Millis> watchdog_period() {
  std::uint64_t us = 0;
  if (sd_watchdog_enabled(0, &us) <= 0) return std::nullopt;
  return Millis{static_cast<std::int64_t>(us / 2000)};
}

}  // namespace tg
