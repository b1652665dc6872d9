#include "sim/crowd.hpp"

#include <algorithm>
#include <numbers>

#include "sim/walker.hpp"

namespace tg::sim {
namespace {

/// How a phone is carried: at an angle to the walking direction, with a loss of its own.
struct Carried {
  double side, steady_db, of_body;
};
constexpr double kPi = std::numbers::pi;
constexpr Carried kCarried[] = {{0, 0, 0.6},          // in the hand: arms reach out
                                {0.5, 2, 1},          // front pocket
                                {kPi, 2, 1},          // back pocket
                                {-kPi / 2, 4, 0.8}};  // bag at the side

// Android's ADVERTISE_MODE_LOW_LATENCY, _BALANCED and _LOW_POWER, the middle one twice as often.
constexpr SimMs kIntervals[] = {100, 250, 250, 1000};

Phone make_phone(Random& random) {
  const Carried& carried = random.of(kCarried);
  Phone phone;
  phone.interval_ms = random.of(kIntervals);
  phone.offset_db = random.normal(4);
  phone.body_db = carried.of_body * random.between(8, 15);
  phone.steady_db = carried.steady_db;
  phone.side = carried.side;
  return phone;
}

Role make_role(const CrowdOptions& o, Random& random) {
  const std::pair<double, Role> shares[] = {{o.lookers, Role::looker},
                                            {o.sitters, Role::sitter},
                                            {o.visitors, Role::visitor},
                                            {o.soon_back, Role::soon_back},
                                            {o.late_back, Role::late_back}};
  double dice = random.fraction();
  for (const auto& [share, role] : shares) {
    if (dice < share) return role;
    dice -= share;
  }
  return Role::passer;
}

void look_at_windows(const StorePlan& plan, Walker& walker, Random& random) {
  walker.pass_to(random.of(plan.windows), random.between(0.6, 2));
  walker.stand(random.between_ms(4'000, 45'000));
}

/// A few stops where the goods are, perhaps the fitting room, perhaps the till.
void shop(const StorePlan& plan, Walker& walker, Random& random) {
  const auto of_kind = [&](ZoneKind kind) {
    std::vector<int> out;
    for (std::size_t i = 0; i < plan.zones.size(); ++i) {
      if (plan.zones[i].kind == kind) out.push_back(static_cast<int>(i));
    }
    return out;
  };
  bool just_in = true;  // nobody stops in the first metres behind a door
  const auto browse = [&](SimMs stops) {
    for (; stops > 0; --stops) {
      const bool at_the_front = !just_in && random.chance(0.15);
      just_in = false;
      walker.go_to_zone(random.of(of_kind(at_the_front ? ZoneKind::entrance : ZoneKind::floor)));
      walker.stand(random.between_ms(5'000, 60'000));
    }
  };
  browse(random.between_ms(1, 5));
  if (random.chance(0.4)) {
    walker.go_to_zone(random.of(of_kind(ZoneKind::fitting)));
    walker.stand(random.between_ms(60'000, 240'000));
    browse(random.between_ms(0, 2));
  }
  if (random.chance(0.5)) {
    walker.go_to_zone(random.of(of_kind(ZoneKind::till)));
    walker.stand(random.between_ms(30'000, 120'000));
  }
}

Walk visit_walk(const StorePlan& plan, Random& random, SimMs at) {
  Walker walker(plan, random, at);
  if (random.chance(0.3)) look_at_windows(plan, walker, random);
  walker.enter();
  shop(plan, walker, random);
  walker.leave();
  walker.go_away(random.chance(0.5));
  return walker.take();
}

Walk outside_walk(const StorePlan& plan, Role role, Random& random, SimMs at) {
  Walker walker(plan, random, at);
  if (role == Role::looker) {
    look_at_windows(plan, walker, random);
    if (random.chance(0.3)) look_at_windows(plan, walker, random);
  }
  if (role == Role::sitter) {
    walker.pass_to({random.of(plan.benches), {0, 0}}, 0);
    walker.face(turned({1, 0}, random.between(-kPi, kPi)));
    walker.sit(random.between_ms(600'000, 1'800'000));
  }
  walker.go_away(role != Role::sitter || random.chance(0.5));
  return walker.take();
}

/// The door is crossed where the zone under one's feet begins or ends; looked for each 50 ms.
std::vector<Stay> stays_of(const StorePlan& plan, const std::vector<Walk>& walks) {
  std::vector<Stay> out;
  bool inside = false;
  for (const auto& walk : walks) {
    for (std::size_t i = 0; i + 1 < walk.size(); ++i) {
      const Pose &a = walk[i], &b = walk[i + 1];
      for (SimMs at = a.at; at < b.at; at += 50) {
        const double part = static_cast<double>(at - a.at) / static_cast<double>(b.at - a.at);
        const bool now = plan.zone_at(a.place + part * (b.place - a.place)) >= 0;
        if (now && !inside) out.push_back({at, at});
        if (!now && inside) out.back().to = at;
        inside = now;
      }
    }
  }
  return out;
}

std::vector<Walk> walks_of(const StorePlan& plan, Role role, Random& random, SimMs at) {
  if (role < Role::visitor) return {outside_walk(plan, role, random, at)};
  std::vector<Walk> walks{visit_walk(plan, random, at)};
  const SimMs left = walks.front().back().at;
  if (role == Role::soon_back) walks.push_back(visit_walk(plan, random, left + random.between_ms(30'000, 150'000)));
  if (role == Role::late_back) walks.push_back(visit_walk(plan, random, left + random.between_ms(480'000, 900'000)));
  return walks;
}

/// Beside the first of the group and a little later.
std::vector<Walk> beside(std::vector<Walk> walks, Random& random) {
  const Point aside{random.between(-0.5, 0.5), random.between(-0.2, 0.2)};
  const SimMs later = random.between_ms(0, 1'500);
  for (auto& walk : walks) {
    for (auto& pose : walk) pose = {pose.at + later, pose.place + aside, pose.facing};
  }
  return walks;
}

}  // namespace

Pose pose_at(const Walk& walk, SimMs at) {
  const auto next =
      std::upper_bound(walk.begin(), walk.end(), at, [](SimMs t, const Pose& pose) { return t < pose.at; });
  if (next == walk.begin()) return walk.front();
  const Pose& from = *(next - 1);
  if (next == walk.end()) return from;
  const double part = static_cast<double>(at - from.at) / static_cast<double>(next->at - from.at);
  return {at, from.place + part * (next->place - from.place), from.facing};
}

std::vector<Person> make_crowd(const StorePlan& plan, const CrowdOptions& options) {
  const Random seed(options.seed);
  std::vector<Person> out;
  double at = 10'000;
  for (std::uint64_t arrival = 0; out.size() < options.people; ++arrival) {
    Random random = seed.part(arrival);
    at += random.exponential(options.arrival_gap_ms);
    const Role role = make_role(options, random);
    const auto walks = walks_of(plan, role, random, static_cast<SimMs>(at));
    const bool group = role == Role::visitor && random.chance(options.groups);
    for (SimMs size = group ? random.between_ms(2, 3) : 1; size > 0 && out.size() < options.people; --size) {
      Person person;
      person.member = "m-" + std::to_string(out.size());
      person.role = role;
      person.phone = make_phone(random);
      person.walks = group && size > 1 ? beside(walks, random) : walks;
      person.stays = stays_of(plan, person.walks);
      out.push_back(std::move(person));
    }
  }
  std::stable_sort(out.begin(), out.end(), [](const Person& a, const Person& b) {
    return a.walks.front().front().at < b.walks.front().front().at;
  });
  return out;
}

}  // namespace tg::sim
