// The process of one connection: everything that may wait for a network happens here, away from the shop floor.
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <memory>
#include <utility>

#include "adapters/link_process.hpp"
#include "adapters/mqtt_lane.hpp"
#include "base/bounded_queue.hpp"
#include "base/log.hpp"

namespace tg {
namespace {

using namespace std::chrono_literals;

constexpr Millis kHeartbeat = 2s;
constexpr Millis kGather = 1ms;                    // reports that come one by one wake the daemon together
constexpr std::size_t kMessageLimit = 256;         // beyond it the broker is not read until the daemon has caught up
constexpr std::size_t kReportLimit = 70000;        // acknowledgements: never more than credits
constexpr std::size_t kSlowReaderBytes = 4 << 20;  // beyond this the daemon reads first
constexpr std::size_t kReportsAtOnce = 256;

class LinkPump {
 public:
  LinkPump(EventLoop& loop, int fd)
      : loop_(loop),
        wake_fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
        messages_(kMessageLimit, WhenFull::wait, [this] { wake(); }),
        reports_(kReportLimit, WhenFull::refuse, [this] { wake(); }),
        wake_source_(loop.add_fd(wake_fd_, POLLIN, [this](PollEvents) { woken(); })),
        gathered_(loop.add_timer([this] { forward_gathered(); })),
        heartbeat_(loop.add_timer([this] { beat(); })),
        pipe_(loop, fd, {[this](LinkFrame frame) { obey(frame); }, [this] { forward(); }, [this] { pipe_ended(); }}) {
    beat();
  }
  ~LinkPump() {
    messages_.close();  // or a callback of Paho's might wait for room
    lane_.reset();      // says goodbye to the broker; its threads use the queues until then
    ::close(wake_fd_);
  }
  LinkPump(const LinkPump&) = delete;
  LinkPump& operator=(const LinkPump&) = delete;

 private:
  void wake() {
    if (awake_.exchange(true)) return;
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(wake_fd_, &one, sizeof one);  // full is as good as one
  }
  void woken() {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto got = ::read(wake_fd_, &count, sizeof count);
    gathered_.arm_at(loop_.now().mono + kGather);
  }
  void forward_gathered() {
    awake_ = false;  // before the queues are read: what comes later wakes again
    forward();
  }

  /// From any thread of the lane.
  void post(LinkReport report) {
    if (auto* message = std::get_if<LinkMessage>(&report)) {
      messages_.post(std::move(*message));
    } else {
      reports_.post(std::move(report));
    }
  }

  void forward() {
    while (pipe_.waiting_bytes() < kSlowReaderBytes) {
      auto reports = reports_.take_some(kReportsAtOnce);
      auto messages = messages_.take_some(1);
      if (reports.empty() && messages.empty()) return;
      for (auto& report : reports) std::visit([this](auto& what) { pipe_.send(std::move(what)); }, report);
      for (auto& message : messages) pipe_.send(std::move(message));
    }
  }

  void obey(LinkFrame& frame) {
    std::visit(Overload{[this](LinkSettings& settings) {
                          lane_ = std::make_unique<MqttLane>(std::move(settings),
                                                             [this](LinkReport report) { post(std::move(report)); });
                        },
                        [this](const LinkDrop&) {
                          if (lane_) lane_->drop();
                        },
                        [this](Publication& publication) {
                          if (lane_) lane_->publish(std::move(publication));
                        },
                        [this](const LinkGoodbye&) { goodbye_ = true; }, [](const auto&) {}},
               frame);
  }

  /// A goodbye to the broker would take back the last will, which is what central must hear of a daemon that died.
  void pipe_ended() {
    if (!goodbye_) ::_exit(1);
    loop_.exit(0);
  }

  void beat() {
    if (!lane_ || lane_->alive()) pipe_.send(LinkHeartbeat{});
    heartbeat_.arm_at(loop_.now().mono + kHeartbeat);
  }

  EventLoop& loop_;
  const int wake_fd_;
  std::atomic<bool> awake_{false};  ///< the loop will look: one wake-up for many reports
  BoundedQueue<LinkMessage> messages_;
  BoundedQueue<LinkReport> reports_;
  FdSource wake_source_;
  TimerSource gathered_, heartbeat_;
  LinkPipe pipe_;
  std::unique_ptr<MqttLane> lane_;
  bool goodbye_ = false;
};

}  // namespace

int run_link(int fd) {
  // The daemon decides when a link ends: a stop of the whole unit or Ctrl-C reaches both, and the daemon still has
  // its goodbye to send. If it dies, the link dies.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  for (const int ignored : {SIGTERM, SIGINT, SIGHUP, SIGPIPE}) std::signal(ignored, SIG_IGN);
  ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  EventLoop loop;
  LinkPump pump(loop, fd);
  return loop.run();
}

}  // namespace tg
