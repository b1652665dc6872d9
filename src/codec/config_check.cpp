#include "codec/config_check.hpp"

#include <algorithm>
#include <limits>
#include <numeric>
#include <optional>
#include <regex>
#include <tuple>
#include <utility>

namespace tg::config {
namespace {

constexpr std::size_t kMaxSecretBytes = 65536;

std::string quoted_list(const std::vector<std::string>& words) {
  std::string list;
  for (const auto& word : words) list += (list.empty() ? "\"" : ", \"") + word + '"';
  return list;
}

std::string range_text(const Rule& rule) { return std::to_string(rule.min) + " to " + std::to_string(rule.max); }

/// What a key may hold, as the end of "must be …".
std::string allowed(const Rule& rule) {
  const auto words = [&]() -> std::string {
    switch (rule.shape) {
      case Shape::boolean:
        return "true or false";
      case Shape::integer:
        return "a whole number from " + range_text(rule);
      case Shape::number:
        return "a number from " + range_text(rule);
      case Shape::choice:
        return "one of " + quoted_list(rule.words);
      case Shape::text:
        return rule.format->allowed;
      case Shape::text_list:
        return "a list of " + range_text(rule) + " texts, each " + rule.format->allowed;
      case Shape::polygon:
        return "a list of " + range_text(rule) + " points [x, y], each from -10000 to 10000 m";
      case Shape::object:
        return "an object";
      case Shape::object_list:
        return "a list of " + range_text(rule) + " objects";
    }
    return {};
  }();
  return rule.nullable() ? words + ", or null" : words;
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

bool is_number_in(const Json& value, double min, double max) {
  return value.is_number() && value.get<double>() >= min && value.get<double>() <= max;
}

bool matches(const Json& value, const Format& format) {
  if (!value.is_string()) return false;
  const auto& text = value.get_ref<const std::string&>();
  return text.size() <= kMaxText && std::regex_match(text, std::regex(format.pattern));
}

bool is_point(const Json& value) {
  constexpr double kMetres = 10000;
  return value.is_array() && value.size() == 2 &&
         std::all_of(value.begin(), value.end(), [](const Json& n) { return is_number_in(n, -kMetres, kMetres); });
}

/// Whether `value` as such is what the rule asks for; the members of objects are checked by their own rules.
bool fits(const Rule& rule, const Json& value) {
  if (value.is_null()) return rule.nullable();
  switch (rule.shape) {
    case Shape::boolean:
      return value.is_boolean();
    case Shape::integer:
      return is_integer_in(value, rule.min, rule.max);
    case Shape::number:
      return is_number_in(value, static_cast<double>(rule.min), static_cast<double>(rule.max));
    case Shape::choice:
      return value.is_string() && std::count(rule.words.begin(), rule.words.end(), value) > 0;
    case Shape::text:
      return matches(value, *rule.format);
    case Shape::text_list:
      return value.is_array() && in_range(rule, value.size()) &&
             std::all_of(value.begin(), value.end(), [&](const Json& item) { return matches(item, *rule.format); });
    case Shape::polygon:
      return value.is_array() && in_range(rule, value.size()) && std::all_of(value.begin(), value.end(), is_point);
    case Shape::object:
      return value.is_object();
    case Shape::object_list:
      return value.is_array() && in_range(rule, value.size());
  }
  return false;
}

/// Something harmless in the place of a value that was refused, so that the rest can still be checked.
Json stand_in(const Rule& rule) {
  if (rule.initial) return *rule.initial;
  if (rule.shape == Shape::choice) return rule.words.front();
  return rule.shape == Shape::text_list ? Json::array() : Json("");
}

/// The value at `pointer`, or nothing when it or one of its parents is absent.
const Json* find(const Json& document, const std::string& pointer) {
  const Pointer path(pointer);
  return document.contains(path) ? &document.at(path) : nullptr;
}

/// One pass over a document: collects findings below `base`.
class Checker {
 public:
  Json object(const Table& table, const Json& document, const std::string& base);
  std::vector<Finding> findings;

 private:
  void add(const std::string& pointer, std::string what) { findings.push_back({pointer, std::move(what)}); }
  void unknown_keys(const Table& table, const Json& node, const std::string& at, const std::string& base);
  Json missing(const Rule& rule, const Json& document, const std::string& at);
  Json value(const Rule& rule, const Json& value, const std::string& at);
  Json path(const Rule& rule, const std::string& given, const std::string& at);
};

/// `at` is the pointer of `node` within the table, `base` that of the table within the document.
void Checker::unknown_keys(const Table& table, const Json& node, const std::string& at, const std::string& base) {
  const auto same = [&](const Rule& rule) { return rule.pointer == at; };
  if (std::any_of(table.begin(), table.end(), same)) return;
  const auto below = [&](const Rule& rule) { return rule.pointer.starts_with(at + '/'); };
  if (std::none_of(table.begin(), table.end(), below)) {
    const auto nearest = base + nearest_key(table, at);
    return add(base + at, "unknown key; the nearest known key is " + nearest);
  }
  if (!node.is_object()) return add(base + at, "must be an object");
  for (const auto& [name, member] : node.items()) unknown_keys(table, member, at / name, base);
}

Json Checker::object(const Table& table, const Json& document, const std::string& base) {
  unknown_keys(table, document, "", base);
  Json values = Json::object();
  for (const auto& rule : table) {
    const auto at = base + rule.pointer;
    const Json* given = find(document, rule.pointer);
    values[Pointer(rule.pointer)] = given != nullptr ? value(rule, *given, at) : missing(rule, document, at);
  }
  return values;
}

Json Checker::missing(const Rule& rule, const Json& document, const std::string& at) {
  const auto parent = rule.pointer.substr(0, rule.pointer.rfind('/'));
  const Json* section = parent.empty() ? &document : find(document, parent);
  const bool told_already = section != nullptr && !section->is_object();
  if (!rule.initial && !told_already) add(at, "is missing; must be " + allowed(rule));
  return stand_in(rule);
}

Json Checker::value(const Rule& rule, const Json& value, const std::string& at) {
  if (!fits(rule, value)) {
    add(at, "must be " + allowed(rule));
    return stand_in(rule);
  }
  if (value.is_null()) return value;
  if (rule.file != FileUse::none) return path(rule, value.get<std::string>(), at);
  if (rule.shape == Shape::object) return object(*rule.items, value, at);
  if (rule.shape != Shape::object_list) return value;
  Json items = Json::array();
  for (const auto& item : value) {
    const auto item_at = at + '/' + std::to_string(items.size());
    if (!item.is_object()) add(item_at, "must be an object");
    items.push_back(object(*rule.items, item.is_object() ? item : Json::object(), item_at));
  }
  return items;
}

/// The path under which the file was found; for a secret together with its content, without its last newline.
Json Checker::path(const Rule& rule, const std::string& given, const std::string& at) {
  const auto found = find_file(given);
  auto content = read_file(found, rule.file == FileUse::secret ? kMaxSecretBytes : std::size_t{1} << 20);
  if (!content) {
    add(at, "cannot read " + given + "; must be a readable file, here or in $CREDENTIALS_DIRECTORY");
    return stand_in(rule);
  }
  if (rule.file != FileUse::secret) return found;
  if (content->ends_with('\n')) content->pop_back();
  if (content->ends_with('\r')) content->pop_back();
  if (content->empty()) add(at, "the file " + given + " is empty; must hold the secret");
  return Json::array({found, *content});
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const auto replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

std::string_view last_name(std::string_view pointer) { return pointer.substr(pointer.rfind('/') + 1); }

/// Every key of the table and every section on the way to it.
std::vector<std::string> all_keys(const Table& table) {
  std::vector<std::string> keys;
  for (const auto& rule : table) {
    for (auto end = rule.pointer.find('/', 1); end != std::string::npos; end = rule.pointer.find('/', end + 1)) {
      keys.push_back(rule.pointer.substr(0, end));
    }
    keys.push_back(rule.pointer);
  }
  return keys;
}

}  // namespace

std::string operator/(const std::string& pointer, std::string_view name) {
  std::string result = pointer + '/';
  for (const char c : name.substr(0, kMaxText)) {
    if (c == '~')
      result += "~0";
    else if (c == '/')
      result += "~1";
    else
      result += static_cast<unsigned char>(c) < ' ' ? '?' : c;
  }
  return result;
}

std::string nearest_key(const Table& table, const std::string& pointer) {
  const auto parent = pointer.substr(0, pointer.rfind('/') + 1);
  std::string best;
  auto best_distance = std::numeric_limits<std::size_t>::max();
  for (const auto& key : all_keys(table)) {
    const bool sibling = key.starts_with(parent) && key.find('/', parent.size()) == std::string::npos;
    const auto distance = 2 * edit_distance(last_name(pointer), last_name(key)) + (sibling ? 0 : 1);
    if (distance < best_distance) std::tie(best_distance, best) = std::pair(distance, key);
  }
  return best;
}

Checked check(const Table& table, const Json& document) {
  Checker checker;
  auto values = checker.object(table, document, "");
  return {std::move(values), std::move(checker.findings)};
}

}  // namespace tg::config
