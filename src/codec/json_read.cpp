#include "codec/json_read.hpp"

#include <cmath>
#include <nlohmann/json.hpp>

#include "codec/text.hpp"
#include "codec/ticket_json.hpp"

namespace tg {
namespace {

using nlohmann::json;

/// Why a text is refused while it is being parsed; never leaves this file.
struct Refused {
  std::string_view why;
};

/// Parser callback: stops at depth and duplicate keys instead of building what nobody may read. nlohmann::json keeps
/// the last of two equal keys, so an object that ends with fewer members than keys had a duplicate.
class Guard {
 public:
  bool operator()(int depth, json::parse_event_t event, json& parsed) {
    using Event = json::parse_event_t;
    if (event == Event::object_start || event == Event::array_start) {
      if (static_cast<std::size_t>(depth) >= kMaxJsonDepth) throw Refused{"nested too deeply"};
      keys_.push_back(0);
    } else if (event == Event::key) {
      ++keys_.back();
    } else if (event == Event::object_end || event == Event::array_end) {
      if (event == Event::object_end && parsed.size() != keys_.back()) throw Refused{"a key occurs twice in an object"};
      keys_.pop_back();
    }
    return true;
  }

 private:
  std::vector<std::size_t> keys_;  ///< seen so far, per open container
};

/// The JSON pointer from `from` to `target` is appended; false when it is not below. Only on the way to an error.
bool find_node(const json& from, const json* target, std::string& pointer) {
  if (&from == target) return true;
  const std::size_t length = pointer.size();
  for (auto it = from.begin(); from.is_structured() && it != from.end(); ++it) {
    pointer += '/';
    pointer += from.is_object() ? it.key() : std::to_string(it - from.begin());
    if (find_node(*it, target, pointer)) return true;
    pointer.resize(length);
  }
  return false;
}

}  // namespace

Document::Document(std::string_view text, std::size_t line) : json_(std::make_unique<json>()), line_(line) {
  if (text.size() > kMaxJsonBytes) {
    keep("longer than " + std::to_string(kMaxJsonBytes) + " bytes");
    return;
  }
  try {
    Guard guard;
    *json_ = json::parse(text.begin(), text.end(), std::ref(guard));
  } catch (const Refused& refused) {
    keep(std::string(refused.why));
  } catch (const json::parse_error& error) {
    keep("not valid JSON in UTF-8 at byte " + std::to_string(error.byte));
  } catch (const json::exception&) {  // a number that no double holds
    keep("not valid JSON: a number is out of range");
  }
}

Document::~Document() = default;

Cursor Document::root() {
  const bool readable = !failed() && !json_->is_null();
  if (!failed() && json_->is_null()) keep("/: an object is allowed");
  return {this, readable ? json_.get() : nullptr, nullptr, {}};
}

void Document::keep(std::string text) {
  if (problem_) return;
  problem_ = line_ > 0 ? "line " + std::to_string(line_) + ": " + text : std::move(text);
}

std::string Document::pointer_of(const json* node) const {
  std::string pointer;
  find_node(*json_, node, pointer);
  return pointer;
}

void Cursor::complain(std::string_view allowed) const {
  if (doc_->failed()) return;
  std::string where;
  if (node_ != nullptr) {
    where = doc_->pointer_of(node_);
  } else if (parent_ != nullptr) {
    where = doc_->pointer_of(parent_).append("/").append(key_);
  }
  if (where.empty()) where = "/";
  doc_->keep(where.append(": ").append(allowed));
}

bool Cursor::is_text() const { return present() && node_->is_string(); }
bool Cursor::is_empty_object() const { return present() && node_->is_object() && node_->empty(); }

Cursor Cursor::at(std::string_view key) const {
  if (!present() || doc_->failed()) return {doc_, nullptr, nullptr, key};
  if (!node_->is_object()) {
    complain("an object is allowed");
    return {doc_, nullptr, nullptr, key};
  }
  const auto found = node_->find(key);
  const bool there = found != node_->end() && !found->is_null();
  return {doc_, there ? &*found : nullptr, node_, key};
}

Cursor Cursor::need(std::string_view key) const {
  Cursor member = at(key);
  if (!member.present() && member.parent_ != nullptr) member.complain("is required");
  return member;
}

std::string Cursor::text(std::size_t max_bytes) const {
  if (!present()) return {};
  const auto* value = node_->get_ptr<const std::string*>();
  if (value != nullptr && value->size() <= max_bytes && value->find('\0') == std::string::npos) return *value;
  complain("a text of at most " + std::to_string(max_bytes) + " bytes is allowed");
  return {};
}

std::string Cursor::filled_text(std::size_t max_bytes) const {
  std::string value = text(max_bytes);
  if (present() && value.empty()) complain("a text of 1 to " + std::to_string(max_bytes) + " bytes is allowed");
  return value;
}

std::optional<std::string> Cursor::optional_text(std::size_t max_bytes) const {
  if (!present()) return std::nullopt;
  return text(max_bytes);
}

std::string Cursor::text_if(bool (*fits)(std::string_view), std::string_view allowed) const {
  if (!present()) return {};
  const auto* value = node_->get_ptr<const std::string*>();
  if (value != nullptr && fits(*value)) return *value;
  complain(std::string(allowed) + " is allowed");
  return {};
}

std::int64_t Cursor::integer(std::int64_t min, std::int64_t max, std::int64_t fallback) const {
  if (!present()) return fallback;
  const bool fits_int64 =
      node_->is_number_integer() &&
      !(node_->is_number_unsigned() &&
        node_->get<std::uint64_t>() > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()));
  const std::int64_t value = fits_int64 ? node_->get<std::int64_t>() : 0;
  if (fits_int64 && value >= min && value <= max) return value;
  complain("an integer from " + std::to_string(min) + " to " + std::to_string(max) + " is allowed");
  return fallback;
}

