// A till's document, XML or JSON alike, as a tree of names and texts: what a dialect's paths walk over (decision 0018).
// Lives only while a body is understood; whoever reads marks what was used, the rest is dropped with the tree.
// Owner thread: any, one tree on one thread. Never puts a text of the document into an error.
#pragma once

#include <cstdint>
#include <deque>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace tg {

inline constexpr std::size_t kMaxPosDepth = 64;
inline constexpr std::size_t kMaxPosNodes = 200'000;  ///< elements and attributes, or JSON values
inline constexpr std::size_t kMaxPosNamespaces = 64;

struct PosNode {
  std::string_view name;                 ///< local name; an attribute's starts with @; owned by the tree
  std::uint16_t space = 0;               ///< index into PosTree::spaces; 0: none
  std::uint32_t order = 0;               ///< in the document
  const PosNode* parent = nullptr;       ///< none for the root
  std::string text;                      ///< its own, trimmed; a JSON number as it was written
  std::vector<const PosNode*> children;  ///< in order; a JSON list is a child of the same name each
  mutable bool used = false;             ///< somebody asked for its text, or for one below it
};

class PosTree {
 public:
  PosTree();
  PosTree(PosTree&&) = default;
  PosTree& operator=(PosTree&&) = default;

  [[nodiscard]] const PosNode& root() const { return nodes_.front(); }
  /// URIs of the namespaces that the document uses; the first is none.
  [[nodiscard]] const std::vector<std::string>& spaces() const { return spaces_; }

  // For the readers. `add` returns nothing when there are too many nodes.
  PosNode& top() { return nodes_.front(); }
  PosNode* add(PosNode& parent, std::string_view name, std::uint16_t space);
  /// 0 for none; 0 as well when there are too many.
  std::uint16_t space(std::string_view uri);

 private:
  std::set<std::string, std::less<>> names_;
  std::vector<std::string> spaces_;
  std::deque<PosNode> nodes_;
};

/// `/POSLog/Transaction[2]/RetailTransaction/Total[1]/@TotalType`; lists in JSON are counted likewise, from 1.
[[nodiscard]] std::string place_of(const PosNode& node);

/// UTF-8, UTF-16 or ISO-8859-1, by byte order mark or declaration. Refuses a DOCTYPE, other encodings, texts that are
/// no UTF-8, and more than the limits above.
[[nodiscard]] Result<PosTree> read_pos_xml(std::string_view bytes);
/// Strict JSON in UTF-8. Refuses duplicate keys and more than the limits above.
[[nodiscard]] Result<PosTree> read_pos_json(std::string_view bytes);

/// Well-formed UTF-8 without U+0000.
[[nodiscard]] bool is_utf8(std::string_view text);

}  // namespace tg
