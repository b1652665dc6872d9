// First pass of an import: reads and checks the whole file and decides how it is cut into parts of a snapshot.
// Owner thread: main. Holds one line and one part's figures at a time, never the file; talks to nobody.
#pragma once

#include <cstdint>
#include <istream>
#include <string>
#include <vector>

#include "base/crypto.hpp"
#include "cli/import_kind.hpp"

namespace tg {

// A part is one line on the admin socket, which takes 1 MiB; a small part also keeps the daemon's loop quick.
inline constexpr std::size_t kMaxPartRows = 400;
inline constexpr std::size_t kMaxPartBytes = 700U << 10U;  ///< of the rows, as they stand in the file
inline constexpr std::size_t kMaxShownErrors = 20;

/// A stretch of whole lines of the file, which is sent as one part.
struct FilePart {
  std::uint64_t offset = 0;
  std::size_t bytes = 0;
  std::size_t rows = 0;
  Sha256 digest{};  ///< of its bytes, to notice a file that changes between the passes
};

struct ImportPlan {
  std::vector<FilePart> parts;  ///< in file order, without gaps; empty when the file has no rows
  std::uint64_t file_bytes = 0;
  std::size_t rows = 0;
  std::vector<std::string> errors;  ///< "line 12: /consent/…: what is allowed", the first kMaxShownErrors
  std::size_t error_count = 0;
};

/// Reads `file` to its end, one NDJSON row a line; blank lines are skipped. Time: linear, about one decode a row.
[[nodiscard]] ImportPlan plan_import(std::istream& file, const ImportKind& kind);

/// The lines of one part as the elements of a JSON list. They go out as they stand: the daemon drops what the contract
/// does not name, and writing a million rows anew would take longer than checking them.
[[nodiscard]] std::string joined_rows(std::string_view bytes);

}  // namespace tg
