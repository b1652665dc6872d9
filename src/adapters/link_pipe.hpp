// One end of the socketpair between daemon and link process: whole frames in both directions, nothing waits.
// Owner thread: the loop. Never blocks but in flush(); never holds more than kPipeLimit unsent bytes.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "adapters/event_loop.hpp"
#include "adapters/link_frames.hpp"

namespace tg {

struct LinkPipeHandlers {
  std::function<void(LinkFrame)> on_frame;  ///< must not destroy the pipe
  std::function<void()> on_drained;         ///< everything sent has left
  /// The other end is gone, sent nonsense or does not read; called once, never inside send(). May destroy the pipe.
  std::function<void()> on_end;
};

class LinkPipe {
 public:
  static constexpr std::size_t kPipeLimit = 32 << 20;

  /// Takes `fd` over; it must be a non-blocking stream socket.
  LinkPipe(EventLoop& loop, int fd, LinkPipeHandlers handlers);
  ~LinkPipe();
  LinkPipe(const LinkPipe&) = delete;
  LinkPipe& operator=(const LinkPipe&) = delete;

  /// Leaves at the end of this turn of the loop.
  void send(const LinkFrame& frame);
  [[nodiscard]] std::size_t waiting_bytes() const { return out_.size() - sent_; }
  /// Blocks until everything is sent, the other end is gone, or `at_most` has passed.
  void flush(Millis at_most);

 private:
  void on_ready(PollEvents ready);
  [[nodiscard]] bool receive();  ///< false: the pipe is finished
  [[nodiscard]] bool transmit();
  void wait_for_room(bool full);
  void end();

  const int fd_;
  LinkPipeHandlers handlers_;
  LinkFrameReader reader_;
  std::string out_;
  std::size_t sent_ = 0;
  bool full_ = false;  ///< the socket takes no more for now
  FdSource source_;
  DeferredSource overflow_;
  DeferredSource turn_end_;  ///< what one turn of the loop sends leaves in one piece
};

}  // namespace tg
