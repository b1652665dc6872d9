// JSON text with `//` comments -> document, stricter than the library: no key twice, no depth without end.
// Private to codec/config_*.cpp. Owner thread: any. Never quotes the text: it may hold what does not belong there.
#pragma once

#include <string_view>

#include "base/result.hpp"
#include "codec/config_check.hpp"

namespace tg::config {

/// An object, or what is wrong: for broken JSON the line and column (in bytes, from 1), else the pointer of the key.
[[nodiscard]] Result<Json, std::vector<Finding>> parse_document(std::string_view text);

}  // namespace tg::config
