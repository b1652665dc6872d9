// The iBeacon that wakes the app on iPhones: configuration <-> manufacturer data of company 0x004C. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/types.hpp"

namespace tg {

inline constexpr std::uint16_t kAppleCompany = 0x004C;

/// `02 15 | UUID (16) | major (2) | minor (2) | power at 1 m (1)`, big-endian. `uuid` as the configuration checks it:
/// 32 hexadecimal digits and four hyphens.
[[nodiscard]] std::vector<std::uint8_t> encode_ibeacon(std::string_view uuid, std::uint16_t major, std::uint16_t minor);

/// The 16 bytes of such a `uuid`.
[[nodiscard]] Key128 beacon_region(std::string_view uuid);
/// Whether `data` is an iBeacon of this region, whatever its numbers.
[[nodiscard]] bool is_ibeacon_of(std::span<const std::uint8_t> data, const Key128& region);

}  // namespace tg
