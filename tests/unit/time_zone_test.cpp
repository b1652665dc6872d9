// Local time of a till in the machine's time zones, and time zone files that are none.
#include "codec/time_zone.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "codec/text.hpp"

namespace tg {
namespace {

std::string utc(const char* zone, const char* local) {
  const auto loaded = TimeZone::load(zone);
  if (!loaded) return loaded.error().message;
  const auto instant = loaded->utc_of(*parse_time(std::string(local) + "Z"));
  return format_time(instant.at) + (instant.ambiguous ? " twice" : "");
}

TEST(TimeZoneTest, SummerAndWinter) {
  EXPECT_EQ(utc("Europe/Paris", "2026-07-01T12:00:00"), "2026-07-01T10:00:00.000Z");
  EXPECT_EQ(utc("Europe/Paris", "2026-12-01T12:00:00"), "2026-12-01T11:00:00.000Z");
  EXPECT_EQ(utc("America/New_York", "2017-10-01T02:02:54"), "2017-10-01T06:02:54.000Z");
  EXPECT_EQ(utc("Asia/Kolkata", "2026-07-01T00:00:00"), "2026-06-30T18:30:00.000Z");
  EXPECT_EQ(utc("UTC", "2026-07-01T00:00:00"), "2026-07-01T00:00:00.000Z");
}

TEST(TimeZoneTest, TheHourThatOccursTwiceAndTheOneThatIsSkipped) {
  EXPECT_EQ(utc("Europe/Paris", "2026-10-25T01:59:59"), "2026-10-24T23:59:59.000Z");
  EXPECT_EQ(utc("Europe/Paris", "2026-10-25T02:00:00"), "2026-10-25T00:00:00.000Z twice");
  EXPECT_EQ(utc("Europe/Paris", "2026-10-25T02:59:59"), "2026-10-25T00:59:59.000Z twice");
  EXPECT_EQ(utc("Europe/Paris", "2026-10-25T03:00:00"), "2026-10-25T02:00:00.000Z");
  EXPECT_EQ(utc("Europe/Paris", "2026-03-29T02:30:00"), "2026-03-29T01:30:00.000Z");
  EXPECT_EQ(utc("Australia/Lord_Howe", "2026-04-05T01:45:00"), "2026-04-04T14:45:00.000Z twice") << "half an hour";
}

TEST(TimeZoneTest, WhatIsNoZoneIsRefused) {
  EXPECT_FALSE(TimeZone::load("Europe/Atlantis"));
  EXPECT_FALSE(TimeZone::load("../../../etc/passwd"));
  EXPECT_FALSE(TimeZone::load(""));
  std::ifstream file("/usr/share/zoneinfo/Europe/Paris", std::ios::binary);
  const std::string whole{std::istreambuf_iterator<char>(file), {}};
  ASSERT_TRUE(TimeZone::parse(whole));
  for (std::size_t n = 0; n < whole.size() * 3 / 4; n += 7) EXPECT_FALSE(TimeZone::parse(whole.substr(0, n))) << n;
}

}  // namespace
}  // namespace tg
