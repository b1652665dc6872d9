// The judge is judged first: published visits made by hand against walks whose truth is known.
#include "sim/score.hpp"

#include <gtest/gtest.h>

#include <sstream>

namespace tg::sim {
namespace {

const StorePlan& plan() { return store_plans().front(); }
int zone(const char* id) { return plan().zone(id); }
constexpr SimMs kGrace = 360'000;
constexpr SimMs kOpen = std::numeric_limits<SimMs>::max();

/// Comes along the street, stands on the floor for a minute (from 20 s on), goes.
Person visitor() {
  Person p;
  p.member = "m-1";
  p.role = Role::visitor;
  p.walks = {{{0, {1.7, -10}, {0, 1}}, {20'000, {4, 5}, {0, 1}}, {80'000, {4, 5}, {0, -1}}, {100'000, {4, -10}, {}}}};
  p.stays = {{14'000, 90'000}};
  return p;
}
Person passer() {
  Person p;
  p.member = "m-2";
  p.walks = {{{0, {-10, -2}, {1, 0}}, {20'000, {10, -2}, {1, 0}}}};
  return p;
}
Score judged(const Person& person, std::vector<Published> published) {
  return score(plan(), {person}, {{person.member, std::move(published)}}, kGrace);
}

TEST(Score, APerfectVisit) {
  const Score s = judged(visitor(), {{14'500, 90'500, {{14'500, zone("entrance")}, {17'600, zone("floor")}}}});
  EXPECT_EQ(s.visits, 1U);
  EXPECT_EQ(s.missed + s.flaps + s.early + s.false_entries + s.outside, 0U);
  EXPECT_EQ(s.entry_s, std::vector<double>{0.5});
  EXPECT_EQ(s.exit_s, std::vector<double>{0.5});
  EXPECT_GT(s.zone_accuracy(), 0.9);
  EXPECT_LT(s.unnoticed(), 0.02);
}

TEST(Score, NothingPublishedIsMissed) {
  const Score s = judged(visitor(), {});
  EXPECT_EQ(s.missed, 1U);
  EXPECT_EQ(s.unnoticed(), 1);
}

TEST(Score, AWrongZoneIsWrong) {
  EXPECT_EQ(judged(visitor(), {{14'000, 90'000, {{14'000, zone("till")}}}}).zone_accuracy(), 0);
}

TEST(Score, ASecondVisitIsAFlap) {
  const Score twice = judged(visitor(), {{14'000, 30'000, {}}, {40'000, 90'000, {}}});
  EXPECT_EQ(twice.flaps, 1U);
  EXPECT_EQ(twice.visits, 1U);
  const Score afterwards = judged(visitor(), {{14'000, 90'000, {}}, {95'000, 99'000, {}}});
  EXPECT_EQ(afterwards.flaps, 1U);
}

TEST(Score, BeforeTheDoorIsEarly) {
  const Score s = judged(visitor(), {{2'000, 90'000, {}}});
  EXPECT_EQ(s.early, 1U);
  EXPECT_EQ(s.entry_s, std::vector<double>{-12.0});
}

TEST(Score, OutAndBackIsOneVisitOrTwo) {
  Person p = visitor();
  Walk again = p.walks[0];
  for (auto& pose : again) pose.at += 300'000;
  p.walks.push_back(again);
  p.stays.push_back({314'000, 390'000});
  EXPECT_EQ(judged(p, {{14'000, 390'000, {}}}).visits, 1U);
  EXPECT_EQ(judged(p, {{14'000, 90'000, {}}, {314'000, 390'000, {}}}).flaps, 1U);

  for (auto& pose : p.walks[1]) pose.at += 300'000;
  p.stays[1] = {614'000, 690'000};
  const Score late = judged(p, {{14'000, 90'000, {}}, {614'000, kOpen, {}}});
  EXPECT_EQ(late.visits, 2U);
  EXPECT_EQ(late.flaps + late.missed, 0U);
  EXPECT_EQ(late.exit_s.size(), 1U) << "still open";
}

TEST(Score, APasserWithAVisitIsAFalseEntry) {
  const Score s = judged(passer(), {{5'000, 15'000, {{5'000, zone("entrance")}}}, {16'000, 20'000, {}}});
  EXPECT_EQ(s.outside, 1U);
  EXPECT_EQ(s.false_entries, 1U);
  EXPECT_EQ(s.false_rate(), 1);
  EXPECT_EQ(s.confusion.back()[static_cast<std::size_t>(zone("entrance"))], 21U) << "half seconds told as inside";
  EXPECT_EQ(judged(passer(), {}).false_entries, 0U);
}

TEST(Score, ReadsWhatAReplayPrints) {
  std::stringstream lines(
      R"({"at":1763713204000,"topic":"r/s/ack/profiles.snapshot","payload":{}}
{"at":1763713204500,"topic":"r/s/event/visit/started","payload":{"data":{"member":"m-1","zone":"entrance"}}}
{"at":1763713209000,"topic":"r/s/event/visit/zone_changed","payload":{"data":{"member":"m-1","zone":"entrance","next_zone":"floor"}}}
{"at":1763713660000,"topic":"r/s/event/visit/ended","payload":{"data":{"member":"m-1","ended_at":"2025-11-21T08:21:40.250Z"}}}
)");
  const auto read = read_visits(lines, plan(), 1'763'713'200'000);
  ASSERT_EQ(read.size(), 1U);
  ASSERT_EQ(read.at("m-1").size(), 1U);
  const Published& visit = read.at("m-1")[0];
  EXPECT_EQ(visit.started, 4'500);
  EXPECT_EQ(visit.ended, 100'250);
  ASSERT_EQ(visit.zones.size(), 2U);
  EXPECT_EQ(visit.zones[1].from, 9'000);
  EXPECT_EQ(visit.zones[1].zone, zone("floor"));
}

TEST(Quantile, OfNoneOneAndMany) {
  EXPECT_EQ(quantile({}, 0.5), 0);
  EXPECT_EQ(quantile({7}, 0.99), 7);
  EXPECT_EQ(quantile({5, 1, 4, 2, 3}, 0.5), 3);
  EXPECT_EQ(quantile({5, 1, 4, 2, 3}, 1), 5);
}

}  // namespace
}  // namespace tg::sim
