#include "sim/day.hpp"

#include <algorithm>

#include "sim/radio.hpp"

namespace tg::sim {
namespace {

constexpr SimMs kTick = 250;  // nobody gets further than 0.4 m meanwhile
constexpr SimMs kAdvDelay = 10;

struct Present {
  std::uint32_t person;
  std::size_t walk;
  SimMs next_advert;
};

class Day {
 public:
  Day(const StorePlan& plan, const std::vector<Person>& crowd, std::uint64_t seed,
      const std::function<void(const Sighting&)>& hear)
      : plan_(plan), crowd_(crowd), hear_(hear), radio_(plan, seed), random_(Random(seed).part(0x646179U)) {
    for (std::uint32_t p = 0; p < crowd.size(); ++p) {
      for (std::size_t w = 0; w < crowd[p].walks.size(); ++w) arrivals_.push_back({p, w, 0});
    }
    std::stable_sort(arrivals_.begin(), arrivals_.end(),
                     [&](const Present& a, const Present& b) { return walk(a).front().at < walk(b).front().at; });
  }

  SimMs run() {
    SimMs at = 0;
    for (std::size_t next = 0; next < arrivals_.size() || !present_.empty(); at += kTick) {
      for (; next < arrivals_.size() && walk(arrivals_[next]).front().at < at + kTick; ++next) {
        present_.push_back(arrivals_[next]);
        present_.back().next_advert = walk(arrivals_[next]).front().at + random_.between_ms(0, 999);
      }
      std::erase_if(present_, [&](const Present& p) { return walk(p).back().at <= at; });
      tick(at);
    }
    tell(at + 1'000);
    return at + 1'000;
  }

 private:
  [[nodiscard]] const Walk& walk(const Present& p) const { return crowd_[p.person].walks[p.walk]; }

  void tick(SimMs at) {
    bodies_.clear();
    for (const auto& p : present_) bodies_.push_back(pose_at(walk(p), at).place);
    for (auto& p : present_) advertise(p, at);
    tell(at + kTick);
  }

  void advertise(Present& p, SimMs at) {
    const Phone& phone = crowd_[p.person].phone;
    links_.clear();
    for (; p.next_advert < at + kTick; p.next_advert += phone.interval_ms + random_.between_ms(0, kAdvDelay)) {
      const Pose pose = pose_at(walk(p), p.next_advert);
      for (std::uint16_t r = 0; r < plan_.receivers.size(); ++r) {
        if (links_.size() <= r) links_.push_back(radio_.link(phone, pose, r, bodies_));
        const auto rssi = radio_.hear(links_[r], p.person, pose.place, r, p.next_advert, present_.size(), random_);
        if (rssi) on_the_way_.push_back({radio_.reported_at(r, p.next_advert), r, p.person, *rssi});
      }
    }
  }

  /// Hands over what arrives before `until`: adverts of later ticks arrive later.
  void tell(SimMs until) {
    std::stable_sort(on_the_way_.begin(), on_the_way_.end(),
                     [](const Sighting& a, const Sighting& b) { return a.at < b.at; });
    const auto later =
        std::partition_point(on_the_way_.begin(), on_the_way_.end(), [&](const Sighting& s) { return s.at < until; });
    std::for_each(on_the_way_.begin(), later, hear_);
    on_the_way_.erase(on_the_way_.begin(), later);
  }

  const StorePlan& plan_;
  const std::vector<Person>& crowd_;
  const std::function<void(const Sighting&)>& hear_;
  Radio radio_;
  Random random_;
  std::vector<Present> arrivals_, present_;
  std::vector<Point> bodies_;
  std::vector<Link> links_;
  std::vector<Sighting> on_the_way_;
};

}  // namespace

SimMs live_through(const StorePlan& plan, const std::vector<Person>& crowd, std::uint64_t seed,
                   const std::function<void(const Sighting&)>& hear) {
  return Day(plan, crowd, seed, hear).run();
}

}  // namespace tg::sim
