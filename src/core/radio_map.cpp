#include "core/radio_map.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>

namespace tg {
namespace {

using Corner = std::pair<std::int32_t, std::int32_t>;

// decisions/0011: flat over 1.5..2.0 and -65..-55 on the public walks, because each phone's offset is estimated.
// clang-format off
//                              exponent  near  wall  margin  on_street  drift  stops  turns  surely_inside
constexpr Surroundings kOpenFloor{1.7,    2.0,  0,    1,      -1,        0,     0.05F, 0.1F,  0.5F};  // few walls, nobody passes by
constexpr Surroundings kShop{     2.2,    1.0,  4,    5,      0.7F,      1,     0.2F,  0.3F,  0.97F};
// clang-format on
constexpr double kAtOneMetreDbm = -60;
constexpr double kPhoneHeightM = 1.2;     // in a hand or a pocket
constexpr double kReceiverHeightM = 2.5;  // when z_m is not given: under the ceiling
constexpr std::int32_t kFarBeyondMm = 15'000, kCutMm = 1'000;
constexpr std::size_t kMostCells = 1024;
constexpr int kSubdivision = 4;  // points along each side of a cell that decide what it belongs to

/// log10 by the series of atanh: the same bits on every machine, which libm does not promise. `x` > 0.
double log10_of(double x) {
  int exponent = 0;
  const double mantissa = std::frexp(x, &exponent);  // exact
  const double z = (mantissa - 1) / (mantissa + 1), z2 = z * z;
  double term = z, sum = 0;
  for (int n = 1; n < 40; n += 2, term *= z2) sum += term / n;
  constexpr double kLn2 = 0.693147180559945309, kLn10 = 2.302585092994045684;
  return (2 * sum + exponent * kLn2) / kLn10;
}

/// Twice the area of the polygon, in mm².
std::int64_t doubled_area(const std::vector<Corner>& corners) {
  std::int64_t sum = 0;
  for (std::size_t i = 0, j = corners.size() - 1; i < corners.size(); j = i++) {
    sum += std::int64_t{corners[j].first} * corners[i].second - std::int64_t{corners[i].first} * corners[j].second;
  }
  return sum < 0 ? -sum : sum;
}

/// Even-odd rule, in millimetres.
bool contains(const std::vector<Corner>& corners, double x, double y) {
  bool in = false;
  for (std::size_t i = 0, j = corners.size() - 1; i < corners.size(); j = i++) {
    const double xi = corners[i].first, yi = corners[i].second, xj = corners[j].first, yj = corners[j].second;
    if ((yi > y) != (yj > y) && x < (xj - xi) * (y - yi) / (yj - yi) + xi) in = !in;
  }
  return in;
}

bool has_inside(const Zone& zone) { return zone.kind != ZoneKind::street && zone.area_mm.size() >= 3; }

}  // namespace

/// Where the grid lies, in millimetres.
struct RadioMap::Frame {
  std::int32_t x0 = std::numeric_limits<std::int32_t>::max(), y0 = x0;
  std::int32_t x1 = std::numeric_limits<std::int32_t>::min(), y1 = x1;
  double pitch = 1000, margin = 1000;

