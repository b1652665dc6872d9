#include "adapters/link_process.hpp"

#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <utility>

#include "base/log.hpp"

namespace tg {
namespace {

using namespace std::chrono_literals;

constexpr Millis kTick = 1s;
constexpr Millis kSilence = 10s;
constexpr Millis kFlush = 500ms;
constexpr Millis kGoodbye = 3s;

/// A non-blocking pair, closed on exec. {-1, -1} when the system has no descriptors left.
std::pair<int, int> socket_pair() {
  std::array<int, 2> ends{-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) != 0) return {-1, -1};
  return {ends[0], ends[1]};
}

/// The new process, or 0. `fd` becomes its kLinkFd; it starts with no signal blocked.
pid_t start_child(const std::string& program, int fd) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, fd, kLinkFd);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  std::string name = "touchpointd", role = "--role", link = "link";
  const std::array<char*, 4> arguments{name.data(), role.data(), link.data(), nullptr};
  pid_t child = 0;
  if (::posix_spawn(&child, program.c_str(), &actions, &attributes, arguments.data(), environ) != 0) child = 0;
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return child;
}

void await_exit(pid_t pid, Millis at_most) {
  const int fd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));  // glibc 2.36 declares it for C only
  if (fd < 0) return;
  pollfd ended{fd, POLLIN, 0};
  ::poll(&ended, 1, static_cast<int>(at_most.count()));
  ::close(fd);
}

}  // namespace

LinkProcess::LinkProcess(EventLoop& loop, std::string name, LinkSettings settings, LinkSink sink, std::string program)
    : loop_(loop),
      name_(std::move(name)),
      settings_(std::move(settings)),
      sink_(std::move(sink)),
      program_(std::move(program)),
      timer_(loop.add_timer([this] { tick(); })),
      spawn_failed_(loop.add_deferred([this] { child_ended("its process could not be started"); })),
      spent_pipe_done_(loop.add_deferred([this] { spent_pipe_.reset(); })) {}

LinkProcess::~LinkProcess() {
  if (pipe_) {
    pipe_->send(LinkGoodbye{});
    pipe_->flush(kFlush);
  }
  pipe_.reset();
  if (child_ != 0) ending_.push_back(std::exchange(child_, 0));
  for (const pid_t pid : ending_) {
    await_exit(pid, kGoodbye);
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
  }
}

bool LinkProcess::spawn() {
  const auto [ours, theirs] = socket_pair();
  if (ours < 0) return false;
  child_ = start_child(program_, theirs);
  ::close(theirs);
  if (child_ == 0) {
    ::close(ours);
    return false;
  }
  const auto if_mine = [this, child = child_](auto act) {
    if (child == child_) act();
  };
  pipe_ = std::make_unique<LinkPipe>(
      loop_, ours,
      LinkPipeHandlers{[this, if_mine](const LinkFrame& frame) { if_mine([&] { received(frame); }); },
                       {},
                       [this, if_mine] { if_mine([this] { child_ended("its process ended"); }); }});
  pipe_->send(settings_);
  heard_at_ = loop_.now().mono;
  timer_.arm_at(heard_at_ + kTick);
  return true;
}

void LinkProcess::connect() {
  if (in_use_) return;
  in_use_ = true;
  if (!spawn()) spawn_failed_.arm();
}

void LinkProcess::drop() {
  if (pipe_) pipe_->send(LinkDrop{});
}

void LinkProcess::renew(LinkSettings settings) {
  settings_ = std::move(settings);
  drop();
}

void LinkProcess::publish(Publication publication) {
  if (pipe_ && in_use_) pipe_->send(std::move(publication));
}

void LinkProcess::received(const LinkFrame& frame) {
  heard_at_ = loop_.now().mono;
  std::visit(Overload{[this](const LinkIsUp& up) { sink_(up); },
                      [this](const LinkIsDown& down) {
                        retire();
                        in_use_ = false;
                        sink_(down);
                      },
                      [this](const LinkDelivered& delivered) { sink_(delivered); },
                      [this](const LinkMessage& message) { sink_(message); }, [](const auto&) {}},
             frame);
}

/// May be called by the pipe itself, which therefore outlives it for the rest of this turn.
void LinkProcess::retire() {
  if (pipe_) {
    spent_pipe_ = std::move(pipe_);
    spent_pipe_done_.arm();
  }
  if (child_ == 0) return;
  ::kill(child_, SIGKILL);  // it has said its last word, or closed its end, or hangs
  ending_.push_back(std::exchange(child_, 0));
  timer_.arm_at(loop_.now().mono + kTick);
}

void LinkProcess::child_ended(std::string reason) {
  if (child_ != 0) log(LogLevel::warning, name_, reason);
  retire();
  if (std::exchange(in_use_, false)) sink_(LinkIsDown{std::move(reason)});
}

void LinkProcess::tick() {
  reap();
  const auto now = loop_.now().mono;
  if (pipe_ && now - heard_at_ > kSilence) return child_ended("its process does not answer");
  if (pipe_ || !ending_.empty()) timer_.arm_at(now + kTick);
}

void LinkProcess::reap() {
  std::erase_if(ending_, [](pid_t pid) { return ::waitpid(pid, nullptr, WNOHANG) != 0; });
}

}  // namespace tg
