// Random numbers of the store simulator: the same seed gives the same day with every standard library.
// Owner thread: the caller's. Never uses a distribution of the library: they differ between its versions.
#pragma once

#include <cmath>
#include <cstdint>
#include <iterator>
#include <numbers>

namespace tg::sim {

/// One step of splitmix64 (Steele, Lea, Flood 2014): also good as a hash of a few small numbers.
constexpr std::uint64_t mixed(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15U;
  x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27U)) * 0x94d049bb133111ebU;
  return x ^ (x >> 31U);
}
/// 0 <= u < 1
constexpr double as_fraction(std::uint64_t bits) { return static_cast<double>(bits >> 11U) * 0x1p-53; }

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(mixed(seed)) {}
  /// A stream of its own for the part `key` of the day, so that more dice in one part do not change another.
  [[nodiscard]] Random part(std::uint64_t key) const { return Random(state_ ^ mixed(key)); }

  std::uint64_t bits() { return mixed(state_++); }
  double fraction() { return as_fraction(bits()); }
  double between(double low, double high) { return low + (high - low) * fraction(); }
  std::int64_t between_ms(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(fraction() * static_cast<double>(high - low + 1));
  }
  bool chance(double p) { return fraction() < p; }
  /// Box and Muller's: one of the two normals is enough here.
  double normal(double sigma) {
    const double radius = std::sqrt(-2 * std::log(1 - fraction()));
    return sigma * radius * std::cos(2 * std::numbers::pi * fraction());
  }
  double exponential(double mean) { return -mean * std::log(1 - fraction()); }
  template <class C>
  const auto& of(const C& choices) {
    return choices[static_cast<std::size_t>(fraction() * static_cast<double>(std::size(choices)))];
  }

 private:
  std::uint64_t state_;
};

}  // namespace tg::sim
