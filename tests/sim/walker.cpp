#include "sim/walker.hpp"

#include <algorithm>
#include <deque>
#include <map>

namespace tg::sim {
namespace {

constexpr Point kOutOfTheDoor{0, -1};  // doors are in the facade y = 0
constexpr double kFromWalls = 0.7;     // metres between a stop and the edge of its zone: furniture, and a companion

}  // namespace

Walker::Walker(const StorePlan& plan, Random& random, SimMs at)
    : plan_(plan), random_(random), at_(at), lane_(random.between(1, 3)), from_first_end_(random.chance(0.5)) {
  const std::size_t end = from_first_end_ ? 0 : plan_.pavement.size() - 1;
  place_ = on_pavement(end);
  leg_ = from_first_end_ ? 0 : plan_.pavement.size() - 2;
  speed_ = random_.between(0.9, 1.6);
}

Point Walker::on_pavement(std::size_t vertex) const {
  const PavementPoint& p = plan_.pavement[vertex];
  return p.at + lane_ * p.outward;
}

std::size_t Walker::leg_of(Point place) const {
  std::size_t nearest = 0;
  double least = 1e9;
  for (std::size_t i = 0; i + 1 < plan_.pavement.size(); ++i) {
    const double d = distance(place, {plan_.pavement[i].at, plan_.pavement[i + 1].at});
    if (d >= least) continue;
    least = d;
    nearest = i;
  }
  return nearest;
}

void Walker::walk_to(Point place) {
  const Point way = place - place_;
  if (length(way) < 0.05) return;
  facing_ = unit(way);
  walk_.push_back({at_, place_, facing_});
  at_ += std::max<SimMs>(1, static_cast<SimMs>(1000 * length(way) / speed_));
  place_ = place;
}

void Walker::along_pavement_to(Point place, std::size_t leg) {
  while (leg_ < leg) walk_to(on_pavement(++leg_));
  while (leg_ > leg) walk_to(on_pavement(leg_--));
  walk_to(place);
}

void Walker::pass_to(const PavementPoint& spot, double metres_before_it) {
  const Point place = spot.at + metres_before_it * spot.outward;
  along_pavement_to(place, leg_of(spot.at));
  face(Point{} - spot.outward);
}

void Walker::turn_and_wait(SimMs span, SimMs shortest, SimMs longest, double widest) {
  const SimMs end = at_ + span;
  while (at_ < end) {
    walk_.push_back({at_, place_, facing_});
    at_ = std::min(end, at_ + random_.between_ms(shortest, longest));
    facing_ = turned(facing_, random_.between(-widest, widest));
  }
}
void Walker::stand(SimMs span) { turn_and_wait(span, 3'000, 15'000, 1.6); }
void Walker::sit(SimMs span) { turn_and_wait(span, 30'000, 240'000, 0.5); }

void Walker::enter() {
  const Point door = plan_.door().at;
  along_pavement_to(door + random_.between(0.8, 1.5) * kOutOfTheDoor, leg_of(door));
  walk_to(door - 0.3 * kOutOfTheDoor);
  speed_ = random_.between(0.5, 1.4);
}

/// The passages from zone to zone, fewest first (breadth-first search).
std::vector<const Passage*> Walker::way(int from, int to) const {
  std::map<int, std::pair<int, const Passage*>> came_by{{from, {from, nullptr}}};
  std::deque<int> open{from};
  while (!open.empty() && !came_by.contains(to)) {
    const int zone = open.front();
    open.pop_front();
    for (const auto& passage : plan_.passages) {
      if (passage.from.empty()) continue;
      const int a = plan_.zone(passage.from), b = plan_.zone(passage.to);
      if (a != zone && b != zone) continue;
      if (came_by.emplace(a == zone ? b : a, std::pair{zone, &passage}).second) open.push_back(a == zone ? b : a);
    }
  }
  std::vector<const Passage*> out;
  for (int zone = to; zone != from; zone = came_by.at(zone).first) out.push_back(came_by.at(zone).second);
  std::reverse(out.begin(), out.end());
  return out;
}

void Walker::go_to_zone(int zone) {
  for (const Passage* passage : way(plan_.zone_at(place_), zone)) {
    walk_to(passage->at + Point{random_.between(-0.3, 0.3), random_.between(-0.3, 0.3)});
  }
  const Box& area = plan_.zones[static_cast<std::size_t>(zone)].area;
  walk_to({random_.between(area.x0 + kFromWalls, area.x1 - kFromWalls),
           random_.between(area.y0 + kFromWalls, area.y1 - kFromWalls)});
}

void Walker::leave() {
  const Point door = plan_.door().at;
  for (const Passage* passage : way(plan_.zone_at(place_), plan_.zone(plan_.door().to))) walk_to(passage->at);
  walk_to(door - 0.3 * kOutOfTheDoor);
  speed_ = random_.between(0.9, 1.6);
  walk_to(door + lane_ * kOutOfTheDoor);
  leg_ = leg_of(door);
}

void Walker::go_away(bool onwards) {
  const bool to_first_end = from_first_end_ != onwards;
  const std::size_t end = to_first_end ? 0 : plan_.pavement.size() - 1;
  along_pavement_to(on_pavement(end), to_first_end ? 0 : plan_.pavement.size() - 2);
}

Walk Walker::take() {
  walk_.push_back({at_, place_, facing_});
  return std::move(walk_);
}

}  // namespace tg::sim
