#include "codec/pos_path.hpp"

#include <algorithm>
#include <array>

#include "codec/amount.hpp"

namespace tg {
namespace {

constexpr std::size_t kMaxPathBytes = 512;
constexpr int kComparedDigits = 4;

/// Where `text` has `wanted` outside of brackets.
std::size_t find_outside(std::string_view text, std::string_view wanted) {
  int depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '[') ++depth;
    if (text[i] == ']') --depth;
    if (depth == 0 && wanted.find(text[i]) != std::string_view::npos) return i;
  }
  return std::string_view::npos;
}

std::vector<std::string> split(std::string_view text, char at) {
  std::vector<std::string> parts;
  for (;;) {
    const auto end = text.find(at);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

bool is_name(std::string_view text) {
  return !text.empty() && text.find_first_of("[]/=<>!|") == std::string_view::npos && text != "@";
}

}  // namespace

Result<PosPath> PosPath::parse(std::string_view text) {
  if (text.empty() || text.size() > kMaxPathBytes) return fail("a path of 1 to 512 bytes is allowed");
  auto steps = steps_of(text);
  if (!steps) return fail(steps.error().message);
  PosPath path;
  path.text_ = text;
  path.steps_ = std::move(*steps);
  return path;
}

Result<std::vector<PosPath::Step>> PosPath::steps_of(std::string_view text) {
  std::vector<Step> steps;
  for (;;) {
    const auto end = find_outside(text, "/");
    auto step = step_of(text.substr(0, end));
    if (!step) return fail(step.error().message);
    steps.push_back(std::move(*step));
    if (end == std::string_view::npos) return steps;
    text.remove_prefix(end + 1);
  }
}

Result<PosPath::Step> PosPath::step_of(std::string_view text) {
  Step step;
  const auto bracket = std::min(text.find('['), text.size());
  std::string_view name = text.substr(0, bracket);
  text.remove_prefix(bracket);
  const bool attribute = name.starts_with('@');
  if (attribute) name.remove_prefix(1);
  if (const auto colon = name.find(':'); colon != std::string_view::npos) {
    step.prefix = name.substr(0, colon);
    name.remove_prefix(colon + 1);
  }
  if (!is_name(name)) return fail("a step is a name, @name, . or .. with conditions in brackets");
  step.name = (attribute ? "@" : "") + std::string(name);
  while (!text.empty()) {
    const auto close = find_outside(text, "]");
    if (text.front() != '[' || close == std::string_view::npos)
      return fail("a condition stands in brackets: [Name=value]");
    auto condition = condition_of(text.substr(1, close - 1));
    if (!condition) return fail(condition.error().message);
    step.conditions.push_back(std::move(*condition));
    text.remove_prefix(close + 1);
  }
  return step;
}

Result<PosPath::Condition> PosPath::condition_of(std::string_view text) {
  Condition condition;
  if (text.starts_with('!')) {
    condition.test = Test::absent;
    text.remove_prefix(1);
  }
  const auto at = find_outside(text, "=<>!");
  std::string_view path = text.substr(0, at);
  if (at != std::string_view::npos) {
    if (condition.test == Test::absent) return fail("[!Name] has no value");
    const bool unequal = text.substr(at).starts_with("!=");
    condition.test = unequal           ? Test::unequal
                     : text[at] == '=' ? Test::equal
                     : text[at] == '<' ? Test::less
                                       : Test::more;
    if (text[at] == '!' && !unequal) return fail("a condition compares with =, !=, < or >");
    const auto value = text.substr(at + (unequal ? 2 : 1));
    condition.values = split(value, '|');
    const bool by_size = condition.test == Test::less || condition.test == Test::more;
    if (by_size && !parse_scaled(value, kComparedDigits)) return fail("< and > compare with a decimal number");
  }
  auto steps = steps_of(path);
  if (!steps) return fail(steps.error().message);
  condition.steps = std::move(*steps);
  return condition;
}

PosScope::PosScope(const PosTree& tree, const PosNamespaces& namespaces) {
  for (const auto& uri : tree.spaces()) {
    const auto named = std::ranges::find_if(
        namespaces, [&](const auto& entry) { return std::ranges::find(entry.second, uri) != entry.second.end(); });
    prefix_.push_back(uri.empty() ? "" : named == namespaces.end() ? "?" : named->first);
  }
}

PosNodes PosScope::select(const PosNode& from, const PosPath& path) const {
  PosNodes out;
  walk(from, path.steps_, 0, out);
  for (const PosNode* node : out) node->used = true;
  return out;
}

void PosScope::walk(const PosNode& at, const Steps& steps, std::size_t next, PosNodes& out) const {
  if (next == steps.size()) return out.push_back(&at);
  const auto& step = steps[next];
  const auto go = [&](const PosNode& node) {
    if (std::ranges::all_of(step.conditions, [&](const auto& c) { return holds(node, c); }))
      walk(node, steps, next + 1, out);
  };
  if (step.name == ".") return go(at);
  if (step.name == "..") {
    if (at.parent != nullptr) go(*at.parent);
    return;
  }
  for (const PosNode* child : at.children) {
    if (fits(*child, step)) go(*child);
  }
}

bool PosScope::fits(const PosNode& node, const PosPath::Step& step) const {
  return node.name == step.name && prefix_[node.space] == step.prefix;
}

bool PosScope::holds(const PosNode& at, const PosPath::Condition& c) const {
  using Test = PosPath::Test;
  PosNodes found;
  walk(at, c.steps, 0, found);
  for (const PosNode* node : found) node->used = true;
  const auto is_value = [&](const PosNode* n) { return std::ranges::find(c.values, n->text) != c.values.end(); };
  const auto compares = [&](const PosNode* n) {
    const auto value = parse_scaled(n->text, kComparedDigits);
    const auto limit = parse_scaled(c.values.front(), kComparedDigits);
    return value && limit && (c.test == Test::less ? *value < *limit : *value > *limit);
  };
  switch (c.test) {
    case Test::present:
      return !found.empty();
    case Test::absent:
      return found.empty();
    case Test::equal:
      return std::ranges::any_of(found, is_value);
    case Test::unequal:
      return std::ranges::none_of(found, is_value);
    case Test::less:
    case Test::more:
      return std::ranges::any_of(found, compares);
  }
  return false;
}

}  // namespace tg
