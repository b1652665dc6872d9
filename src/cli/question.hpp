// The commands that are one question to the daemon: what is sent, and how the answer is shown.
// Owner thread: main. To add one: a row in kQuestions and a view.
#pragma once

#include <array>
#include <chrono>
#include <ostream>
#include <string>
#include <string_view>

#include "cli/exit_code.hpp"
#include "cli/views.hpp"

namespace tg {

struct Question {
  std::string_view name;  ///< of the command, and `cmd` of the admin protocol
  std::string_view does;
  std::string_view argument;  ///< its key in the request; empty = takes none
  std::string_view placeholder;
  std::string_view argument_does;
  std::string (*view)(const Answer& answer, WallTime now);
  std::chrono::seconds at_most;
};

// An erasure rewrites every row of the member and waits for the disk.
inline constexpr std::array<Question, 6> kQuestions{{
    {"status", "One screen: state, recognition, links, radio, store, last error", "", "", "", view_status,
     std::chrono::seconds{30}},
    {"visits", "Who is inside now, by pseudonym", "", "", "", view_visits, std::chrono::seconds{30}},
    {"explain", "Why a visit was recognised, what was suggested and why, and what was held back", "visit", "VISIT",
     "The visit's id, as `visits` shows it", view_explain, std::chrono::seconds{30}},
    {"outbox", "What waits for delivery to central: depth, oldest, classes", "", "", "", view_outbox,
     std::chrono::seconds{30}},
    {"tickets", "The last tickets with their checks and attribution", "", "", "", view_tickets,
     std::chrono::seconds{30}},
    {"forget", "Remove every trace of a member on the spot; does not ask back", "member", "MEMBER",
     "The member's identifier, as central knows it", view_forget, std::chrono::seconds{120}},
}};

/// Its day is an option, and may be left out: today.
inline constexpr Question kKpiQuestion{"kpi",
                                       "The day's figures with their coverage",
                                       "day",
                                       "--day",
                                       "Of the store's calendar, e.g. 2026-11-21",
                                       view_kpi,
                                       std::chrono::seconds{30}};

struct QuestionOptions {
  std::string socket;
  std::string argument;
  bool json = false;  ///< the answer as it came, one line
};

[[nodiscard]] ExitCode run_question(const Question& question, const QuestionOptions& options, std::ostream& out,
                                    std::ostream& err);

}  // namespace tg
