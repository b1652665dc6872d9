// The configuration as one table of keys: what each may hold, its default, what it means and where it goes.
// Private to codec/config_*.cpp. Owner thread: any (constant after first use). Never reads a file.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace tg::config {

using Json = nlohmann::ordered_json;  // keeps the contract's order of keys
using Pointer = Json::json_pointer;

/// A named shape of text; the one pattern serves the check and the schema.
struct Format {
  std::string pattern;  ///< ECMAScript, anchored, meant for at most kMaxText bytes
  std::string allowed;  ///< the same for a person
};
constexpr std::size_t kMaxText = 1024;  ///< bytes; bounds the recursion of std::regex

enum class Shape : std::uint8_t { boolean, integer, number, choice, text, text_list, polygon, object, object_list };
enum class FileUse : std::uint8_t { none, readable, secret };

/// Where a value lives in its struct. `object` is the struct the table describes (Config, Zone, ...).
struct Access {
  void (*set)(void* object, const Json& checked) = nullptr;
  Json (*get)(const void* object) = nullptr;
};

struct Rule;
using Table = std::vector<Rule>;

struct Rule {
  std::string pointer;  ///< from the root of its table
  Shape shape = Shape::text;
  std::optional<Json> initial;  ///< the default; absent = the key is required; null = null is allowed
  std::string doc;
  Access access;
  std::int64_t min = 0, max = 0;     ///< of a number, or the count of a list's items; both included
  std::vector<std::string> words{};  ///< of a choice
  const Format* format = nullptr;    ///< of a text or of a list's texts
  FileUse file = FileUse::none;      ///< of a text that is a path
  Access secret{};                   ///< where the content of a secret file goes
  const Table* items = nullptr;      ///< of an object or of a list's objects

  [[nodiscard]] bool nullable() const { return initial && initial->is_null(); }
};

/// Every key of contract §2, in its order.
[[nodiscard]] const Table& root_table();

/// Sections that change without a restart (contract §2).
constexpr std::array<std::string_view, 3> kLiveSections{"presence", "suggestions", "zones"};

}  // namespace tg::config
