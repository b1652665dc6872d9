// An org.bluez that does nothing but send adverts, as fast as asked, in a process of its own: the load of bench-radio.
// Owner: the calling thread, which it never leaves. Never the slow side: messages are built by hand with sd-bus.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/types.hpp"

namespace tg::bench {

struct Load {
  std::string bus;        ///< D-Bus address
  std::vector<Eid> eids;  ///< one device each, in turn; empty: every advert is a stranger with an address never seen
  std::uint32_t adverts = 0;
  std::uint32_t per_second = 0;  ///< 0: flat out
};

/// Waits for StartDiscovery, announces the devices, sends the adverts, then answers calls until its bus goes.
int send_adverts(const Load& load);

}  // namespace tg::bench
