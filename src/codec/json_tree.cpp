#include "codec/json_tree.hpp"

#include "codec/json_scan.hpp"

namespace tg {

std::optional<std::string> JsonTree::parse(std::string_view text) {
  if (scan_quickly(text, *this)) return std::nullopt;
  return scan_with_reasons(text, *this);
}

const JsonNode* JsonTree::member(const JsonNode& object, std::string_view key) const {
  const JsonNode* child = first(object);
  while (child != nullptr && child->key != key) child = next(*child);
  return child;
}

std::string JsonTree::pointer(const JsonNode& node) const {
  if (&node == &root()) return {};
  const JsonNode& parent = nodes_[node.parent];
  std::string name(node.key);
  if (parent.kind == JsonKind::list) {
    std::size_t index = 0;
    for (const auto* child = first(parent); child != &node; child = next(*child)) ++index;
    name = std::to_string(index);
  }
  return pointer(parent) + '/' + name;
}

std::string_view JsonTree::source(const JsonNode& node) const {
  return source_.substr(node.begin, node.end - node.begin);
}

}  // namespace tg
