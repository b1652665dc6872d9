// The stores that are drawn by hand: what is special about each stands beside its name.
#include "sim/store_plan.hpp"

namespace tg::sim {
namespace {

constexpr Point kDown{0, -1}, kLeft{-1, 0};  // the street is below the facade y = 0, at the corner also left of x = 0

StorePlan boutique() {
  StorePlan p;
  p.name = "boutique";  // 8 x 12 m
  p.zones = {{"entrance", ZoneKind::entrance, {0, 0, 8, 2.5}},
             {"floor", ZoneKind::floor, {0, 2.5, 8, 8.5}},
             {"fitting", ZoneKind::fitting, {0, 8.5, 4, 12}},
             {"till", ZoneKind::till, {4, 8.5, 8, 12}}};
  p.walls = {{{{0, 0}, {1.2, 0}}, kBrick}, {{{2.2, 0}, {8, 0}}, kGlass},   {{{0, 0}, {0, 12}}, kBrick},
             {{{8, 0}, {8, 12}}, kBrick},  {{{0, 8.5}, {3, 8.5}}, kBoard}, {{{4, 8.5}, {4, 12}}, kBoard}};
  p.passages = {{"", "entrance", {1.7, 0}},
                {"entrance", "floor", {3.5, 2.5}},
                {"floor", "fitting", {3.5, 8.5}},
                {"floor", "till", {5.5, 8.5}}};
  p.pavement = {{{-kStreet, 0}, kDown}, {{8 + kStreet, 0}, kDown}};
  p.windows = {{{3.5, 0}, kDown}, {{5, 0}, kDown}, {{6.5, 0}, kDown}};
  p.benches = {{4.5, -2.5}};
  p.receivers = {{"hci0", "till", {6.5, 10.5}, 1.2, kBluez, 0},
                 {"rx-floor", "floor", {3, 3.2}, 2.6, kEspHome, 100},
                 {"rx-fitting", "fitting", {1.5, 10.5}, 2.4, kEspHome, 100},
                 {"rx-street", "street", {5, -0.2}, 2.6, kEspHome, 100}};
  return p;
}

StorePlan long_shop() {
  StorePlan p;
  p.name = "long-shop";  // 6 x 24 m
  p.zones = {{"entrance", ZoneKind::entrance, {0, 0, 6, 3}},
             {"front", ZoneKind::floor, {0, 3, 6, 10}},
             {"back", ZoneKind::floor, {0, 10, 6, 17}},
             {"fitting", ZoneKind::fitting, {0, 17, 3, 24}},
             {"till", ZoneKind::till, {3, 17, 6, 24}}};
  p.walls = {{{{0, 0}, {2.4, 0}}, kGlass}, {{{3.6, 0}, {6, 0}}, kGlass}, {{{0, 0}, {0, 24}}, kBrick},
             {{{6, 0}, {6, 24}}, kBrick},  {{{0, 17}, {2, 17}}, kBoard}, {{{3, 17}, {3, 24}}, kBoard}};
  p.passages = {{"", "entrance", {3, 0}},
                {"entrance", "front", {3, 3}},
                {"front", "back", {3, 10}},
                {"back", "fitting", {2.5, 17}},
                {"back", "till", {4.5, 17}}};
  p.pavement = {{{-kStreet, 0}, kDown}, {{6 + kStreet, 0}, kDown}};
  p.windows = {{{1.2, 0}, kDown}, {{4.8, 0}, kDown}};
  p.benches = {{7.5, -3}};
  p.receivers = {
      {"hci0", "till", {5.5, 20}, 1.2, kBluezHalf, 0},          {"rx-door", "entrance", {5.5, 1.5}, 2.6, kEspHome, 100},
      {"rx-front", "front", {0.5, 6.5}, 2.6, kEspHome, 100},    {"rx-back", "back", {5.5, 13.5}, 2.6, kTheengs, 100},
      {"rx-fitting", "fitting", {0.5, 21}, 2.4, kEspHome, 100}, {"rx-street", "street", {1, -0.2}, 2.6, kEspHome, 100}};
  p.path_loss = 1.9;  // a tunnel carries
  return p;
}

StorePlan two_rooms() {
  StorePlan p;
  p.name = "two-rooms";  // 14 x 14 m, fitting rooms behind a brick wall
  p.zones = {{"entrance", ZoneKind::entrance, {0, 0, 14, 3}},
             {"floor", ZoneKind::floor, {0, 3, 9, 8}},
             {"till", ZoneKind::till, {9, 3, 14, 8}},
             {"lounge", ZoneKind::floor, {0, 8, 7, 14}},
             {"fitting", ZoneKind::fitting, {7, 8, 14, 14}}};
  p.walls = {{{{0, 0}, {6, 0}}, kGlass},    {{{8, 0}, {14, 0}}, kGlass},        {{{0, 0}, {0, 14}}, kBrick},
             {{{14, 0}, {14, 14}}, kBrick}, {{{0, 8}, {3, 8}}, kBrick},         {{{5, 8}, {14, 8}}, kBrick},
             {{{7, 9.5}, {7, 14}}, kBoard}, {{{10.5, 9.5}, {10.5, 14}}, kBoard}};
  p.passages = {{"", "entrance", {7, 0}},    {"entrance", "floor", {6, 3}}, {"entrance", "till", {10.5, 3}},
                {"floor", "till", {9, 5.5}}, {"floor", "lounge", {4, 8}},   {"lounge", "fitting", {7, 8.8}}};
  p.pavement = {{{-kStreet, 0}, kDown}, {{14 + kStreet, 0}, kDown}};
  p.windows = {{{2, 0}, kDown}, {{4, 0}, kDown}, {{10, 0}, kDown}, {{12, 0}, kDown}};
  p.benches = {{3, -2}, {12, -3.5}};
  p.receivers = {{"hci0", "till", {13.5, 5.5}, 1.2, kBluez, 0},
                 {"rx-door", "entrance", {7, 1}, 2.8, kEspHome, 100},
                 {"rx-floor", "floor", {4, 5.5}, 2.8, kEspHome, 100},
                 {"rx-lounge", "lounge", {3, 13.5}, 2.6, kEspHome, 100},
                 {"rx-fitting", "fitting", {10.5, 13.5}, 2.6, kTheengs, 100},
                 {"rx-street-l", "street", {3, -0.2}, 2.8, kEspHome, 100},
                 {"rx-street-r", "street", {11, -0.2}, 2.8, kEspHome, 100}};
  p.path_loss = 2.3;
  return p;
}

StorePlan corner_shop() {
  StorePlan p;
  p.name = "corner-shop";  // 10 x 10 m, windows to two streets
  p.zones = {{"entrance", ZoneKind::entrance, {0, 0, 4, 3}},
             {"window", ZoneKind::floor, {4, 0, 10, 3}},
             {"floor", ZoneKind::floor, {0, 3, 10, 7}},
             {"till", ZoneKind::till, {0, 7, 5, 10}},
             {"fitting", ZoneKind::fitting, {5, 7, 10, 10}}};
  p.walls = {{{{0, 0}, {1.5, 0}}, kGlass}, {{{2.5, 0}, {10, 0}}, kGlass}, {{{0, 0}, {0, 7}}, kGlass},
             {{{0, 7}, {0, 10}}, kBrick},  {{{10, 0}, {10, 10}}, kBrick}, {{{6, 7}, {10, 7}}, kBoard},
             {{{5, 7}, {5, 10}}, kBoard}};
  p.passages = {{"", "entrance", {2, 0}},    {"entrance", "window", {4, 1.5}}, {"entrance", "floor", {2.5, 3}},
                {"window", "floor", {7, 3}}, {"floor", "till", {3, 7}},        {"floor", "fitting", {5.5, 7}}};
  p.pavement = {{{0, 10 + kStreet}, kLeft}, {{0, 0}, {-1, -1}}, {{10 + kStreet, 0}, kDown}};
  p.windows = {{{0, 5}, kLeft}, {{0, 3}, kLeft}, {{4, 0}, kDown}, {{6, 0}, kDown}, {{8, 0}, kDown}};
  p.benches = {{-2.5, 4}, {6, -3}};
  p.receivers = {{"hci0", "till", {1, 9}, 1.2, kBluez, 0},
                 {"rx-door", "entrance", {3, 1.5}, 2.6, kEspHome, 100},
                 {"rx-window", "window", {8, 1.5}, 2.6, kEspHome, 100},
                 {"rx-floor", "floor", {5, 5}, 2.6, kEspHome, 100},
                 {"rx-fitting", "fitting", {9, 9}, 2.4, kEspHome, 100},
                 {"rx-street-a", "street", {6, -0.2}, 2.6, kEspHome, 100},
                 {"rx-street-b", "street", {-0.2, 5}, 2.6, kEspHome, 100}};
  p.path_loss = 2.1;
  p.shadowing_db = 4;
  return p;
}

/// As a small chain equips its smallest shop: two receivers, none before the window.
StorePlan bare_boutique() {
  StorePlan p = boutique();
  p.name = "bare-boutique";
  p.receivers = {{"hci0", "till", {6.5, 10.5}, 1.2, kBluez, 0}, {"rx-door", "entrance", {4, 1}, 2.6, kEspHome, 100}};
  return p;
}

StorePlan mall_unit() {
  StorePlan p;
  p.name = "mall-unit";  // 9 x 10 m, open to the mall over 5 m
  p.zones = {{"entrance", ZoneKind::entrance, {0, 0, 9, 2.5}},
             {"floor", ZoneKind::floor, {0, 2.5, 9, 7}},
             {"till", ZoneKind::till, {0, 7, 4.5, 10}},
             {"fitting", ZoneKind::fitting, {4.5, 7, 9, 10}}};
  p.walls = {{{{0, 0}, {2, 0}}, kGlass},  {{{7, 0}, {9, 0}}, kGlass},   {{{0, 0}, {0, 10}}, kBoard},
             {{{9, 0}, {9, 10}}, kBoard}, {{{0, 10}, {9, 10}}, kBrick}, {{{4.5, 7}, {4.5, 10}}, kBoard},
             {{{5.5, 7}, {9, 7}}, kBoard}};
  p.passages = {{"", "entrance", {4.5, 0}},
                {"entrance", "floor", {4.5, 2.5}},
                {"floor", "till", {2.5, 7}},
                {"floor", "fitting", {5, 7}}};
  p.pavement = {{{-kStreet, 0}, kDown}, {{9 + kStreet, 0}, kDown}};
  p.windows = {{{1, 0}, kDown}, {{3, 0}, kDown}, {{8, 0}, kDown}};
  p.benches = {{4.5, -4}};
  p.receivers = {{"hci0", "till", {1, 9}, 1.2, kBluez, 0},
                 {"rx-door", "entrance", {4.5, 1.5}, 3, kEspHome, 100},
                 {"rx-floor", "floor", {4.5, 5}, 3, kEspHome, 100},
                 {"rx-fitting", "fitting", {8, 9}, 2.6, kEspHome, 100},
                 {"rx-street-l", "street", {0.5, -0.2}, 3, kEspHome, 100},
                 {"rx-street-r", "street", {8.5, -0.2}, 3, kEspHome, 100}};
  p.path_loss = 2;
  p.air_rate = 600;
  return p;
}

}  // namespace

const std::vector<StorePlan>& store_plans() {
  static const std::vector<StorePlan> kPlans{boutique(),    long_shop(), two_rooms(),
                                             corner_shop(), mall_unit(), bare_boutique()};
  return kPlans;
}

}  // namespace tg::sim
