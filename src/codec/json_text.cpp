#include "codec/json_text.hpp"

#include <algorithm>

#include "codec/json_write.hpp"

namespace tg {
namespace {

bool is_plain(char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; }

}  // namespace

JsonText& JsonText::text(std::string_view value) {
  if (!std::ranges::all_of(value, is_plain)) return raw(dump(Json(value)));
  this->value();
  out_ += '"';
  out_ += value;
  out_ += '"';
  return *this;
}

JsonText& JsonText::number(std::int64_t value) { return raw(std::to_string(value)); }

}  // namespace tg
