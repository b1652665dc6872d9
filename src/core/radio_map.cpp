#include "core/radio_map.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

namespace tg {
namespace {

using Corner = std::pair<std::int32_t, std::int32_t>;

// decisions/0011 has the figures behind these.
// clang-format off
//                              shop   1 m  exponent near margin on_street enters strength bias drift stops  turns  surely_inside
constexpr Surroundings kOpenFloor{false, -60, 1.7, 2.0, 1, -1,     1,    8, 3, 0,    0.05F, 0.1F, 0.5F};
constexpr Surroundings kShop{     true,  -66, 2.2, 1.0, 4, 0.995F, 0.2F, 6, 0, 0.1F, 0.1F,  0.1F, 0.9F};
// clang-format on
constexpr double kOuterM[] = {1.5, 2, 3, 4, 5, 6};  // further out in a street, cells are as wide as this
constexpr double kPhoneHeightM = 1.2;               // in a hand or a pocket
constexpr double kReceiverHeightM = 2.5;            // when z_m is not given: under the ceiling
constexpr std::int32_t kFarBeyondMm = 15'000, kCutMm = 1'000;
constexpr std::size_t kMostCells = 1024;
constexpr double kLeastPitchMm = 1000;
constexpr int kSubdivision = 4;      // points along each side of a cell that decide what it belongs to
constexpr double kStreetMm = 5'000;  // deep: a pavement
constexpr double kWallMm = 200;      // thick
constexpr double kFrontDb = 4, kSideDb = 7, kMostWallsDb = 15;  // glass or a door; brick or board (ITU-R P.2040)

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
  std::vector<double> xs, ys;  ///< borders of the columns and rows

  void include(std::int32_t x, std::int32_t y) {
    x0 = std::min(x0, x), x1 = std::max(x1, x);
    y0 = std::min(y0, y), y1 = std::max(y1, y);
  }
  /// Areas that reach far beyond the receivers are half planes, not rooms: they end a little behind the last receiver.
  void cut_to(const Frame& receivers) {
    const auto side = [](std::int32_t area, std::int32_t receiver, std::int32_t outwards) {
      const std::int64_t beyond = (std::int64_t{area} - receiver) * outwards;
      return beyond > kFarBeyondMm ? receiver + outwards * kCutMm : area;
    };
    x0 = side(x0, receivers.x0, -1), y0 = side(y0, receivers.y0, -1);
    x1 = side(x1, receivers.x1, 1), y1 = side(y1, receivers.y1, 1);
  }
  void divide(double pitch, const Frame& receivers, const Surroundings& s) {
    xs = borders(x0, x1, receivers.x0, receivers.x1, pitch, s);
    ys = borders(y0, y1, receivers.y0, receivers.y1, pitch, s);
  }
  [[nodiscard]] std::size_t width() const { return xs.size() - 1; }
  [[nodiscard]] std::size_t cells() const { return width() * (ys.size() - 1); }
  [[nodiscard]] double wide(std::size_t cell) const { return xs[cell % width() + 1] - xs[cell % width()]; }
  [[nodiscard]] double high(std::size_t cell) const { return ys[cell / width() + 1] - ys[cell / width()]; }
  /// A point of the cell, each coordinate 0..1.
  [[nodiscard]] std::pair<double, double> point(std::size_t cell, double across, double up) const {
    return {xs[cell % width()] + across * wide(cell), ys[cell / width()] + up * high(cell)};
  }

  /// Cuts off what is beyond the store and not in the street either.
  void trim(const Street& street);

 private:
  /// Cells of one size from `from`, where an outer wall is, both ways until they hold the receivers and the margin;
  /// further out larger ones.
  static std::vector<double> borders(double from, double to, double first, double last, double pitch,
                                     const Surroundings& s) {
    std::vector<double> out;
    const double before = std::max(0.0, from - first) + 1000 * s.margin_m;
    for (double at = from - std::ceil(before / pitch) * pitch; at < std::max(to, last) + 1000 * s.margin_m; at += pitch)
      out.push_back(at);
    out.push_back(out.back() + pitch);
    if (!s.shop) return out;
    for (const double m : kOuterM) {
      out.insert(out.begin(), out.front() - 1000 * m);
      out.push_back(out.back() + 1000 * m);
    }
    return out;
  }
};

/// Where people walk outside: beyond each outer wall that is the nearest one to a receiver or area of the street, or
/// else beyond the longest outer wall of an entrance. Behind the other walls nobody walks.
struct RadioMap::Street {
  struct Wall {
    double x, y, nx, ny, length;  ///< a point of it, and the direction outwards
  };
  std::vector<Wall> outer, fronts;

