// Service data of 0xFEAA -> Eddystone-EID token (contract §3.1). Pure; never keeps anything.
#pragma once

#include <optional>
#include <span>

#include "base/types.hpp"

namespace tg {

inline constexpr std::string_view kEddystoneUuid = "0000feaa-0000-1000-8000-00805f9b34fb";

/// `30 | tx power (1) | EID (8)`; anything else, shorter or longer is not ours.
[[nodiscard]] std::optional<Eid> decode_eddystone_eid(std::span<const std::uint8_t> service_data);

}  // namespace tg
