// A store on paper: zones, walls, receivers, the street before it, and how radio waves fare there.
// Owner thread: any (plain values). Never what the gateway is told: configuration() says that.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "codec/config.hpp"
#include "sim/geometry.hpp"

namespace tg::sim {

struct PlanZone {
  std::string id;
  ZoneKind kind = ZoneKind::floor;
  Box area{};  ///< the areas of a plan cover its inside without a gap
};

/// What stands between a phone and a receiver costs so much.
struct Wall {
  Segment line;
  double loss_db = 0;
};

/// The scanner listens `window_ms` of each `interval_ms` on one of the three advertising channels, the next one in the
/// next interval; of each `cycle_ms` only during the first `on_ms`.
struct Scan {
  std::int64_t interval_ms = 60, window_ms = 60;
  std::int64_t cycle_ms = 1, on_ms = 1;
};
inline constexpr Scan kBluez{60, 60, 1, 1};             // AdvertisementMonitor with its interval set to the window
inline constexpr Scan kBluezHalf{60, 30, 1, 1};         // its default: half of the time
inline constexpr Scan kEspHome{320, 300, 1, 1};         // config/: what a node of ours does
inline constexpr Scan kTheengs{60, 60, 10'000, 5'000};  // its default: 5 s of 10 s

// Losses in dB at 2.4 GHz of a shop window, plasterboard and brick (ITU-R P.2040: 2-4, 3 and 8-12).
inline constexpr double kGlass = 3, kBoard = 3, kBrick = 9;
inline constexpr double kStreet = 25;  ///< metres of pavement to both sides of the shop: all within earshot

struct PlanReceiver {
  std::string id;
  std::string zone;
  Point place;
  double z_m = 2;
  Scan scan = kEspHome;
  std::int64_t batch_ms = 100;  ///< a remote receiver sends what it heard so often; 0: at once
};

/// Where one walks from one zone to another, both ways. An empty `from` is the street; the door is in the facade y = 0.
struct Passage {
  std::string from, to;
  Point at;
};

/// The street along the facade: a corner of it, and where "away from the window" is.
struct PavementPoint {
  Point at, outward;
};

struct StorePlan {
  std::string name;
  std::vector<PlanZone> zones;
  std::vector<Wall> walls;
  std::vector<Passage> passages;
  std::vector<PavementPoint> pavement;  ///< from one end of the street to the other
  std::vector<PavementPoint> windows;   ///< what one stops for, on the facade
  std::vector<Point> benches;
  std::vector<PlanReceiver> receivers;
  double path_loss = 2.2;      ///< exponent of the log-distance model
  double reference_dbm = -58;  ///< of a phone without an offset, 1 m away, nothing between
  double shadowing_db = 3;
  double air_rate = 300;  ///< adverts a second of devices that are no member's

  /// Index of the zone at `p`, or -1: the street.
  [[nodiscard]] int zone_at(Point p) const;
  [[nodiscard]] int zone(std::string_view id) const;
  /// The way in from the street.
  [[nodiscard]] const Passage& door() const;
};

/// Those drawn by hand.
[[nodiscard]] const std::vector<StorePlan>& store_plans();

/// One that nobody has drawn, another one for each seed: so that a filter is not made for the others.
[[nodiscard]] StorePlan invented_plan(std::uint64_t seed);

/// The store as it stands: walls, waves and receivers are never quite what the plan says. What the gateway is told, and
/// where a zone ends, stays that of the plan.
[[nodiscard]] StorePlan as_built(StorePlan plan, std::uint64_t seed);

/// What the gateway of this store knows. Without `map` it knows no area and no place.
[[nodiscard]] Config configuration(const StorePlan& plan, bool map);

}  // namespace tg::sim
