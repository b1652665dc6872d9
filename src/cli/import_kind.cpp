#include "cli/import_kind.hpp"

#include <algorithm>
#include <array>

#include "codec/messages.hpp"

namespace tg {
namespace {

template <auto Decode>
Result<void> decodes(std::string_view json, std::size_t line) {
  if (const auto row = Decode(json, line); !row) return fail(row.error().message);
  return {};
}

constexpr std::array<ImportKind, 4> kKinds{{
    {"profiles", "profiles.snapshot", "profiles", "profile", decodes<decode_profile>},
    {"catalog", "catalog.snapshot", "items", "item", decodes<decode_item>},
    {"complements", "complements.snapshot", "rules", "rule", decodes<decode_rule>},
    {"scenarios", "scenarios.set", "scenarios", "scenario", decodes<decode_scenario>},
}};

}  // namespace

const ImportKind* import_kind(std::string_view name) {
  const auto* found = std::find_if(kKinds.begin(), kKinds.end(), [&](const ImportKind& k) { return k.name == name; });
  return found == kKinds.end() ? nullptr : found;
}

std::vector<std::string> import_kind_names() {
  std::vector<std::string> names;
  for (const auto& kind : kKinds) names.emplace_back(kind.name);
  return names;
}

}  // namespace tg
