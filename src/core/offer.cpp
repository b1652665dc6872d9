#include "core/offer.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <tuple>

namespace tg {
namespace {

constexpr std::int32_t kMaxPerCategory = 2;
constexpr std::int64_t kHalfLifeDays = 14;  // an intent of that age counts half

struct Candidate {
  std::string style;
  std::optional<std::string> variant;
  std::int32_t weight_permille = 0;
  ReasonCode reason = ReasonCode::viewed_recently;
  std::string anchor;
  std::string scenario;
};

/// Source weights: starting points of facts on fitting-room suggestions, to be learnt from outcomes.
Candidate from_intent(const Intent& intent, WallTime now) {
  struct Source {
    std::int32_t weight;
    ReasonCode reason;
    const char* scenario;
  };
  static constexpr std::array<Source, 3> kSources = {{
      {800, ReasonCode::viewed_recently, "viewed_not_bought"},
      {900, ReasonCode::wished, "viewed_not_bought"},
      {1000, ReasonCode::in_cart, "cart_in_store"},
  }};
  const Source& source = kSources[static_cast<std::size_t>(intent.kind)];
  const std::int32_t seen_once = intent.kind == IntentKind::viewed && intent.count < 2 ? 200 : 0;
  const auto age = intent.last ? std::max(Millis{0}, now - *intent.last) : Millis{0};
  const std::int64_t days = std::chrono::duration_cast<Seconds>(age).count() / 86400;
  const auto weight = (source.weight - seen_once) * kHalfLifeDays / (kHalfLifeDays + days);
  return {intent.style, intent.variant, static_cast<std::int32_t>(weight), source.reason, {}, source.scenario};
}

Candidate from_rule(const ComplementRule& rule, const std::string& anchor) {
  return {rule.with, std::nullopt,      600 + rule.score_permille / 10, ReasonCode::goes_with_owned,
          anchor,    "complement_owned"};
}

class Picker {
 public:
  Picker(const Dossier& dossier, const std::set<std::string>& closed) : dossier_(dossier), closed_(closed) {
    for (const auto& purchase : dossier.profile.purchases) {
      if (purchase.kept) owned_.insert(purchase.style);
    }
    for (const auto& item : dossier.items) styles_[item.style].push_back(&item);
  }

  [[nodiscard]] bool owned(const std::string& style) const { return owned_.contains(style); }
  [[nodiscard]] std::string name_of(const std::string& style) const {
    const auto it = styles_.find(style);
    return it == styles_.end() ? std::string{} : it->second.front()->name;
  }

  /// The variant to show for a candidate, or the reason why there is none.
  void consider(const Candidate& candidate) {
    const auto it = styles_.find(candidate.style);
    if (owned(candidate.style) || closed_.contains(candidate.style)) return note(SuppressReason::bought);
    const auto& refused = dossier_.profile.refused;
    if (it == styles_.end() || std::find(refused.begin(), refused.end(), candidate.style) != refused.end()) return;
    const CatalogItem* best = nullptr;
    std::optional<ResolvedSize> best_size;
    for (const CatalogItem* item : it->second) {
      const auto size = size_for(*item);
      if (!size) continue;
      if (!fits(*item, *size) || item->stock < 1) continue;
      if (best == nullptr || rank(*item, candidate) > rank(*best, candidate)) {
        best = item;
        best_size = size;
      }
    }
    if (best != nullptr) return add(candidate, *best, *best_size);
    note(any_size_evidence(it->second) ? SuppressReason::no_stock : SuppressReason::no_size);
  }

  [[nodiscard]] Offer finish() {
    std::stable_sort(found_.begin(), found_.end(), [](const CardSuggestion& a, const CardSuggestion& b) {
      return std::tie(b.score_permille, a.item.variant, a.scenario, a.anchor) <
             std::tie(a.score_permille, b.item.variant, b.scenario, b.anchor);
    });
    Offer offer;
    offer.items = choose();
    for (std::size_t i = 0; i < offer.items.size(); ++i) offer.items[i].rank = static_cast<std::int32_t>(i + 1);
    if (!why_not_.empty()) offer.why_not = *why_not_.begin();
    return offer;
  }

