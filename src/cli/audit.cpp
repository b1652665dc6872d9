#include "cli/audit.hpp"

#include <nlohmann/json.hpp>

#include "cli/ask.hpp"
#include "cli/views.hpp"

namespace tg {

ExitCode run_audit_verify(const std::string& socket, bool json, std::ostream& out, std::ostream& err) {
  const auto answer = ask(socket, request_line("audit"), std::chrono::seconds{120});
  if (!answer) {
    err << answer.error().message << "\n";
    return answer.error().exit_code;
  }
  out << (json ? answer_line(*answer) + "\n" : view_audit(*answer));
  return is_true(*answer, "intact") ? kDone : kFailed;
}

}  // namespace tg
