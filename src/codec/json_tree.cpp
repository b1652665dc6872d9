#include "codec/json_tree.hpp"

#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

#include "codec/ticket_json.hpp"

namespace tg {
namespace {

constexpr std::size_t kFewKeys = 16;       // up to here comparing each with each is quicker than sorting
constexpr std::size_t kBytesOfANode = 12;  // of a profile: a first guess saves the growing
constexpr int kNumberOutOfRange = 406;     // nlohmann's id of the error

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

}  // namespace

/// nlohmann's SAX consumer: appends a node for each value.
class TreeBuilder {
 public:
  TreeBuilder(JsonTree& tree, const char* const& place) : tree_(tree), place_(place) {}

  bool null() { return add(JsonKind::null) != nullptr; }
  bool boolean(bool value) {
    add(JsonKind::boolean)->boolean = value;
    return true;
  }
  bool number_integer(std::int64_t value) {
    add(JsonKind::integer)->integer = value;
    return true;
  }
  bool number_unsigned(std::uint64_t value) {
    add(JsonKind::natural)->natural = value;
    return true;
  }
  bool number_float(double value, const std::string&) {
    add(JsonKind::real)->real = value;
    return true;
  }
  bool string(const std::string& value) {
    add(JsonKind::text)->text = keep(value);
    return true;
  }
  bool binary(const nlohmann::json::binary_t&) { return false; }  // JSON text has none
  bool start_object(std::size_t) { return open(JsonKind::object); }
  bool start_array(std::size_t) { return open(JsonKind::list); }
  bool key(const std::string& name) {
    key_ = keep(name);
    return true;
  }
  bool end_object() {
    if (has_a_key_twice(open_.back().node)) return refuse("a key occurs twice in an object");
    return close();
  }
  bool end_array() { return close(); }
  bool parse_error(std::size_t byte, const std::string&, const nlohmann::detail::exception& error) {
    if (error.id == kNumberOutOfRange) return refuse("not valid JSON: a number is out of range");
    return refuse("not valid JSON in UTF-8 at byte " + std::to_string(byte));
  }

  std::optional<std::string> refused;

 private:
  struct Open {
    std::size_t node, last_child;
  };

  JsonNode* add(JsonKind kind) {
    const std::size_t index = tree_.nodes_.size();
    JsonNode& node = tree_.nodes_.emplace_back();
    node.kind = kind;
    node.key = key_;
    if (!open_.empty()) {
      Open& parent = open_.back();
      (parent.last_child == 0 ? tree_.nodes_[parent.node].first : tree_.nodes_[parent.last_child].next) = index;
      ++tree_.nodes_[parent.node].size;
      parent.last_child = index;
      node.parent = parent.node;
    }
    return &node;
  }
  bool open(JsonKind kind) {
    if (open_.size() >= kMaxJsonDepth) return refuse("nested too deeply");
    JsonNode* node = add(kind);
    node->begin = offset() - 1;
    key_ = {};
    open_.push_back({tree_.nodes_.size() - 1, 0});
    return true;
  }
  bool close() {
    tree_.nodes_[open_.back().node].end = offset();
    open_.pop_back();
    key_ = {};
    return true;
  }
  [[nodiscard]] std::size_t offset() const { return static_cast<std::size_t>(place_ - tree_.source_.data()); }

  /// Decoded text is never longer than its source, of which as much was reserved.
  std::string_view keep(const std::string& text) {
    const std::size_t begin = tree_.texts_.size();
    tree_.texts_ += text;
    return std::string_view(tree_.texts_).substr(begin);
  }

  bool has_a_key_twice(std::size_t object) {
    keys_.clear();
    for (const auto* child = tree_.first(tree_.nodes_[object]); child != nullptr; child = tree_.next(*child))
      keys_.push_back(child->key);
    if (keys_.size() > kFewKeys) {
      std::ranges::sort(keys_);
      return std::ranges::adjacent_find(keys_) != keys_.end();
    }
    for (auto key = keys_.begin(); key != keys_.end(); ++key)
      if (std::find(std::next(key), keys_.end(), *key) != keys_.end()) return true;
    return false;
  }
  bool refuse(std::string why) {
    if (!refused) refused = std::move(why);
    return false;
  }

  JsonTree& tree_;
  const char* const& place_;
  std::vector<Open> open_;
  std::vector<std::string_view> keys_;
  std::string_view key_;
};

std::optional<std::string> JsonTree::parse(std::string_view text) {
  source_ = text;
  nodes_.clear();
  nodes_.reserve(text.size() / kBytesOfANode + 1);
  texts_.clear();
  texts_.reserve(text.size());
  const char* place = text.data();
  TreeBuilder builder(*this, place);
  const char* const end = text.data() + text.size();
  if (!nlohmann::json::sax_parse(Reader{text.data(), &place}, Reader{end, &place}, &builder) && !builder.refused)
    return "not valid JSON in UTF-8";
  return builder.refused;
}

const JsonNode* JsonTree::member(const JsonNode& object, std::string_view key) const {
  const JsonNode* child = first(object);
  while (child != nullptr && child->key != key) child = next(*child);
  return child;
}

std::string JsonTree::pointer(const JsonNode& node) const {
  if (&node == &root()) return {};
  const JsonNode& parent = nodes_[node.parent];
  std::string name(node.key);
  if (parent.kind == JsonKind::list) {
    std::size_t index = 0;
    for (const auto* child = first(parent); child != &node; child = next(*child)) ++index;
    name = std::to_string(index);
  }
  return pointer(parent) + '/' + name;
}

std::string_view JsonTree::source(const JsonNode& node) const {
  return source_.substr(node.begin, node.end - node.begin);
}

}  // namespace tg
