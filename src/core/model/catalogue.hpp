// Catalogue items, complement rules and scenarios (contract §5.2 to §5.4), already checked. Plain data, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/types.hpp"
#include "core/model/member.hpp"

namespace tg {

struct CatalogItem {
  std::string variant;
  std::string style;
  std::string name;
  std::string range;
  std::string category;
  std::string department;
  std::string brand;
  std::optional<std::string> size;  ///< empty, "U" and "TU" mean one size
  std::string color;
  std::string gtin;
  MinorUnits price_minor = 0;
  std::optional<MinorUnits> web_price_minor;
  std::string currency;  ///< ISO 4217
  std::string image;
  std::int32_t stock = 0;
  std::string location;
  std::optional<WallTime> stock_at;

  [[nodiscard]] bool one_size() const { return !size || *size == "U" || *size == "TU"; }
};

/// `with` goes with an owned (or just chosen) `style`.
struct ComplementRule {
  std::string style;
  std::string with;
  std::int32_t score_permille = 0;
  std::int32_t support = 0;
};

/// What may lead to a suggestion, as central set it (contract §5.4). Of the built-in scenarios it can switch one off;
/// its blocks are kept as they came and decide nothing yet.
struct Scenario {
  std::string id;
  bool enabled = true;  ///< targeting.enabled
  std::string body;     ///< JSON
};

/// All that a suggestion for one member needs, read from the cache in one go.
struct Dossier {
  Profile profile;
  std::vector<CatalogItem> items;     ///< every variant of the styles that intents, purchases and rules name
  std::vector<ComplementRule> rules;  ///< those whose `style` the member owns, best score first
  std::set<std::string> scenarios_off = {};
};

}  // namespace tg
