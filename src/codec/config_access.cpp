#include "codec/config_access.hpp"

namespace tg::config {

void fill(const Table& table, void* object, const Json& checked) {
  for (const auto& rule : table) {
    const Json& value = checked.at(Pointer(rule.pointer));
    const bool secret = rule.file == FileUse::secret && value.is_array();
    rule.access.set(object, secret ? value[0] : value);
    if (secret) rule.secret.set(object, value[1]);
  }
}

Json collect(const Table& table, const void* object) {
  Json values = Json::object();
  for (const auto& rule : table) values[Pointer(rule.pointer)] = rule.access.get(object);
  return values;
}

}  // namespace tg::config
