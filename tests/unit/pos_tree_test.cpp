// Hostile and odd documents of tills: encodings, DTDs, depth, size, cuts.
#include "codec/pos_tree.hpp"

#include <gtest/gtest.h>

#include "codec/pos_path.hpp"

namespace tg {
namespace {

std::string first_text(const std::string& bytes) {
  const auto tree = read_pos_xml(bytes);
  if (!tree) return "refused: " + tree.error().message;
  return tree->root().children.front()->text;
}

std::string utf16(const std::string& ascii, bool big, bool mark) {
  std::string out = mark ? (big ? "\xFE\xFF" : "\xFF\xFE") : "";
  for (const char c : ascii) out += big ? std::string{'\0', c} : std::string{c, '\0'};
  return out;
}

TEST(PosXml, EncodingsByMarkOrDeclaration) {
  EXPECT_EQ(first_text("\xEF\xBB\xBF<?xml version=\"1.0\"?><A>h\xC3\xB6</A>"), "h\xC3\xB6");
  EXPECT_EQ(first_text("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><A>h\xF6</A>"), "h\xC3\xB6");
  EXPECT_EQ(first_text("<?xml version='1.0' encoding='iso-8859-1'?><A>h\xF6</A>"), "h\xC3\xB6");
  EXPECT_EQ(first_text(utf16("<?xml version=\"1.0\" encoding=\"UTF-16\"?><A>ho</A>", false, true)), "ho");
  EXPECT_EQ(first_text(utf16("<?xml version=\"1.0\" encoding=\"UTF-16\"?><A>ho</A>", true, true)), "ho");
  EXPECT_EQ(first_text(utf16("<?xml version=\"1.0\"?><A>ho</A>", false, false)), "ho");
  EXPECT_EQ(first_text("<?xml version=\"1.0\" encoding=\"windows-1252\"?><A>\x80 h\xF6</A>"), "\xE2\x82\xAC h\xC3\xB6");
  EXPECT_TRUE(first_text("<?xml version=\"1.0\" encoding=\"koi8-r\"?><A>x</A>").starts_with("refused"));
  EXPECT_TRUE(first_text("<A>h\xF6</A>").starts_with("refused"));
}

TEST(PosXml, NoDoctypeAndNoEntities) {
  EXPECT_EQ(first_text("<!DOCTYPE A [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><A>&x;</A>"),
            "refused: a DOCTYPE is not allowed");
  EXPECT_EQ(first_text("<!DOCTYPE lolz [<!ENTITY a \"lol\"><!ENTITY b \"&a;&a;&a;\">]><A>&b;</A>"),
            "refused: a DOCTYPE is not allowed");
  EXPECT_EQ(first_text("<A>&lt;&amp;&#65;</A>"), "<&A");
  EXPECT_EQ(first_text("<A><![CDATA[ <b> ]]></A>"), "<b>");
}

TEST(PosXml, DepthAndSizeHaveLimits) {
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "<a>";
  EXPECT_TRUE(first_text(deep).starts_with("refused"));
  for (int i = 0; i < 100'000; ++i) deep += "</a>";
  EXPECT_EQ(first_text(deep), "refused: nested deeper than 64 elements");
  std::string wide = "<a>";
  for (std::size_t i = 0; i < kMaxPosNodes; ++i) wide += "<b/>";
  EXPECT_TRUE(first_text(wide + "</a>").starts_with("refused: more than 200000"));
  std::string tags = "<a>";
  for (std::size_t i = 0; i < 3 * kMaxPosNodes; ++i) tags += "<b/>";
  EXPECT_TRUE(first_text(tags + "</a>").starts_with("refused: more than 200000"));
}

TEST(PosXml, EveryCutIsRefused) {
  const std::string whole = "<POSLog xmlns=\"u\"><T a=\"1\">x</T><T>y</T></POSLog>";
  ASSERT_TRUE(read_pos_xml(whole));
  for (std::size_t n = 0; n < whole.size(); ++n) EXPECT_FALSE(read_pos_xml(whole.substr(0, n))) << n;
}

TEST(PosXml, PrefixesAreOnlyNames) {
  const auto tree = read_pos_xml("<q:R xmlns:q=\"one\" xmlns:z=\"two\"><z:V>1</z:V><w:V>2</w:V><V>3</V></q:R>");
  ASSERT_TRUE(tree);
  const PosScope scope(*tree, {{"", {"one"}}, {"x", {"two"}}});
  const auto found = scope.select(tree->root(), *PosPath::parse("R/x:V"));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0]->text, "1");
  EXPECT_EQ(scope.select(tree->root(), *PosPath::parse("R/V")).size(), 1u) << "no namespace is the default one";
}

TEST(PosJson, NumbersKeepTheirDigitsAndListsAreCounted) {
  const auto tree = read_pos_json(R"({"a":[{"b":130.64999999999998},{"b":2}],"n":null,"t":true})");
  ASSERT_TRUE(tree);
  const PosScope scope(*tree, {});
  const auto found = scope.select(tree->root(), *PosPath::parse("a/b"));
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0]->text, "130.64999999999998");
  EXPECT_EQ(place_of(*found[1]), "/a[2]/b");
  EXPECT_TRUE(scope.select(tree->root(), *PosPath::parse("n")).empty());
}

TEST(PosJson, WhatIsNoJsonIsRefused) {
  for (const std::string bytes :
       {"", "{", "{\"a\":1,}", "{\"a\":1,\"a\":2}", "{\"a\":\"\xFF\"}", "\xFF\xFE{\0}\0", "[1 2]"})
    EXPECT_FALSE(read_pos_json(bytes)) << bytes;
  EXPECT_FALSE(read_pos_json(std::string(100'000, '[')));
}

TEST(PosPathTest, Conditions) {
  const auto tree = read_pos_json(R"({"x":[{"k":"a","v":-1},{"k":"b","v":2},{"v":3}]})");
  const PosScope scope(*tree, {});
  const auto count = [&](const char* path) { return scope.select(tree->root(), *PosPath::parse(path)).size(); };
  EXPECT_EQ(count("x[k=a]"), 1u);
  EXPECT_EQ(count("x[k=a|b]"), 2u);
  EXPECT_EQ(count("x[k!=a]"), 2u) << "what has none is not equal either";
  EXPECT_EQ(count("x[!k]"), 1u);
  EXPECT_EQ(count("x[v<0]"), 1u);
  EXPECT_EQ(count("x[k][v>0]"), 1u);
  EXPECT_EQ(count("x/v/..[k=b]"), 1u);
  EXPECT_EQ(count(".[x[k=b]]"), 1u);
  EXPECT_EQ(count(".[x[k=c]]"), 0u);
  for (const char* wrong : {"", "/", "a//b", "a[", "a]", "a[b", "@", "a[b<x]", "a[!b=c]"})
    EXPECT_FALSE(PosPath::parse(wrong)) << wrong;
}

}  // namespace
}  // namespace tg
