#include "codec/json_tree_builder.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "codec/ticket_json.hpp"

namespace tg {
namespace {

constexpr std::size_t kFewKeys = 16;       // up to here comparing each with each is quicker than sorting
constexpr std::size_t kBytesOfANode = 12;  // of a profile: a first guess saves the growing

}  // namespace

JsonTreeBuilder::JsonTreeBuilder(JsonTree& tree, std::string_view document) : tree_(tree) {
  tree_.source_ = document;
  tree_.nodes_.clear();
  tree_.nodes_.reserve(document.size() / kBytesOfANode + 1);
  tree_.texts_.clear();
  tree_.texts_.reserve(document.size());
}

JsonNode& JsonTreeBuilder::value(JsonKind kind) {
  const auto index = static_cast<std::uint32_t>(tree_.nodes_.size());
  JsonNode& node = tree_.nodes_.emplace_back();
  node.kind = kind;
  node.key = key_;
  if (!open_.empty()) {
    Open& parent = open_.back();
    (parent.last_child == 0 ? tree_.nodes_[parent.node].first : tree_.nodes_[parent.last_child].next) = index;
    ++tree_.nodes_[parent.node].size;
    parent.last_child = index;
    node.parent = parent.node;
  }
  return node;
}

bool JsonTreeBuilder::open(JsonKind kind, std::size_t place) {
  if (open_.size() >= kMaxJsonDepth) return refuse("nested too deeply");
  value(kind).begin = static_cast<std::uint32_t>(place);
  key_ = {};
  open_.push_back({static_cast<std::uint32_t>(tree_.nodes_.size() - 1), 0});
  return true;
}

bool JsonTreeBuilder::close(std::size_t place) {
  JsonNode& node = tree_.nodes_[open_.back().node];
  if (has_a_key_twice(node)) return refuse("a key occurs twice in an object");
  node.end = static_cast<std::uint32_t>(place);
  open_.pop_back();
  key_ = {};
  return true;
}

bool JsonTreeBuilder::refuse(std::string why) {
  if (!refused) refused = std::move(why);
  return false;
}

/// Decoded text is never longer than its source, of which as much was reserved.
std::string_view JsonTreeBuilder::keep(std::string_view text) {
  const std::size_t begin = tree_.texts_.size();
  tree_.texts_ += text;
  return std::string_view(tree_.texts_).substr(begin);
}

bool JsonTreeBuilder::has_a_key_twice(const JsonNode& object) {
  if (object.kind != JsonKind::object) return false;
  keys_.clear();
  for (const auto* child = tree_.first(object); child != nullptr; child = tree_.next(*child))
    keys_.push_back(child->key);
  if (keys_.size() > kFewKeys) {
    std::ranges::sort(keys_);
    return std::ranges::adjacent_find(keys_) != keys_.end();
  }
  for (auto key = keys_.begin(); key != keys_.end(); ++key)
    if (std::find(std::next(key), keys_.end(), *key) != keys_.end()) return true;
  return false;
}

}  // namespace tg
