// simdjson's On-Demand reader. It checks each value when it is asked for, so every value is asked for.
#define SIMDJSON_EXCEPTIONS 0
#include <simdjson.h>

#include <charconv>
#include <string>
#include <system_error>

#include "codec/json_scan.hpp"
#include "codec/json_tree_builder.hpp"

namespace tg {
namespace {

namespace sj = simdjson;
namespace od = simdjson::ondemand;

/// Walks a document of `bytes`. Each function is false when the reader refuses.
class Walk {
 public:
  Walk(JsonTreeBuilder& builder, std::string_view bytes, od::document& document)
      : builder_(builder), bytes_(bytes), document_(document) {}

  bool all() {
    od::value root;
    const char* behind = nullptr;
    return !document_.get_value().get(root) && value(root) &&
           document_.current_location().get(behind) == sj::OUT_OF_BOUNDS;
  }

 private:
  bool value(od::value at) {
    od::json_type type{};
    if (at.type().get(type)) return false;
    switch (type) {
      case od::json_type::object:
        return object(at);
      case od::json_type::array:
        return list(at);
      case od::json_type::string:
        return text(at);
      case od::json_type::number:
        return number(at);
      case od::json_type::boolean:
        return !at.get_bool().get(builder_.value(JsonKind::boolean).boolean);
      case od::json_type::null:
        return null(at);
    }
    return false;
  }

  bool object(od::value& at) {
    od::object object;
    if (!builder_.open(JsonKind::object, first_byte(at)) || at.get_object().get(object)) return false;
    for (auto member : object) {
      std::string_view key;
      od::value child;
      if (member.unescaped_key().get(key)) return false;
      builder_.key(key);
      if (member.value().get(child) || !value(child)) return false;
    }
    return closed();
  }

  bool list(od::value& at) {
    od::array list;
    if (!builder_.open(JsonKind::list, first_byte(at)) || at.get_array().get(list)) return false;
    for (auto element : list) {
      od::value child;
      if (std::move(element).get(child) || !value(child)) return false;
    }
    return closed();
  }

  bool text(od::value& at) {
    std::string_view text;
    if (at.get_string().get(text)) return false;
    builder_.text(text);
    return true;
  }

  bool number(od::value& at) {
    const std::string_view token = at.raw_json_token();
    if (token.find_first_of(".eE") != std::string_view::npos) return real(at, token);
    if (token.starts_with('-')) return !at.get_int64().get(builder_.value(JsonKind::integer).integer);
    return !at.get_uint64().get(builder_.value(JsonKind::natural).natural);
  }
  /// The library checks the form only: simdjson 3.0.1 misreads fractions of 20 digits and more.
  bool real(od::value& at, std::string_view token) {
    double value = 0;
    if (at.get_double().get(value)) return false;
    const auto read = std::from_chars(token.data(), token.data() + token.size(), value);
    builder_.value(JsonKind::real).real = value;
    return read.ec == std::errc{};
  }

  bool null(od::value& at) {
    bool is = false;
    (void)builder_.value(JsonKind::null);
    return !at.is_null().get(is) && is;
  }

  [[nodiscard]] std::size_t first_byte(od::value& at) const {
    return static_cast<std::size_t>(at.raw_json_token().data() - bytes_.data());
  }
  /// Only white space lies between the end of a list or object and the next token.
  bool closed() {
    const char* next = nullptr;
    if (document_.current_location().get(next)) next = bytes_.data() + bytes_.size();
    const auto before = bytes_.substr(0, static_cast<std::size_t>(next - bytes_.data()));
    return builder_.close(before.find_last_of("}]") + 1);
  }

  JsonTreeBuilder& builder_;
  const std::string_view bytes_;
  od::document& document_;
};

}  // namespace

bool scan_quickly(std::string_view text, JsonTree& tree) {
  std::string padded;
  padded.reserve(text.size() + sj::SIMDJSON_PADDING);
  padded.append(text).append(sj::SIMDJSON_PADDING, '\0');
  const auto bytes = std::string_view(padded).substr(0, text.size());
  od::parser parser;
  od::document document;
  JsonTreeBuilder builder(tree, text);
  return !parser.iterate(bytes, padded.size()).get(document) && Walk(builder, bytes, document).all();
}

}  // namespace tg
