#include "sim/radio.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace tg::sim {
namespace {

constexpr double kPhoneHeight = 1.1, kHeadHeight = 1.7;
constexpr double kBodyRadius = 0.25, kBodyLoss = 4, kBodiesAtMost = 3;  // of others in the way, dB each
constexpr double kBiasDb = 3;                       // receivers of one make differ by so much either way
constexpr double kShadowCell = 2;                   // metres over which shadowing stays alike
constexpr double kFadeCell = 0.06;                  // half a wavelength at 2.4 GHz: another fade
constexpr SimMs kFadeMs = 3'000;                    // something else in the room has moved by then
constexpr double kClear = 4, kBlocked = 0.5;        // Rice's K with and without line of sight
constexpr double kNoiseDb = 1;                      // of the chip's own measurement
constexpr double kSensitivity = -95, kSlope = 1.2;  // half of the adverts are lost there
constexpr double kAirtimeS = 272e-6;                // an EID advert on one channel
constexpr double kAdvertsPerPerson = 6;             // two devices, three adverts a second

std::uint64_t cell(double metres, double size) {
  return static_cast<std::uint64_t>(static_cast<std::int64_t>(std::floor(metres / size)));
}
template <class... Parts>
std::uint64_t hash_of(std::uint64_t seed, Parts... parts) {
  ((seed = mixed(seed ^ static_cast<std::uint64_t>(parts))), ...);
  return seed;
}

}  // namespace

Radio::Radio(const StorePlan& plan, std::uint64_t seed) : plan_(plan), seed_(mixed(seed ^ 0x7261646966U)) {
  Random random(seed_);
  for (const auto& receiver : plan.receivers) {
    const SimMs batch = std::max<SimMs>(1, receiver.batch_ms);
    stations_.push_back({random.between(-kBiasDb, kBiasDb), random.between_ms(0, 99'999), random.between_ms(0, batch)});
  }
}

/// Normal noise on a lattice, smooth between its points.
double Radio::shadowing(Point place, std::size_t receiver) const {
  const double fx = place.x / kShadowCell, fy = place.y / kShadowCell;
  const double u = fx - std::floor(fx), v = fy - std::floor(fy);
  const double weights[] = {(1 - u) * (1 - v), u * (1 - v), (1 - u) * v, u * v};
  double sum = 0, power = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    Random corner(hash_of(seed_, receiver, cell(fx, 1) + i % 2, cell(fy, 1) + i / 2));
    sum += weights[i] * corner.normal(plan_.shadowing_db);
    power += weights[i] * weights[i];
  }
  return sum / std::sqrt(power);
}

Link Radio::link(const Phone& phone, const Pose& pose, std::size_t receiver, const std::vector<Point>& bodies) const {
  const PlanReceiver& r = plan_.receivers[receiver];
  const Segment ray{pose.place, r.place};
  const double flat = length(r.place - pose.place), rise = r.z_m - kPhoneHeight;
  const double far = std::max(0.5, std::sqrt(flat * flat + rise * rise));
  double dbm = plan_.reference_dbm + phone.offset_db - 10 * plan_.path_loss * std::log10(far) - phone.steady_db;
  double blocked = 0;
  for (const auto& wall : plan_.walls) {
    if (crosses(ray, wall.line)) blocked += wall.loss_db;
  }
  // The bearer hides the phone most when exactly between; a receiver above the head looks over the shoulder.
  const double cosine = dot(turned(pose.facing, phone.side), unit(r.place - pose.place));
  const double own = phone.body_db * (1 - cosine) / 2 * (flat / far);
  // Others are in the way only where the ray is below their heads.
  const double low = rise > kHeadHeight - kPhoneHeight ? (kHeadHeight - kPhoneHeight) / rise : 1;
  const Segment low_part{pose.place, pose.place + low * (r.place - pose.place)};
  const auto others = std::count_if(bodies.begin(), bodies.end(), [&](Point p) {
    const Point apart = p - pose.place;
    return dot(apart, apart) > 0.01 && distance(p, low_part) < kBodyRadius;
  });
  dbm -= blocked + own + kBodyLoss * std::min(kBodiesAtMost, static_cast<double>(others));
  const bool clear = blocked < 5 && own < 5 && others == 0;
  return {dbm + shadowing(pose.place, receiver) + stations_[receiver].bias_db, clear ? kClear : kBlocked};
}

/// Rice's distribution in dB around the mean power; the same in one cell for a while.
double Radio::fading(double rice_k, std::uint64_t id, Point place, std::size_t receiver, SimMs at,
                     std::int64_t channel) const {
  Random random(
      hash_of(seed_, id, receiver, channel, at / kFadeMs, cell(place.x, kFadeCell), cell(place.y, kFadeCell)));
  const double direct = std::sqrt(rice_k / (rice_k + 1)), sigma = std::sqrt(0.5 / (rice_k + 1));
  const double i = direct + random.normal(sigma), q = random.normal(sigma);
  return 10 * std::log10(std::max(1e-4, i * i + q * q));
}

std::optional<std::int64_t> Radio::listens(std::size_t receiver, SimMs at) const {
  const Scan& scan = plan_.receivers[receiver].scan;
  const SimMs t = at + stations_[receiver].scan_phase;
  if (t % scan.cycle_ms >= scan.on_ms || t % scan.interval_ms >= scan.window_ms) return std::nullopt;
  return t / scan.interval_ms % 3;
}

std::optional<RssiDbm> Radio::hear(const Link& link, std::uint64_t id, Point place, std::size_t receiver, SimMs at,
                                   std::size_t people, Random& random) const {
  const auto channel = listens(receiver, at);
  if (!channel || link.mean_dbm < kSensitivity - 15) return std::nullopt;
  const double rate = plan_.air_rate + kAdvertsPerPerson * static_cast<double>(people);
  if (!random.chance(std::exp(-2 * kAirtimeS * rate))) return std::nullopt;  // pure ALOHA
  const double dbm = link.mean_dbm + fading(link.rice_k, id, place, receiver, at, *channel);
  if (!random.chance(1 / (1 + std::exp((kSensitivity - dbm) / kSlope)))) return std::nullopt;
  return static_cast<RssiDbm>(std::clamp(std::lround(dbm + random.normal(kNoiseDb)), -110L, -20L));
}

SimMs Radio::reported_at(std::size_t receiver, SimMs at) const {
  constexpr SimMs kOnTheWay = 3;
  const SimMs batch = plan_.receivers[receiver].batch_ms;
  if (batch == 0) return at + kOnTheWay;
  const SimMs phase = stations_[receiver].batch_phase;
  return ((at + phase) / batch + 1) * batch - phase + kOnTheWay;
}

}  // namespace tg::sim
