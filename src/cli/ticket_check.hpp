// `touchpointctl ticket check`: how a till's file is understood, value by value; needs no daemon and stores nothing.
// Owner thread: main. Never prints what was ignored, only its name; never prints a whole loyalty number.
#pragma once

#include <optional>
#include <ostream>
#include <string>

#include "cli/exit_code.hpp"

namespace tg {

struct TicketCheckOptions {
  std::string file;
  std::string dialect;      ///< a name, or the path of a profile (with a / or ending in .json); empty: found out
  std::string dialect_dir;  ///< beside the built-in ones; empty: none
  std::string store = "store";
  std::string timezone = "UTC";  ///< of times without an offset
  std::string workstation;       ///< for files that name none
  bool json = false;
};

/// 0 when every ticket is understood, whether or not it adds up; 1 when the file, the profile or one of its tickets is
/// not: the others are shown, and each that is not is named with its cause.
[[nodiscard]] ExitCode run_ticket_check(const TicketCheckOptions& options, std::ostream& out, std::ostream& err);

}  // namespace tg
