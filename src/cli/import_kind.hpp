// What can be imported, and how each kind is called in a file, on the wire and to a person (contract §5, §7).
// Owner thread: any. Never touches a file or a socket.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace tg {

struct ImportKind {
  std::string_view name;     ///< KIND of the command line
  std::string_view command;  ///< contract §4.2
  std::string_view rows;     ///< the list in its payload
  std::string_view noun;     ///< of one row
  /// Whether the daemon would take this row. `line` counts from 1 and is named in the error, the row's values are not.
  Result<void> (*check)(std::string_view json, std::size_t line);
};

/// nullptr when there is no such kind.
[[nodiscard]] const ImportKind* import_kind(std::string_view name);
[[nodiscard]] std::vector<std::string> import_kind_names();

}  // namespace tg
