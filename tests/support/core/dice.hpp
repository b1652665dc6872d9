// Random choices of a test, repeatable: the seed is printed with every failure and can be given by TOUCHPOINT_SEED.
// Owner thread: the test. Never uses a distribution of the library: they differ between its versions.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>

namespace tg::test {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}
  /// 0 .. n-1
  std::uint32_t below(std::uint32_t n) { return static_cast<std::uint32_t>(engine_() % n); }
  std::uint32_t between(std::uint32_t low, std::uint32_t high) { return low + below(high - low + 1); }
  bool one_in(std::uint32_t n) { return below(n) == 0; }
  template <class C>
  const auto& of(const C& choices) {
    return choices[below(static_cast<std::uint32_t>(std::size(choices)))];
  }

 private:
  std::mt19937_64 engine_;
};

/// Runs `rule(dice)` for `cases` seeds, or for the one of TOUCHPOINT_SEED; stops at the first that fails and names it.
template <class Rule>
void for_all(std::uint64_t cases, Rule rule) {
  const char* wanted = std::getenv("TOUCHPOINT_SEED");
  const std::uint64_t first = wanted != nullptr ? std::strtoull(wanted, nullptr, 10) : 1;
  const std::uint64_t last = wanted != nullptr ? first : cases;
  for (std::uint64_t seed = first; seed <= last; ++seed) {
    SCOPED_TRACE("TOUCHPOINT_SEED=" + std::to_string(seed));
    Dice dice(seed);
    rule(dice);
    if (testing::Test::HasFailure()) return;
  }
}

}  // namespace tg::test
