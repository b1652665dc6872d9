// The two readers of JSON text (decisions/0019). Both fill a tree with the same nodes and keep the same limits; they
// differ in speed and in what they say. Owner thread: any, one tree on one thread. Never throw.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "codec/json_tree.hpp"

namespace tg {

/// Without words: false is "refused, or one of the rare texts that this reader leaves to the other", and the tree is
/// of no use then.
[[nodiscard]] bool scan_quickly(std::string_view text, JsonTree& tree);

/// Six times slower; says why a text is refused and where.
[[nodiscard]] std::optional<std::string> scan_with_reasons(std::string_view text, JsonTree& tree);

}  // namespace tg
