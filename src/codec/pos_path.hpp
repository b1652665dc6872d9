// A path of a dialect profile: where in a till's document a value stands (grammar: config/pos-dialects/README.md).
// Owner thread: any. Never changes the document but for the marks of what was looked at.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "codec/pos_tree.hpp"

namespace tg {

/// Prefix -> URIs that it stands for; the empty prefix is the default namespace.
using PosNamespaces = std::map<std::string, std::vector<std::string>>;
using PosNodes = std::vector<const PosNode*>;

class PosPath {
 public:
  /// `Name/p:Name[@Attr=a|b][Child<0][!Other]/@Attr`, `.`, `..`; an error says what is wrong with it.
  [[nodiscard]] static Result<PosPath> parse(std::string_view text);
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  friend class PosScope;
  enum class Test { present, absent, equal, unequal, less, more };
  struct Condition;
  struct Step {
    std::string prefix, name;  ///< name "." and ".." are what they look like
    std::vector<Condition> conditions;
  };
  struct Condition {
    std::vector<Step> steps;
    Test test = Test::present;
    std::vector<std::string> values;
  };
  static Result<std::vector<Step>> steps_of(std::string_view text);
  static Result<Step> step_of(std::string_view text);
  static Result<Condition> condition_of(std::string_view text);

  std::string text_;
  std::vector<Step> steps_;
};

/// One document seen through the prefixes of one profile.
class PosScope {
 public:
  PosScope(const PosTree& tree, const PosNamespaces& namespaces);

  /// All places, in document order of each step; what is looked at is marked as used.
  [[nodiscard]] PosNodes select(const PosNode& from, const PosPath& path) const;
  [[nodiscard]] bool matches(const PosNode& from, const PosPath& path) const { return !select(from, path).empty(); }

 private:
  using Steps = std::vector<PosPath::Step>;
  void walk(const PosNode& at, const Steps& steps, std::size_t next, PosNodes& out) const;
  [[nodiscard]] bool fits(const PosNode& node, const PosPath::Step& step) const;
  [[nodiscard]] bool holds(const PosNode& at, const PosPath::Condition& condition) const;

  std::vector<std::string> prefix_;  ///< by PosNode::space; "?" for one that the profile does not name
};

}  // namespace tg
