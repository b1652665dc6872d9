// Whose purchase was it? Days with known truth, floors of the issue (decisions/0021 has the whole sweep).
#include <gtest/gtest.h>

#include "sim/till_score.hpp"

namespace tg::sim {
namespace {

TillScore days(double recognised, Deaf deaf, std::uint64_t from, std::uint64_t to) {
  TillScore sum;
  for (std::uint64_t seed = from; seed <= to; ++seed) {
    TillDayOptions o;
    o.seed = seed;
    o.days = 2;
    o.parties = 400;
    o.recognised = recognised;
    o.deaf = deaf;
    sum.add(live_till_days(o));
  }
  return sum;
}

void expect_honest(const TillScore& s) {
  EXPECT_GE(s.precision(), 0.95) << s.probable_right << " of " << s.probable;
  EXPECT_LE(s.wrong(), 0.01);
  EXPECT_EQ(s.voided_standing, 0U);
  EXPECT_GT(s.voided, 0U);
}

TEST(MatchDays, AQuarterRecognised) {
  const TillScore s = days(0.25, Deaf::none, 11, 12);
  expect_honest(s);
  EXPECT_GE(s.recall(), 0.40);
  EXPECT_LT(static_cast<double>(s.nearest_right), 0.5 * static_cast<double>(s.nearest));  // it is not easy
}

TEST(MatchDays, FewRecognised) { expect_honest(days(0.05, Deaf::none, 13, 14)); }
TEST(MatchDays, ATillThatIsDeafAndKnown) { expect_honest(days(0.25, Deaf::till_told, 15, 15)); }
TEST(MatchDays, ATillThatIsDeafAndNobodySaysSo) { expect_honest(days(0.25, Deaf::till_untold, 16, 16)); }
TEST(MatchDays, NobodyHearsTheFloor) { expect_honest(days(0.25, Deaf::floor, 17, 17)); }

}  // namespace
}  // namespace tg::sim
