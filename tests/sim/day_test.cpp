// The simulated world itself: repeatable, and as physics and the plans say.
#include "sim/day.hpp"

#include <gtest/gtest.h>

#include "sim/radio.hpp"

namespace tg::sim {

/// For GoogleTest.
static void PrintTo(const StorePlan& plan, std::ostream* out) { *out << plan.name; }

namespace {

CrowdOptions crowd_of(std::size_t people, std::uint64_t seed) {
  CrowdOptions options;
  options.people = people;
  options.seed = seed;
  return options;
}

std::vector<Sighting> heard(const StorePlan& plan, std::uint64_t seed) {
  std::vector<Sighting> out;
  (void)live_through(plan, make_crowd(plan, crowd_of(20, seed)), seed, [&](const Sighting& s) { out.push_back(s); });
  return out;
}

std::vector<StorePlan> all_plans() {
  std::vector<StorePlan> out = store_plans();
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    out.push_back(invented_plan(seed));
    out.back().name += '_' + std::to_string(seed);
  }
  return out;
}

class EachPlan : public testing::TestWithParam<StorePlan> {
 protected:
  const StorePlan& plan() const { return GetParam(); }
};
INSTANTIATE_TEST_SUITE_P(Plans, EachPlan, testing::ValuesIn(all_plans()), [](const auto& test) {
  std::string name = test.param.name;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

TEST_P(EachPlan, TheSameSeedIsTheSameDay) {
  const auto key = [](const std::vector<Sighting>& day) {
    std::uint64_t all = 0;
    for (const auto& s : day) {
      all = mixed(all ^ static_cast<std::uint64_t>(s.at * 1000 + s.rssi) ^ (std::uint64_t{s.person} << 40U) ^
                  (std::uint64_t{s.receiver} << 56U));
    }
    return all;
  };
  const auto day = heard(plan(), 5);
  EXPECT_GT(day.size(), 1'000U);
  EXPECT_EQ(key(day), key(heard(plan(), 5)));
  EXPECT_NE(key(day), key(heard(plan(), 6)));
}

TEST_P(EachPlan, SightingsComeInOrderAndInRange) {
  SimMs last = 0;
  for (const auto& s : heard(plan(), 7)) {
    ASSERT_GE(s.at, last);
    last = s.at;
    ASSERT_LT(s.receiver, plan().receivers.size());
    ASSERT_GE(s.rssi, -110);
    ASSERT_LE(s.rssi, -20);
  }
}

TEST_P(EachPlan, OnlyVisitorsComeInAndAllOfThemDo) {
  for (const auto& person : make_crowd(plan(), crowd_of(300, 3))) {
    ASSERT_EQ(person.visits(), person.role >= Role::visitor) << kRoleNames[static_cast<std::size_t>(person.role)];
    ASSERT_EQ(person.stays.size(), person.role > Role::visitor ? 2U : person.visits() ? 1U : 0U);
    for (const auto& stay : person.stays) ASSERT_GT(stay.to, stay.from);
    if (person.role == Role::soon_back) {
      ASSERT_LT(person.stays[1].from - person.stays[0].to, 330'000);
    }
    if (person.role == Role::late_back) {
      ASSERT_GT(person.walks[1].front().at - person.walks[0].back().at, 390'000);
    }
    for (const auto& walk : person.walks) {
      for (std::size_t i = 1; i < walk.size(); ++i) {
        const double metres = length(walk[i].place - walk[i - 1].place);
        ASSERT_LE(metres, 1.7 * static_cast<double>(walk[i].at - walk[i - 1].at) / 1000 + 0.1) << "nobody runs";
      }
    }
  }
}

TEST_P(EachPlan, TheAreasCoverTheInsideOnce) {
  Box all{0, 0, 0, 0};
  for (const auto& zone : plan().zones) all = {0, 0, std::max(all.x1, zone.area.x1), std::max(all.y1, zone.area.y1)};
  for (Point p{0.05, 0.05}; p.y < all.y1; p = p.x + 0.25 < all.x1 ? Point{p.x + 0.25, p.y} : Point{0.05, p.y + 0.25}) {
    const auto covering = std::count_if(plan().zones.begin(), plan().zones.end(),
                                        [&](const PlanZone& zone) { return zone.area.contains(p); });
    ASSERT_EQ(covering, 1) << p.x << ' ' << p.y;
  }
  for (const auto& receiver : plan().receivers) {
    const int zone = plan().zone_at(receiver.place);
    EXPECT_EQ(zone < 0 ? "street" : plan().zones[static_cast<std::size_t>(zone)].id, receiver.zone) << receiver.id;
  }
}

TEST_P(EachPlan, TheGatewayAcceptsItsConfiguration) {
  const Config config = configuration(plan(), true);
  EXPECT_EQ(config.policy().receivers.size(), plan().receivers.size());
  for (std::size_t i = 0; i < plan().receivers.size(); ++i) {
    EXPECT_EQ(config.policy().receivers[i].id.value, plan().receivers[i].id) << "sightings name receivers by index";
  }
  EXPECT_FALSE(configuration(plan(), false).receivers[0].x_m);
  EXPECT_TRUE(configuration(plan(), false).zones[0].area_mm.empty());
}

/// Where nothing but distance, a wall and a body counts.
StorePlan field() {
  StorePlan p;
  p.name = "field";
  p.walls = {{{{5, -5}, {5, 5}}, 6}};
  p.receivers = {{"near", "street", {1, 0}, 1.1},
                 {"far", "street", {4, 0}, 1.1},
                 {"behind", "street", {-4, 0}, 1.1},
                 {"walled", "street", {8, 0}, 1.1}};
  p.shadowing_db = 0;
  return p;
}

TEST(Waves, LoseByDistanceWallsAndBodies) {
  const StorePlan plan = field();
  const Radio radio(plan, 1);
  const Phone phone;
  const Pose ahead{0, {0, 0}, {1, 0}}, back{0, {0, 0}, {-1, 0}};
  const auto mean = [&](const Pose& pose, std::size_t receiver, std::vector<Point> others = {}) {
    return radio.link(phone, pose, receiver, others).mean_dbm;
  };
  EXPECT_GT(mean(ahead, 0), mean(ahead, 1));
  EXPECT_GT(mean(ahead, 1), mean(ahead, 3));
  EXPECT_NEAR(mean(ahead, 1) - mean(back, 1), phone.body_db, 1e-9) << "the bearer between";
  EXPECT_NEAR(mean(ahead, 1) - mean(ahead, 1, {{2, 0}}), 4, 1e-9) << "somebody else between";
  EXPECT_EQ(mean(ahead, 1), mean(ahead, 1, {{2, 1}, {-2, 0}})) << "nobody between";
  EXPECT_GT(radio.link(phone, ahead, 1, {}).rice_k, radio.link(phone, ahead, 3, {}).rice_k);
}

TEST(Waves, FadeAndGetLost) {
  StorePlan plan = field();
  plan.air_rate = 0;
  const Radio radio(plan, 1);
  Random random(1);
  const Link strong{-60, 0.5}, weak{-110, 0.5};
  double sum = 0;
  int heard = 0, heard_weak = 0, windows = 0;
  for (int i = 0; i < 20'000; ++i) {
    const Point place{0.1 * i, 0};
    const auto rssi = radio.hear(strong, 1, place, 0, i * 100, 0, random);
    if (rssi) sum += *rssi;
    heard += rssi ? 1 : 0;
    heard_weak += radio.hear(weak, 1, place, 0, i * 100, 0, random) ? 1 : 0;
    windows += i * 100 % 320 < 300 ? 1 : 0;
  }
  EXPECT_NEAR(heard, windows, 200) << "all but those between the scan windows";
  EXPECT_EQ(heard_weak, 0);
  EXPECT_NEAR(sum / heard, -62, 1) << "the mean in dB lies below the mean power: by 2.5 dB without a direct way";
}

TEST(Waves, ACrowdedAirLosesAdverts) {
  StorePlan plan = field();
  plan.air_rate = 1'000;
  const Radio radio(plan, 1);
  Random random(1);
  int heard = 0;
  for (int i = 0; i < 20'000; ++i) heard += radio.hear({-50, 4}, 1, {0.1 * i, 0}, 0, i * 60, 0, random) ? 1 : 0;
  EXPECT_NEAR(heard / 20'000.0, 0.58 * 300 / 320, 0.02) << "exp(-2 * 272 us * 1000/s) of the scanner's time";
}

}  // namespace
}  // namespace tg::sim
