// Where one member is: a Bayesian filter over the cells of a RadioMap.
// State: cell x gait (standing, or one of 8 headings at browsing or walking speed). Each step moves the probability by
// the walking model (position.cpp) and weighs it by what the receivers heard: on an open floor with one strength and
// one bias a receiver (position_open.cpp), in a shop with a strength and errors for each cell (position_shop.cpp).
// Owner thread: the loop. Deterministic: additions, products, divisions and square roots of floats only, in one order.
// Never decides: presence does.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "base/types.hpp"
#include "core/radio_map.hpp"

namespace tg {

/// What the receivers of one store err, learned from all members who are surely inside, dB. Lost at a restart.
class SharedErrors {
 public:
  explicit SharedErrors(std::size_t receivers) : errors_(receivers) {}
  [[nodiscard]] float db(std::size_t receiver) const { return errors_[receiver].mean; }
  void learn(std::size_t receiver, float error_db);

 private:
  struct Error {
    float mean = 0, samples = 0;
  };
  std::vector<Error> errors_;
};

class Position {
 public:
  explicit Position(const RadioMap& map);

  /// One advert; counts at the next step. Ignored when the receiver has no place.
  void observe(std::uint16_t receiver, float dbm);
  [[nodiscard]] bool has_news() const { return !heard_.empty(); }
  /// Time passes by `dt`, then what was heard since the last step counts. `shared` is used and taught in a shop.
  /// O((30 + receivers heard x receivers followed) x cells).
  void step(Millis dt, SharedErrors* shared = nullptr);
  /// Another phone speaks from here on: its strength is unknown again.
  void forget_strength();

  /// Probability of each zone, by index in Policy::zones; what misses to 1 is the street.
  [[nodiscard]] const std::vector<float>& zones() const { return zones_; }
  [[nodiscard]] float inside() const { return inside_; }
  /// dB by which this receiver hears the member better than expected, the phone's own strength left out.
  [[nodiscard]] float bias_db(std::uint16_t receiver) const;
  [[nodiscard]] float strength_db() const;

 private:
  struct Heard {
    std::uint16_t receiver;
    std::uint16_t adverts;
    float sum_dbm;
    [[nodiscard]] float mean_dbm() const { return sum_dbm / static_cast<float>(adverts); }
  };
  void start();
  void walk(float seconds);
  void change_gait(float seconds);
  void shift(float* layer, Way way, float metres);
  enum class Power : std::uint8_t { fourth, eighth };
  /// The probability of each cell times (best misfit / its misfit) to that power.
  void weigh_by(std::vector<float>& misfits, Power power);
  void sum_zones();

  // --- open floor: one belief for all cells
  struct Belief {
    float mean, variance;  ///< dB, dB²
  };
  void weigh_floor(float seconds);
  void learn_floor();

  // --- shop: row 0 of the means is the phone's strength, the others are receivers' present errors
  struct Followed {
    std::uint16_t receiver;
    std::uint32_t heard;  ///< in this step
  };
  static constexpr std::size_t kMostFollowed = 12, kRows = 1 + kMostFollowed;
  using Row = std::array<float, kRows>;
  void weigh_shop(float seconds, const SharedErrors* shared);
  void carry(float seconds);
  void carry_row(float* mean, float fade, const std::array<std::vector<float>, 5>& parts) const;
  void drift(float seconds);
  void take_in(const Heard& heard, float shared_db, std::vector<float>& misfits);
  std::size_t row_of(std::uint16_t receiver);
  void teach(SharedErrors& shared) const;
  [[nodiscard]] float mean_of(std::size_t row) const;

  const RadioMap& map_;
  std::vector<float> weights_;  ///< gait-major: [gait][cell]; sums to 1
  std::vector<float> mass_;     ///< by cell
  std::vector<Heard> heard_;
  Belief strength_;             ///< open floor
  std::vector<Belief> biases_;  ///< open floor; by receiver
  std::vector<Followed> followed_;
  std::vector<float> means_;             ///< shop: [row][cell], given that the member is in the cell
  std::array<Row, kRows> covariance_{};  ///< shop: of the rows, the same in each cell
  std::uint32_t steps_ = 0;              ///< 0.4 s and more each
  std::vector<float> zones_;
  float inside_ = 0;
};

}  // namespace tg
