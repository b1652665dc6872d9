#include "codec/amount.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "codec/ticket_json.hpp"

namespace tg {
namespace {

struct Exponent {
  std::string_view currency;
  int digits;
};
// ISO 4217 list one: every other code has two digits.
constexpr auto kExponents = std::to_array<Exponent>(
    {{"BIF", 0}, {"CLP", 0}, {"DJF", 0}, {"GNF", 0}, {"ISK", 0}, {"JPY", 0}, {"KMF", 0}, {"KRW", 0}, {"PYG", 0},
     {"RWF", 0}, {"UGX", 0}, {"UYI", 0}, {"VND", 0}, {"VUV", 0}, {"XAF", 0}, {"XOF", 0}, {"XPF", 0}, {"BHD", 3},
     {"IQD", 3}, {"JOD", 3}, {"KWD", 3}, {"LYD", 3}, {"OMR", 3}, {"TND", 3}, {"CLF", 4}, {"UYW", 4}});

constexpr std::size_t kMaxAmountBytes = 40;
constexpr std::int64_t kMaxScaled = 100'000'000'000'000;  ///< 10,000 of them still add up within 64 bits

bool all_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// Whether the digits cut off round the last kept digit up: half to even.
bool rounds_up(std::string_view rest, bool odd) {
  if (rest.empty() || rest.front() < '5') return false;
  const bool over_half = rest.front() > '5' || rest.find_first_not_of('0', 1) != std::string_view::npos;
  return over_half || odd;
}

}  // namespace

std::optional<int> currency_digits(std::string_view currency) {
  if (currency.size() != 3 || currency.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") != std::string_view::npos)
    return std::nullopt;
  const auto row =
      std::find_if(kExponents.begin(), kExponents.end(), [&](const auto& e) { return e.currency == currency; });
  return row == kExponents.end() ? 2 : row->digits;
}

std::optional<std::int64_t> parse_scaled(std::string_view text, int digits) {
  if (text.size() > kMaxAmountBytes) return std::nullopt;
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const std::size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  const std::string_view fraction = point == std::string_view::npos ? std::string_view{} : text.substr(point + 1);
  if (!all_digits(whole) || (point != std::string_view::npos && !all_digits(fraction))) return std::nullopt;

  const std::size_t kept = std::min(fraction.size(), static_cast<std::size_t>(digits));
  std::string scaled = std::string(whole).append(fraction.substr(0, kept));
  scaled.append(static_cast<std::size_t>(digits) - kept, '0');
  std::int64_t value = 0;
  for (const char c : scaled) {
    value = value * 10 + (c - '0');
    if (value > kMaxScaled) return std::nullopt;
  }
  if (rounds_up(fraction.substr(kept), value % 2 != 0)) ++value;
  return negative ? -value : value;
}

Result<MinorUnits> parse_amount(std::string_view text, std::string_view currency) {
  const auto digits = currency_digits(currency);
  if (!digits) return fail("an ISO 4217 currency code such as \"EUR\" is allowed");
  const auto amount = parse_scaled(text, *digits);
  if (!amount) return fail("a decimal string such as \"249.00\" is allowed");
  return *amount;
}

}  // namespace tg
