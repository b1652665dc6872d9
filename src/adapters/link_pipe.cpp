#include "adapters/link_pipe.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace tg {
namespace {

constexpr std::size_t kReadAtOnce = 64 << 10;

bool would_block() { return errno == EAGAIN || errno == EINTR; }

}  // namespace

LinkPipe::LinkPipe(EventLoop& loop, int fd, LinkPipeHandlers handlers)
    : fd_(fd),
      handlers_(std::move(handlers)),
      source_(loop.add_fd(fd, POLLIN, [this](PollEvents ready) { on_ready(ready); })),
      overflow_(loop.add_deferred([this] { end(); })),
      turn_end_(loop.add_deferred([this] {
        if (!transmit()) end();
      })) {}

LinkPipe::~LinkPipe() {
  source_.reset();
  ::close(fd_);
}

void LinkPipe::send(const LinkFrame& frame) {
  out_ += encode_frame(frame);
  if (waiting_bytes() > kPipeLimit) {
    overflow_.arm();
    return;
  }
  if (!full_) turn_end_.arm();
}

void LinkPipe::flush(Millis at_most) {
  pollfd waited{fd_, POLLOUT, 0};
  while (waiting_bytes() > 0 && ::poll(&waited, 1, static_cast<int>(at_most.count())) > 0)
    if (!transmit()) return;
}

void LinkPipe::on_ready(PollEvents ready) {
  if ((ready & POLLOUT) != 0 && !transmit()) return end();
  if ((ready & (POLLIN | POLLHUP | POLLERR)) != 0 && !receive()) return end();
}

bool LinkPipe::receive() {
  std::array<char, kReadAtOnce> bytes;
  const auto got = ::read(fd_, bytes.data(), bytes.size());
  if (got < 0) return would_block();
  if (got == 0) return false;
  reader_.feed({bytes.data(), static_cast<std::size_t>(got)});
  LinkFrame frame;
  while (true) {
    const auto more = reader_.next(frame);
    if (!more) return false;
    if (!*more) return true;
    handlers_.on_frame(std::move(frame));
  }
}

bool LinkPipe::transmit() {
  const auto sent = ::send(fd_, out_.data() + sent_, waiting_bytes(), MSG_NOSIGNAL);
  if (sent < 0 && !would_block()) return false;
  sent_ += static_cast<std::size_t>(std::max<ssize_t>(sent, 0));
  wait_for_room(waiting_bytes() > 0);
  if (full_) return true;
  out_.clear();
  sent_ = 0;
  if (handlers_.on_drained) handlers_.on_drained();
  return true;
}

void LinkPipe::wait_for_room(bool full) {
  if (full_ != full) source_.watch(full ? POLLIN | POLLOUT : POLLIN);
  full_ = full;
}

void LinkPipe::end() {
  source_.reset();
  overflow_.reset();
  turn_end_.reset();
  const auto on_end = std::exchange(handlers_.on_end, nullptr);  // a local: it may destroy this object
  if (on_end) on_end();
}

}  // namespace tg
