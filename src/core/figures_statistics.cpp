#include "core/figures_statistics.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>

namespace tg {
namespace {

constexpr int kExactBits = 4;  // values below 16 have a step each
constexpr int kStepBits = 3;   // eight steps an octave above
constexpr double kZ95 = 1.959963984540054;

std::pair<double, double> wilson(double hits, double n) {
  const double p = hits / n, z2 = kZ95 * kZ95;
  const double middle = p + z2 / (2 * n), scale = 1 + z2 / n;
  const double half = kZ95 * std::sqrt(p * (1 - p) / n + z2 / (4 * n * n));
  return {(middle - half) / scale, (middle + half) / scale};
}

double variance_of_mean(const Moments& m) {
  const auto n = static_cast<double>(m.n);
  return std::max(0.0, (m.squares - m.sum * m.sum / n) / (n - 1)) / n;
}

}  // namespace

std::int32_t histogram_slot(std::int64_t value) {
  const auto v = static_cast<std::uint64_t>(std::max<std::int64_t>(value, 0));
  if (v < (1U << kExactBits)) return static_cast<std::int32_t>(v);
  const int octave = static_cast<int>(std::bit_width(v)) - 1;
  const auto step = static_cast<std::int32_t>(v >> (octave - kStepBits)) & ((1 << kStepBits) - 1);
  return (1 << kExactBits) + ((octave - kExactBits) << kStepBits) + step;
}

std::int64_t slot_floor(std::int32_t slot) {
  if (slot < (1 << kExactBits)) return slot;
  const int octave = ((slot - (1 << kExactBits)) >> kStepBits) + kExactBits;
  const std::int64_t step = (slot & ((1 << kStepBits) - 1)) | (1 << kStepBits);
  return step << (octave - kStepBits);
}

std::optional<std::int64_t> percentile(const std::map<std::int32_t, std::int64_t>& histogram, std::int32_t permille) {
  std::int64_t total = 0;
  for (const auto& [slot, count] : histogram) total += count;
  if (total <= 0) return std::nullopt;
  const std::int64_t rank = std::max<std::int64_t>(1, (total * permille + 999) / 1000);
  std::int64_t below = 0;
  for (const auto& [slot, count] : histogram) {
    below += count;
    if (below >= rank) return slot_floor(slot) + (slot_floor(slot + 1) - slot_floor(slot)) / 2;
  }
  return std::nullopt;
}

Range newcombe(std::int64_t a, std::int64_t n, std::int64_t b, std::int64_t m) {
  const double p = static_cast<double>(a) / static_cast<double>(n);
  const double q = static_cast<double>(b) / static_cast<double>(m);
  const auto [p_low, p_high] = wilson(static_cast<double>(a), static_cast<double>(n));
  const auto [q_low, q_high] = wilson(static_cast<double>(b), static_cast<double>(m));
  const double down = std::sqrt((p - p_low) * (p - p_low) + (q_high - q) * (q_high - q));
  const double up = std::sqrt((p_high - p) * (p_high - p) + (q - q_low) * (q - q_low));
  return {p - q, p - q - down, p - q + up};
}

Range mean_difference(const Moments& a, const Moments& b) {
  const double difference = a.sum / static_cast<double>(a.n) - b.sum / static_cast<double>(b.n);
  const double half = kZ95 * std::sqrt(variance_of_mean(a) + variance_of_mean(b));
  return {difference, difference - half, difference + half};
}

std::vector<bool> shown_parts(const std::vector<std::int64_t>& parts) {
  std::vector<bool> shown(parts.size());
  std::int64_t hidden = 0, hidden_sum = 0;
  std::optional<std::size_t> smallest;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    shown[i] = parts[i] >= kSmallestCell;
    if (!shown[i] && parts[i] != 0) {
      ++hidden;
      hidden_sum += parts[i];
    }
    if (shown[i] && (!smallest || parts[i] < parts[*smallest])) smallest = i;
  }
  const bool gives_away = hidden == 1 || (hidden > 1 && hidden_sum < kSmallestCell);
  if (gives_away && smallest) shown[*smallest] = false;
  return shown;
}

std::int64_t recapture(std::int64_t marked, std::int64_t caught, std::int64_t again) {
  return std::max({(marked + 1) * (caught + 1) / (again + 1) - 1, marked, caught});
}

}  // namespace tg
