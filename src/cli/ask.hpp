// One question to the daemon and its answer, with the exit code when there is none.
// Owner thread: main, which waits for the daemon. Never retries.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "cli/answer.hpp"
#include "cli/exit_code.hpp"

namespace tg {

class AdminClient;

struct AskError {
  ExitCode exit_code = kFailed;
  std::string message;  ///< for a person; safe to print
};

/// `request` is one line of the admin protocol. An answer `{"error":…}` is an error here.
[[nodiscard]] Result<Answer, AskError> ask(AdminClient& daemon, std::string_view request,
                                           std::chrono::seconds at_most = std::chrono::seconds{30});
/// The two halves of it, for who has something to do meanwhile.
[[nodiscard]] Result<void, AskError> tell(AdminClient& daemon, std::string_view request, std::chrono::seconds at_most);
[[nodiscard]] Result<Answer, AskError> hear(AdminClient& daemon, std::chrono::seconds at_most);
/// The same over a connection of its own.
[[nodiscard]] Result<Answer, AskError> ask(const std::string& socket, std::string_view request,
                                           std::chrono::seconds at_most = std::chrono::seconds{30});
[[nodiscard]] Result<AdminClient, AskError> reach(const std::string& socket);

/// `{"cmd":…}` with at most one argument, which may be any text.
[[nodiscard]] std::string request_line(std::string_view cmd, std::string_view key = {}, std::string_view value = {});

}  // namespace tg
