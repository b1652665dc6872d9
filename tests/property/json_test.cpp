// The two readers of JSON text (decisions/0019) are one: whatever the quick one takes, the other takes and reads the
// same, be the document well-formed or broken.
#include <gtest/gtest.h>

#include <array>
#include <string>

#include "codec/json_scan.hpp"
#include "support/core/dice.hpp"
#include "support/json_same.hpp"

namespace tg {
namespace {

using test::Dice;

constexpr std::array kScalars{"0",
                              "-0",
                              "7",
                              "-8",
                              "18446744073709551615",
                              "18446744073709551616",
                              "1.5",
                              "-2e3",
                              "1E-400",
                              "1e400",
                              "9223372036854775808",
                              "-9223372036854775809",
                              "true",
                              "false",
                              "null",
                              "\"\"",
                              "\"plain\"",
                              "\"\\u00e9\\n\\\"\"",
                              "01",
                              "1.",
                              "+1",
                              "tru",
                              "\"\\ud83d\\ude00\"",
                              "\"\\ud83d\"",
                              "\"\t\"",
                              "\"\\x\"",
                              "\"\xc3\xa9\"",
                              "\"\xc3\"",
                              "0.142233720368503684775807",
                              "1422337203687440737.0109e-7"};
constexpr std::array kSpaces{"", "", "", " ", "\n\t"};
constexpr std::array kDirt{"{",       "}", "[", "]", ",", ":",    "\"",   "\\",
                           "\\ud800", "0", "-", ".", "e", "\x01", "\xff", " "};

std::string document(Dice& dice, int depth) {
  const auto spaced = [&](const std::string& text) { return dice.of(kSpaces) + text + dice.of(kSpaces); };
  const std::uint32_t shape = depth == 0 ? 2 : dice.below(3);
  if (shape == 2) return spaced(dice.of(kScalars));
  const bool object = shape == 0;
  std::string out(1, object ? '{' : '[');
  const std::uint32_t members = dice.below(5);
  for (std::uint32_t i = 0; i < members; ++i) {
    if (i > 0) out += ',';
    if (object) out += spaced('"' + std::string(1, static_cast<char>('a' + dice.below(8))) + '"') + ':';
    out += document(dice, depth - 1);
  }
  return spaced(out + (object ? '}' : ']'));
}

void soil(Dice& dice, std::string& text) {
  const auto at = dice.below(static_cast<std::uint32_t>(text.size()));
  if (dice.one_in(2)) text.erase(at, dice.between(1, 3));
  if (dice.one_in(2)) text.insert(std::min<std::size_t>(at, text.size()), dice.of(kDirt));
}

TEST(Json, WhatTheQuickReaderTakesTheOtherReadsTheSame) {
  int taken = 0, refused = 0;
  test::for_all(20'000, [&](Dice& dice) {
    std::string text = '[' + document(dice, 4) + ']';
    if (dice.one_in(2)) soil(dice, text);
    JsonTree quick, thorough;
    if (!scan_quickly(text, quick)) {
      ++refused;
      return;
    }
    ++taken;
    const auto reason = scan_with_reasons(text, thorough);
    ASSERT_FALSE(reason) << text << ": " << *reason;
    EXPECT_TRUE(test::same_tree(quick, quick.root(), thorough, thorough.root())) << text;
  });
  EXPECT_GT(taken, refused / 10) << "documents that nobody takes prove nothing";
}

/// What a box is sent every day must not fall back to the slow reader unseen.
TEST(Json, TheQuickReaderTakesWhatCentralSends) {
  JsonTree tree;
  EXPECT_TRUE(scan_quickly(R"({"member":"m-1","keys":[{"eid_key":"00","from":"2026-11-20T00:00:00Z"}],"promo":0.25,
                               "do_not_disturb":false,"lock_until":null,"first_name":"Zo\u00eb","sizes":[{"n":3}]})",
                           tree));
}

}  // namespace
}  // namespace tg
