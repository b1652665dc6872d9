// `touchpointctl match calibrate`: what the matcher has learnt and how right it would have been.
// Owner thread: main, which waits for the daemon. Never shows a member or a ticket: there are only counts.
#pragma once

#include <ostream>
#include <string>

#include "base/types.hpp"
#include "cli/answer.hpp"
#include "cli/exit_code.hpp"

namespace tg {

[[nodiscard]] std::string view_match_report(const Answer& report, WallTime now);
[[nodiscard]] ExitCode run_match_calibrate(const std::string& socket, bool json, std::ostream& out, std::ostream& err);

}  // namespace tg
