// The other end of the admin socket, for touchpointctl: connect, ask one line, get one line.
// Owner thread: the caller, which it blocks for at most the given time. Never retries.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace tg {

struct AdminClientError {
  bool not_reachable = false;  ///< no daemon listens there (or this user may not ask it): exit code 3 of the CLI
  std::string message;
};

class AdminClient {
 public:
  [[nodiscard]] static Result<AdminClient, AdminClientError> connect(const std::string& path);
  AdminClient(AdminClient&&) noexcept;
  AdminClient& operator=(AdminClient&&) noexcept;
  ~AdminClient();

  /// `line` has no newline and at most 1 MiB; the answer comes without its newline.
  [[nodiscard]] Result<std::string, AdminClientError> request(std::string_view line,
                                                              std::chrono::milliseconds at_most = kDefaultWait);
  /// The two halves of request(), for who has something to do meanwhile. One answer for each line sent.
  [[nodiscard]] Result<void, AdminClientError> send(std::string_view line,
                                                    std::chrono::milliseconds at_most = kDefaultWait);
  [[nodiscard]] Result<std::string, AdminClientError> receive(std::chrono::milliseconds at_most = kDefaultWait);
  static constexpr std::chrono::milliseconds kDefaultWait{30000};

 private:
  explicit AdminClient(int fd) : fd_(fd) {}
  int fd_ = -1;
  std::string in_;  // what came after the last answer
};

}  // namespace tg
