#include "codec/dialect_value.hpp"

#include <algorithm>

#include "codec/amount.hpp"
#include "codec/redact.hpp"

namespace tg {
namespace {

constexpr std::size_t kMaxCodeBytes = 64;

bool is_id_character(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' || c == '-';
}

std::string without_zeros(std::string_view text) {
  const auto from = text.find_first_not_of('0');
  return std::string(from == std::string_view::npos ? text.substr(0, std::min<std::size_t>(1, text.size()))
                                                    : text.substr(from));
}

/// What a path's own form of an identifier becomes in ours; "Kassa 1" is Kassa-1.
std::string as_plain_id(std::string text) {
  std::ranges::replace_if(
      text, [](char c) { return !is_id_character(c); }, '-');
  const auto from = text.find_first_not_of("-_");
  return from == std::string::npos ? std::string() : text.substr(from);
}

std::string mapped(const ValueRule& rule, std::string text) {
  if (rule.map.empty()) return text;
  const auto row = std::ranges::find_if(rule.map, [&](const auto& entry) { return entry.first == text; });
  if (row != rule.map.end()) return row->second;
  return rule.otherwise.value_or(std::move(text));
}

/// The decimal form that parse_scaled knows.
std::string plain_decimal(std::string_view text, AmountStyle style) {
  std::string out;
  for (const char c : text) {
    if (style == AmountStyle::comma && (c == '.' || c == ' ')) continue;
    out += style == AmountStyle::comma && c == ',' ? '.' : c;
  }
  if (out.starts_with('+')) out.erase(0, 1);
  const std::size_t point = out.starts_with('-') ? 1 : 0;
  if (out.size() > point + 1 && out[point] == '.') out.insert(point, "0");
  return out;
}

std::int64_t signed_as(Sign sign, std::int64_t v) {
  switch (sign) {
    case Sign::as_is:
      return v;
    case Sign::minus:
      return v < 0 ? v : -v;
    case Sign::plus:
      return v < 0 ? -v : v;
    case Sign::flip:
      return -v;
  }
  return v;
}

}  // namespace

void ValueReader::complain(const PosNode& at, std::string_view allowed) {
  if (problem_.empty()) problem_ = place_of(at) + ": " + std::string(allowed);
}

void ValueReader::complain(const PosNode& at, const ValueRule& rule, std::string_view allowed) {
  const std::string below = rule.paths.empty() ? "" : '/' + rule.paths.front().text();
  if (problem_.empty()) problem_ = place_of(at) + below + ": " + std::string(allowed);
}

FoundText ValueReader::first(const PosNode& at, const ValueRule& rule) const {
  for (const auto& path : rule.paths) {
    for (const PosNode* node : scope_.select(at, path)) {
      if (!node->text.empty()) return {node->text, node};
    }
  }
  return {};
}

FoundText ValueReader::text(const PosNode& at, const ValueRule& rule) {
  FoundText found = first(at, rule);
  if (found.node == nullptr) return {rule.otherwise.value_or(""), nullptr};
  found.text = mapped(rule, std::move(found.text));
  if (rule.trim_zeros) found.text = without_zeros(found.text);
  if (rule.plain_id) found.text = as_plain_id(std::move(found.text));
  if (found.text.size() > kMaxCodeBytes) complain(*found.node, "at most 64 bytes are allowed");
  return found;
}

FoundText ValueReader::kept(const PosNode& at, const ValueRule& rule) {
  FoundText found = text(at, rule);
  const auto digits = std::ranges::count_if(found.text, [](char c) { return c >= '0' && c <= '9'; });
  const bool never_card = rule.never_card_to > 0 && digits >= rule.never_card_from && digits <= rule.never_card_to;
  if (!never_card) found.text = redact_card_numbers(found.text);
  return found;
}

std::int64_t ValueReader::limited(const PosNode& at, std::int64_t value) {
  if (value >= -kMaxPosAmount && value <= kMaxPosAmount) return value;
  complain(at, "at most 15 digits are allowed");
  return 0;
}

std::int64_t ValueReader::parsed(const PosNode& at, std::string_view text, bool money) {
  const bool minor = money && style_ == AmountStyle::minor;
  const auto value = parse_scaled(plain_decimal(text, style_), minor ? 0 : money ? digits_ : kMilliDigits);
  if (value) return *value;
  complain(at, minor ? "an integer of minor units is allowed" : "a decimal number such as 249.00 is allowed");
  return 0;
}

FoundNumber ValueReader::base(const PosNode& at, const ValueRule& rule, bool money) {
  FoundNumber out;
  for (const auto& path : rule.paths) {
    for (const PosNode* node : scope_.select(at, path)) {
      if (node->text.empty()) continue;
      if (out.node == nullptr) out.node = node;
      out.value = limited(*node, out.value + parsed(*node, node->text, money));
      ++out.places;
      if (!rule.sum) break;
    }
    if (out.node != nullptr) break;
  }
  out.given = out.node != nullptr || rule.otherwise.has_value();
  if (out.node == nullptr && rule.otherwise) out.value = parsed(at, *rule.otherwise, money);
  return out;
}

std::int64_t ValueReader::total(const PosNode& at, const PosPath& path, bool money) {
  std::int64_t sum = 0;
  for (const PosNode* node : scope_.select(at, path)) {
    if (!node->text.empty()) sum = limited(*node, sum + parsed(*node, node->text, money));
  }
  return sum;
}

/// Half to even, like an amount with surplus digits.
std::int64_t ValueReader::multiplied(const PosNode& at, const PosPath& quantity, std::int64_t value) {
  std::int64_t product = 0;
  if (__builtin_mul_overflow(value, total(at, quantity, false), &product)) {
    complain(at, "an amount of at most 15 digits is allowed");
    return 0;
  }
  const std::int64_t rest = product % 1000;
  const std::int64_t half = rest < 0 ? -rest : rest;
  std::int64_t out = product / 1000;
  if (half > 500 || (half == 500 && out % 2 != 0)) out += product < 0 ? -1 : 1;
  return out;
}

FoundNumber ValueReader::number(const PosNode& at, const ValueRule& rule, bool money) {
  FoundNumber out = base(at, rule, money);
  if (!out.given) return out;
  if (rule.times) out.value = multiplied(at, *rule.times, out.value);
  for (const auto& path : rule.less) out.value = limited(at, out.value - total(at, path, money));
  out.value = limited(at, with_sign(at, rule.sign, out.value));
  return out;
}

std::int64_t ValueReader::with_sign(const PosNode& at, const std::vector<Ruled<Sign>>& rules, std::int64_t v) const {
  const auto rule = std::ranges::find_if(rules, [&](const auto& r) { return scope_.matches(at, r.when); });
  return rule == rules.end() ? v : signed_as(rule->is, v);
}

}  // namespace tg
