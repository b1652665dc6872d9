// The plan of the store as a grid: which zone each cell belongs to, and how strong each receiver hears a phone there.
// Owner thread: the loop. Made once per policy and never changed; never knows a member.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/policy.hpp"

namespace tg {

/// What a plan does not say of a place but its kind does. decisions/0011 says where the figures come from.
struct Surroundings {
  bool shop;             ///< has a street; else an open floor
  double one_metre_dbm;  ///< of the usual phone as it is carried, 1 m away
  double exponent;       ///< of the path loss
  double near_m;         ///< closer to a receiver than this one place is like another
  double margin_m;       ///< of ground around everything that the plan names
  float on_street;       ///< share of those who are first heard outside; < 0: as large as its ground is
  float enters;          ///< of those who walk against the front of the store; the others meet a wall
  float strength_db;     ///< standard deviation among phones
  float bias_db;         ///< and among receivers after offset_db
  float strength_drift;  ///< dB² a second: a phone turns behind its bearer
  float stops, turns;    ///< how often a walker does, a second
  float surely_inside;   ///< opens a visit
};

/// Of walking from one cell to the next; up is where y grows.
enum class Way : std::uint8_t { right, left, up, down };

class RadioMap {
 public:
  /// A cell that lies in a zone with `part` of its area (0..1].
  struct Share {
    std::uint16_t cell;
    std::uint16_t zone;  ///< index in Policy::zones; never a street
    float part;
  };

  /// Without an area that is not the street, or without a receiver that has a place, there is no map.
  explicit RadioMap(const Policy& policy);

  [[nodiscard]] bool known() const { return width_ > 0; }
  [[nodiscard]] std::size_t width() const { return width_; }
  [[nodiscard]] std::size_t height() const { return height_; }
  [[nodiscard]] std::size_t cells() const { return width_ * height_; }
  /// Side of the cells inside; those far out are larger.
  [[nodiscard]] float pitch_m() const { return pitch_m_; }
  /// Share of who is in the cell that leaves it that way for each metre walked; 0 at a wall and at the grid's edge.
  [[nodiscard]] std::span<const float> leaves(Way way) const { return leaves_[static_cast<std::size_t>(way)]; }
  [[nodiscard]] std::size_t receivers() const { return expected_.size(); }
  [[nodiscard]] std::size_t zones() const { return zones_; }
  /// dBm of a phone of the usual strength, by cell; empty for a receiver without a place.
  [[nodiscard]] std::span<const float> expected(std::size_t receiver) const { return expected_[receiver]; }
  [[nodiscard]] bool shop() const { return surroundings_->shop; }
  [[nodiscard]] const Surroundings& surroundings() const { return *surroundings_; }
  /// Where somebody is of whom nothing is known yet, by cell; sums to 1. Where it is 0 nobody can be.
  [[nodiscard]] const std::vector<float>& prior() const { return prior_; }
  /// What is not covered by a share is the street.
  [[nodiscard]] const std::vector<Share>& shares() const { return shares_; }

 private:
  struct Frame;
  struct Street;
  void lay_out(Frame& frame, const Frame& receivers, const Street& street);
  void fill_shares(const Policy& policy, const Frame& frame);
  void fill_prior(const Street& street, const Frame& frame);
  void fill_leaves(const Policy& policy, const Frame& frame);
  [[nodiscard]] std::vector<float> expect(const Place& at, bool outside, const Street& street,
                                          const Frame& frame) const;

  std::size_t width_ = 0, height_ = 0, zones_ = 0;
  const Surroundings* surroundings_;
  float pitch_m_ = 1;
  std::vector<std::vector<float>> expected_;
  std::array<std::vector<float>, 4> leaves_;
  std::vector<float> inside_;  ///< share of the cell
  std::vector<float> prior_;
  std::vector<Share> shares_;
};

}  // namespace tg
