// An import's first pass: which lines are refused, and that the parts are the file, whole and in order.
#include <gtest/gtest.h>

#include <sstream>

#include "cli/import.hpp"

namespace tg {
namespace {

constexpr auto kProfile = R"({"member":"m-1","consent":{}})";

ImportPlan plan_of(const std::string& text, std::string_view kind = "profiles") {
  std::istringstream file(text);
  return plan_import(file, *import_kind(kind));
}

std::string repeated(std::size_t n, const std::string& line) {
  std::string text;
  for (std::size_t i = 0; i < n; ++i) text += line + "\n";
  return text;
}

TEST(ImportPlan, NamesLineAndFieldOfEachErrorButNoValue) {
  const auto plan = plan_of(std::string(kProfile) +
                            "\n\n{\"member\":\"m-2\"}\n"
                            R"({"member":"secret person","consent":{}})"
                            "\n{oops\n"
                            R"({"member":"m-3","consent":{"recognition":{"status":"maybe","at":"2026-01-01"}}})");
  ASSERT_EQ(plan.error_count, 4U);
  EXPECT_EQ(plan.errors[0], "line 3: /consent: is required");
  EXPECT_TRUE(plan.errors[1].starts_with("line 4: /member: ")) << plan.errors[1];
  EXPECT_TRUE(plan.errors[2].starts_with("line 5: not valid JSON")) << plan.errors[2];
  EXPECT_TRUE(plan.errors[3].starts_with("line 6: /consent/recognition/status: ")) << plan.errors[3];
  for (const auto& error : plan.errors) {
    EXPECT_EQ(error.find("secret"), std::string::npos);
    EXPECT_EQ(error.find("maybe"), std::string::npos);
  }
}

TEST(ImportPlan, ShowsTwentyErrorsAndCountsTheRest) {
  const auto plan = plan_of(repeated(33, "[]"));
  EXPECT_EQ(plan.errors.size(), 20U);
  EXPECT_EQ(plan.error_count, 33U);
}

TEST(ImportPlan, RefusesALineThatNoPartCanHoldAndGoesOnBehindIt) {
  const auto plan = plan_of(std::string(kMaxPartBytes + 1, ' ') + "\n[]\n");
  ASSERT_EQ(plan.error_count, 2U);
  EXPECT_TRUE(plan.errors[0].starts_with("line 1: too long")) << plan.errors[0];
  EXPECT_TRUE(plan.errors[1].starts_with("line 2: ")) << plan.errors[1];
}

TEST(ImportPlan, CutsAfterSoManyRows) {
  const auto plan = plan_of(repeated(kMaxPartRows + 1, kProfile));
  ASSERT_EQ(plan.parts.size(), 2U);
  EXPECT_EQ(plan.parts[0].rows, kMaxPartRows);
  EXPECT_EQ(plan.parts[1].rows, 1U);
}

TEST(ImportPlan, CutsBeforeTooManyBytes) {
  const auto plan = plan_of(repeated(10, std::string(kProfile) + std::string(kMaxPartBytes / 3, ' ')));
  EXPECT_EQ(plan.rows, 10U);
  for (const auto& part : plan.parts) EXPECT_LE(part.bytes, kMaxPartBytes);
}

TEST(ImportPlan, PartsAreTheFileWithoutGaps) {
  const std::string text = "\n" + repeated(1000, kProfile) + "\r\n  \n" + kProfile;  // the last line has no newline
  const auto plan = plan_of(text);
  EXPECT_EQ(plan.rows, 1001U);
  std::size_t at = 0;
  for (const auto& part : plan.parts) {
    EXPECT_EQ(part.offset, at);
    EXPECT_EQ(part.digest, sha256(as_bytes(std::string_view(text).substr(at, part.bytes))));
    at += part.bytes;
  }
  EXPECT_EQ(at, text.size());
}

TEST(ImportPlan, AFileOfBlankLinesHasNoRows) {
  EXPECT_TRUE(plan_of("").parts.empty());
  EXPECT_TRUE(plan_of("\n \r\n").parts.empty());
  EXPECT_EQ(plan_of("\n \r\n").error_count, 0U);
}

TEST(ImportPlan, ReadsEachKindByItsOwnRules) {
  const std::string item = R"({"variant":"V","style":"S"})";
  const std::string rule = R"({"style":"S","with":"T","score":0.3})";
  EXPECT_EQ(plan_of(item, "catalog").rows, 1U);
  EXPECT_EQ(plan_of(rule, "complements").rows, 1U);
  EXPECT_EQ(plan_of(item, "complements").error_count, 1U);
  EXPECT_EQ(import_kind("scenery"), nullptr);
}

TEST(ImportPart, JoinsRowsWithoutBlankLinesAndByteOrderMark) {
  EXPECT_EQ(joined_rows("\xEF\xBB\xBF{\"a\":1}\n\n{\"b\":2}\r\n \n{\"c\":3}"), "{\"a\":1},{\"b\":2}\r,{\"c\":3}");
  EXPECT_EQ(joined_rows("\n"), "");
}

TEST(ImportPart, BecomesASnapshotPartOfTheContract) {
  EXPECT_EQ(snapshot_request(*import_kind("complements"), "import-S", 2, 3, "{},{}"),
            R"({"cmd":"command","name":"complements.snapshot","payload":{"command_id":"import-S-2",)"
            R"("snapshot":"import-S","revision":0,"part":2,"parts":3,"rules":[{},{}]}})");
}

}  // namespace
}  // namespace tg
