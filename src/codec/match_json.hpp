// Bodies of the facts file, part "matching", and the calibration report as JSON.
// Owner thread: any. Never throws; a body that is not understood is an Error.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"
#include "core/model/match.hpp"

namespace tg {

[[nodiscard]] std::string encode_trace(const VisitTrace& trace);
[[nodiscard]] Result<VisitTrace> decode_trace(std::string_view json);
[[nodiscard]] std::string encode_case(const MatchCase& purchase);
[[nodiscard]] Result<MatchCase> decode_case(std::string_view json);
[[nodiscard]] std::string encode_learning(const MatchLearning& learnt);
[[nodiscard]] Result<MatchLearning> decode_learning(std::string_view json);
/// The answer to `touchpointctl match calibrate`.
[[nodiscard]] std::string encode_match_report(const MatchLearning& learnt);

}  // namespace tg
