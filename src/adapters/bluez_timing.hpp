// How long the radio waits for what. Plain values, so that a test can shorten them. Owner thread: any.
#pragma once

#include "adapters/bluez_ladder.hpp"
#include "base/types.hpp"

namespace tg {

struct BluezTiming {
  Millis first_retry{1'000};       ///< doubles up to eight times as much
  Millis answer{5'000};            ///< any call of BlueZ that should be answered at once
  Millis start_discovery{15'000};  ///< starting a scan may wait for the controller
  Millis activate{5'000};          ///< from RegisterMonitor to Activate()
  Millis probe{5'000};             ///< without an advert for so long bluetoothd is asked whether all is as it was
  Millis refresh_filter{30'000};   ///< our discovery filter is set again: nothing tells us that somebody changed it
  Millis spare_after{10'000};      ///< an adapter that is pulled out and plugged in again takes about 4 s
  LadderTiming ladder;
};

}  // namespace tg
