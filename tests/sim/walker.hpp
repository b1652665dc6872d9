// Writes one person's walk: along the street, through the door, from zone to zone, standing here and there.
// Owner thread: the caller's. Never plans a visit: crowd.cpp says where to go next.
#pragma once

#include "sim/crowd.hpp"

namespace tg::sim {

class Walker {
 public:
  /// Enters earshot at `at`, at a random end of the street.
  Walker(const StorePlan& plan, Random& random, SimMs at);

  void pass_to(const PavementPoint& spot, double metres_before_it);
  /// Stands for so long, turning now and then.
  void stand(SimMs span);
  /// Sits: turns rarely.
  void sit(SimMs span);
  void face(Point direction) { facing_ = unit(direction); }
  void walk_to(Point place);
  void enter();
  /// To a random spot of that zone, by the passages between.
  void go_to_zone(int zone);
  void leave();
  /// Out of earshot, at the end where the walk began or at the other one.
  void go_away(bool onwards);
  void hurry(double metres_per_s) { speed_ = metres_per_s; }
  [[nodiscard]] SimMs now() const { return at_; }
  [[nodiscard]] Walk take();

 private:
  void turn_and_wait(SimMs span, SimMs shortest, SimMs longest, double widest);
  void along_pavement_to(Point place, std::size_t leg);
  [[nodiscard]] std::size_t leg_of(Point place) const;
  [[nodiscard]] Point on_pavement(std::size_t vertex) const;
  [[nodiscard]] std::vector<const Passage*> way(int from, int to) const;

  const StorePlan& plan_;
  Random& random_;
  Walk walk_;
  SimMs at_;
  Point place_, facing_{1, 0};
  double speed_ = 1.2;
  double lane_;  ///< metres from the facade
  bool from_first_end_;
  std::size_t leg_;  ///< of the pavement, where one is or was last
};

}  // namespace tg::sim
