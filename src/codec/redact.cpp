#include "codec/redact.hpp"

#include <algorithm>
#include <array>

namespace tg {
namespace {

constexpr std::size_t kMinDigits = 13;
constexpr std::size_t kMaxDigits = 19;

/// Prefixes [from, to] with the lengths in use; one Luhn number in ten would otherwise be a false find.
struct Issuer {
  int from, to;
  std::size_t prefix_digits, min_digits, max_digits;
};
constexpr auto kIssuers = std::to_array<Issuer>({{4, 4, 1, 13, 19},          // Visa
                                                 {51, 55, 2, 16, 16},        // Mastercard
                                                 {2221, 2720, 4, 16, 16},    // Mastercard
                                                 {34, 34, 2, 15, 15},        // American Express
                                                 {37, 37, 2, 15, 15},        // American Express
                                                 {300, 305, 3, 14, 19},      // Diners Club
                                                 {36, 36, 2, 14, 19},        // Diners Club
                                                 {38, 39, 2, 14, 19},        // Diners Club
                                                 {3528, 3589, 4, 16, 19},    // JCB
                                                 {6011, 6011, 4, 16, 19},    // Discover
                                                 {644, 649, 3, 16, 19},      // Discover
                                                 {65, 65, 2, 16, 19},        // Discover, RuPay
                                                 {62, 62, 2, 16, 19},        // UnionPay
                                                 {50, 50, 2, 13, 19},        // Maestro
                                                 {56, 58, 2, 13, 19},        // Maestro
                                                 {63, 63, 2, 13, 19},        // Maestro
                                                 {67, 67, 2, 13, 19},        // Maestro
                                                 {2200, 2204, 4, 16, 19}});  // Mir

bool is_digit(char c) { return c >= '0' && c <= '9'; }
int value(char c) { return c - '0'; }

bool luhn(std::string_view digits) {
  int sum = 0;
  bool twice = false;
  for (auto it = digits.rbegin(); it != digits.rend(); ++it, twice = !twice) {
    const int doubled = value(*it) * 2;
    sum += twice ? doubled - (doubled > 9 ? 9 : 0) : value(*it);
  }
  return sum % 10 == 0;
}

/// GTIN-13 and GTIN-14 carry their own check digit.
bool is_gtin(std::string_view digits) {
  if (digits.size() != 13 && digits.size() != 14) return false;
  int sum = 0;
  bool thrice = false;
  for (auto it = digits.rbegin(); it != digits.rend(); ++it, thrice = !thrice) sum += value(*it) * (thrice ? 3 : 1);
  return sum % 10 == 0;
}

bool has_issuer(std::string_view digits) {
  return std::any_of(kIssuers.begin(), kIssuers.end(), [&](const Issuer& issuer) {
    int prefix = 0;
    for (const char c : digits.substr(0, issuer.prefix_digits)) prefix = prefix * 10 + value(c);
    return prefix >= issuer.from && prefix <= issuer.to && digits.size() >= issuer.min_digits &&
           digits.size() <= issuer.max_digits;
  });
}

bool is_card(std::string_view digits) {
  return digits.size() >= kMinDigits && digits.size() <= kMaxDigits && has_issuer(digits) && luhn(digits) &&
         !is_gtin(digits);
}

/// Length of the card number that starts at `text[0]`, a digit at the start of a group; 0 = none. The longest wins.
std::size_t card_length(std::string_view text) {
  std::string digits;
  std::size_t length = 0;
  for (std::size_t i = 0; i < text.size() && digits.size() <= kMaxDigits; ++i) {
    if (is_digit(text[i])) {
      digits.push_back(text[i]);
      const bool group_ends = i + 1 == text.size() || !is_digit(text[i + 1]);
      if (group_ends && is_card(digits)) length = i + 1;
    } else if ((text[i] != ' ' && text[i] != '-') || !is_digit(text[i - 1])) {
      break;
    }
  }
  return length;
}

}  // namespace

std::string redact_card_numbers(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const bool group_starts = is_digit(text[i]) && (i == 0 || !is_digit(text[i - 1]));
    const std::size_t length = group_starts ? card_length(text.substr(i)) : 0;
    if (length > 0) {
      out += "redacted";
      i += length;
    } else {
      out.push_back(text[i++]);
    }
  }
  return out;
}

}  // namespace tg
