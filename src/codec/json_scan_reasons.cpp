// nlohmann's SAX events: syntax, UTF-8 and numbers are the library's, and it knows the byte of an error.
#include <cstdint>
#include <iterator>
#include <nlohmann/json.hpp>

#include "codec/json_scan.hpp"
#include "codec/json_tree_builder.hpp"

namespace tg {
namespace {

constexpr int kNumberOutOfRange = 406;  // nlohmann's id of the error

/// Reads bytes and says where it is: SAX events carry no place.
struct Reader {
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  const char* at;
  const char** place;

  reference operator*() const { return *at; }
  Reader& operator++() {
    *place = ++at;
    return *this;
  }
  Reader operator++(int) {
    Reader before = *this;
    ++*this;
    return before;
  }
  bool operator==(const Reader& other) const { return at == other.at; }
  bool operator!=(const Reader& other) const { return at != other.at; }
};

class Events {
 public:
  Events(JsonTreeBuilder& builder, const char* begin, const char* const& place)
      : builder_(builder), begin_(begin), place_(place) {}

  bool null() {
    (void)builder_.value(JsonKind::null);
    return true;
  }
  bool boolean(bool value) {
    builder_.value(JsonKind::boolean).boolean = value;
    return true;
  }
  bool number_integer(std::int64_t value) {
    builder_.value(JsonKind::integer).integer = value;
    return true;
  }
  bool number_unsigned(std::uint64_t value) {
    builder_.value(JsonKind::natural).natural = value;
    return true;
  }
  bool number_float(double value, const std::string&) {
    builder_.value(JsonKind::real).real = value;
    return true;
  }
  bool string(const std::string& value) {
    builder_.text(value);
    return true;
  }
  bool binary(const nlohmann::json::binary_t&) { return false; }  // JSON text has none
  bool start_object(std::size_t) { return builder_.open(JsonKind::object, offset() - 1); }
  bool start_array(std::size_t) { return builder_.open(JsonKind::list, offset() - 1); }
  bool key(const std::string& name) {
    builder_.key(name);
    return true;
  }
  bool end_object() { return builder_.close(offset()); }
  bool end_array() { return builder_.close(offset()); }
  bool parse_error(std::size_t byte, const std::string&, const nlohmann::detail::exception& error) {
    if (error.id == kNumberOutOfRange) return builder_.refuse("not valid JSON: a number is out of range");
    return builder_.refuse("not valid JSON in UTF-8 at byte " + std::to_string(byte));
  }

 private:
  [[nodiscard]] std::size_t offset() const { return static_cast<std::size_t>(place_ - begin_); }

  JsonTreeBuilder& builder_;
  const char* const begin_;
  const char* const& place_;
};

}  // namespace

std::optional<std::string> scan_with_reasons(std::string_view text, JsonTree& tree) {
  JsonTreeBuilder builder(tree, text);
  const char* place = text.data();
  Events events(builder, text.data(), place);
  const char* const end = text.data() + text.size();
  if (!nlohmann::json::sax_parse(Reader{text.data(), &place}, Reader{end, &place}, &events) && !builder.refused)
    return "not valid JSON in UTF-8";
  return builder.refused;
}

}  // namespace tg
