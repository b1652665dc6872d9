// POSLog bytes -> PosTree. The only file that knows pugixml.
#include <algorithm>
#include <array>
#include <map>
#include <pugixml.hpp>

#include "codec/pos_tree.hpp"

namespace tg {
namespace {

// Texts, CDATA, character references and the five named entities. A DOCTYPE is kept so that it can be refused: pugixml
// never expands what it declares.
constexpr unsigned kParse = pugi::parse_cdata | pugi::parse_escapes | pugi::parse_eol | pugi::parse_wconv_attribute |
                            pugi::parse_doctype | pugi::parse_declaration;
constexpr std::size_t kMaxTags = 2 * kMaxPosNodes;
constexpr std::size_t kMaxDeclarationBytes = 256;
constexpr auto kEncodings =
    std::to_array<std::string_view>({"UTF-8", "UTF-16", "ISO-8859-1", "US-ASCII", "WINDOWS-1252"});
// 0x80 to 0x9F of windows-1252 in UTF-8 (WHATWG Encoding Standard, index windows-1252); the rest is ISO-8859-1.
constexpr auto kWindows1252 = std::to_array<std::string_view>(
    {"€",      "\u0081", "‚", "ƒ", "„", "…", "†", "‡", "ˆ", "‰", "Š", "‹", "Œ", "\u008D", "Ž", "\u008F",
     "\u0090", "‘",      "’", "“", "”", "•", "–", "—", "˜", "™", "š", "›", "œ", "\u009D", "ž", "Ÿ"});

using Spaces = std::map<std::string, std::uint16_t, std::less<>>;  ///< by prefix, as in force at an element

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const auto from = text.find_first_not_of(kBlank);
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(kBlank) - from + 1);
}

struct Name {
  std::string_view prefix, local;
};
Name split(std::string_view name) {
  const auto colon = name.find(':');
  if (colon == std::string_view::npos) return {{}, name};
  return {name.substr(0, colon), name.substr(colon + 1)};
}

/// The prefix that an attribute declares; nothing for any other attribute.
constexpr const char* kNoDeclaration = nullptr;
std::string_view declared_prefix(std::string_view attribute) {
  if (attribute == "xmlns") return "";
  if (attribute.starts_with("xmlns:")) return attribute.substr(6);
  return {kNoDeclaration, 0};
}

/// Copies an XML element and all below it; stops at the first thing that is refused.
class Copier {
 public:
  explicit Copier(PosTree& tree) : tree_(tree) {}

  [[nodiscard]] const std::string& problem() const { return problem_; }

  void element(const pugi::xml_node& from, PosNode& parent, Spaces spaces, std::size_t depth) {
    if (depth > kMaxPosDepth) return refuse("nested deeper than " + std::to_string(kMaxPosDepth) + " elements");
    for (const auto& a : from.attributes()) declare(a, spaces);
    const Name name = split(from.name());
    PosNode* node = add(parent, name.local, space_of(spaces, name.prefix));
    if (node == nullptr) return;
    for (const auto& a : from.attributes()) attribute(a, *node, spaces);
    for (const auto& child : from.children()) {
      if (!problem_.empty()) return;
      if (child.type() == pugi::node_element) element(child, *node, spaces, depth + 1);
      if (child.type() == pugi::node_pcdata || child.type() == pugi::node_cdata) node->text += child.value();
    }
    node->text = checked(trimmed(node->text));
  }

 private:
  void refuse(std::string why) {
    if (problem_.empty()) problem_ = std::move(why);
  }

  std::string checked(std::string_view text) {
    if (!is_utf8(text)) refuse("a text is not in the encoding that the document declares");
    return std::string(text);
  }

  PosNode* add(PosNode& parent, std::string_view name, std::uint16_t space) {
    if (!is_utf8(name)) refuse("a name is not in the encoding that the document declares");
    PosNode* node = problem_.empty() ? tree_.add(parent, name, space) : nullptr;
    if (node == nullptr) refuse("more than " + std::to_string(kMaxPosNodes) + " elements and attributes");
    return node;
  }

