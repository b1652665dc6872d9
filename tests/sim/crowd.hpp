// The people of a simulated day: who walks where, when, and with what kind of phone. All of them are members.
// Owner thread: the caller's. Never knows a receiver or a radio wave: radio.hpp does.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/random.hpp"
#include "sim/store_plan.hpp"

namespace tg::sim {

using SimMs = std::int64_t;  ///< milliseconds since the simulation began

/// From `at` on one looks into `facing` and walks straight to the next pose.
struct Pose {
  SimMs at = 0;
  Point place, facing;
};
using Walk = std::vector<Pose>;  ///< from coming within earshot to leaving it; at least two poses

struct Phone {
  SimMs interval_ms = 250;  ///< plus 0-10 ms advDelay each time (Bluetooth Core, Vol 6 Part B, advertising interval)
  double offset_db = 0;     ///< of this model against the plan's reference
  double body_db = 10;      ///< what its bearer costs when between it and the receiver
  double steady_db = 0;     ///< what its pocket or bag costs in every direction
  double side = 0;          ///< where on the body it is carried: radians to the left of straight ahead
};

enum class Role : std::uint8_t { passer, looker, sitter, visitor, soon_back, late_back };
inline constexpr const char* kRoleNames[] = {"passer", "looker", "sitter", "visitor", "soon back", "late back"};

/// Inside, from crossing the door to crossing it again.
struct Stay {
  SimMs from = 0, to = 0;
};

struct Person {
  std::string member;
  Role role = Role::passer;
  Phone phone;
  std::vector<Walk> walks;  ///< in order, apart in time
  std::vector<Stay> stays;  ///< truth, from the walks
  [[nodiscard]] bool visits() const { return !stays.empty(); }
};

/// Who comes; shares of the arrivals, the rest only pass by.
struct CrowdOptions {
  std::uint64_t seed = 1;
  std::size_t people = 2000;
  double arrival_gap_ms = 6'000;  ///< mean of an exponential distribution
  double lookers = 0.15;
  double sitters = 0.02;
  double visitors = 0.10;
  double soon_back = 0.01;  ///< come again within exit_after + reentry of the configuration
  double late_back = 0.01;  ///< come again after it
  double groups = 0.3;      ///< of the visitors: two or three who walk together
};

/// Sorted by arrival.
[[nodiscard]] std::vector<Person> make_crowd(const StorePlan& plan, const CrowdOptions& options);

/// Where somebody is at `at`, which is within the walk.
[[nodiscard]] Pose pose_at(const Walk& walk, SimMs at);

}  // namespace tg::sim
