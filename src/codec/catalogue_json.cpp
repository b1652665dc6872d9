// Catalogue items, complement rules and scenarios (contract §5.2 to §5.4) <-> JSON.
#include <algorithm>
#include <array>

#include "codec/json_write.hpp"
#include "codec/messages.hpp"
#include "codec/readers.hpp"
#include "codec/writers.hpp"

namespace tg {
namespace {

constexpr std::int64_t kMaxPriceMinor = 1'000'000'000'000;
constexpr std::int32_t kMaxStock = 1'000'000'000;
constexpr std::size_t kMaxImageBytes = 2048;  ///< an address, or a small data: picture by reference

bool is_currency(std::string_view text) {
  return text.size() == 3 && text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") == std::string_view::npos;
}

constexpr std::size_t kMaxScenarioBytes = 64U << 10U;
constexpr std::size_t kMaxBlockMembers = 256;
constexpr std::array<std::string_view, 4> kScenarioBlocks{"targeting", "trigger", "personalisation", "interruption"};

bool is_scenario_id(std::string_view text) {
  const auto lower = [](char c) { return c >= 'a' && c <= 'z'; };
  return !text.empty() && text.size() <= 64 && lower(text.front()) &&
         std::ranges::all_of(text, [&](char c) { return lower(c) || (c >= '0' && c <= '9') || c == '_'; });
}

}  // namespace

CatalogItem read_item(const Cursor& c) {
  CatalogItem item;
  item.variant = c.need("variant").filled_text();
  item.style = c.need("style").filled_text();
  item.name = c.at("name").text();
  item.range = c.at("range").text();
  item.category = c.at("category").text();
  item.department = c.at("department").text();
  item.brand = c.at("brand").text();
  item.size = c.at("size").optional_text(64);
  item.color = c.at("color").text();
  item.gtin = c.at("gtin").text(64);
  item.price_minor = c.at("price_minor").integer(0, kMaxPriceMinor);
  if (const Cursor web = c.at("web_price_minor"); web.present()) item.web_price_minor = web.integer(0, kMaxPriceMinor);
  item.currency = c.at("currency").text_if(is_currency, "an ISO 4217 code such as \"EUR\"");
  item.image = c.at("image").text(kMaxImageBytes);
  item.stock = c.at("stock").int32(-kMaxStock, kMaxStock);
  item.location = c.at("location").text();
  item.stock_at = c.at("stock_at").time();
  return item;
}

ComplementRule read_rule(const Cursor& c) {
  return {.style = c.need("style").filled_text(),
          .with = c.need("with").filled_text(),
          .score_permille = c.at("score").permille(),
          .support = c.at("support").int32(0, kMaxStock)};
}

Scenario read_scenario(const Cursor& c) {
  Scenario scenario;
  scenario.id = c.need("id").text_if(is_scenario_id, "1 to 64 of a-z 0-9 _, beginning with a letter,");
  for (const auto block : kScenarioBlocks) static_cast<void>(c.need(block).keys(kMaxBlockMembers));
  scenario.enabled = c.at("targeting").at("enabled").flag(true);
  scenario.body = c.raw();
  if (scenario.body.size() > kMaxScenarioBytes) c.complain("a scenario of at most 64 KiB is allowed");
  return scenario;
}

Json item_json(const CatalogItem& item) {
  Json out = {{"variant", item.variant}, {"style", item.style}};
  const auto put = [&out](const char* key, const std::string& text) {
    if (!text.empty()) out[key] = text;
  };
  put("name", item.name);
  put("range", item.range);
  put("category", item.category);
  put("department", item.department);
  put("brand", item.brand);
  if (item.size) out["size"] = *item.size;
  put("color", item.color);
  put("gtin", item.gtin);
  out["price_minor"] = item.price_minor;
  if (item.web_price_minor) out["web_price_minor"] = *item.web_price_minor;
  put("currency", item.currency);
  put("image", item.image);
  out["stock"] = item.stock;
  put("location", item.location);
  if (item.stock_at) out["stock_at"] = format_time(*item.stock_at);
  return out;
}

std::string encode_item(const CatalogItem& item) { return dump(item_json(item)); }

Result<CatalogItem> decode_item(std::string_view json, std::size_t line) {
  Document doc(json, line);
  return doc.finish(read_item(doc.root()));
}

std::string encode_rule(const ComplementRule& rule) {
  return dump(
      {{"style", rule.style}, {"with", rule.with}, {"score", share(rule.score_permille)}, {"support", rule.support}});
}

Result<ComplementRule> decode_rule(std::string_view json, std::size_t line) {
  Document doc(json, line);
  return doc.finish(read_rule(doc.root()));
}

Result<Scenario> decode_scenario(std::string_view json, std::size_t line) {
  Document doc(json, line);
  return doc.finish(read_scenario(doc.root()));
}

}  // namespace tg
