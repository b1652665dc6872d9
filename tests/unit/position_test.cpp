// The position filter on a plan that is easy to see: three zones of 6 m side by side, a receiver in each corner.
#include "core/position.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/presence.hpp"
#include "support/core/shop.hpp"

namespace tg {
namespace {

using namespace test;

constexpr std::int32_t kZoneMm = 6'000, kDepthMm = 8'000;

Policy hall() {
  Policy p;
  for (std::int32_t z = 0; z < 3; ++z) {
    const std::int32_t left = z * kZoneMm, right = left + kZoneMm;
    p.zones.push_back({ZoneId{"z" + std::to_string(z)},
                       ZoneKind::floor,
                       {},
                       {{left, 0}, {right, 0}, {right, kDepthMm}, {left, kDepthMm}}});
  }
  for (const std::int32_t x : {0, 3 * kZoneMm}) {
    for (const std::int32_t y : {0, kDepthMm}) {
      Receiver r{ReceiverId{"rx" + std::to_string(p.receivers.size())}, ZoneId{x == 0 ? "z0" : "z2"}};
      r.place = Place{x, y};
      p.receivers.push_back(r);
    }
  }
  return p;
}

/// What a receiver of the hall hears of a phone that is `stronger` than the usual one; below y = 0 is a shop window.
float heard_at(const Policy& p, std::size_t receiver, double x_m, double y_m, double stronger) {
  const double dx = x_m - p.receivers[receiver].place->x_mm / 1000.0,
               dy = y_m - p.receivers[receiver].place->y_mm / 1000.0;
  const double window = (y_m < 0) != (p.receivers[receiver].place->y_mm < 0) ? 6 : 0;
  return static_cast<float>(std::round(-60 + stronger - window - 20 * std::log10(std::max(1.0, std::hypot(dx, dy)))));
}

void hear_all(Position& position, const Policy& p, double x_m, double y_m, double stronger = 0) {
  for (std::uint16_t r = 0; r < p.receivers.size(); ++r) position.observe(r, heard_at(p, r, x_m, y_m, stronger));
  position.step(500ms);
}

TEST(RadioMapTest, NeedsAnAreaAndAPlace) {
  EXPECT_FALSE(RadioMap(shop_policy()).known());
  Policy no_place = hall(), no_area = hall();
  for (auto& r : no_place.receivers) r.place.reset();
  for (auto& z : no_area.zones) z.area_mm.clear();
  EXPECT_FALSE(RadioMap(no_place).known());
  EXPECT_FALSE(RadioMap(no_area).known());
  EXPECT_TRUE(RadioMap(hall()).known());
}

TEST(RadioMapTest, HasAsManyCellsAsItMayHowLargeTheStoreIs) {
  Policy p = hall();
  p.zones[2].area_mm = {{12'000, 0}, {900'000, 0}, {900'000, 700'000}, {12'000, 700'000}};
  EXPECT_LE(RadioMap(p).cells(), 1'200U);
}

TEST(RadioMapTest, OfOverlappingAreasTheSmallerCounts) {
  Policy p = hall();
  p.zones.push_back(
      {ZoneId{"till"}, ZoneKind::till, {}, {{1'000, 1'000}, {3'000, 1'000}, {3'000, 3'000}, {1'000, 3'000}}});
  const RadioMap map(p);
  float till = 0;
  for (const auto& share : map.shares()) till += share.zone == 3 ? share.part : 0;
  EXPECT_NEAR(till * map.pitch_m() * map.pitch_m(), 4.0F, 0.6F) << "square metres";
}

TEST(RadioMapTest, TheStreetLiesBeforeTheFrontAndNotBehindTheStore) {
  Policy p = hall();
  p.zones.push_back({ZoneId{"street"}, ZoneKind::street, {}, {}});
  Receiver r{ReceiverId{"rx-street"}, ZoneId{"street"}};
  r.place = Place{4'000, -300};
  p.receivers.push_back(r);
  const RadioMap map(p);
  std::vector<float> inside(map.cells());
  for (const auto& share : map.shares()) inside[share.cell] += share.part;
  for (std::size_t x = 0; x < map.width(); ++x) {
    const std::size_t front = x, back = (map.height() - 1) * map.width() + x;
    EXPECT_GT(map.prior()[front], 0.0F) << x;
    EXPECT_EQ(map.prior()[back] > 0, inside[back] > 0) << x;
  }
}

TEST(PositionTest, FindsWherePeopleStandWhateverTheirPhonesStrength) {
  const Policy p = hall();
  const RadioMap map(p);
  for (const double stronger : {-15.0, 0.0, 10.0}) {
    for (std::size_t zone = 0; zone < 3; ++zone) {
      Position position(map);
      for (int i = 0; i < 12; ++i) hear_all(position, p, 3.0 + 6.0 * static_cast<double>(zone), 4, stronger);
      EXPECT_GT(position.zones()[zone], 0.5F) << zone << " at " << stronger << " dB";
    }
  }
}

TEST(PositionTest, FollowsAWalkerWithinTwoSecondsOfTheBorder) {
  const Policy p = hall();
  const RadioMap map(p);
  Position position(map);
  double x = 2;
  for (int i = 0; i < 10; ++i) hear_all(position, p, x, 4);
  int late = 0;
  for (; x < 16; x += 0.4) {  // 0.8 m/s
    hear_all(position, p, x, 4);
    const std::size_t truth = x < 6 ? 0 : x < 12 ? 1 : 2;
    late += *std::max_element(position.zones().begin(), position.zones().end()) > position.zones()[truth];
  }
  EXPECT_LE(late, 8) << "half seconds at two borders";
}

TEST(PositionTest, KnowsNothingAfterALongSilence) {
  const Policy p = hall();
  const RadioMap map(p);
  Position position(map);
  for (int i = 0; i < 20; ++i) hear_all(position, p, 2, 4);
  ASSERT_GT(position.zones()[0], 2 * position.zones()[2]);
  position.step(10min);
  EXPECT_NEAR(position.zones()[0], position.zones()[2], 0.05F);
}

// --- through presence ------------------------------------------------------------------------------------------------

struct Shop {
  Policy policy = hall();
  Presence presence;
  explicit Shop(Policy p) : policy(std::move(p)), presence(policy, [](Visit& v) { v.id = VisitId{"v"}; }) {}
  void hear_all(Millis when, double x, double y) {
    for (std::uint16_t r = 0; r < policy.receivers.size(); ++r)
      presence.heard("m", 0, r, static_cast<RssiDbm>(heard_at(policy, r, x, y, 0)), at(when));
    presence.advance(at(when + 200ms));
  }
  const Visit* visit() { return presence.visit_of(MemberId{"m"}); }
};

TEST(PresenceWithMap, OpensInTheZoneWhereTheMemberIsHoweverWeak) {
  Shop shop{hall()};
  shop.policy.presence.enter_dbm = -20;
  shop.hear_all(0s, 15, 4);
  EXPECT_EQ(shop.visit(), nullptr) << "one advert is not enough";
  for (int i = 1; i < 8; ++i) shop.hear_all(500ms * i, 15, 4);
  ASSERT_NE(shop.visit(), nullptr);
  EXPECT_EQ(shop.visit()->zone, ZoneId{"z2"});
}

TEST(PresenceWithMap, WhoPassesByInTheStreetDoesNotCome) {
  Policy p = hall();
  p.zones.push_back({ZoneId{"street"}, ZoneKind::street, {}, {}});
  for (const std::int32_t x : {4'000, 14'000}) {
    Receiver r{ReceiverId{"rx-street" + std::to_string(x)}, ZoneId{"street"}};
    r.place = Place{x, -300};
    p.receivers.push_back(r);
  }
  Shop shop{p};
  for (int i = 0; i < 60; ++i) shop.hear_all(500ms * i, -10 + 0.6 * i, -3);
  EXPECT_EQ(shop.visit(), nullptr);
}

TEST(PresenceWithMap, SilenceEndsItAsEver) {
  Shop shop{hall()};
  for (int i = 0; i < 8; ++i) shop.hear_all(500ms * i, 9, 4);
  ASSERT_NE(shop.visit(), nullptr);
  while (const auto due = shop.presence.next_deadline()) shop.presence.advance({*due, kOpening + (*due - at(0s).mono)});
  EXPECT_EQ(shop.visit(), nullptr);
  EXPECT_EQ(shop.presence.take_changes().back().kind, PresenceChange::Kind::ended);
}

}  // namespace
}  // namespace tg