  void declare(const pugi::xml_attribute& a, Spaces& spaces) {
    const auto prefix = declared_prefix(a.name());
    if (prefix.data() != kNoDeclaration) spaces[std::string(prefix)] = tree_.space(checked(a.value()));
  }

  void attribute(const pugi::xml_attribute& a, PosNode& owner, const Spaces& spaces) {
    if (declared_prefix(a.name()).data() != kNoDeclaration) return;
    const Name name = split(a.name());
    PosNode* node = add(owner, '@' + std::string(name.local),
                        name.prefix.empty() ? std::uint16_t{0} : space_of(spaces, name.prefix));
    if (node != nullptr) node->text = checked(trimmed(a.value()));
  }

  /// An undeclared prefix is a namespace of its own, which no dialect knows.
  std::uint16_t space_of(const Spaces& spaces, std::string_view prefix) {
    const auto known = spaces.find(prefix);
    if (known != spaces.end()) return known->second;
    return prefix.empty() ? std::uint16_t{0} : tree_.space("undeclared:" + std::string(prefix));
  }

  PosTree& tree_;
  std::string problem_;
};

/// Without the byte order mark and the zero bytes of UTF-16: enough to find the declaration.
std::string head_of(std::string_view bytes) {
  std::string head;
  for (const char c : bytes.substr(0, kMaxDeclarationBytes)) {
    if (c > ' ' && c <= '~') head += c;
  }
  return head;
}

/// In capitals; empty where the document declares none.
std::string declared_encoding(std::string_view bytes) {
  const std::string head = head_of(bytes);
  const auto end = head.find("?>");
  const auto at = head.substr(0, end == std::string::npos ? 0 : end).find("encoding=");
  if (!head.starts_with("<?xml") || at == std::string::npos) return {};
  std::string value = head.substr(at + 10, head.find_first_of("\"'", at + 10) - at - 10);
  std::ranges::transform(value, value.begin(), [](char c) { return c >= 'a' && c <= 'z' ? char(c - 'a' + 'A') : c; });
  return value;
}

/// pugixml takes an encoding that it does not know for UTF-8: names would be kept as rubbish.
bool is_known(const std::string& encoding) {
  return encoding.empty() ||
         std::ranges::any_of(kEncodings, [&](std::string_view known) { return encoding.starts_with(known); });
}

std::string from_windows_1252(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() + bytes.size() / 8);
  for (const char c : bytes) {
    const auto code = static_cast<unsigned char>(c);
    if (code < 0x80) {
      out += c;
    } else if (code < 0xA0) {
      out += kWindows1252[code - 0x80U];
    } else {
      out += static_cast<char>(0xC0U | code >> 6U);
      out += static_cast<char>(0x80U | (code & 0x3FU));
    }
  }
  return out;
}

Result<PosTree> parse(std::string_view bytes, pugi::xml_encoding encoding) {
  // Every element costs memory before it can be counted; a tag begins with this byte in each of the encodings.
  if (static_cast<std::size_t>(std::ranges::count(bytes, '<')) > kMaxTags)
    return fail("more than " + std::to_string(kMaxPosNodes) + " elements");
  pugi::xml_document document;
  const auto parsed = document.load_buffer(bytes.data(), bytes.size(), kParse, encoding);
  if (!parsed)
    return fail("not well-formed XML at character " + std::to_string(parsed.offset) + ": " + parsed.description());
  const auto top = document.children();
  if (std::any_of(top.begin(), top.end(), [](const auto& n) { return n.type() == pugi::node_doctype; }))
    return fail("a DOCTYPE is not allowed");
  PosTree tree;
  Copier copier(tree);
  copier.element(document.document_element(), tree.top(), {}, 1);
  if (!copier.problem().empty()) return fail(copier.problem());
  return tree;
}

}  // namespace

Result<PosTree> read_pos_xml(std::string_view bytes) {
  const std::string encoding = declared_encoding(bytes);
  if (!is_known(encoding))
    return fail("the declared encoding is unknown; UTF-8, UTF-16, ISO-8859-1, windows-1252 and US-ASCII are allowed");
  if (encoding == "WINDOWS-1252") return parse(from_windows_1252(bytes), pugi::encoding_utf8);
  return parse(bytes, pugi::encoding_auto);
}

}  // namespace tg
