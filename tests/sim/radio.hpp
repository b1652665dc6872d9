// What each receiver of a plan hears of a phone: path loss, walls, bodies, shadowing, fading, scan windows, collisions.
// Owner thread: the caller's. Never keeps anything of an advert: the same place and instant give the same strength.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/types.hpp"
#include "sim/crowd.hpp"

namespace tg::sim {

/// Of one phone at one receiver, for a fraction of a second in which nobody gets far.
struct Link {
  double mean_dbm = 0;
  double rice_k = 0;  ///< power of the direct way over that of all the others
};

class Radio {
 public:
  Radio(const StorePlan& plan, std::uint64_t seed);

  /// `bodies`: where everybody is, the bearer included.
  [[nodiscard]] Link link(const Phone& phone, const Pose& pose, std::size_t receiver,
                          const std::vector<Point>& bodies) const;
  /// One advert; nothing when it was lost. `id` names the phone.
  [[nodiscard]] std::optional<RssiDbm> hear(const Link& link, std::uint64_t id, Point place, std::size_t receiver,
                                            SimMs at, std::size_t people, Random& random) const;
  /// When the gateway learns of an advert that `receiver` heard at `at`.
  [[nodiscard]] SimMs reported_at(std::size_t receiver, SimMs at) const;

 private:
  struct Station {
    double bias_db;  ///< of its antenna and chip; nobody has measured it
    SimMs scan_phase, batch_phase;
  };
  [[nodiscard]] double shadowing(Point place, std::size_t receiver) const;
  [[nodiscard]] double fading(double rice_k, std::uint64_t id, Point place, std::size_t receiver, SimMs at,
                              std::int64_t channel) const;
  /// The channel that is listened to, or nothing.
  [[nodiscard]] std::optional<std::int64_t> listens(std::size_t receiver, SimMs at) const;

  const StorePlan& plan_;
  const std::uint64_t seed_;
  std::vector<Station> stations_;
};

}  // namespace tg::sim
