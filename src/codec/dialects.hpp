// The dialects that this gateway speaks: the built-in ones, then those of a folder, which may replace them by name.
// Owner thread: any once loaded. Never guesses beyond what a profile says of itself under /recognise.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "codec/dialect.hpp"
#include "codec/pos_tree.hpp"

namespace tg {

class Dialects {
 public:
  /// `directory`: every *.json in it (pos.dialect_dir); none: the built-in ones only. Blocks on disk. An error is
  /// `FILE: /pointer: what is allowed`.
  [[nodiscard]] static Result<Dialects> load(const std::optional<std::string>& directory);
  /// One profile from a file, e.g. while it is being written.
  [[nodiscard]] static Result<Dialect> load_file(const std::string& path);

  /// Nothing for an unknown name.
  [[nodiscard]] const Dialect* find(std::string_view name) const;
  /// The one that knows most namespaces of the document; nothing when none recognises it.
  [[nodiscard]] const Dialect* recognise(const PosTree& tree, DialectFormat format) const;
  [[nodiscard]] std::string names() const;  ///< "arts-plain, kivra, …", sorted

 private:
  std::map<std::string, Dialect, std::less<>> all_;
};

}  // namespace tg
