#include "core/position.hpp"

#include <algorithm>
#include <array>

namespace tg {
namespace {

// The walking model. Headings turn by 45°, speeds are those of somebody who looks around and of somebody who walks.
constexpr std::size_t kHeadings = 8;
constexpr std::array<float, 2> kSpeeds{0.4F, 1.0F};  // m/s
constexpr std::size_t kMoving = kHeadings * kSpeeds.size();
constexpr std::size_t kGaits = 1 + kMoving;  // 0 stands
constexpr float kDiagonal = 0.70710678F;
constexpr std::array<std::array<float, 2>, kHeadings> kDirections{{{1, 0},
                                                                   {kDiagonal, kDiagonal},
                                                                   {0, 1},
                                                                   {-kDiagonal, kDiagonal},
                                                                   {-1, 0},
                                                                   {-kDiagonal, -kDiagonal},
                                                                   {0, -1},
                                                                   {kDiagonal, -kDiagonal}}};
// Rates a second.
constexpr float kStarts = 0.4F, kChangesSpeed = 0.1F;
constexpr float kLongestStride = 0.75F;  // s; then nobody moves by more than a cell
constexpr float kForgets = 60;           // s; a step longer than this knows nothing of before

constexpr std::size_t kMostHeard = 48;
constexpr float kLeastWeight = 1e-13F;  // nobody is impossible anywhere

constexpr float square(float x) { return x * x; }
/// Probability that something of this rate happens within the time, without libm's exp.
constexpr float chance(float rate, float seconds) { return rate * seconds / (1 + rate * seconds); }

}  // namespace

Position::Position(const RadioMap& map)
    : map_(map), weights_(kGaits * map.cells()), mass_(map.cells()), zones_(map.zones()) {
  if (map.shop()) {
    means_.resize(map.cells());
  } else {
    biases_.resize(map.receivers());
    for (auto& bias : biases_) bias = {0, square(map.surroundings().bias_db)};
  }
  forget_strength();
  start();
  sum_zones();
}

void Position::start() {
  mass_ = map_.prior();
  for (std::size_t i = 0; i < weights_.size(); ++i) {
    weights_[i] = mass_[i % mass_.size()] / static_cast<float>(kGaits);
  }
}

void Position::observe(std::uint16_t receiver, float dbm) {
  if (map_.expected(receiver).empty()) return;
  const auto known = std::find_if(heard_.begin(), heard_.end(), [&](const Heard& h) { return h.receiver == receiver; });
  if (known != heard_.end()) {
    ++known->adverts;
    known->sum_dbm += dbm;
  } else if (heard_.size() < (map_.shop() ? kMostFollowed : kMostHeard)) {
    heard_.push_back({receiver, 1, dbm});
  }
}

void Position::step(Millis dt, SharedErrors* shared) {
  const float seconds = static_cast<float>(dt.count()) / 1000;
  if (seconds > kForgets) {
    start();
  } else {
    for (float left = seconds; left > 0; left -= kLongestStride) walk(std::min(left, kLongestStride));
  }
  ++steps_;
  if (map_.shop()) {
    weigh_shop(seconds, shared);
  } else {
    weigh_floor(seconds);
  }
  sum_zones();
  if (map_.shop() && shared != nullptr) teach(*shared);
  heard_.clear();
}

// --- the walking model -----------------------------------------------------------------------------------------------

void Position::walk(float seconds) {
  change_gait(seconds);
  const std::size_t cells = map_.cells();
  for (std::size_t g = 0; g < kMoving; ++g) {
    const float stride = kSpeeds[g / kHeadings] * seconds;
    const auto& [dx, dy] = kDirections[g % kHeadings];
    float* layer = &weights_[(1 + g) * cells];
    if (dx != 0) shift(layer, dx > 0 ? Way::right : Way::left, dx > 0 ? dx * stride : -dx * stride);
    if (dy != 0) shift(layer, dy > 0 ? Way::up : Way::down, dy > 0 ? dy * stride : -dy * stride);
  }
}

/// Stands, starts, turns by one heading, changes the speed, or makes up another mind altogether.
void Position::change_gait(float seconds) {
  const float stop = chance(map_.surroundings().stops, seconds), start = chance(kStarts, seconds);
  const float turn = chance(map_.surroundings().turns, seconds), speed = chance(kChangesSpeed, seconds);
  const float keep = (1 - stop) * (1 - speed) * (1 - turn), beside = (1 - stop) * (1 - speed) * turn * 0.4F;
  const float anew = (1 - stop) * (1 - speed) * turn * 0.2F / static_cast<float>(kMoving);
  const float other = (1 - stop) * speed, begin = start / static_cast<float>(kMoving);
  const std::size_t cells = map_.cells();
  std::array<float, kGaits> old{};
  for (std::size_t cell = 0; cell < cells; ++cell) {
    float moving = 0;
    for (std::size_t g = 0; g < kGaits; ++g) old[g] = weights_[g * cells + cell];
    for (std::size_t g = 1; g < kGaits; ++g) moving += old[g];
    const float same = anew * moving + begin * old[0];
    for (std::size_t g = 0; g < kMoving; ++g) {
      const std::size_t ring = g / kHeadings * kHeadings, at = g % kHeadings;
      const float left = old[1 + ring + (at + kHeadings - 1) % kHeadings], right = old[1 + ring + (at + 1) % kHeadings];
      weights_[(1 + g) * cells + cell] =
          keep * old[1 + g] + beside * (left + right) + other * old[1 + (g + kHeadings) % kMoving] + same;
    }
    weights_[cell] = (1 - start) * old[0] + stop * moving;
  }
}

/// Moves a layer; who cannot leave a cell stays there.
void Position::shift(float* layer, Way way, float metres) {
  const std::size_t cells = map_.cells();
  const std::size_t step = way == Way::right || way == Way::left ? 1 : map_.width();
  const auto leaves = map_.leaves(way);
  float* moved = mass_.data();  // summed up again in weigh_by()
  for (std::size_t c = 0; c < cells; ++c) moved[c] = layer[c] * (leaves[c] * metres);
  for (std::size_t c = 0; c < cells; ++c) layer[c] -= moved[c];
  if (way == Way::right || way == Way::up) {
    for (std::size_t c = step; c < cells; ++c) layer[c] += moved[c - step];
  } else {
    for (std::size_t c = step; c < cells; ++c) layer[c - step] += moved[c];
  }
}

// --- the evidence ----------------------------------------------------------------------------------------------------

void Position::weigh_by(std::vector<float>& misfits, Power power) {
  const std::size_t cells = map_.cells();
  const float best = *std::min_element(misfits.begin(), misfits.end());
  for (std::size_t c = 0; c < cells; ++c) {
    const float fourth = square(square(best / misfits[c]));
    misfits[c] = map_.prior()[c] <= 0 ? 0 : power == Power::fourth ? fourth : square(fourth);
  }
  std::fill(mass_.begin(), mass_.end(), 0.0F);
  float total = 0;
  for (std::size_t g = 0; g < kGaits; ++g) {
    for (std::size_t c = 0; c < cells; ++c) mass_[c] += weights_[g * cells + c] *= misfits[c];
  }
  for (const float m : mass_) total += m;
  const float scale = 1 / total;
  for (auto& w : weights_) w = w * scale + kLeastWeight;
  for (auto& m : mass_) m *= scale;
}

void Position::forget_strength() {
  strength_ = {0, square(map_.surroundings().strength_db)};
  for (auto& row : covariance_) row[0] = 0;
  covariance_[0].fill(0);
  covariance_[0][0] = strength_.variance;
}

float Position::mean_of(std::size_t row) const {
  const std::size_t cells = map_.cells();
  float sum = 0;
  for (std::size_t c = 0; c < cells; ++c) sum += mass_[c] * means_[row * cells + c];
  return sum;
}

float Position::strength_db() const { return map_.shop() ? mean_of(0) : strength_.mean; }

float Position::bias_db(std::uint16_t receiver) const {
  if (!map_.shop()) return biases_[receiver].mean;
  for (std::size_t i = 0; i < followed_.size(); ++i) {
    if (followed_[i].receiver == receiver) return mean_of(1 + i);
  }
  return 0;
}

void Position::sum_zones() {
  std::fill(zones_.begin(), zones_.end(), 0.0F);
  inside_ = 0;
  for (const auto& share : map_.shares()) {
    const float part = mass_[share.cell] * share.part;
    zones_[share.zone] += part;
    inside_ += part;
  }
}

}  // namespace tg
