#include "cli/question.hpp"

#include <nlohmann/json.hpp>

#include "cli/ask.hpp"

namespace tg {

ExitCode run_question(const Question& question, const QuestionOptions& options, std::ostream& out, std::ostream& err) {
  const auto answer =
      ask(options.socket, request_line(question.name, question.argument, options.argument), question.at_most);
  if (!answer) {
    err << answer.error().message << "\n";
    return answer.error().exit_code;
  }
  const auto now = std::chrono::time_point_cast<Millis>(std::chrono::system_clock::now());
  out << (options.json ? answer_line(*answer) + "\n" : question.view(*answer, WallTime(now.time_since_epoch())));
  return kDone;
}

}  // namespace tg
