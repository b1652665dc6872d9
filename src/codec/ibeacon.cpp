#include "codec/ibeacon.hpp"

#include <algorithm>
#include <string>

#include "base/crypto.hpp"
#include "base/types.hpp"

namespace tg {
namespace {

constexpr std::uint8_t kTypeProximity = 0x02;
constexpr std::uint8_t kRemainingLength = 0x15;
/// -59 dBm: what a USB adapter of class 1.5 gives at 1 m. Only an app that ranges reads it, ours is merely woken.
constexpr std::uint8_t kPowerAtOneMetre = 0xC5;

constexpr std::size_t kUuidAt = 2, kMajorAt = 18, kMinorAt = 20, kPowerAt = 22, kSize = 23;

void put_big_endian(std::vector<std::uint8_t>& out, std::size_t at, std::uint16_t value) {
  out[at] = static_cast<std::uint8_t>(value >> 8);
  out[at + 1] = static_cast<std::uint8_t>(value);
}

}  // namespace

std::vector<std::uint8_t> encode_ibeacon(std::string_view uuid, std::uint16_t major, std::uint16_t minor) {
  std::vector<std::uint8_t> out(kSize);
  out[0] = kTypeProximity;
  out[1] = kRemainingLength;
  std::ranges::copy(beacon_region(uuid), out.begin() + kUuidAt);
  put_big_endian(out, kMajorAt, major);
  put_big_endian(out, kMinorAt, minor);
  out[kPowerAt] = kPowerAtOneMetre;
  return out;
}

Key128 beacon_region(std::string_view uuid) {
  std::string digits(uuid);
  std::erase(digits, '-');
  Key128 region{};
  (void)unhex(digits, region);
  return region;
}

bool is_ibeacon_of(std::span<const std::uint8_t> data, const Key128& region) {
  return data.size() == kSize && data[0] == kTypeProximity && data[1] == kRemainingLength &&
         std::ranges::equal(data.subspan(kUuidAt, region.size()), region);
}

}  // namespace tg
