// Lets a crowd walk and tells what the receivers hear, in the order in which the gateway learns of it.
// Owner thread: the caller's. Never holds more than a fraction of a second of adverts.
#pragma once

#include <functional>
#include <vector>

#include "sim/crowd.hpp"

namespace tg::sim {

struct Sighting {
  SimMs at = 0;  ///< when the gateway learns of it; never decreases
  std::uint16_t receiver = 0;
  std::uint32_t person = 0;  ///< index into the crowd
  RssiDbm rssi = 0;
};

/// Returns the instant at which the last one has left.
SimMs live_through(const StorePlan& plan, const std::vector<Person>& crowd, std::uint64_t seed,
                   const std::function<void(const Sighting&)>& hear);

}  // namespace tg::sim
