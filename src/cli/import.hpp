// `touchpointctl import`: checks a whole NDJSON file, then hands it to the daemon as one snapshot in parts.
// Owner thread: main. Never sends anything of a file with an error; the daemon takes the snapshot over at its last
// part, so whatever stops an import earlier leaves the old data in force.
#pragma once

#include <ostream>
#include <string>

#include "cli/exit_code.hpp"
#include "cli/import_plan.hpp"

namespace tg {

struct ImportOptions {
  std::string socket;
  std::string kind;  ///< one of import_kind_names()
  std::string file;  ///< "-" = standard input; must be a regular file, because it is read twice
  bool allow_empty = false;
  bool json = false;           ///< print the daemon's last acknowledgement instead of a sentence
  bool show_progress = false;  ///< on `err`, one line that is drawn over
};

[[nodiscard]] ExitCode run_import(const ImportOptions& options, std::ostream& out, std::ostream& err);

/// The request line of part `part` of `parts`; `snapshot` names the whole, `rows` are joined_rows().
[[nodiscard]] std::string snapshot_request(const ImportKind& kind, const std::string& snapshot, std::size_t part,
                                           std::size_t parts, const std::string& rows);

}  // namespace tg
