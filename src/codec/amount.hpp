// Decimal text -> scaled integers, for tickets of every dialect. Owner thread: any. Never uses floating point.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tg {

/// Digits after the point of an ISO 4217 currency; nothing when the text has not the form of a code.
[[nodiscard]] std::optional<int> currency_digits(std::string_view currency);

/// `-?digits(.digits)?` times 10^digits, surplus digits rounded half to even; at most 10^14 in magnitude.
[[nodiscard]] std::optional<std::int64_t> parse_scaled(std::string_view text, int digits);

}  // namespace tg
