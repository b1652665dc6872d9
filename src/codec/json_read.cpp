#include "codec/json_read.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "codec/json_tree.hpp"
#include "codec/text.hpp"

namespace tg {

Document::Document(std::string_view text, std::size_t line) : tree_(std::make_unique<JsonTree>()), line_(line) {
  if (text.size() > kMaxJsonBytes) {
    keep("longer than " + std::to_string(kMaxJsonBytes) + " bytes");
  } else if (auto refused = tree_->parse(text)) {
    keep(std::move(*refused));
  }
}

Document::~Document() = default;

Cursor Document::root() {
  if (!failed() && tree_->root().kind == JsonKind::null) keep("/: an object is allowed");
  return {this, failed() ? nullptr : &tree_->root(), nullptr, {}};
}

void Document::keep(std::string text) {
  if (problem_) return;
  problem_ = line_ > 0 ? "line " + std::to_string(line_) + ": " + text : std::move(text);
}

void Cursor::complain(std::string_view allowed) const {
  if (doc_->failed()) return;
  std::string where;
  if (node_ != nullptr) {
    where = doc_->tree_->pointer(*node_);
  } else if (parent_ != nullptr) {
    where = doc_->tree_->pointer(*parent_).append("/").append(key_);
  }
  if (where.empty()) where = "/";
  doc_->keep(where.append(": ").append(allowed));
}

namespace {
double as_double(const JsonNode& node) {
  switch (node.kind) {
    case JsonKind::integer:
      return static_cast<double>(node.integer);
    case JsonKind::natural:
      return static_cast<double>(node.natural);
    case JsonKind::real:
      return node.real;
    default:
      return std::nan("");
  }
}
}  // namespace

bool Cursor::is_text() const { return present() && node_->kind == JsonKind::text; }
bool Cursor::is_object() const { return present() && node_->kind == JsonKind::object; }
bool Cursor::is_empty_object() const { return present() && node_->kind == JsonKind::object && node_->size == 0; }

Cursor Cursor::at(std::string_view key) const {
  if (!present() || doc_->failed()) return {doc_, nullptr, nullptr, key};
  if (node_->kind != JsonKind::object) {
    complain("an object is allowed");
    return {doc_, nullptr, nullptr, key};
  }
  const JsonNode* found = doc_->tree_->member(*node_, key);
  const bool there = found != nullptr && found->kind != JsonKind::null;
  return {doc_, there ? found : nullptr, node_, key};
}

Cursor Cursor::need(std::string_view key) const {
  Cursor member = at(key);
  if (!member.present() && member.parent_ != nullptr) member.complain("is required");
  return member;
}

std::string Cursor::text(std::size_t max_bytes) const {
  if (!present()) return {};
  if (is_text() && node_->text.size() <= max_bytes && node_->text.find('\0') == std::string_view::npos)
    return std::string(node_->text);
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
  if (is_text() && fits(node_->text)) return std::string(node_->text);
  complain(std::string(allowed) + " is allowed");
  return {};
}

std::int64_t Cursor::integer(std::int64_t min, std::int64_t max, std::int64_t fallback) const {
  if (!present()) return fallback;
  const bool natural = node_->kind == JsonKind::natural && std::in_range<std::int64_t>(node_->natural);
  const bool fits_int64 = natural || node_->kind == JsonKind::integer;
  const std::int64_t value = natural ? static_cast<std::int64_t>(node_->natural) : node_->integer;
  if (fits_int64 && value >= min && value <= max) return value;
  complain("an integer from " + std::to_string(min) + " to " + std::to_string(max) + " is allowed");
  return fallback;
}

std::int32_t Cursor::int32(std::int32_t min, std::int32_t max, std::int32_t fallback) const {
  return static_cast<std::int32_t>(integer(min, max, fallback));
}

double Cursor::number(double min, double max, double fallback) const {
  if (!present()) return fallback;
  const double value = as_double(*node_);
  if (value >= min && value <= max) return value;
  complain("a number from " + std::to_string(std::llround(min)) + " to " + std::to_string(std::llround(max)) +
           " is allowed");
  return fallback;
}

std::int32_t Cursor::permille() const { return static_cast<std::int32_t>(std::lround(number(0, 1) * 1000)); }

bool Cursor::flag(bool fallback) const {
  if (!present()) return fallback;
  if (node_->kind == JsonKind::boolean) return node_->boolean;
  complain("true or false is allowed");
  return fallback;
}

std::optional<WallTime> Cursor::time() const {
  if (!present()) return std::nullopt;
  const auto at = is_text() ? parse_time(node_->text) : std::nullopt;
  if (!at) complain("an RFC 3339 time such as \"2026-11-21T14:04:05Z\" is allowed");
  return at;
}

std::string Cursor::raw() const { return present() ? std::string(doc_->tree_->source(*node_)) : std::string{}; }

std::vector<std::string> Cursor::keys(std::size_t max) const {
  std::vector<std::string> out;
  if (!present()) return out;
  if (node_->kind != JsonKind::object || node_->size > max) {
    complain("an object with at most " + std::to_string(max) + " members is allowed");
    return out;
  }
  const JsonTree& tree = *doc_->tree_;
  for (const auto* child = tree.first(*node_); child != nullptr; child = tree.next(*child))
    out.emplace_back(child->key);
  std::ranges::sort(out);
  return out;
}

std::size_t Cursor::list_size(std::size_t max) const {
  if (!present() || doc_->failed()) return 0;
  if (node_->kind == JsonKind::list && node_->size <= max) return node_->size;
  complain("a list of at most " + std::to_string(max) + " is allowed");
  return 0;
}

Cursor Cursor::element(std::size_t i) const {
  const bool there = present() && node_->kind == JsonKind::list && i < node_->size;
  if (!there) return {doc_, nullptr, nullptr, {}};
  Cursor at = first();
  for (; i > 0; --i) at = at.next();
  return at.checked();
}

Cursor Cursor::first() const { return {doc_, doc_->tree_->first(*node_), node_, {}}; }
Cursor Cursor::next() const { return {doc_, doc_->tree_->next(*node_), parent_, {}}; }

Cursor Cursor::checked() const {
  if (node_->kind != JsonKind::null) return *this;
  complain("must not be null");
  return {doc_, nullptr, nullptr, {}};
}

}  // namespace tg
