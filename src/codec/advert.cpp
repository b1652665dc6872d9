#include "codec/advert.hpp"

#include <algorithm>

namespace tg {
namespace {
constexpr std::uint8_t kFrameTypeEid = 0x30;
constexpr std::size_t kEidOffset = 2;  // frame type, tx power
}  // namespace

std::optional<Eid> decode_eddystone_eid(std::span<const std::uint8_t> service_data) {
  Eid eid{};
  if (service_data.size() != kEidOffset + eid.size() || service_data.front() != kFrameTypeEid) return std::nullopt;
  std::copy(service_data.begin() + kEidOffset, service_data.end(), eid.begin());
  return eid;
}

}  // namespace tg
