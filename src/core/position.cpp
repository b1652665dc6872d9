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

// The radio model: Student-t with 15 degrees of freedom around the expected strength; a body or a reflection weakens
// more often than anything strengthens. Adverts of a moment share their fading, so that half of their weight counts:
// (q^-8)^0.5.
constexpr float kNoiseDb = 6, kFreedom = 15, kUpwards = 1.15F, kMode = 0.6F;
constexpr float kFarthestDb = 30;  // a residual beyond it says no more than this one
constexpr std::size_t kMostHeard = 48;
constexpr float kLeastWeight = 1e-13F;  // nobody is impossible anywhere

constexpr float kStrengthDb = 8;         // standard deviation among phones
constexpr float kBiasDb = 3;             // among receivers after offset_db
constexpr float kSettled = 0.5F;         // inside: the street says nothing about receivers behind its walls
constexpr float kBiasDriftPerS = 0.05F;  // dB²/s: what was learned at another corner of the store fades

constexpr float square(float x) { return x * x; }
/// Probability that something of this rate happens within the time, without libm's exp.
constexpr float chance(float rate, float seconds) { return rate * seconds / (1 + rate * seconds); }

/// How little a strength fits, 1 and more: the t distribution is this to the power of -(freedom + 1) / 2.
float misfit(float residual, float variance) {
  const float e = std::clamp(residual, -kFarthestDb, kFarthestDb);
  return 1 + square(e > 0 ? e * kUpwards : e) / (kFreedom * variance);
}

}  // namespace

Position::Position(const RadioMap& map)
    : map_(map),
      weights_(kGaits * map.cells()),
      mass_(map.cells()),
      strength_{0, square(kStrengthDb)},
      biases_(map.receivers(), Belief{0, square(kBiasDb)}),
      zones_(map.zones()) {
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
  } else if (heard_.size() < kMostHeard) {
    heard_.push_back({receiver, 1, dbm});
  }
}

void Position::step(Millis dt) {
  const float seconds = static_cast<float>(dt.count()) / 1000;
  if (seconds > kForgets) {
    start();
  } else {
    for (float left = seconds; left > 0; left -= kLongestStride) walk(std::min(left, kLongestStride));
  }
  strength_.variance = std::min(strength_.variance + map_.surroundings().strength_drift * seconds, square(kStrengthDb));
  for (auto& bias : biases_) bias.variance = std::min(bias.variance + kBiasDriftPerS * seconds, square(kBiasDb));
  weigh();
  learn();
  heard_.clear();
  sum_zones();
}

void Position::forget_strength() { strength_ = {0, square(kStrengthDb)}; }

// --- the walking model -----------------------------------------------------------------------------------------------

void Position::walk(float seconds) {
  change_gait(seconds);
  const std::size_t cells = map_.cells();
  for (std::size_t g = 0; g < kMoving; ++g) {
    const float stride = kSpeeds[g / kHeadings] * seconds / map_.pitch_m();
    const auto& [dx, dy] = kDirections[g % kHeadings];
    shift(&weights_[(1 + g) * cells], dx * stride, dy * stride);
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

/// Moves a layer by a fraction of a cell each way; who would leave the grid stays at its edge. |dx|, |dy| <= 1.
void Position::shift(float* layer, float dx, float dy) const {
  const std::size_t w = map_.width(), h = map_.height();
  const auto push = [](float* first, std::size_t count, std::size_t stride, float by) {
    const float part = by < 0 ? -by : by;
    float carried = 0;  // what the cell before hands over
    for (std::size_t i = 0; i < count; ++i) {
      float& cell = first[(by > 0 ? i : count - 1 - i) * stride];
      const float leaves = part * cell;
      cell = i + 1 < count ? cell - leaves + carried : cell + carried;
      carried = leaves;
    }
  };
  if (dx != 0) {
    for (std::size_t y = 0; y < h; ++y) push(layer + y * w, w, 1, dx);
  }
  if (dy != 0) {
    for (std::size_t x = 0; x < w; ++x) push(layer + x, h, w, dy);
  }
}

// --- the radio model -------------------------------------------------------------------------------------------------

void Position::weigh() {
  const std::size_t cells = map_.cells();
  std::vector<float> misfits(cells, 1.0F);
  for (const auto& h : heard_) {
    const auto expected = map_.expected(h.receiver);
    const Belief& bias = biases_[h.receiver];
    const float variance = square(kNoiseDb) + strength_.variance + bias.variance;
    const float level = h.sum_dbm / static_cast<float>(h.adverts) - strength_.mean - bias.mean - kMode;
    for (std::size_t c = 0; c < cells; ++c) misfits[c] *= misfit(level - expected[c], variance);
  }
  const float best = *std::min_element(misfits.begin(), misfits.end());
  for (std::size_t c = 0; c < cells; ++c) {
    misfits[c] = map_.prior()[c] > 0 ? square(square(best / misfits[c])) : 0;
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

/// Kalman updates of the phone's strength and the receivers' biases by what was heard where the member probably is.
void Position::learn() {
  const std::size_t cells = map_.cells();
  for (const auto& h : heard_) {
    const auto expected = map_.expected(h.receiver);
    const float middle = expected[0];  // differences to it are small, so that their squares keep their digits
    float mean = 0, squares = 0;
    for (std::size_t c = 0; c < cells; ++c) {
      const float part = mass_[c] * (expected[c] - middle);
      mean += part;
      squares += part * (expected[c] - middle);
    }
    const float spread = std::max(0.0F, squares - square(mean));
    Belief& bias = biases_[h.receiver];
    const float variance = square(kNoiseDb) + spread + strength_.variance + bias.variance;
    const float level = h.sum_dbm / static_cast<float>(h.adverts);
    const float residual = level - middle - mean - strength_.mean - bias.mean - kMode;
    const float trusted = residual / misfit(residual, variance);
    for (Belief* belief : {&strength_, &bias}) {
      if (belief == &bias && inside_ < kSettled) continue;
      const float gain = belief->variance / variance;
      belief->mean += gain * trusted;
      belief->variance *= 1 - gain;
    }
  }
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
