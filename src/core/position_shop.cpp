// Position, part "shop": the evidence in a store with a street before it.
// What a receiver hears is off by some decibels for seconds: a body, shadowing, a wall that no plan names. Weighed as
// fresh at each step such an error makes the filter sure of anything. So each receiver's error is followed as an
// Ornstein-Uhlenbeck process beside the phone's strength, by a Kalman filter for each cell: whoever really is in the
// street has another strength there than he would have inside. The covariance is the same in each cell, for it does not
// depend on what was heard.
#include <algorithm>
#include <cmath>

#include "core/position.hpp"

namespace tg {
namespace {

constexpr float kErrorDb = 4.5F, kErrorS = 5;          // of one receiver, and how long it lasts
constexpr float kCommonDb = 3;                         // of all receivers at once: the bearer turns round
constexpr float kFadingDb = 5, kLeastFadingDb = 1.5F;  // of one advert; of however many of one moment
constexpr float kFreedom = 15;                         // of Student's t: (freedom + 1) / 2 is the 8th power
constexpr float kMode = 0.6F;                          // fading weakens further than it strengthens
constexpr float kSurprise = 2.5F;                      // standard deviations; more teaches no more

constexpr float kSurelyInside = 0.99F;                // teaches the others
constexpr std::uint32_t kSettled = 10;                // steps
constexpr float kUntaught = 500, kMostTaught = 3000;  // samples
constexpr float kMostErrorDb = 12;

constexpr float square(float x) { return x * x; }

}  // namespace

void SharedErrors::learn(std::size_t receiver, float error_db) {
  Error& error = errors_[receiver];
  error.samples = std::min(error.samples + 1, kMostTaught);
  error.mean += (std::clamp(error_db, -kMostErrorDb, kMostErrorDb) - error.mean) / (error.samples + kUntaught);
}

void Position::weigh_shop(float seconds, const SharedErrors* shared) {
  carry(seconds);
  drift(seconds);
  std::vector<float> misfits(map_.cells(), 1.0F);
  for (const auto& h : heard_) take_in(h, shared == nullptr ? 0 : shared->db(h.receiver), misfits);
  weigh_by(misfits, Power::eighth);
}

/// The strength and the errors go with who walks. Errors fade.
void Position::carry(float seconds) {
  const std::size_t cells = map_.cells(), w = map_.width();
  const float metres = std::min(0.3F * map_.pitch_m(), 0.2F * seconds);  // each way, in the mean of the gaits
  std::vector<float> here(cells);
  for (std::size_t i = 0; i < weights_.size(); i += cells) {
    for (std::size_t c = 0; c < cells; ++c) here[c] += weights_[i + c];
  }
  std::array<std::vector<float>, 5> parts;  // of a cell's members: from the left, the right, below, above; stayed
  for (std::size_t k = 0; k < 4; ++k) {
    const auto leaves = map_.leaves(static_cast<Way>(k));
    const std::size_t step = k < 2 ? 1 : w;
    parts[k].assign(cells, 0);
    for (std::size_t c = step; c < cells; ++c) {
      const std::size_t from = k % 2 == 0 ? c - step : c, to = k % 2 == 0 ? c : c - step;
      parts[k][to] = here[from] * leaves[from] * metres;
    }
  }
  parts[4].resize(cells);
  for (std::size_t c = 0; c < cells; ++c) {
    const float scale = 1 / (here[c] + parts[0][c] + parts[1][c] + parts[2][c] + parts[3][c] + 1e-30F);
    for (std::size_t k = 0; k < 4; ++k) parts[k][c] *= scale;
    parts[4][c] = here[c] * scale;
  }
  const float fade = 1 / (1 + seconds / kErrorS);
  for (std::size_t row = 0; row <= followed_.size(); ++row) carry_row(&means_[row * cells], row == 0 ? 1 : fade, parts);
}

void Position::carry_row(float* mean, float fade, const std::array<std::vector<float>, 5>& parts) const {
  const std::size_t cells = map_.cells(), w = map_.width();
  const std::vector<float> old(mean, mean + cells);
  for (std::size_t c = 0; c < cells; ++c) mean[c] = parts[4][c] * old[c];
  for (std::size_t c = 1; c < cells; ++c) mean[c] += parts[0][c] * old[c - 1];
  for (std::size_t c = 1; c < cells; ++c) mean[c - 1] += parts[1][c - 1] * old[c];
  for (std::size_t c = w; c < cells; ++c) mean[c] += parts[2][c] * old[c - w];
  for (std::size_t c = w; c < cells; ++c) mean[c - w] += parts[3][c - w] * old[c];
  for (std::size_t c = 0; c < cells; ++c) mean[c] *= fade;
}

/// The covariance forgets as the means do, towards what is true of any member.
void Position::drift(float seconds) {
  const Surroundings& s = map_.surroundings();
  const float fade = 1 / (1 + seconds / kErrorS), fade2 = square(fade);
  covariance_[0][0] = std::min(covariance_[0][0] + s.strength_drift * seconds, square(s.strength_db));
  for (std::size_t i = 1; i <= followed_.size(); ++i) {
    covariance_[0][i] = covariance_[i][0] *= fade;
    for (std::size_t j = 1; j <= followed_.size(); ++j) {
      const float any = square(kCommonDb) + (i == j ? square(kErrorDb) : 0);
      covariance_[i][j] = fade2 * covariance_[i][j] + (1 - fade2) * any;
    }
  }
}

/// Of the receivers that are followed, else instead of the one that was heard longest ago.
std::size_t Position::row_of(std::uint16_t receiver) {
  const std::size_t cells = map_.cells();
  auto at = std::find_if(followed_.begin(), followed_.end(), [&](const Followed& f) { return f.receiver == receiver; });
  if (at != followed_.end()) {
    at->heard = steps_;
    return 1 + static_cast<std::size_t>(at - followed_.begin());
  }
  if (followed_.size() < kMostFollowed) {
    followed_.push_back({receiver, steps_});
    at = followed_.end() - 1;
    means_.resize(means_.size() + cells);
  } else {
    at = std::min_element(followed_.begin(), followed_.end(),
                          [](const Followed& a, const Followed& b) { return a.heard < b.heard; });
    *at = {receiver, steps_};
  }
  const std::size_t row = 1 + static_cast<std::size_t>(at - followed_.begin());
  std::fill_n(means_.begin() + static_cast<std::ptrdiff_t>(row * cells), cells, 0.0F);
  for (std::size_t k = 0; k <= followed_.size(); ++k) covariance_[k][row] = covariance_[row][k] = 0;
  covariance_[row][row] = square(kErrorDb) + square(kCommonDb);
  return row;
}

/// Kalman update of each cell's strength and errors, one receiver after the other.
void Position::take_in(const Heard& heard, float shared_db, std::vector<float>& misfits) {
  const std::size_t cells = map_.cells(), row = row_of(heard.receiver), rows = 1 + followed_.size();
  const auto expected = map_.expected(heard.receiver);
  Row gain{};
  for (std::size_t k = 0; k < rows; ++k) gain[k] = covariance_[k][0] + covariance_[k][row];
  const float fading = square(kLeastFadingDb) + square(kFadingDb) / static_cast<float>(heard.adverts);
  const float variance = gain[0] + gain[row] + fading;
  const float level = heard.mean_dbm() - kMode - shared_db, scale = 1 / (kFreedom * variance);
  std::vector<float> surprise(cells);
  const float* strength = means_.data();
  const float* error = &means_[row * cells];
  for (std::size_t c = 0; c < cells; ++c) surprise[c] = level - expected[c] - strength[c] - error[c];
  for (std::size_t c = 0; c < cells; ++c) misfits[c] *= 1 + surprise[c] * surprise[c] * scale;
  const float most = kSurprise * std::sqrt(variance);
  for (std::size_t c = 0; c < cells; ++c) surprise[c] = std::clamp(surprise[c], -most, most);
  for (std::size_t k = 0; k < rows; ++k) {
    const float part = gain[k] / variance;
    float* mean = &means_[k * cells];
    for (std::size_t c = 0; c < cells; ++c) mean[c] += part * surprise[c];
  }
  for (std::size_t i = 0; i < rows; ++i) {
    for (std::size_t j = 0; j < rows; ++j) covariance_[i][j] -= gain[i] * gain[j] / variance;
  }
}

/// What the receivers err of somebody surely inside, compared with each other: what they have in common is the phone's.
/// Not of passers-by: what the filter believes of them comes from these errors too much.
void Position::teach(SharedErrors& shared) const {
  if (inside_ < kSurelyInside || steps_ < kSettled || heard_.size() < 2) return;
  const std::size_t cells = map_.cells();
  Row error{};
  float common = 0;
  for (std::size_t i = 0; i < heard_.size(); ++i) {
    const auto expected = map_.expected(heard_[i].receiver);
    float mean = 0;
    for (std::size_t c = 0; c < cells; ++c) mean += mass_[c] * expected[c];
    error[i] = heard_[i].mean_dbm() - mean;
    common += (error[i] - shared.db(heard_[i].receiver)) / static_cast<float>(heard_.size());
  }
  for (std::size_t i = 0; i < heard_.size(); ++i) shared.learn(heard_[i].receiver, error[i] - common);
}

}  // namespace tg
