// The central link as a process of its own: the same program in another role, over a socketpair.
// A slow WAN lookup, the WAN's TLS and its key stay out of the daemon; the uplink is a dumb pump.
// Owner thread: the loop. Never blocks but in the destructor; no secret is on a command line or in an environment.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "adapters/event_loop.hpp"
#include "adapters/uplink_pipe.hpp"
#include "ports/link_port.hpp"

namespace tg {

inline constexpr int kUplinkFd = 3;  ///< where the child finds its end of the socketpair

class UplinkProcess : public LinkPort {
 public:
  /// `program` is started as `program --role uplink` by the first connect(), and by a later one after it died.
  UplinkProcess(EventLoop& loop, LinkSettings settings, LinkSink sink, std::string program = "/proc/self/exe");
  /// Hands over what is unsent, then waits at most three seconds for the child to say goodbye to the broker.
  ~UplinkProcess() override;
  UplinkProcess(const UplinkProcess&) = delete;
  UplinkProcess& operator=(const UplinkProcess&) = delete;

  void connect() override;
  void drop() override;
  void renew(LinkSettings settings) override;
  void publish(Publication publication) override;
  /// Always true: a child that has not been heard for 10 s is ended and reported as LinkIsDown, so that trouble with
  /// the WAN never restarts the daemon.
  [[nodiscard]] bool alive() const override { return true; }
  [[nodiscard]] pid_t child() const { return child_; }  ///< 0 while there is none

 private:
  [[nodiscard]] bool spawn();
  void received(const UplinkFrame& frame);
  void child_ended(std::string reason);
  void tick();
  void reap();

  EventLoop& loop_;
  LinkSettings settings_;
  const LinkSink sink_;
  const std::string program_;
  pid_t child_ = 0;
  std::vector<pid_t> ending_;  ///< killed, not yet collected
  bool in_use_ = false;        ///< connecting or connected: somebody waits for a LinkIsDown
  MonoTime heard_at_{};
  TimerSource timer_;
  DeferredSource spawn_failed_;
  std::unique_ptr<UplinkPipe> pipe_;
};

/// The child's main: pumps frames between the socketpair `fd` and an MqttLane until the daemon goes away.
/// Returns the exit code.
int run_uplink(int fd);

}  // namespace tg
