// JSON of a till -> PosTree, numbers as they were written: a double would have lost digits.
#include <nlohmann/json.hpp>
#include <set>

#include "codec/pos_tree.hpp"

namespace tg {
namespace {

using nlohmann::json;

/// nlohmann's events of a parse; false stops it.
class Builder : public nlohmann::json_sax<json> {
 public:
  explicit Builder(PosTree& tree) : tree_(tree) { open_.push_back({&tree.top(), false, {}}); }

  [[nodiscard]] const std::string& problem() const { return problem_; }

  bool null() override { return true; }  // counts as absent
  bool boolean(bool value) override { return value ? text("true") : text("false"); }
  bool number_integer(number_integer_t value) override { return text(std::to_string(value)); }
  bool number_unsigned(number_unsigned_t value) override { return text(std::to_string(value)); }
  bool number_float(number_float_t, const string_t& written) override { return text(written); }
  bool string(string_t& value) override {
    return value.find('\0') == std::string::npos ? text(value) : refuse("a text contains U+0000");
  }
  bool binary(binary_t&) override { return refuse("not valid JSON"); }

  bool start_object(std::size_t) override { return open(false); }
  bool end_object() override { return close(); }
  bool start_array(std::size_t) override { return open(true); }
  bool end_array() override { return close(); }
  bool key(string_t& name) override {
    if (!open_.back().keys.insert(name).second) return refuse("a key occurs twice in an object");
    name_ = name;
    return true;
  }
  bool parse_error(std::size_t at, const std::string&, const json::exception&) override {
    return refuse("not valid JSON in UTF-8 at byte " + std::to_string(at));
  }

 private:
  struct Container {
    PosNode* node;  ///< of an object itself; of a list whatever holds the list
    bool list;
    std::set<std::string> keys;
    std::string name = {};  ///< of a list's elements
  };

  bool refuse(std::string why) {
    if (problem_.empty()) problem_ = std::move(why);
    return false;
  }

  /// The node for a value at this place.
  PosNode* add() {
    const Container& in = open_.back();
    PosNode* node = tree_.add(*in.node, in.list ? in.name : name_, 0);
    if (node == nullptr) refuse("more than " + std::to_string(kMaxPosNodes) + " values");
    return node;
  }

  bool text(const std::string& value) {
    PosNode* node = add();
    if (node != nullptr) node->text = value;
    return node != nullptr;
  }

  bool open(bool list) {
    if (open_.size() > kMaxPosDepth) return refuse("nested deeper than " + std::to_string(kMaxPosDepth));
    const Container& in = open_.back();
    if (open_.size() == 1 && !list) {  // the document's own object is the root
      open_.push_back({in.node, false, {}});
      return true;
    }
    if (list && !in.list) {
      open_.push_back({in.node, true, {}, open_.size() == 1 ? "item" : name_});
      return true;
    }
    PosNode* node = add();
    if (node != nullptr) open_.push_back({node, list, {}, "item"});
    return node != nullptr;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  PosTree& tree_;
  std::vector<Container> open_;
  std::string name_ = "item";
  std::string problem_;
};

}  // namespace

Result<PosTree> read_pos_json(std::string_view bytes) {
  PosTree tree;
  Builder builder(tree);
  if (!json::sax_parse(bytes.begin(), bytes.end(), &builder))
    return fail(builder.problem().empty() ? "not valid JSON" : builder.problem());
  return tree;
}

}  // namespace tg
