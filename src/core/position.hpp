// Where one member is: a Bayesian filter over the cells of a RadioMap.
// State: cell x gait (standing, or one of 8 headings at browsing or walking speed). Each step moves the probability by
// the walking model and weighs it by what the receivers heard. How strong this phone sends and how well each receiver
// hears are estimated along the way. Owner thread: the loop. Deterministic: additions, products and square roots of
// floats only, in one order. Never decides: presence does.
#pragma once

#include <cstdint>
#include <vector>

#include "base/types.hpp"
#include "core/radio_map.hpp"

namespace tg {

class Position {
 public:
  explicit Position(const RadioMap& map);

  /// One advert; counts at the next step. Ignored when the receiver has no place.
  void observe(std::uint16_t receiver, float dbm);
  [[nodiscard]] bool has_news() const { return !heard_.empty(); }
  /// Time passes by `dt`, then what was heard since the last step counts. O(17 cells + receivers heard x cells).
  void step(Millis dt);
  /// Another phone speaks from here on: its strength is unknown again.
  void forget_strength();

  /// Probability of each zone, by index in Policy::zones; what misses to 1 is the street.
  [[nodiscard]] const std::vector<float>& zones() const { return zones_; }
  [[nodiscard]] float inside() const { return inside_; }
  /// dB by which this receiver hears the member better than expected, the phone's own strength left out.
  [[nodiscard]] float bias_db(std::uint16_t receiver) const { return biases_[receiver].mean; }
  [[nodiscard]] float strength_db() const { return strength_.mean; }

 private:
  struct Heard {
    std::uint16_t receiver;
    std::uint16_t adverts;
    float sum_dbm;
  };
  /// A quantity that is learned: mean and variance, dB and dB².
  struct Belief {
    float mean, variance;
  };
  void start();
  void walk(float seconds);
  void change_gait(float seconds);
  void shift(float* layer, float dx, float dy) const;
  void weigh();
  void learn();
  void sum_zones();

  const RadioMap& map_;
  std::vector<float> weights_;  ///< gait-major: [gait][cell]; sums to 1
  std::vector<float> mass_;     ///< by cell
  std::vector<Heard> heard_;
  Belief strength_;
  std::vector<Belief> biases_;
  std::vector<float> zones_;
  float inside_ = 0;
};

}  // namespace tg
