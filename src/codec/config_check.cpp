#include "codec/config_check.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace tg::config {
namespace {

constexpr std::size_t kMaxSecretBytes = 65536;
constexpr std::size_t kMaxReadableBytes = std::size_t{1} << 20;

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
  Json items(const Rule& rule, const Json& list, const std::string& at);
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
  const auto refused = check_value(rule, value, at);
  findings.insert(findings.end(), refused.begin(), refused.end());
  if (rule.shape == Shape::object_list && value.is_array()) return items(rule, value, at);
  if (!refused.empty()) return stand_in(rule);
  if (value.is_null()) return value;
  if (rule.file != FileUse::none) return path(rule, value.get<std::string>(), at);
  return rule.shape == Shape::object ? object(*rule.items, value, at) : value;
}

Json Checker::items(const Rule& rule, const Json& list, const std::string& at) {
  Json checked = Json::array();
  for (const auto& item : list) {
    if (!item.is_object()) {  // told already
      checked.push_back(Checker{}.object(*rule.items, Json::object(), at));
    } else {
      checked.push_back(object(*rule.items, item, at + '/' + std::to_string(checked.size())));
    }
  }
  return checked;
}

/// The path under which the file was found; for a secret together with its content, without its last newline.
Json Checker::path(const Rule& rule, const std::string& given, const std::string& at) {
  const auto found = find_file(given);
  auto content = read_file(found, rule.file == FileUse::secret ? kMaxSecretBytes : kMaxReadableBytes);
  if (!content) {
    add(at, "cannot read " + given + "; must be a readable file, there or in $CREDENTIALS_DIRECTORY");
    return stand_in(rule);
  }
  if (rule.file != FileUse::secret) return found;
  if (content->ends_with('\n')) content->pop_back();
  if (content->ends_with('\r')) content->pop_back();
  if (content->empty()) add(at, "the file " + given + " is empty; must hold the secret");
  return Json::array({found, *content});
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

Checked check(const Table& table, const Json& document) {
  Checker checker;
  auto values = checker.object(table, document, "");
  return {std::move(values), std::move(checker.findings)};
}

}  // namespace tg::config
