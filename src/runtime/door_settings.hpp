// What the configuration means for each door. Pure functions, any thread. Never opens anything.
#pragma once

#include "adapters/bluez_peripheral.hpp"
#include "adapters/bluez_radio.hpp"
#include "adapters/link_process.hpp"
#include "codec/config.hpp"

namespace tg {

/// `now` is the start of this session, which the last will names.
[[nodiscard]] LinkSettings central_settings(const Config& c, Stamp now);
[[nodiscard]] LinkSettings local_settings(const Config& c, Stamp now);
/// Of the receivers that are adapters of this box.
[[nodiscard]] BluezRadioConfig radio_config(const Config& c);
[[nodiscard]] BluezPeripheralConfig peripheral_config(const Config& c, const BluezRadioConfig& radio);

}  // namespace tg
