#include <algorithm>
#include <limits>
#include <regex>

#include "codec/config_check.hpp"

namespace tg::config {
namespace {

constexpr std::int64_t kPlanMetres = 10000;  // how far a corner may lie from the plan's origin

std::string range_text(const Rule& rule) { return std::to_string(rule.min) + " to " + std::to_string(rule.max); }

std::string one_of(const std::vector<std::string>& words) {
  std::string list;
  for (const auto& word : words) list += (list.empty() ? "one of \"" : ", \"") + word + '"';
  return list;
}

/// What a key may hold, null left out.
std::string allowed_shape(const Rule& rule) {
  switch (rule.shape) {
    case Shape::boolean:
      return "true or false";
    case Shape::integer:
      return "a whole number from " + range_text(rule);
    case Shape::number:
      return "a number from " + range_text(rule);
    case Shape::choice:
      return one_of(rule.words);
    case Shape::text:
      return rule.format->allowed;
    case Shape::text_list:
      return "a list of " + range_text(rule) + " texts";
    case Shape::polygon:
      return "a list of " + range_text(rule) + " points";
    case Shape::object:
      return "an object";
    case Shape::object_list:
      return "a list of " + range_text(rule) + " objects";
  }
  return {};
}

/// What stands there. Texts are not quoted: one may be a secret in the wrong place.
std::string actual(const Rule& rule, const Json& value) {
  const bool about_numbers = rule.shape == Shape::integer || rule.shape == Shape::number;
  if (value.is_number() && about_numbers) return "is " + value.dump();
  if (value.is_number()) return "is a number";
  if (value.is_array()) return "is a list of " + std::to_string(value.size());
  if (value.is_string() && rule.shape == Shape::choice) return "is another word";
  if (value.is_string()) return rule.shape == Shape::text ? "is a text of another form" : "is a text";
  return value.is_object() ? "is an object" : "is " + value.dump();  // null, true, false
}

bool in_range(const Rule& rule, std::size_t count) {
  return count >= static_cast<std::size_t>(rule.min) && count <= static_cast<std::size_t>(rule.max);
}

bool is_integer_in(const Json& value, std::int64_t min, std::int64_t max) {
  if (!value.is_number_integer()) return false;
  constexpr auto kLargest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (value.is_number_unsigned() && value.get<std::uint64_t>() > kLargest) return false;
  const auto number = value.get<std::int64_t>();
  return number >= min && number <= max;
}

bool is_number_in(const Json& value, std::int64_t min, std::int64_t max) {
  if (!value.is_number()) return false;
  const auto number = value.get<double>();
  return number >= static_cast<double>(min) && number <= static_cast<double>(max);
}

bool matches(const Json& value, const Format& format) {
  if (!value.is_string()) return false;
  const auto& text = value.get_ref<const std::string&>();
  return text.size() <= kMaxText && std::regex_match(text, std::regex(format.pattern));
}

bool is_one_of(const std::vector<std::string>& words, const Json& value) {
  return value.is_string() && std::count(words.begin(), words.end(), value.get_ref<const std::string&>()) > 0;
}

bool is_point(const Json& value) {
  const auto in_plan = [](const Json& metres) { return is_number_in(metres, -kPlanMetres, kPlanMetres); };
  return value.is_array() && value.size() == 2 && std::all_of(value.begin(), value.end(), in_plan);
}

/// Whether the value as a whole is of the rule's shape; what lists and objects hold comes after.
bool fits(const Rule& rule, const Json& value) {
  switch (rule.shape) {
    case Shape::boolean:
      return value.is_boolean();
    case Shape::integer:
      return is_integer_in(value, rule.min, rule.max);
    case Shape::number:
      return is_number_in(value, rule.min, rule.max);
    case Shape::choice:
      return is_one_of(rule.words, value);
    case Shape::text:
      return matches(value, *rule.format);
    case Shape::object:
      return value.is_object();
    case Shape::text_list:
    case Shape::polygon:
    case Shape::object_list:
      return value.is_array() && in_range(rule, value.size());
  }
  return false;
}

/// What is wrong with one item of a list; empty when nothing is.
std::string item_refusal(const Rule& rule, const Json& item) {
  if (rule.shape == Shape::text_list && !matches(item, *rule.format)) return "must be " + rule.format->allowed;
  if (rule.shape == Shape::polygon && !is_point(item)) {
    const auto far = std::to_string(kPlanMetres);
    return "must be [x, y] in metres, each from -" + far + " to " + far;
  }
  return rule.shape == Shape::object_list && !item.is_object() ? "must be an object" : "";
}

}  // namespace

std::string allowed(const Rule& rule) { return allowed_shape(rule) + (rule.nullable() ? ", or null" : ""); }

std::vector<Finding> check_value(const Rule& rule, const Json& value, const std::string& at) {
  if (value.is_null() && rule.nullable()) return {};
  if (!fits(rule, value)) return {{at, actual(rule, value) + "; must be " + allowed(rule)}};
  std::vector<Finding> findings;
  for (std::size_t i = 0; value.is_array() && i < value.size(); ++i) {
    const auto refusal = item_refusal(rule, value[i]);
    if (!refusal.empty()) findings.push_back({at + '/' + std::to_string(i), refusal});
  }
  return findings;
}

}  // namespace tg::config
