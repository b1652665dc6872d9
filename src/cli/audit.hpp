// `touchpointctl audit verify`: has anybody changed the log of what was done to members' data?
// Owner thread: main.
#pragma once

#include <ostream>
#include <string>

#include "cli/exit_code.hpp"

namespace tg {

/// kFailed when the chain is broken.
[[nodiscard]] ExitCode run_audit_verify(const std::string& socket, bool json, std::ostream& out, std::ostream& err);

}  // namespace tg