  explicit Street(const Policy& policy) {
    std::vector<std::pair<double, double>> marks;
    std::vector<Wall> entrances;
    for (const auto& zone : policy.zones) {
      if (zone.kind == ZoneKind::street && !zone.area_mm.empty()) marks.push_back(middle_of(zone.area_mm));
      if (!has_inside(zone)) continue;
      const auto first = static_cast<std::ptrdiff_t>(outer.size());
      add_outer_walls(policy, zone);
      if (zone.kind == ZoneKind::entrance) entrances.insert(entrances.end(), outer.begin() + first, outer.end());
    }
    for (const auto& r : policy.receivers) {
      const Zone* zone = policy.zone(r.zone);
      if (r.place && zone != nullptr && zone->kind == ZoneKind::street)
        marks.emplace_back(r.place->x_mm, r.place->y_mm);
    }
    for (const auto& mark : marks) fronts.push_back(nearest(mark));
    if (fronts.empty() && !entrances.empty())
      fronts.push_back(*std::max_element(entrances.begin(), entrances.end(),
                                         [](const Wall& a, const Wall& b) { return a.length < b.length; }));
  }
  /// What the outer walls between two points cost: fronts are of glass and have the door, the others are of brick.
  [[nodiscard]] double loss_db(double ax, double ay, double bx, double by) const {
    double sum = 0;
    for (const auto& w : outer) {
      const double a = (ax - w.x) * w.nx + (ay - w.y) * w.ny, b = (bx - w.x) * w.nx + (by - w.y) * w.ny;
      if ((a > 0) == (b > 0)) continue;
      const double part = a / (a - b), x = ax + part * (bx - ax) - w.x, y = ay + part * (by - ay) - w.y;
      const double along = y * w.nx - x * w.ny;
      if (along < -w.length / 2 || along > w.length / 2) continue;
      const bool front = std::any_of(fronts.begin(), fronts.end(), [&](const Wall& f) {
        const double d = (w.x - f.x) * f.nx + (w.y - f.y) * f.ny;
        return f.nx * w.nx + f.ny * w.ny > 0.9 && d > -kWallMm && d < kWallMm;
      });
      sum += front ? kFrontDb : kSideDb;
    }
    return std::min(sum, kMostWallsDb);
  }
  [[nodiscard]] bool reaches(double px, double py) const {
    return fronts.empty() || std::any_of(fronts.begin(), fronts.end(), [&](const Wall& w) {
             const double before = (px - w.x) * w.nx + (py - w.y) * w.ny;
             return before > 0 && before < kStreetMm;
           });
  }

