#include "cli/ask.hpp"

#include <nlohmann/json.hpp>

#include "adapters/admin_client.hpp"
#include "cli/layout.hpp"

namespace tg {
namespace {

Unexpected<AskError> explained(const AdminClientError& error) {
  if (!error.not_reachable) return {{kFailed, error.message}};
  return {{kNotReachable, error.message +
                              "\nIs it running (systemctl status touchpointd), is this its socket (--socket), and is "
                              "this user in the group touchpoint?"}};
}

}  // namespace

Result<AdminClient, AskError> reach(const std::string& socket) {
  auto daemon = AdminClient::connect(socket);
  if (!daemon) return explained(daemon.error());
  return std::move(*daemon);
}

Result<void, AskError> tell(AdminClient& daemon, std::string_view request, std::chrono::seconds at_most) {
  const auto sent = daemon.send(request, at_most);
  if (!sent) return explained(sent.error());
  return {};
}

Result<Answer, AskError> hear(AdminClient& daemon, std::chrono::seconds at_most) {
  const auto line = daemon.receive(at_most);
  if (!line) return explained(line.error());
  Answer answer = parse_answer(*line);
  if (answer.is_null())
    return Unexpected<AskError>{{kFailed,
                                 "the daemon's answer is not understood; are daemon and "
                                 "touchpointctl of the same version?"}};
  if (answer.contains("error")) return Unexpected<AskError>{{kFailed, printable(text_of(answer, "error"))}};
  return answer;
}

Result<Answer, AskError> ask(AdminClient& daemon, std::string_view request, std::chrono::seconds at_most) {
  if (auto told = tell(daemon, request, at_most); !told) return Unexpected<AskError>{told.error()};
  return hear(daemon, at_most);
}

Result<Answer, AskError> ask(const std::string& socket, std::string_view request, std::chrono::seconds at_most) {
  auto daemon = reach(socket);
  if (!daemon) return Unexpected<AskError>{daemon.error()};
  return ask(*daemon, request, at_most);
}

std::string request_line(std::string_view cmd, std::string_view key, std::string_view value) {
  Answer request = {{"cmd", cmd}};
  if (!key.empty()) request[std::string(key)] = value;
  return answer_line(request);
}

}  // namespace tg
