#include "codec/config_parse.hpp"

#include <algorithm>
#include <cstddef>
#include <set>

namespace tg::config {
namespace {

constexpr int kMaxDepth = 16;  // the contract's keys need 6

/// Follows the parser and remembers which keys each open object has had.
class KeyWatch {
 public:
  bool operator()(int depth, Json::parse_event_t event, const Json& parsed);
  std::vector<Finding> findings;

 private:
  struct Frame {
    bool array = false;
    std::size_t next_index = 0;
    std::string step;  ///< name or index of the member that is being read
    std::set<std::string> names;
  };
  void open(std::size_t depth, bool array);
  void count_item(std::size_t depth);
  void take_name(std::size_t depth, const std::string& name);
  [[nodiscard]] std::string pointer() const;
  std::vector<Frame> frames_;  ///< containers that are open, outermost first
};

bool KeyWatch::operator()(int depth, Json::parse_event_t event, const Json& parsed) {
  if (depth > kMaxDepth) {
    if (findings.empty())
      findings.push_back({"/", "is nested too deeply; allowed are " + std::to_string(kMaxDepth) + " levels"});
    return false;
  }
  const auto level = static_cast<std::size_t>(depth);
  using enum Json::parse_event_t;
  if (event == object_start || event == array_start) open(level, event == array_start);
  if (event == value) count_item(level);
  if (event == key) take_name(level, parsed.get<std::string>());
  return true;
}

void KeyWatch::open(std::size_t depth, bool array) {
  count_item(depth);
  frames_.resize(depth);
  frames_.push_back({array, 0, {}, {}});
}

void KeyWatch::count_item(std::size_t depth) {
  if (depth == 0) return;
  frames_.resize(depth);
  auto& parent = frames_.back();
  if (parent.array) parent.step = std::to_string(parent.next_index++);
}

void KeyWatch::take_name(std::size_t depth, const std::string& name) {
  frames_.resize(depth);
  auto& object = frames_.back();
  object.step = name;
  if (!object.names.insert(name).second) findings.push_back({pointer(), "is there twice; must be given once"});
}

std::string KeyWatch::pointer() const {
  std::string result;
  for (const auto& frame : frames_) result = result / frame.step;
  return result;
}

Finding broken_at(std::string_view text, std::size_t byte) {
  const auto before = text.substr(0, byte == 0 ? 0 : byte - 1);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const auto newline = before.rfind('\n');
  const auto column = 1 + before.size() - (newline == std::string_view::npos ? 0 : newline + 1);
  return {"/", "line " + std::to_string(line) + ", column " + std::to_string(column) +
                   ": is not valid here; must be JSON in UTF-8, // comments allowed"};
}

}  // namespace

Result<Json, std::vector<Finding>> parse_document(std::string_view text) {
  using Wrong = std::vector<Finding>;
  KeyWatch watch;
  try {
    const auto callback = [&](int depth, Json::parse_event_t event, Json& parsed) {
      return watch(depth, event, parsed);
    };
    auto document = Json::parse(text, callback, /*allow_exceptions=*/true, /*ignore_comments=*/true);
    if (!watch.findings.empty()) return Unexpected{std::move(watch.findings)};
    if (!document.is_object()) return Unexpected{Wrong{{"/", "must be an object"}}};
    return document;
  } catch (const Json::parse_error& error) {
    return Unexpected{Wrong{broken_at(text, error.byte)}};
  } catch (const Json::exception&) {  // a number that no double can hold
    return Unexpected{Wrong{{"/", "holds a number out of range; allowed are 64-bit integers and doubles"}}};
  }
}

}  // namespace tg::config
