// Appends the nodes of a JSON tree in the order of the document and keeps its limits: depth, no key twice.
// Owner thread: that of the tree.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codec/json_tree.hpp"

namespace tg {

/// Each call says whether the reader may go on; if not, `refused` says why. `place` is an offset in the document.
class JsonTreeBuilder {
 public:
  JsonTreeBuilder(JsonTree& tree, std::string_view document);

  [[nodiscard]] JsonNode& value(JsonKind kind);  ///< the caller sets what it holds
  void text(std::string_view value) { this->value(JsonKind::text).text = keep(value); }
  void key(std::string_view name) { key_ = keep(name); }
  [[nodiscard]] bool open(JsonKind kind, std::size_t place);  ///< of its first byte
  [[nodiscard]] bool close(std::size_t place);                ///< behind its last byte
  bool refuse(std::string why);                               ///< false; the first reason is kept

  std::optional<std::string> refused;

 private:
  struct Open {
    std::uint32_t node, last_child;
  };

  std::string_view keep(std::string_view text);
  [[nodiscard]] bool has_a_key_twice(const JsonNode& object);

  JsonTree& tree_;
  std::vector<Open> open_;
  std::vector<std::string_view> keys_;
  std::string_view key_;
};

}  // namespace tg
