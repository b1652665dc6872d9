// Guarded reading of untrusted JSON: depth, size, duplicate keys, UTF-8, types and ranges are checked on the way.
// Owner thread: any, one Document on one thread. Never throws; never puts a value of the document into an error text.
//
// A Document remembers its first problem and from then on everything reads as absent, so a decoder is a plain list of
// fields that ends in `finish`. Errors read `line 12: /consent/recognition/status: "granted", … is allowed`.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "base/types.hpp"
#include "codec/names.hpp"

namespace tg {

inline constexpr std::size_t kMaxJsonBytes = 64U << 20U;
inline constexpr std::size_t kMaxTextBytes = 256;

class Document;
struct JsonNode;
class JsonTree;

/// A place in a Document, present or not. `null` counts as absent. Valid as long as the Document.
class Cursor {
 public:
  [[nodiscard]] bool present() const { return node_ != nullptr; }
  [[nodiscard]] bool is_text() const;
  [[nodiscard]] bool is_object() const;
  [[nodiscard]] bool is_empty_object() const;

  /// The member `key`; `key` must outlive the cursor (a literal). `need` complains when it is absent.
  [[nodiscard]] Cursor at(std::string_view key) const;
  [[nodiscard]] Cursor need(std::string_view key) const;

  // Each returns the fallback when absent, and complains when something else is there.
  [[nodiscard]] std::string text(std::size_t max_bytes = kMaxTextBytes) const;
  [[nodiscard]] std::string filled_text(std::size_t max_bytes = kMaxTextBytes) const;  ///< not empty
  [[nodiscard]] std::optional<std::string> optional_text(std::size_t max_bytes = kMaxTextBytes) const;
  /// A text that `fits`; `allowed` is said otherwise.
  [[nodiscard]] std::string text_if(bool (*fits)(std::string_view), std::string_view allowed) const;
  [[nodiscard]] std::int64_t integer(std::int64_t min, std::int64_t max, std::int64_t fallback = 0) const;
  [[nodiscard]] std::int32_t int32(std::int32_t min, std::int32_t max, std::int32_t fallback = 0) const;
  [[nodiscard]] double number(double min, double max, double fallback = 0) const;
  [[nodiscard]] std::int32_t permille() const;  ///< of a number 0 to 1
  [[nodiscard]] bool flag(bool fallback = false) const;
  [[nodiscard]] std::optional<WallTime> time() const;

  /// The value as the document has it; empty when absent.
  [[nodiscard]] std::string raw() const;

  template <class E, std::size_t N>
  [[nodiscard]] E choice(const std::array<Named<E>, N>& table, E fallback) const {
    if (!present()) return fallback;
    if (const auto value = value_of(table, is_text() ? text() : std::string{})) return *value;
    complain(names_in(table) + " is allowed");
    return fallback;
  }

  /// Calls `read(Cursor)` for each element of a list of at most `max`.
  template <class Read>
  void each(std::size_t max, Read&& read) const {
    if (list_size(max) == 0) return;
    for (Cursor at = first(); at.present(); at = at.next()) read(at.checked());
  }
  /// `read` of each element, in order.
  template <class Read>
  [[nodiscard]] auto list(std::size_t max, Read&& read) const {
    std::vector<decltype(read(std::declval<Cursor>()))> out;
    each(max, [&](const Cursor& c) { out.push_back(read(c)); });
    return out;
  }
  /// Names of an object's members, sorted; empty when absent.
  [[nodiscard]] std::vector<std::string> keys(std::size_t max) const;
  [[nodiscard]] std::size_t list_size(std::size_t max) const;
  [[nodiscard]] Cursor element(std::size_t i) const;

  /// The first complaint of a document is kept: `<pointer of this place>: <allowed>`.
  void complain(std::string_view allowed) const;

 private:
  friend class Document;
  Cursor(Document* doc, const JsonNode* node, const JsonNode* parent, std::string_view key)
      : doc_(doc), node_(node), parent_(parent), key_(key) {}
  [[nodiscard]] Cursor first() const;    ///< of a list that is not empty
  [[nodiscard]] Cursor next() const;     ///< of an element; not present after the last one
  [[nodiscard]] Cursor checked() const;  ///< itself, but a null is complained of and absent

  Document* doc_;
  const JsonNode* node_;
  const JsonNode* parent_;  ///< with key_: where an absent member would have been
  std::string_view key_;
};

class Document {
 public:
  /// Refuses more than kMaxJsonBytes, nesting over kMaxJsonDepth, duplicate keys and anything but strict UTF-8 JSON.
  /// `text` must outlive the document.
  explicit Document(std::string_view text, std::size_t line = 0);
  ~Document();
  Document(const Document&) = delete;
  Document& operator=(const Document&) = delete;

  [[nodiscard]] Cursor root();
  [[nodiscard]] bool failed() const { return problem_.has_value(); }
  [[nodiscard]] const std::string& problem() const { return *problem_; }  ///< only when failed()

  template <class T>
  [[nodiscard]] Result<T> finish(T value) const {
    if (failed()) return fail(problem());
    return value;
  }

 private:
  friend class Cursor;
  void keep(std::string text);

  std::unique_ptr<JsonTree> tree_;
  std::size_t line_;
  std::optional<std::string> problem_;
};

}  // namespace tg
