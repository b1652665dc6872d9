// What to suggest to one member, and why: evidence first, taste never.
// Pure functions, any thread. Never an owned, refused or sold item; never a size without evidence.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/types.hpp"
#include "core/model/catalogue.hpp"
#include "core/model/visit.hpp"

namespace tg {

inline constexpr std::size_t kMaxSuggestions = 3;                // contract §4.4
inline constexpr std::int32_t kMinSizeConfidencePermille = 600;  // below it a size is a guess

struct ResolvedSize {
  std::string size;
  std::int32_t confidence_permille = 0;
};
/// The size of `category` (and `brand`, when there is evidence for it): observed before inferred before declared,
/// then the most frequent, then the latest. Nothing without evidence.
[[nodiscard]] std::optional<ResolvedSize> resolve_size(const std::vector<SizeEvidence>& evidence,
                                                       const std::string& category, const std::string& brand);

struct Offer {
  std::vector<CardSuggestion> items;                        ///< ranked, ids not yet given; at most three
  SuppressReason why_not = SuppressReason::nothing_to_say;  ///< meaningful when items is empty
};
/// Viewed, wished and carted styles that are here in the right size, and what goes with owned ones.
/// `closed` styles and scenarios that are switched off are left out. Equal input gives an equal offer (ties by
/// variant).
[[nodiscard]] Offer make_offer(const Dossier& dossier, const std::set<std::string>& closed, WallTime now);

}  // namespace tg
