// Whether two trees of the same JSON text are the same: kinds, keys, values, children, places.
#pragma once

#include "codec/json_tree.hpp"

namespace tg::test {

inline bool same_value(const JsonNode& x, const JsonNode& y) {
  switch (x.kind) {
    case JsonKind::boolean:
      return x.boolean == y.boolean;
    case JsonKind::real:
      return x.real == y.real;
    case JsonKind::integer:
    case JsonKind::natural:
      return x.natural == y.natural;
    case JsonKind::null:
    case JsonKind::text:
    case JsonKind::list:
    case JsonKind::object:
      break;
  }
  return x.text == y.text;
}

inline bool same_tree(const JsonTree& a, const JsonNode& x, const JsonTree& b, const JsonNode& y) {
  if (x.kind != y.kind || x.key != y.key || x.size != y.size || !same_value(x, y) || a.source(x) != b.source(y))
    return false;
  const auto* left = a.first(x);
  const auto* right = b.first(y);
  for (; left != nullptr && right != nullptr; left = a.next(*left), right = b.next(*right))
    if (!same_tree(a, *left, b, *right)) return false;
  return left == right;
}

}  // namespace tg::test
