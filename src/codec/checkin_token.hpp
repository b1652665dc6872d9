// The value written to the token characteristic -> what it claims (contract §3.2). Pure; never keeps anything.
#pragma once

#include <cstdint>
#include <span>

#include "base/result.hpp"
#include "core/model/checkin.hpp"

namespace tg {

enum class TokenProblem : std::uint8_t { length, version };

/// `01 | EID (8) | HMAC (8)` arrives, `02 | …` forgets: 17 bytes, which fit the smallest ATT packet.
[[nodiscard]] Result<CheckinToken, TokenProblem> decode_checkin_token(std::span<const std::uint8_t> value);

}  // namespace tg
