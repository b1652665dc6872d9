#include "cli/answer.hpp"

#include <nlohmann/json.hpp>

namespace tg {

Answer parse_answer(std::string_view text) {
  Answer answer = Answer::parse(text, nullptr, false);
  return answer.is_object() ? answer : Answer();
}

std::string answer_line(const Answer& answer) { return answer.dump(-1, ' ', false, Answer::error_handler_t::replace); }

const Answer& part(const Answer& object, std::string_view key) {
  static const Answer kNothing;
  if (!object.is_object()) return kNothing;
  const auto found = object.find(key);
  return found == object.end() ? kNothing : *found;
}

const Answer& list(const Answer& object, std::string_view key) {
  static const Answer kEmpty = Answer::array();
  const Answer& found = part(object, key);
  return found.is_array() ? found : kEmpty;
}

std::string text_of(const Answer& object, std::string_view key, std::string_view absent) {
  const Answer& value = part(object, key);
  if (value.is_null()) return std::string(absent);
  if (const auto* text = value.get_ptr<const std::string*>()) return text->empty() ? std::string(absent) : *text;
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  return answer_line(value);
}

std::optional<std::int64_t> number_of(const Answer& object, std::string_view key) {
  const Answer& value = part(object, key);
  if (!value.is_number_integer()) return std::nullopt;
  return value.get<std::int64_t>();
}

std::int64_t number_or_zero(const Answer& object, std::string_view key) { return number_of(object, key).value_or(0); }

bool is_true(const Answer& object, std::string_view key) {
  const Answer& value = part(object, key);
  return value.is_boolean() && value.get<bool>();
}

bool is_null(const Answer& object, std::string_view key) { return part(object, key).is_null(); }

}  // namespace tg
