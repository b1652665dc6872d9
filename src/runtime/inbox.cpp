#include "runtime/inbox.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <utility>

namespace tg {
namespace {
constexpr std::size_t kAtOnce = 32;  // then the loop looks at its other sources
}

Inbox::Inbox(EventLoop& loop, std::size_t limit) : limit_(limit), event_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (event_fd_ < 0) std::abort();
  source_ = loop.add_fd(event_fd_, POLLIN, [this](PollEvents) { take(); });
}

Inbox::~Inbox() {
  source_.reset();
  ::close(event_fd_);
}

void Inbox::post(Work work) {
  {
    std::unique_lock lock(mutex_);
    room_.wait(lock, [this] { return closed_ || waiting_.size() < limit_; });
    if (closed_) return;
    waiting_.push_back(std::move(work));
  }
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = write(event_fd_, &one, sizeof one);  // full means: already awake
}

void Inbox::close() {
  {
    const std::scoped_lock lock(mutex_);
    closed_ = true;
    waiting_.clear();
  }
  room_.notify_all();
}

void Inbox::take() {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto got = read(event_fd_, &count, sizeof count);
  std::deque<Work> batch;
  {
    const std::scoped_lock lock(mutex_);
    while (!waiting_.empty() && batch.size() < kAtOnce) {
      batch.push_back(std::move(waiting_.front()));
      waiting_.pop_front();
    }
    if (!waiting_.empty()) {
      const std::uint64_t one = 1;
      [[maybe_unused]] const auto written = write(event_fd_, &one, sizeof one);
    }
  }
  room_.notify_all();
  for (auto& work : batch) work();
}

}  // namespace tg
