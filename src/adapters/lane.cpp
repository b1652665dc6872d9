#include "adapters/lane.hpp"

#include <pthread.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace tg {
namespace {

constexpr Millis kLongestSleep{2'000};  // so that an idle lane still beats
constexpr Millis kSilent{10'000};

std::int64_t now_ms() {
  return std::chrono::duration_cast<Millis>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

void name_this_thread(const char* name) { ::pthread_setname_np(::pthread_self(), name); }

Lane::Lane(Turn turn) : turn_(std::move(turn)), last_beat_ms_(now_ms()) {}
Lane::~Lane() { stop(); }

void Lane::start(const char* name) {
  beat();
  thread_ = std::thread([this, name] { run(name); });
}

void Lane::wake() {
  {
    const std::scoped_lock lock(mutex_);
    woken_ = true;
  }
  changed_.notify_one();
}

void Lane::stop() {
  if (!thread_.joinable()) return;
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void Lane::beat() { last_beat_ms_ = now_ms(); }
bool Lane::answering() const { return now_ms() - last_beat_ms_ < kSilent.count(); }

void Lane::run(const char* name) {
  name_this_thread(name);
  for (;;) {
    beat();
    const Millis idle = turn_();
    if (idle == Millis{0}) continue;
    std::unique_lock lock(mutex_);
    if (stopping_ && !woken_) return;
    changed_.wait_for(lock, std::min(idle, kLongestSleep), [this] { return woken_ || stopping_; });
    woken_ = false;
  }
}

}  // namespace tg
