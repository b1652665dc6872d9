// Instants and identifiers as text (contract §1, §4.1, §5.1).
#include "codec/text.hpp"

#include <gtest/gtest.h>

namespace tg {
namespace {

TEST(FormatTime, WritesUtcWithMilliseconds) {
  EXPECT_EQ(format_time(wall_ms(1795269845123)), "2026-11-21T14:04:05.123Z");
  EXPECT_EQ(format_time(wall_ms(0)), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(format_time(wall_ms(951782400000)), "2000-02-29T00:00:00.000Z");
}

TEST(FormatTime, KeepsToFourDigitYearsWhateverItIsGiven) {
  EXPECT_EQ(format_time(WallTime::min()), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(format_time(WallTime::max()), "9999-12-31T23:59:59.999Z");
}

TEST(FormatTime, ShowsTheOffsetOfTheClockThatWasRead) {
  for (const char* text : {"2026-11-21T15:04:05.000+01:00", "2026-11-21T10:34:05.000-03:30",
                           "2026-11-22T00:00:00.000+14:00", "2026-11-21T14:04:05.000+00:00"}) {
    const auto offset = utc_offset_min(text);
    ASSERT_TRUE(offset) << text;
    EXPECT_EQ(format_time_at(*parse_time(text), *offset), text);
  }
  for (const char* text : {"2026-11-21T15:04:05Z", "2026-11-21", "2026-11-21T15:04:05", "+01:00", "x+01:00"})
    EXPECT_FALSE(utc_offset_min(text)) << text;
}

struct Reading {
  const char* text;
  const char* utc;  ///< nullptr = refused
};
class ParseTime : public testing::TestWithParam<Reading> {};
TEST_P(ParseTime, ReadsRfc3339AndNothingElse) {
  const auto [text, utc] = GetParam();
  const auto t = parse_time(text);
  ASSERT_EQ(t.has_value(), utc != nullptr) << text;
  if (t.has_value()) {
    EXPECT_EQ(format_time(*t), utc) << text;
  }
}
INSTANTIATE_TEST_SUITE_P(
    Readings, ParseTime,
    testing::Values(Reading{"2026-11-21T15:04:05+01:00", "2026-11-21T14:04:05.000Z"},
                    Reading{"2026-11-21T14:04:05Z", "2026-11-21T14:04:05.000Z"},
                    Reading{"2026-11-21t14:04:05.1z", "2026-11-21T14:04:05.100Z"},
                    Reading{"2026-11-21T14:04:05.123999-00:30", "2026-11-21T14:34:05.123Z"},
                    Reading{"2026-10-25T02:30:00+02:00", "2026-10-25T00:30:00.000Z"},  // the hour that comes twice
                    Reading{"2026-10-25T02:30:00+01:00", "2026-10-25T01:30:00.000Z"},
                    Reading{"2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z"},
                    Reading{"2026-08-01", "2026-08-01T00:00:00.000Z"}, Reading{"2026-11-21T14:04:05", nullptr},
                    Reading{"2026-11-21 14:04:05Z", nullptr}, Reading{"2026-02-29", nullptr},
                    Reading{"2026-13-01", nullptr}, Reading{"2026-11-21T24:00:00Z", nullptr},
                    Reading{"2026-11-21T14:04:05.Z", nullptr}, Reading{"2026-11-21T14:04:05Z ", nullptr},
                    Reading{"1969-12-31T23:59:59Z", nullptr}, Reading{"2200-01-01", nullptr}, Reading{"", nullptr},
                    Reading{"+026-11-21", nullptr}));

TEST(Ids, FollowTheContractsPattern) {
  EXPECT_TRUE(is_plain_id("paris-042"));
  EXPECT_TRUE(is_plain_id(std::string(32, 'a')));
  for (const std::string bad : {"", "-a", "_a", "a b", "a/b", "a+", "é"}) EXPECT_FALSE(is_plain_id(bad)) << bad;
  EXPECT_FALSE(is_plain_id(std::string(33, 'a')));
}

TEST(Ids, MembersAreOpaqueButBounded) {
  EXPECT_TRUE(is_member_id("m-7f3a"));
  EXPECT_TRUE(is_member_id("a.b_c-d@E9"));
  EXPECT_TRUE(is_member_id(std::string(60, 'x')));
  for (const std::string bad : {"", "a b", "a#", "a+", "a/b"}) EXPECT_FALSE(is_member_id(bad)) << bad;
  EXPECT_FALSE(is_member_id(std::string(61, 'x')));
}

TEST(Days, AreDaysOfTheCalendar) {
  EXPECT_TRUE(is_day("2028-02-29"));
  EXPECT_FALSE(is_day("2027-02-29"));
  EXPECT_FALSE(is_day("2026-11-21T00:00:00Z"));
}

}  // namespace
}  // namespace tg
