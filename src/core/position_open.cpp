// Position, part "open floor": nobody passes by and few walls. One strength of the phone and one bias of each receiver
// hold everywhere.
#include <algorithm>

#include "core/position.hpp"

namespace tg {
namespace {

// Student-t with 15 degrees of freedom around the expected strength; a body or a reflection weakens more often than
// anything strengthens. Adverts of a moment share their fading, so that half of their weight counts:
// the 4th power, not the 8th.
constexpr float kNoiseDb = 6, kFreedom = 15, kUpwards = 1.15F, kMode = 0.6F;
constexpr float kFarthestDb = 30;        // a residual beyond it says no more than this one
constexpr float kSettled = 0.5F;         // inside: the ground around says nothing about receivers behind its walls
constexpr float kBiasDriftPerS = 0.05F;  // dB²/s: what was learned at another corner of the store fades

constexpr float square(float x) { return x * x; }

/// How little a strength fits, 1 and more: the t distribution is this to the power of -(freedom + 1) / 2.
float misfit(float residual, float variance) {
  const float e = std::clamp(residual, -kFarthestDb, kFarthestDb);
  return 1 + square(e > 0 ? e * kUpwards : e) / (kFreedom * variance);
}

}  // namespace

void Position::weigh_floor(float seconds) {
  for (auto& bias : biases_) {
    bias.variance = std::min(bias.variance + kBiasDriftPerS * seconds, square(map_.surroundings().bias_db));
  }
  const std::size_t cells = map_.cells();
  std::vector<float> misfits(cells, 1.0F);
  for (const auto& h : heard_) {
    const auto expected = map_.expected(h.receiver);
    const Belief& bias = biases_[h.receiver];
    const float variance = square(kNoiseDb) + strength_.variance + bias.variance;
    const float level = h.mean_dbm() - strength_.mean - bias.mean - kMode;
    for (std::size_t c = 0; c < cells; ++c) misfits[c] *= misfit(level - expected[c], variance);
  }
  weigh_by(misfits, Power::fourth);
  learn_floor();
}

/// Kalman updates of the phone's strength and the receivers' biases by what was heard where the member probably is.
void Position::learn_floor() {
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
    const float level = h.mean_dbm();
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

}  // namespace tg
