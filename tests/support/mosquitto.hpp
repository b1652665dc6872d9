// A mosquitto of the test's own on a free port of 127.0.0.1. Owner thread: the test. It never outlives the test.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "ports/link_port.hpp"

namespace tg::test {

using Clock = std::chrono::steady_clock;
inline constexpr std::chrono::seconds kDeadline{20};

inline int loopback_socket(std::uint16_t& port, bool bind_it) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  const bool done = bind_it ? ::bind(fd, generic, size) == 0 && ::getsockname(fd, generic, &size) == 0
                            : ::connect(fd, generic, size) == 0;
  port = ntohs(address.sin_port);
  if (done) return fd;
  ::close(fd);
  return -1;
}

/// A port that nobody has, below those that the kernel hands out to outgoing connections.
inline std::uint16_t free_port() {
  static std::uint16_t next = static_cast<std::uint16_t>(12000 + std::random_device{}() % 10000);
  for (;; ++next) {
    std::uint16_t port = next;
    if (const int fd = loopback_socket(port, true); fd >= 0) {
      ::close(fd);
      return next++;
    }
  }
}

/// A mosquitto of our own: anonymous, may read and write below `open/`, reads everything, persists nothing.
class Broker {
 public:
  Broker() : port_(free_port()) {
    std::string pattern = (std::filesystem::temp_directory_path() / "tg-mqtt-XXXXXX").string();
    directory_ = ::mkdtemp(pattern.data());
    std::ofstream(directory_ + "/acl") << "topic readwrite open/#\ntopic read #\nuser gw\ntopic readwrite open/#\n";
    std::ofstream conf(directory_ + "/conf");
    conf << "listener " << port_ << " 127.0.0.1\nallow_anonymous true\npersistence false\nlog_type error\n"
         << "acl_file " << directory_ << "/acl\nmax_inflight_messages 17\nmax_packet_size 1000000\n";
    if (::geteuid() == 0) conf << "user root\n";
    conf.close();
    start();
  }
  ~Broker() {
    kill();
    std::filesystem::remove_all(directory_);
  }
  Broker(const Broker&) = delete;
  Broker& operator=(const Broker&) = delete;

  void start() {
    const std::string conf = directory_ + "/conf";
    pid_ = ::fork();
    if (pid_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      ::execl("/usr/sbin/mosquitto", "mosquitto", "-c", conf.c_str(), nullptr);
      ::_exit(127);
    }
    const auto deadline = Clock::now() + kDeadline;
    while (Clock::now() < deadline) {
      auto port = port_;
      if (const int fd = loopback_socket(port, false); fd >= 0) {
        ::close(fd);
        return;
      }
      std::this_thread::yield();
    }
    FAIL() << "mosquitto does not listen";
  }
  void kill() {
    if (pid_ == 0) return;
    signal(SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }
  void signal(int number) const { ::kill(pid_, number); }

  [[nodiscard]] LinkSettings settings(const std::string& client_id, std::vector<std::string> filters = {}) const {
    LinkSettings out;
    out.url = "mqtt://127.0.0.1:" + std::to_string(port_);
    out.client_id = client_id;
    out.subscriptions = std::move(filters);
    return out;
  }

 private:
  std::uint16_t port_;
  std::string directory_;
  pid_t pid_ = 0;
};

}  // namespace tg::test
