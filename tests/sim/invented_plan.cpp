#include <algorithm>

#include "sim/random.hpp"
#include "sim/store_plan.hpp"

namespace tg::sim {
namespace {

constexpr Point kDown{0, -1};

/// Three rows of zones from the street to the back; a row of the middle or the back may have two columns.
class Draft {
 public:
  explicit Draft(std::uint64_t seed) : random_(Random(seed).part(0x706c616eU)) {
    width_ = random_.between(6, 16);
    front_ = random_.between(2.2, 4);
    middle_ = front_ + random_.between(4, 10);
    back_ = middle_ + random_.between(3, 6);
  }
  StorePlan drawn() {
    plan_.name = "invented";
    draw_facade();
    draw_zones();
    draw_receivers();
    plan_.path_loss = random_.between(1.8, 2.8);
    plan_.shadowing_db = random_.between(2, 4);
    plan_.air_rate = random_.between(100, 800);
    plan_.pavement = {{{-kStreet, 0}, kDown}, {{width_ + kStreet, 0}, kDown}};
    plan_.benches = {{random_.between(0, width_), random_.between(-4, -2)}};
    return std::move(plan_);
  }

 private:
  void draw_facade() {
    const double half_door = random_.between(0.5, 1.5);
    door_ = random_.between(half_door + 0.5, width_ - half_door - 0.5);
    const double left = random_.chance(0.7) ? kGlass : kBrick, right = random_.chance(0.7) ? kGlass : kBrick;
    plan_.walls = {{{{0, 0}, {door_ - half_door, 0}}, left},
                   {{{door_ + half_door, 0}, {width_, 0}}, right},
                   {{{0, 0}, {0, back_}}, kBrick},
                   {{{width_, 0}, {width_, back_}}, kBrick}};
    for (int i = 0; i < 3; ++i) plan_.windows.push_back({{random_.between(0.5, width_ - 0.5), 0}, kDown});
  }

  void draw_zones() {
    plan_.zones = {{"entrance", ZoneKind::entrance, {0, 0, width_, front_}}};
    plan_.passages = {{"", "entrance", {door_, 0}}};
    const double middle_cut = random_.chance(0.5) && width_ > 8 ? random_.between(0.4, 0.6) * width_ : width_;
    add("floor", ZoneKind::floor, {0, front_, middle_cut, middle_}, "entrance");
    if (middle_cut < width_) {
      add("aside", ZoneKind::floor, {middle_cut, front_, width_, middle_}, "entrance");
      plan_.passages.push_back({"floor", "aside", {middle_cut, random_.between(front_ + 1, middle_ - 1)}});
    }
    const double back_cut = random_.between(0.4, 0.6) * width_;
    const bool fitting_left = random_.chance(0.5);
    add(fitting_left ? "fitting" : "till", fitting_left ? ZoneKind::fitting : ZoneKind::till,
        {0, middle_, back_cut, back_}, "floor");
    add(fitting_left ? "till" : "fitting", fitting_left ? ZoneKind::till : ZoneKind::fitting,
        {back_cut, middle_, width_, back_}, middle_cut < back_cut + 1 ? "aside" : "floor");
    plan_.walls.push_back({{{back_cut, middle_}, {back_cut, back_}}, random_.chance(0.3) ? kBrick : kBoard});
    if (random_.chance(0.5)) {
      const auto behind = std::find_if(plan_.passages.begin(), plan_.passages.end(),
                                       [&](const Passage& p) { return p.at.y == middle_ && p.at.x < back_cut; });
      plan_.walls.push_back({{{0, middle_}, {behind->at.x - 0.6, middle_}}, kBoard});
    }
  }

  /// With a way in from `from`, which is in the row before it.
  void add(const char* id, ZoneKind kind, Box area, const char* from) {
    const Box& before = plan_.zones[static_cast<std::size_t>(plan_.zone(from))].area;
    const double left = std::max(area.x0, before.x0), right = std::min(area.x1, before.x1);
    plan_.passages.push_back({from, id, {random_.between(0.3, 0.7) * (right - left) + left, area.y0}});
    plan_.zones.push_back({id, kind, area});
  }

  void draw_receivers() {
    static constexpr Scan kScans[] = {kEspHome, kEspHome, kEspHome, kTheengs};
    for (const auto& zone : plan_.zones) {
      const Box& a = zone.area;
      const Point place{random_.between(a.x0 + 0.6, a.x1 - 0.6), random_.between(a.y0 + 0.6, a.y1 - 0.6)};
      if (zone.kind == ZoneKind::till) {
        plan_.receivers.push_back({"hci0", zone.id, place, 1.2, random_.chance(0.5) ? kBluez : kBluezHalf, 0});
      } else {
        plan_.receivers.push_back(
            {"rx-" + zone.id, zone.id, place, random_.between(2.2, 3.2), random_.of(kScans), 100});
      }
    }
    const bool two = width_ > 9 || random_.chance(0.5);
    const double first = two ? width_ / 4 : width_ / 2;
    plan_.receivers.push_back({"rx-street", "street", {first, -0.2}, 2.6, kEspHome, 100});
    if (two) plan_.receivers.push_back({"rx-street-2", "street", {width_ - first, -0.2}, 2.6, kEspHome, 100});
  }

  Random random_;
  StorePlan plan_;
  double width_, front_, middle_, back_, door_ = 0;  // metres; where each row ends
};

}  // namespace

StorePlan invented_plan(std::uint64_t seed) { return Draft(seed).drawn(); }

}  // namespace tg::sim
