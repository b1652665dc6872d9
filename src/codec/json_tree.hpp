// A JSON document as a flat list of nodes: a profile costs a few allocations instead of one for each key
// (decisions/0019).
// Owner thread: any, one tree on one thread. Never throws; never keeps more than the text it was given.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tg {

enum class JsonKind : std::uint8_t { null, boolean, integer, natural, real, text, list, object };

/// Places are 32 bits wide: a document has at most kMaxJsonBytes (64 MiB).
struct JsonNode {
  std::string_view key;   ///< of a member of an object
  std::string_view text;  ///< of a text; it may contain NUL
  union {
    bool boolean;
    std::int64_t integer = 0;  ///< below 0, or "-0"
    std::uint64_t natural;
    double real;
  };
  std::uint32_t begin = 0, end = 0;  ///< bytes of a list or object in the document
  std::uint32_t parent = 0;
  std::uint32_t first = 0, next = 0, size = 0;  ///< first child, next sibling (0: none), children
  JsonKind kind = JsonKind::null;
};

class JsonTree {
 public:
  /// Why the text is refused, or nothing: nesting over kMaxJsonDepth, a key twice in one object, not strict UTF-8 JSON.
  [[nodiscard]] std::optional<std::string> parse(std::string_view text);

  [[nodiscard]] const JsonNode& root() const { return nodes_.front(); }
  [[nodiscard]] const JsonNode* member(const JsonNode& object, std::string_view key) const;
  [[nodiscard]] const JsonNode* first(const JsonNode& of) const { return of.first == 0 ? nullptr : &nodes_[of.first]; }
  [[nodiscard]] const JsonNode* next(const JsonNode& node) const {
    return node.next == 0 ? nullptr : &nodes_[node.next];
  }
  /// A JSON pointer (RFC 6901, without its escapes).
  [[nodiscard]] std::string pointer(const JsonNode& node) const;
  /// The bytes of a list or an object.
  [[nodiscard]] std::string_view source(const JsonNode& node) const;

 private:
  friend class JsonTreeBuilder;
  std::string_view source_;
  std::vector<JsonNode> nodes_;
  std::string texts_;  ///< all texts and keys; never grows beyond what was reserved, so that views stay
};

}  // namespace tg
