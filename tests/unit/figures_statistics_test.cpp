// Histograms, shares with intervals, and cells that are too small to show.
#include "core/figures_statistics.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace tg {
namespace {

struct Published {
  std::int64_t a, n, b, m;
  double low, high;
};

// Newcombe, Statistics in Medicine 17 (1998) 873-890, table II, method 10.
TEST(Statistics, TheIntervalOfADifferenceIsThePublishedOne) {
  const Published cases[] = {{56, 70, 48, 80, 0.0524, 0.3339},
                             {9, 10, 3, 10, 0.1705, 0.8090},
                             {5, 56, 0, 29, -0.0381, 0.1926},
                             {0, 10, 0, 10, -0.2775, 0.2775},
                             {10, 10, 0, 10, 0.6075, 1.0000}};
  for (const auto& c : cases) {
    const Range range = newcombe(c.a, c.n, c.b, c.m);
    EXPECT_NEAR(range.low, c.low, 0.00005) << c.a << '/' << c.n;
    EXPECT_NEAR(range.high, c.high, 0.00005) << c.a << '/' << c.n;
  }
}

TEST(Statistics, TheDifferenceOfMeansComesFromSumsAlone) {
  // 10 20 30 and 1 2 3 4: means 20 and 2.5, variances 100 and 5/3; half = 1.95996 sqrt(100/3 + 5/12)
  const Range range = mean_difference({3, 60, 1400}, {4, 10, 30});
  EXPECT_NEAR(range.value, 17.5, 1e-9);
  EXPECT_NEAR(range.high - range.value, 11.3863, 1e-3);
  EXPECT_NEAR(range.value - range.low, 11.3863, 1e-3);
}

TEST(Statistics, AStepOfAHistogramIsAtMostAnEighthOfItsValue) {
  EXPECT_EQ(histogram_slot(-5), 0);
  std::int32_t last = -1;
  for (std::int64_t v = 0; v < 100'000; ++v) {
    const std::int32_t slot = histogram_slot(v);
    ASSERT_TRUE(slot == last || slot == last + 1) << v;
    ASSERT_LE(slot_floor(slot), v);
    ASSERT_GT(slot_floor(slot + 1), v);
    ASSERT_LE((slot_floor(slot + 1) - slot_floor(slot)) * 8, std::max<std::int64_t>(v, 8)) << v;
    last = slot;
  }
  EXPECT_LT(histogram_slot(std::numeric_limits<std::int64_t>::max()), 500);
}

TEST(Statistics, APercentileIsTheNearestRank) {
  std::map<std::int32_t, std::int64_t> histogram;
  EXPECT_EQ(percentile(histogram, 500), std::nullopt);
  for (std::int64_t v = 1; v <= 10; ++v) ++histogram[histogram_slot(v)];
  EXPECT_EQ(percentile(histogram, 500), 5);
  EXPECT_EQ(percentile(histogram, 900), 9);
  EXPECT_EQ(percentile(histogram, 950), 10);
}

TEST(Statistics, VisitsAreEstimatedFromThoseSeenTwice) {
  EXPECT_EQ(recapture(200, 900, 60), 2967) << "201 * 901 / 61 - 1";
  EXPECT_EQ(recapture(50, 40, 40), 50) << "all purchases are of recognised visits: nobody else was there";
  EXPECT_EQ(recapture(5, 100, 5), 100) << "whoever bought was there";
}

using Flags = std::vector<bool>;

TEST(Statistics, AHiddenCellIsNotGivenAwayByTheTotal) {
  EXPECT_EQ(shown_parts({12, 20, 30}), (Flags{true, true, true}));
  EXPECT_EQ(shown_parts({3, 20, 30}), (Flags{false, false, true})) << "53 - 50 would tell";
  EXPECT_EQ(shown_parts({3, 4, 30}), (Flags{false, false, true})) << "7 of two";
  EXPECT_EQ(shown_parts({1, 2, 30, 9}), (Flags{false, false, true, false})) << "3 of two";
  EXPECT_EQ(shown_parts({0, 30, 40}), (Flags{false, true, true})) << "nobody is nobody";
  EXPECT_EQ(shown_parts({2}), (Flags{false}));
  EXPECT_EQ(shown_parts({}), Flags{});
}

}  // namespace
}  // namespace tg
