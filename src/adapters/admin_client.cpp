#include "adapters/admin_client.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "adapters/unix_address.hpp"

namespace tg {
namespace {

using Clock = std::chrono::steady_clock;

Unexpected<AdminClientError> not_reachable(const std::string& path, const char* why) {
  return {{true, "no daemon answers at " + path + ": " + why}};
}
Unexpected<AdminClientError> broken(std::string why) { return {{false, std::move(why)}}; }

/// False when the deadline passed first.
bool wait_for(int fd, short events, Clock::time_point deadline) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
  pollfd waited{fd, events, 0};
  return ::poll(&waited, 1, static_cast<int>(std::clamp<long>(left, 0, 1 << 30))) > 0;
}

}  // namespace

Result<AdminClient, AdminClientError> AdminClient::connect(const std::string& path) {
  const auto address = unix_address(path);
  if (!address) return not_reachable(path, "the path is too long for a unix socket");
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return broken(std::strerror(errno));
  AdminClient client(fd);
  if (::connect(fd, as_sockaddr(&*address), sizeof *address) != 0) return not_reachable(path, std::strerror(errno));
  return client;
}

AdminClient::AdminClient(AdminClient&& other) noexcept : fd_(std::exchange(other.fd_, -1)), in_(std::move(other.in_)) {}

AdminClient& AdminClient::operator=(AdminClient&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(in_, other.in_);
  return *this;
}

AdminClient::~AdminClient() {
  if (fd_ >= 0) ::close(fd_);
}

Result<std::string, AdminClientError> AdminClient::request(std::string_view line, std::chrono::milliseconds at_most) {
  const auto deadline = Clock::now() + at_most;
  if (auto sent = send(line, at_most); !sent) return Unexpected<AdminClientError>{sent.error()};
  return receive(std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()));
}

Result<void, AdminClientError> AdminClient::send(std::string_view line, std::chrono::milliseconds at_most) {
  const auto deadline = Clock::now() + at_most;
  const auto message = std::string(line) + '\n';
  for (std::size_t sent = 0; sent < message.size();) {
    if (!wait_for(fd_, POLLOUT, deadline)) return broken("the daemon does not read");
    const auto n = ::send(fd_, message.data() + sent, message.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && errno != EAGAIN && errno != EINTR) return broken("the daemon closed the connection");
    sent += static_cast<std::size_t>(std::max<ssize_t>(n, 0));
  }
  return {};
}

Result<std::string, AdminClientError> AdminClient::receive(std::chrono::milliseconds at_most) {
  const auto deadline = Clock::now() + at_most;
  while (true) {
    const auto newline = in_.find('\n');
    if (newline != std::string::npos) {
      auto answer = in_.substr(0, newline);
      in_.erase(0, newline + 1);
      return answer;
    }
    if (!wait_for(fd_, POLLIN, deadline)) return broken("the daemon does not answer");
    std::array<char, 64 << 10> bytes;
    const auto got = ::read(fd_, bytes.data(), bytes.size());
    if (got == 0 || (got < 0 && errno != EINTR)) return broken("the daemon closed the connection");
    if (got > 0) in_.append(bytes.data(), static_cast<std::size_t>(got));
  }
}

}  // namespace tg
