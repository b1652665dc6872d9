// `touchpointctl watch`: status and visits on a terminal, drawn anew every second until q or Ctrl-C.
// Owner thread: main. Leaves the terminal as it was; a daemon that goes away meanwhile is said, not an end.
#pragma once

#include <ostream>
#include <string>

#include "cli/exit_code.hpp"

namespace tg {

/// kUsage without a terminal, kNotReachable when no daemon answers at the start.
[[nodiscard]] ExitCode run_watch(const std::string& socket, std::ostream& out, std::ostream& err);

}  // namespace tg
