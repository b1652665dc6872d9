// Reading the daemon's JSON answers without surprises: what is missing or of another type reads as absent.
// Owner thread: any. Never throws.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace tg {

using Answer = nlohmann::json;

/// null when `text` is not a JSON object.
[[nodiscard]] Answer parse_answer(std::string_view text);
/// As one line of JSON.
[[nodiscard]] std::string answer_line(const Answer& answer);
/// The member `key`, or null.
[[nodiscard]] const Answer& part(const Answer& object, std::string_view key);
/// The list `key`, or an empty one.
[[nodiscard]] const Answer& list(const Answer& object, std::string_view key);

/// A text as it is, a number or flag in words, `absent` for null and missing, anything else as JSON.
[[nodiscard]] std::string text_of(const Answer& object, std::string_view key, std::string_view absent = "-");
[[nodiscard]] std::optional<std::int64_t> number_of(const Answer& object, std::string_view key);
[[nodiscard]] std::int64_t number_or_zero(const Answer& object, std::string_view key);
[[nodiscard]] bool is_true(const Answer& object, std::string_view key);
[[nodiscard]] bool is_null(const Answer& object, std::string_view key);

}  // namespace tg
