// What a phone proves when it writes to the token characteristic (contract §3.2). Plain data, any thread.
#pragma once

#include <array>
#include <compare>
#include <cstdint>

#include "base/types.hpp"

namespace tg {

using Challenge = std::array<std::uint8_t, 8>;   ///< what the phone read before
using CheckinMac = std::array<std::uint8_t, 8>;  ///< the first 8 bytes of an HMAC-SHA256

enum class CheckinKind : std::uint8_t {
  arrive,  ///< the member is here
  forget   ///< the member withdraws recognition
};

struct CheckinToken {
  CheckinKind kind = CheckinKind::arrive;
  Eid eid{};
  CheckinMac mac{};
  friend auto operator<=>(const CheckinToken&, const CheckinToken&) = default;
};

enum class CheckinVerdict : std::uint8_t {
  accepted,  ///< and everything that follows from it is on disk
  refused,   ///< a wrong HMAC and an unknown token alike: the difference would tell strangers who is a member
  later      ///< nobody can be recognised at present (keys or clock), or too much waits: worth another try
};

}  // namespace tg