  static std::pair<double, double> middle_of(const std::vector<Corner>& corners) {
    double x = 0, y = 0;
    for (const auto& [cx, cy] : corners) x += cx, y += cy;
    return {x / static_cast<double>(corners.size()), y / static_cast<double>(corners.size())};
  }
  /// Those edges of the area beyond which there is no other area.
  void add_outer_walls(const Policy& policy, const Zone& zone) {
    const auto& corners = zone.area_mm;
    for (std::size_t i = 0, j = corners.size() - 1; i < corners.size(); j = i++) {
      const double dx = corners[i].first - corners[j].first, dy = corners[i].second - corners[j].second;
      const double length = std::sqrt(dx * dx + dy * dy);
      if (length <= 0) continue;
      const double x = corners[j].first + dx / 2, y = corners[j].second + dy / 2;
      for (const double side : {1.0, -1.0}) {
        const double nx = side * dy / length, ny = -side * dx / length;
        const auto in = [&](const Zone& z) {
          return has_inside(z) && contains(z.area_mm, x + kWallMm * nx, y + kWallMm * ny);
        };
        if (std::none_of(policy.zones.begin(), policy.zones.end(), in)) outer.push_back({x, y, nx, ny, length});
      }
    }
  }
  [[nodiscard]] Wall nearest(const std::pair<double, double>& mark) const {
    const auto square_to = [&](const Wall& w) {
      const double dx = mark.first - w.x, dy = mark.second - w.y;
      const double along = std::clamp(dy * w.nx - dx * w.ny, -w.length / 2, w.length / 2);
      const double ax = dx + along * w.ny, ay = dy - along * w.nx;
      return ax * ax + ay * ay;
    };
    return *std::min_element(outer.begin(), outer.end(),
                             [&](const Wall& a, const Wall& b) { return square_to(a) < square_to(b); });
  }
};

void RadioMap::Frame::trim(const Street& street) {
  const auto needless = [&](bool row, std::size_t at) {
    const auto& across = row ? xs : ys;
    const auto& along = row ? ys : xs;
    const double from = along[at], to = along[at + 1], middle = (from + to) / 2;
    if (to > (row ? y0 : x0) && from < (row ? y1 : x1)) return false;
    for (std::size_t i = 0; i + 1 < across.size(); ++i) {
      const double other = (across[i] + across[i + 1]) / 2;
      if (row ? street.reaches(other, middle) : street.reaches(middle, other)) return false;
    }
    return true;
  };
  for (const bool row : {true, false}) {
    auto& along = row ? ys : xs;
    while (along.size() > 2 && needless(row, 0)) along.erase(along.begin());
    while (along.size() > 2 && needless(row, along.size() - 2)) along.pop_back();
  }
}

RadioMap::RadioMap(const Policy& policy)
    : zones_(policy.zones.size()), surroundings_(&kOpenFloor), expected_(policy.receivers.size()) {
  Frame frame;
  const bool placed = std::any_of(policy.receivers.begin(), policy.receivers.end(),
                                  [](const Receiver& r) { return r.place.has_value(); });
  const bool areas = std::any_of(policy.zones.begin(), policy.zones.end(), has_inside);
  if (!placed || !areas) return;
  if (std::any_of(policy.zones.begin(), policy.zones.end(), [](const Zone& z) { return z.kind == ZoneKind::street; }))
    surroundings_ = &kShop;
  Frame receivers;
  for (const auto& r : policy.receivers) {
    if (r.place) receivers.include(r.place->x_mm, r.place->y_mm);
  }
  for (const auto& zone : policy.zones) {
    for (const auto& [x, y] : zone.area_mm) frame.include(x, y);
  }
  frame.cut_to(receivers);
  const Street street(policy);
  lay_out(frame, receivers, street);
  fill_shares(policy, frame);
  fill_prior(street, frame);
  fill_leaves(policy, frame);
  for (std::size_t r = 0; r < policy.receivers.size(); ++r) {
    if (!policy.receivers[r].place) continue;
    const Zone* zone = policy.zone(policy.receivers[r].zone);
    expected_[r] = expect(*policy.receivers[r].place, zone != nullptr && zone->kind == ZoneKind::street, street, frame);
  }
}

/// The smallest cells of which there are few enough.
void RadioMap::lay_out(Frame& frame, const Frame& receivers, const Street& street) {
  double pitch = kLeastPitchMm;
  const auto divide = [&] {
    frame.divide(pitch, receivers, *surroundings_);
    if (shop()) frame.trim(street);
  };
  for (divide(); frame.cells() > kMostCells; divide()) pitch *= 1.05;
  pitch_m_ = static_cast<float>(pitch / 1000);
  width_ = frame.width();
  height_ = frame.ys.size() - 1;
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
      const auto [x, y] =
          frame.point(cell, (i % kSubdivision + 0.5) / kSubdivision, (i / kSubdivision + 0.5) / kSubdivision);
      ++points[zone_at(x, y)];
    }
    for (std::uint16_t z = 0; z < policy.zones.size(); ++z) {
      if (points[z] == 0) continue;
      shares_.push_back({static_cast<std::uint16_t>(cell), z,
                         static_cast<float>(points[z]) / static_cast<float>(kSubdivision * kSubdivision)});
    }
  }
  inside_.assign(cells(), 0);
  for (const auto& share : shares_) inside_[share.cell] += share.part;
}

