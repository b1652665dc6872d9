// `touchpointctl calibrate`: from the sightings of a recorded walk, how much better or worse each receiver hears than
// the plan says (contract §7). Prints offset_db of all receivers as a configuration drop-in. Owner thread: the
// caller's. Never asks where the walker was: the position filter finds that out, pass by pass.
#pragma once

#include <iosfwd>
#include <string>

namespace tg {

/// Exit code: 0, or 1 with the reason on `err` (for a bad journal with the line).
int run_calibrate(const std::string& config_path, const std::string& journal_path, std::ostream& out,
                  std::ostream& err);

}  // namespace tg
