// Checks a merged configuration against the table and completes it. Private to codec/config_*.cpp.
// Owner thread: the one that loads. Reads only the files that `*_file` keys name; never quotes a text it refuses.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/config.hpp"
#include "codec/config_table.hpp"

namespace tg::config {

struct Finding {
  std::string pointer;
  std::string what;
};

struct Checked {
  Json values;  ///< every key of the table, in its order; a refused value is replaced, a secret is [path, content]
  std::vector<Finding> findings;
};

/// Every key on its own: known, of the right shape, in range. `document` must be an object.
[[nodiscard]] Checked check(const Table& table, const Json& document);

/// One value on its own, without the members of objects: of the right shape, in range.
[[nodiscard]] std::vector<Finding> check_value(const Rule& rule, const Json& value, const std::string& at);
/// What a key may hold, as the end of "must be …".
[[nodiscard]] std::string allowed(const Rule& rule);

/// What keys have to do with each other: names are unique, references lead somewhere, pairs are complete.
[[nodiscard]] std::vector<Finding> check_relations(const Config& config);

/// The key of the table nearest to the unknown `pointer`: a sibling, or a better match elsewhere in the table.
[[nodiscard]] std::string nearest_key(const Table& table, const std::string& pointer);

/// A pointer with one more member name, escaped and without control characters.
[[nodiscard]] std::string operator/(const std::string& pointer, std::string_view name);

/// `path` itself, else below $CREDENTIALS_DIRECTORY (see load_config); empty when it is nowhere.
[[nodiscard]] std::string find_file(const std::string& path);
/// At most `max_bytes`; nullopt when it is no regular file, larger or unreadable.
[[nodiscard]] std::optional<std::string> read_file(const std::string& path, std::size_t max_bytes);

}  // namespace tg::config