/// Without a street anywhere, mostly inside. With one, mostly in it.
void RadioMap::fill_prior(const Street& street, const Frame& frame) {
  const bool open = !shop();
  std::vector<float> outside(cells()), area(cells());
  float in = 0, out = 0;
  for (std::size_t cell = 0; cell < cells(); ++cell) {
    const auto [x, y] = frame.point(cell, 0.5, 0.5);
    area[cell] = static_cast<float>(frame.wide(cell) * frame.high(cell) / 1e6);
    outside[cell] = open || street.reaches(x, y) ? 1 - inside_[cell] : 0;
    in += inside_[cell] * area[cell];
    out += outside[cell] * area[cell];
  }
  const float on_street = out <= 0 ? 0 : open ? out / (in + out) : surroundings_->on_street;
  prior_.resize(cells());
  for (std::size_t cell = 0; cell < cells(); ++cell) {
    prior_[cell] = area[cell] * ((in > 0 ? inside_[cell] * (1 - on_street) / in : 0) +
                                 (out > 0 ? outside[cell] * on_street / out : 0));
  }
}

/// One enters by the entrance, if the plan has one, and seldom; nobody goes where nobody can be.
void RadioMap::fill_leaves(const Policy& policy, const Frame& frame) {
  std::vector<bool> entrance(cells());
  const bool any = std::any_of(shares_.begin(), shares_.end(),
                               [&](const Share& s) { return policy.zones[s.zone].kind == ZoneKind::entrance; });
  for (const auto& s : shares_) {
    if (!any || policy.zones[s.zone].kind == ZoneKind::entrance) entrance[s.cell] = true;
  }
  const auto passes = [&](std::size_t from, std::size_t to) -> float {
    if (prior_[to] <= 0) return 0;
    if (!shop()) return 1;
    const bool inside = inside_[from] >= 0.5F;
    if (inside == (inside_[to] >= 0.5F)) return 1;
    if (!entrance[inside ? from : to]) return 0;
    return inside ? 1 : surroundings_->enters;
  };
  for (auto& way : leaves_) way.assign(cells(), 0);
  for (std::size_t cell = 0; cell < cells(); ++cell) {
    const std::size_t x = cell % width_, y = cell / width_;
    const auto wide = static_cast<float>(frame.wide(cell) / 1000), high = static_cast<float>(frame.high(cell) / 1000);
    if (x + 1 < width_) leaves_[0][cell] = passes(cell, cell + 1) / wide;
    if (x > 0) leaves_[1][cell] = passes(cell, cell - 1) / wide;
    if (y + 1 < height_) leaves_[2][cell] = passes(cell, cell + width_) / high;
    if (y > 0) leaves_[3][cell] = passes(cell, cell - width_) / high;
  }
}

std::vector<float> RadioMap::expect(const Place& at, bool outside, const Street& street, const Frame& frame) const {
  std::vector<float> dbm(cells());
  const double up = (at.z_mm ? *at.z_mm / 1000.0 : kReceiverHeightM) - kPhoneHeightM;
  double ax = at.x_mm, ay = at.y_mm;
  if (outside && !street.outer.empty()) {
    const auto w = street.nearest({ax, ay});
    const double d = (ax - w.x) * w.nx + (ay - w.y) * w.ny;
    if (d < kWallMm) ax += (kWallMm - d) * w.nx, ay += (kWallMm - d) * w.ny;
  }
  for (std::size_t cell = 0; cell < cells(); ++cell) {
    const auto [x, y] = frame.point(cell, 0.5, 0.5);
    const double dx = (x - at.x_mm) / 1000, dy = (y - at.y_mm) / 1000;
    const double square = dx * dx + dy * dy + up * up + surroundings_->near_m * surroundings_->near_m;
    const double behind = !shop() ? 0 : street.loss_db(ax, ay, x, y);
    dbm[cell] =
        static_cast<float>(surroundings_->one_metre_dbm - 5 * surroundings_->exponent * log10_of(square) - behind);
  }
  return dbm;
}

}  // namespace tg