 private:
  [[nodiscard]] std::optional<ResolvedSize> size_for(const CatalogItem& item) const {
    if (item.one_size()) return ResolvedSize{"", 1000};
    const auto size = resolve_size(dossier_.profile.sizes, item.category, item.brand);
    if (!size || size->confidence_permille < kMinSizeConfidencePermille) return std::nullopt;
    return size;
  }
  static bool fits(const CatalogItem& item, const ResolvedSize& size) {
    return item.one_size() || *item.size == size.size;
  }
  [[nodiscard]] bool any_size_evidence(const std::vector<const CatalogItem*>& items) const {
    return std::any_of(items.begin(), items.end(), [&](const CatalogItem* i) { return size_for(*i).has_value(); });
  }
  /// Exactly what was looked at, else its colour, else what is there most; ties by variant.
  [[nodiscard]] std::tuple<bool, bool, std::int32_t, std::string> rank(const CatalogItem& item,
                                                                       const Candidate& candidate) const {
    const bool exact = candidate.variant && item.variant == *candidate.variant;
    return {exact, candidate.variant && item.color == color_of(*candidate.variant), item.stock, item.variant};
  }
  [[nodiscard]] std::string color_of(const std::string& variant) const {
    for (const auto& item : dossier_.items) {
      if (item.variant == variant) return item.color;
    }
    return {};
  }

  void add(const Candidate& candidate, const CatalogItem& item, const ResolvedSize& size) {
    CardSuggestion s;
    s.item = item;
    s.size = size.size;
    s.size_confidence_permille = size.confidence_permille;
    s.reason = candidate.reason;
    s.anchor = candidate.anchor;
    s.scenario = candidate.scenario;
    s.score_permille = candidate.weight_permille * size.confidence_permille / 1000;
    found_.push_back(std::move(s));
  }

  /// One a style, two a category, and the best complement has a seat when there is one.
  [[nodiscard]] std::vector<CardSuggestion> choose() const {
    std::vector<CardSuggestion> chosen;
    std::set<std::string> styles;
    std::map<std::string, std::int32_t> categories;
    const auto complement = [](const CardSuggestion& s) { return s.reason == ReasonCode::goes_with_owned; };
    const auto take = [&](const CardSuggestion& s) {
      if (styles.contains(s.item.style) || categories[s.item.category] >= kMaxPerCategory) return;
      styles.insert(s.item.style);
      ++categories[s.item.category];
      chosen.push_back(s);
    };
    for (const auto& s : found_) {
      if (chosen.size() < kMaxSuggestions - 1) take(s);
    }
    if (std::none_of(chosen.begin(), chosen.end(), complement)) {
      for (const auto& s : found_) {
        if (chosen.size() < kMaxSuggestions && complement(s)) take(s);
      }
    }
    for (const auto& s : found_) {
      if (chosen.size() < kMaxSuggestions) take(s);
    }
    return chosen;
  }

  void note(SuppressReason reason) { why_not_.insert(reason); }

  const Dossier& dossier_;
  const std::set<std::string>& closed_;
  std::set<std::string> owned_;
  std::map<std::string, std::vector<const CatalogItem*>> styles_;
  std::vector<CardSuggestion> found_;
  std::set<SuppressReason> why_not_;  ///< the enum's order is the order of precedence: no_stock, no_size, … bought
};

}  // namespace

std::optional<ResolvedSize> resolve_size(const std::vector<SizeEvidence>& evidence, const std::string& category,
                                         const std::string& brand) {
  const auto brand_fits = [&](const SizeEvidence& e) { return e.brand && !brand.empty() && *e.brand == brand; };
  const auto key = [&](const SizeEvidence& e) {
    return std::tuple(brand_fits(e), e.source, e.n, e.last.value_or(WallTime{}), e.size, !e.brand);
  };
  const SizeEvidence* best = nullptr;
  for (const auto& e : evidence) {
    if (e.category == category && (best == nullptr || key(e) > key(*best))) best = &e;
  }
  if (best == nullptr) return std::nullopt;
  // Observed: 1 - 1/2^(n+1), so that one kept purchase says 75 %, three 93 %. Declared data is often false.
  static constexpr std::array<std::int32_t, 6> kObserved = {500, 750, 870, 930, 960, 980};
  const auto n = static_cast<std::size_t>(std::clamp<std::int32_t>(best->n, 0, kObserved.size() - 1));
  const std::int32_t confidence = best->source == SizeSource::observed   ? kObserved[n]
                                  : best->source == SizeSource::inferred ? 650
                                                                         : 600;
  const bool other_brand = best->brand && !brand.empty() && !brand_fits(*best);
  return ResolvedSize{best->size, other_brand ? confidence * 9 / 10 : confidence};
}

Offer make_offer(const Dossier& dossier, const std::set<std::string>& closed, WallTime now) {
  Picker picker(dossier, closed);
  const auto consider = [&](const Candidate& candidate) {
    if (!dossier.scenarios_off.contains(candidate.scenario)) picker.consider(candidate);
  };
  for (const auto& intent : dossier.profile.intents) consider(from_intent(intent, now));
  for (const auto& rule : dossier.rules) {
    if (picker.owned(rule.style)) consider(from_rule(rule, picker.name_of(rule.style)));
  }
  return picker.finish();
}

}  // namespace tg
