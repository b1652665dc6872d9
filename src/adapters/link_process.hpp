// A link whose every connection lives in a process of its own: the same program in another role, over a socketpair.
// A slow lookup, TLS and its key stay out of the daemon, and what Paho still held when a connection broke dies with it
// (decisions/0001). The process is a dumb pump.
// Owner thread: the loop. Never blocks but in the destructor; no secret is on a command line or in an environment.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "adapters/event_loop.hpp"
#include "adapters/link_pipe.hpp"
#include "ports/link_port.hpp"

namespace tg {

inline constexpr int kLinkFd = 3;  ///< where the child finds its end of the socketpair

/// A process that has not been heard for 10 s is ended and reported as LinkIsDown: trouble with a link never restarts
/// the daemon.
class LinkProcess : public LinkPort {
 public:
  /// `program` is started as `program --role link` by each connect(). `name` is the part that the log names.
  LinkProcess(EventLoop& loop, std::string name, LinkSettings settings, LinkSink sink,
              std::string program = "/proc/self/exe");
  /// Hands over what is unsent, then waits at most three seconds for the child to say goodbye to the broker.
  ~LinkProcess() override;
  LinkProcess(const LinkProcess&) = delete;
  LinkProcess& operator=(const LinkProcess&) = delete;

  void connect() override;
  void drop() override;
  void renew(LinkSettings settings) override;
  void publish(Publication publication) override;
  [[nodiscard]] pid_t child() const { return child_; }  ///< 0 while there is none

 private:
  [[nodiscard]] bool spawn();
  void received(const LinkFrame& frame);
  void retire();
  void child_ended(std::string reason);
  void tick();
  void reap();

  EventLoop& loop_;
  const std::string name_;
  LinkSettings settings_;
  const LinkSink sink_;
  const std::string program_;
  pid_t child_ = 0;
  std::vector<pid_t> ending_;  ///< killed, not yet collected
  bool in_use_ = false;        ///< connecting or connected: somebody waits for a LinkIsDown
  MonoTime heard_at_{};
  TimerSource timer_;
  DeferredSource spawn_failed_;
  std::unique_ptr<LinkPipe> pipe_;
  std::unique_ptr<LinkPipe> spent_pipe_;  ///< may still be running its handler
  DeferredSource spent_pipe_done_;
};

/// The child's main: pumps frames between the socketpair `fd` and an MqttLane until the daemon goes away or ends it.
/// Returns the exit code.
int run_link(int fd);

}  // namespace tg
