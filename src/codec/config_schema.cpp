#include <algorithm>
#include <array>

#include "codec/config.hpp"
#include "codec/config_table.hpp"

namespace tg {
namespace {

using namespace config;

Json object_schema(const Table& table);

Json text_schema(const Format& format) {
  return {{"type", "string"}, {"pattern", format.pattern}, {"maxLength", kMaxText}};
}

Json list_schema(const Rule& rule, Json items) {
  return {{"type", "array"}, {"items", std::move(items)}, {"minItems", rule.min}, {"maxItems", rule.max}};
}

Json point_schema() {
  const Json metres{{"type", "number"}, {"minimum", -10000}, {"maximum", 10000}};
  return {{"type", "array"}, {"items", metres}, {"minItems", 2}, {"maxItems", 2}};
}

/// What the shape allows, null left out.
Json shape_schema(const Rule& rule) {
  switch (rule.shape) {
    case Shape::boolean:
      return {{"type", "boolean"}};
    case Shape::integer:
      return {{"type", "integer"}, {"minimum", rule.min}, {"maximum", rule.max}};
    case Shape::number:
      return {{"type", "number"}, {"minimum", rule.min}, {"maximum", rule.max}};
    case Shape::choice:
      return {{"enum", rule.words}};
    case Shape::text:
      return text_schema(*rule.format);
    case Shape::text_list:
      return list_schema(rule, text_schema(*rule.format));
    case Shape::polygon:
      return list_schema(rule, point_schema());
    case Shape::object:
      return object_schema(*rule.items);
    case Shape::object_list:
      return list_schema(rule, object_schema(*rule.items));
  }
  return {};
}

Json rule_schema(const Rule& rule) {
  Json schema{{"description", rule.doc}};
  schema.update(shape_schema(rule));
  if (rule.nullable()) schema["type"] = Json::array({schema["type"], "null"});
  if (rule.initial) schema["default"] = *rule.initial;
  return schema;
}

/// The schema of the section at `pointer` ("" = the root), made where it is missing.
Json& section(Json& root, std::string_view pointer) {
  if (pointer.empty()) return root;
  const auto slash = pointer.rfind('/');
  auto& parent = section(root, pointer.substr(0, slash));
  auto& self = parent["properties"][std::string(pointer.substr(slash + 1))];
  if (self.is_null()) self = {{"type", "object"}, {"additionalProperties", false}, {"properties", Json::object()}};
  return self;
}

/// Makes `pointer` and every section above it required.
void require(Json& root, std::string_view pointer) {
  for (auto slash = pointer.rfind('/'); slash != std::string_view::npos; slash = pointer.rfind('/')) {
    const std::string name(pointer.substr(slash + 1));
    pointer = pointer.substr(0, slash);
    auto& required = section(root, pointer)["required"];
    if (std::find(required.begin(), required.end(), Json(name)) == required.end()) required.push_back(name);
  }
}

Json object_schema(const Table& table) {
  Json root{{"type", "object"}, {"additionalProperties", false}, {"properties", Json::object()}};
  for (const auto& rule : table) {
    const auto slash = rule.pointer.rfind('/');
    auto& parent = section(root, std::string_view(rule.pointer).substr(0, slash));
    parent["properties"][rule.pointer.substr(slash + 1)] = rule_schema(rule);
    if (!rule.initial) require(root, rule.pointer);
  }
  return root;
}

}  // namespace

std::string config_schema() {
  Json schema{{"$schema", "http://json-schema.org/draft-07/schema#"},
              {"title", "Configuration of the Touchpoint Gateway"},
              {"description",
               "gateway.json and conf.d/*.json merged. /presence, /suggestions and /zones change without a restart."}};
  schema.update(object_schema(root_table()));
  schema["examples"] = Json::array(
      {{{"store",
         {{"id", "paris-042"}, {"gateway", "gw-1"}, {"timezone", "Europe/Paris"}, {"languages", {"fr", "en"}}}}}});
  return schema.dump(2) + '\n';
}

}  // namespace tg
