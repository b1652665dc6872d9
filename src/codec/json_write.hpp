// How this room writes JSON: keys in the order they were given, so equal values give equal bytes.
// Owner thread: any. For .cpp files of codec/ only: no public header includes it. Never throws on text from outside.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/types.hpp"
#include "codec/text.hpp"

namespace tg {

using Json = nlohmann::ordered_json;

/// One line without spaces; a broken UTF-8 sequence becomes U+FFFD instead of an exception.
[[nodiscard]] inline std::string dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

[[nodiscard]] inline Json or_null(const std::string& text) { return text.empty() ? Json() : Json(text); }
template <class Tag>
[[nodiscard]] Json or_null(const Id<Tag>& id) {
  return or_null(id.value);
}
template <class Tag>
[[nodiscard]] Json or_null(const std::optional<Id<Tag>>& id) {
  return id ? Json(id->value) : Json();
}
[[nodiscard]] inline Json or_null(const std::optional<std::string>& text) { return text ? Json(*text) : Json(); }
[[nodiscard]] inline Json or_null(const std::optional<WallTime>& t) { return t ? Json(format_time(*t)) : Json(); }
template <class Number>
[[nodiscard]] Json number_or_null(const std::optional<Number>& number) {
  return number ? Json(*number) : Json();
}

/// 930 -> 0.93: what we hold as an integer and the contract shows as a number 0 to 1.
[[nodiscard]] inline double share(std::int32_t permille) { return permille / 1000.0; }

}  // namespace tg