std::int32_t Cursor::int32(std::int32_t min, std::int32_t max, std::int32_t fallback) const {
  return static_cast<std::int32_t>(integer(min, max, fallback));
}

double Cursor::number(double min, double max, double fallback) const {
  if (!present()) return fallback;
  const double value = node_->is_number() ? node_->get<double>() : std::nan("");
  if (value >= min && value <= max) return value;
  complain("a number from " + std::to_string(std::llround(min)) + " to " + std::to_string(std::llround(max)) +
           " is allowed");
  return fallback;
}

std::int32_t Cursor::permille() const { return static_cast<std::int32_t>(std::lround(number(0, 1) * 1000)); }

bool Cursor::flag(bool fallback) const {
  if (!present()) return fallback;
  if (node_->is_boolean()) return node_->get<bool>();
  complain("true or false is allowed");
  return fallback;
}

std::optional<WallTime> Cursor::time() const {
  if (!present()) return std::nullopt;
  const auto* value = node_->get_ptr<const std::string*>();
  const auto at = value != nullptr ? parse_time(*value) : std::nullopt;
  if (!at) complain("an RFC 3339 time such as \"2026-11-21T14:04:05Z\" is allowed");
  return at;
}

std::string Cursor::raw() const { return present() ? node_->dump() : std::string{}; }

std::vector<std::string> Cursor::keys(std::size_t max) const {
  std::vector<std::string> out;
  if (!present()) return out;
  if (!node_->is_object() || node_->size() > max) {
    complain("an object with at most " + std::to_string(max) + " members is allowed");
    return out;
  }
  for (auto it = node_->begin(); it != node_->end(); ++it) out.push_back(it.key());
  return out;
}

std::size_t Cursor::list_size(std::size_t max) const {
  if (!present() || doc_->failed()) return 0;
  if (node_->is_array() && node_->size() <= max) return node_->size();
  complain("a list of at most " + std::to_string(max) + " is allowed");
  return 0;
}

Cursor Cursor::element(std::size_t i) const {
  const bool there = present() && node_->is_array() && i < node_->size();
  if (!there) return {doc_, nullptr, nullptr, {}};
  const auto& element = (*node_)[i];
  if (!element.is_null()) return {doc_, &element, node_, {}};
  Cursor{doc_, &element, node_, {}}.complain("must not be null");
  return {doc_, nullptr, nullptr, {}};
}

}  // namespace tg
