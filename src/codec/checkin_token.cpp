#include "codec/checkin_token.hpp"

#include <algorithm>

namespace tg {
namespace {

constexpr std::size_t kEidOffset = 1;
constexpr std::size_t kMacOffset = kEidOffset + Eid{}.size();
constexpr std::size_t kLength = kMacOffset + CheckinMac{}.size();
constexpr std::uint8_t kArrive = 0x01, kForget = 0x02;

}  // namespace

Result<CheckinToken, TokenProblem> decode_checkin_token(std::span<const std::uint8_t> value) {
  if (value.size() != kLength) return Unexpected{TokenProblem::length};
  if (value.front() != kArrive && value.front() != kForget) return Unexpected{TokenProblem::version};
  CheckinToken token;
  token.kind = value.front() == kArrive ? CheckinKind::arrive : CheckinKind::forget;
  std::ranges::copy(value.subspan(kEidOffset, token.eid.size()), token.eid.begin());
  std::ranges::copy(value.subspan(kMacOffset), token.mac.begin());
  return token;
}

}  // namespace tg