  void include(std::int32_t x, std::int32_t y) {
    x0 = std::min(x0, x), x1 = std::max(x1, x);
    y0 = std::min(y0, y), y1 = std::max(y1, y);
  }
  /// Areas that reach far beyond the receivers are half planes, not rooms: they end a little behind the last receiver.
  void cut_to(const Frame& receivers) {
    const auto side = [](std::int32_t area, std::int32_t receiver, std::int32_t outwards) {
      const std::int64_t beyond = (std::int64_t{area} - receiver) * outwards;
      if (beyond < 0) return receiver;
      return beyond > kFarBeyondMm ? receiver + outwards * kCutMm : area;
    };
    x0 = side(x0, receivers.x0, -1), y0 = side(y0, receivers.y0, -1);
    x1 = side(x1, receivers.x1, 1), y1 = side(y1, receivers.y1, 1);
  }
  [[nodiscard]] double left() const { return x0 - margin; }
  [[nodiscard]] double bottom() const { return y0 - margin; }
  [[nodiscard]] double wide() const { return double{1} * x1 - x0 + 2 * margin; }
  [[nodiscard]] double high() const { return double{1} * y1 - y0 + 2 * margin; }
};

RadioMap::RadioMap(const Policy& policy)
    : zones_(policy.zones.size()), surroundings_(&kOpenFloor), expected_(policy.receivers.size()) {
  Frame frame;
  const bool placed = std::any_of(policy.receivers.begin(), policy.receivers.end(),
                                  [](const Receiver& r) { return r.place.has_value(); });
  const bool areas = std::any_of(policy.zones.begin(), policy.zones.end(), has_inside);
  if (!placed || !areas) return;
  if (std::any_of(policy.zones.begin(), policy.zones.end(), [](const Zone& z) { return z.kind == ZoneKind::street; }))
    surroundings_ = &kShop;
  frame.margin = 1000 * surroundings_->margin_m;
  Frame receivers;
  for (const auto& r : policy.receivers) {
    if (r.place) receivers.include(r.place->x_mm, r.place->y_mm);
  }
  for (const auto& zone : policy.zones) {
    for (const auto& [x, y] : zone.area_mm) frame.include(x, y);
  }
  frame.cut_to(receivers);
  const double square = frame.wide() * frame.high() / static_cast<double>(kMostCells);
  frame.pitch = std::max(frame.pitch, std::sqrt(square));
  lay_out(frame);
  fill_shares(policy, frame);
  fill_prior(policy, frame);
  for (std::size_t r = 0; r < policy.receivers.size(); ++r) {
    if (!policy.receivers[r].place) continue;
    const Zone* zone = policy.zone(policy.receivers[r].zone);
    expected_[r] = expect(*policy.receivers[r].place, zone != nullptr && zone->kind == ZoneKind::street, frame);
  }
}

void RadioMap::lay_out(const Frame& frame) {
  width_ = static_cast<std::size_t>(frame.wide() / frame.pitch) + 1;
  height_ = static_cast<std::size_t>(frame.high() / frame.pitch) + 1;
  pitch_m_ = static_cast<float>(frame.pitch / 1000);
}

/// Where areas overlap the smaller one counts: a till stands on the floor.
void RadioMap::fill_shares(const Policy& policy, const Frame& frame) {
  std::vector<std::uint16_t> order;
  for (std::uint16_t z = 0; z < policy.zones.size(); ++z) {
    if (policy.zones[z].area_mm.size() >= 3) order.push_back(z);
  }
  std::stable_sort(order.begin(), order.end(), [&](std::uint16_t a, std::uint16_t b) {
    return doubled_area(policy.zones[a].area_mm) < doubled_area(policy.zones[b].area_mm);
  });
  const auto zone_at = [&](double x, double y) {
    const auto hit = std::find_if(order.begin(), order.end(),
                                  [&](std::uint16_t z) { return contains(policy.zones[z].area_mm, x, y); });
    return hit == order.end() || !has_inside(policy.zones[*hit]) ? policy.zones.size() : *hit;
  };
  std::vector<int> points(policy.zones.size() + 1);
  for (std::size_t cell = 0; cell < cells(); ++cell) {
    std::fill(points.begin(), points.end(), 0);
    for (int i = 0; i < kSubdivision * kSubdivision; ++i) {
      const double dx = (i % kSubdivision + 0.5) / kSubdivision, dy = (i / kSubdivision + 0.5) / kSubdivision;
      ++points[zone_at(frame.left() + (static_cast<double>(cell % width_) + dx) * frame.pitch,
                       frame.bottom() + (static_cast<double>(cell / width_) + dy) * frame.pitch)];
    }
    for (std::uint16_t z = 0; z < policy.zones.size(); ++z) {
      if (points[z] == 0) continue;
      shares_.push_back({static_cast<std::uint16_t>(cell), z,
                         static_cast<float>(points[z]) / static_cast<float>(kSubdivision * kSubdivision)});
    }
  }
}

/// Without a street anywhere, mostly inside. With one, mostly in it; it lies where a receiver or an area of the street,
/// or else the entrance, is nearer than the middle of the store: behind the other walls nobody walks.
void RadioMap::fill_prior(const Policy& policy, const Frame& frame) {
  std::vector<std::pair<double, double>> street, entrance;
  double x = 0, y = 0, corners = 0;
  for (const auto& zone : policy.zones) {
    for (const auto& [cx, cy] : zone.area_mm) {
      if (zone.kind == ZoneKind::street) street.emplace_back(cx, cy);
      if (zone.kind == ZoneKind::entrance) entrance.emplace_back(cx, cy);
      if (zone.kind != ZoneKind::street) x += cx, y += cy, ++corners;
    }
  }
  for (const auto& r : policy.receivers) {
    const Zone* zone = policy.zone(r.zone);
    if (r.place && zone != nullptr && zone->kind == ZoneKind::street) street.emplace_back(r.place->x_mm, r.place->y_mm);
  }
  const auto& marks = street.empty() ? entrance : street;
  const auto near_street = [&](double px, double py) {
    const auto square_to = [&](double qx, double qy) { return (px - qx) * (px - qx) + (py - qy) * (py - qy); };
    return surroundings_->on_street < 0 || marks.empty() || std::any_of(marks.begin(), marks.end(), [&](const auto& m) {
             return square_to(m.first, m.second) < square_to(x / corners, y / corners);
           });
  };
  std::vector<float> inside(cells()), outside(cells());
  for (const auto& share : shares_) inside[share.cell] += share.part;
  for (std::size_t cell = 0; cell < cells(); ++cell) {
    const double px = frame.left() + (static_cast<double>(cell % width_) + 0.5) * frame.pitch;
    const double py = frame.bottom() + (static_cast<double>(cell / width_) + 0.5) * frame.pitch;
    outside[cell] = near_street(px, py) ? 1 - inside[cell] : 0;
  }
  const float in = std::accumulate(inside.begin(), inside.end(), 0.0F);
  const float out = std::accumulate(outside.begin(), outside.end(), 0.0F);
  const float on_street = out <= 0 ? 0 : surroundings_->on_street < 0 ? out / (in + out) : surroundings_->on_street;
  prior_.resize(cells());
  for (std::size_t cell = 0; cell < cells(); ++cell) {
    prior_[cell] = (in > 0 ? inside[cell] * (1 - on_street) / in : 0) + (out > 0 ? outside[cell] * on_street / out : 0);
  }
}

std::vector<float> RadioMap::expect(const Place& at, bool outside, const Frame& frame) const {
  std::vector<float> dbm(cells()), inside(cells());
  for (const auto& share : shares_) inside[share.cell] += share.part;
  const double up = (at.z_mm ? *at.z_mm / 1000.0 : kReceiverHeightM) - kPhoneHeightM;
  for (std::size_t cell = 0; cell < cells(); ++cell) {
    const double x = frame.left() + (static_cast<double>(cell % width_) + 0.5) * frame.pitch;
    const double y = frame.bottom() + (static_cast<double>(cell / width_) + 0.5) * frame.pitch;
    const double dx = (x - at.x_mm) / 1000, dy = (y - at.y_mm) / 1000;
    const double square = dx * dx + dy * dy + up * up + surroundings_->near_m * surroundings_->near_m;
    const double behind = outside ? inside[cell] : 1 - inside[cell];
    dbm[cell] = static_cast<float>(kAtOneMetreDbm - 5 * surroundings_->exponent * log10_of(square) -
                                   surroundings_->wall_db * behind);
  }
  return dbm;
}

}  // namespace tg
