#include "codec/pos_tree.hpp"

#include <algorithm>
#include <array>

namespace tg {
namespace {

/// 1-based among the siblings of its name; 0 when it is the only one.
std::size_t position(const PosNode& node) {
  const auto& siblings = node.parent->children;
  const auto alike = [&](const PosNode* s) { return s->name == node.name && s->space == node.space; };
  if (std::ranges::count_if(siblings, alike) < 2) return 0;
  std::size_t n = 0;
  for (const PosNode* s : siblings) {
    if (alike(s)) ++n;
    if (s == &node) return n;
  }
  return n;
}

/// Forms of RFC 3629, one a row: the ranges of the first and the second byte, and how many follow the first.
struct Utf8Form {
  unsigned char first_from, first_to, second_from, second_to;
  std::size_t more;
};
constexpr auto kUtf8Forms = std::to_array<Utf8Form>({{0xC2, 0xDF, 0x80, 0xBF, 1},
                                                     {0xE0, 0xE0, 0xA0, 0xBF, 2},
                                                     {0xE1, 0xEC, 0x80, 0xBF, 2},
                                                     {0xED, 0xED, 0x80, 0x9F, 2},
                                                     {0xEE, 0xEF, 0x80, 0xBF, 2},
                                                     {0xF0, 0xF0, 0x90, 0xBF, 3},
                                                     {0xF1, 0xF3, 0x80, 0xBF, 3},
                                                     {0xF4, 0xF4, 0x80, 0x8F, 3}});

/// Bytes of the character at the start of `text`; 0 when there is none.
std::size_t character(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  if (byte(0) < 0x80) return byte(0) == 0 ? 0 : 1;
  for (const auto& form : kUtf8Forms) {
    if (byte(0) < form.first_from || byte(0) > form.first_to) continue;
    if (text.size() <= form.more || byte(1) < form.second_from || byte(1) > form.second_to) return 0;
    for (std::size_t i = 2; i <= form.more; ++i) {
      if ((byte(i) & 0xC0) != 0x80) return 0;
    }
    return form.more + 1;
  }
  return 0;
}

}  // namespace

PosTree::PosTree() : spaces_(1), nodes_(1) {}

PosNode* PosTree::add(PosNode& parent, std::string_view name, std::uint16_t space) {
  if (nodes_.size() >= kMaxPosNodes) return nullptr;
  auto known = names_.find(name);
  if (known == names_.end()) known = names_.emplace(name).first;
  PosNode& node = nodes_.emplace_back();
  node.name = *known;
  node.space = space;
  node.order = static_cast<std::uint32_t>(nodes_.size());
  node.parent = &parent;
  parent.children.push_back(&node);
  return &node;
}

std::uint16_t PosTree::space(std::string_view uri) {
  const auto known = std::ranges::find(spaces_, uri);
  if (known == spaces_.end() && spaces_.size() >= kMaxPosNamespaces) return 0;
  const auto index = known - spaces_.begin();
  if (known == spaces_.end()) spaces_.emplace_back(uri);
  return static_cast<std::uint16_t>(index);
}

std::string place_of(const PosNode& node) {
  if (node.parent == nullptr) return {};
  std::string place = place_of(*node.parent) + '/' + std::string(node.name);
  if (const auto n = position(node); n > 0) place += '[' + std::to_string(n) + ']';
  return place;
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t bytes = character(text);
    if (bytes == 0) return false;
    text.remove_prefix(bytes);
  }
  return true;
}

}  // namespace tg
