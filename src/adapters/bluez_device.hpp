// Reads the properties of a Device1, which is what an advert becomes. Owner thread: the loop. Pure.
// Speaks to libsystemd, on which sdbus-c++ stands: that can only skip a value by copying it, and bluetoothd puts the
// manufacturer data before the service data in each signal. Never keeps anything. A property of another type than BlueZ
// documents is skipped and noted; a body that is none at all throws std::runtime_error, which BluezBus counts.
#pragma once

#include <optional>

#include "base/types.hpp"

namespace sdbus {
class Message;
}

namespace tg {

struct DeviceReport {
  bool advert = false;            ///< something came over the air, whoever sent it
  std::optional<RssiDbm> rssi;    ///< none when absent or not available (127)
  bool has_service_data = false;  ///< then `eid` is what the device sends now, else nothing is known
  std::optional<Eid> eid;
  bool own_beacon = false;  ///< the iBeacon of this box, whichever adapter sends it
  bool malformed = false;
};

enum class Extent { whole, until_settled };

/// The message stands before an a{sv}; with `until_settled` it is left where nothing that may follow could change what
/// becomes of the advert. `own_beacon`: the region that the box's iBeacon says; none when it says none.
[[nodiscard]] DeviceReport read_device(sdbus::Message& message, Extent extent, const std::optional<Key128>& own_beacon);

/// Leaves one value of this signature unread.
void skip_value(sdbus::Message& message, const char* signature);

}  // namespace tg
