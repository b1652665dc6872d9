// What to suggest, and why: evidence first, never what she owns or refused.
#include "core/offer.hpp"

#include <gtest/gtest.h>

#include <random>

#include "support/core/shop.hpp"

namespace tg {
namespace {

using namespace test;

Profile someone() {
  Profile p = camille();
  p.intents.clear();
  p.purchases.clear();
  return p;
}
Intent intent(const std::string& style, IntentKind kind = IntentKind::viewed, std::int32_t count = 2) {
  return {style, std::nullopt, kind, count, kOpening - 1h};
}
Purchase purchase(const std::string& style, bool kept = true) { return {style, "any", kOpening - 48h, "store", kept}; }

Offer offer(const Profile& profile, std::vector<CatalogItem> items = shelf(),
            std::vector<ComplementRule> goes_with = {}, const std::set<std::string>& closed = {}) {
  return make_offer(Dossier{profile, std::move(items), std::move(goes_with)}, closed, kOpening);
}
std::vector<std::string> variants(const Offer& o) {
  std::vector<std::string> out;
  for (const auto& s : o.items) out.push_back(s.item.variant);
  return out;
}
using Variants = std::vector<std::string>;

TEST(Offer, TheContractsExampleIsTheCoatInFortyTwo) {
  const Offer o = make_offer(dossier_of(camille()), {}, kOpening);
  ASSERT_EQ(variants(o), (Variants{"GATE-COAT-NAVY-42", "SCARF-RED"}));
  EXPECT_EQ(o.items[0].size, "42");
  EXPECT_EQ(o.items[0].size_confidence_permille, 930);
  EXPECT_EQ(o.items[0].reason, ReasonCode::viewed_recently);
  EXPECT_EQ(o.items[0].scenario, "viewed_not_bought");
  EXPECT_EQ(o.items[0].rank, 1);
  EXPECT_EQ(o.items[1].reason, ReasonCode::goes_with_owned);
  EXPECT_EQ(o.items[1].scenario, "complement_owned");
  EXPECT_EQ(o.items[1].anchor, "Chemise Oxford");
  EXPECT_EQ(o.items[1].rank, 2);
}

TEST(Offer, AScenarioThatIsOffSuggestsNothing) {
  Dossier dossier = dossier_of(camille());
  dossier.scenarios_off = {"viewed_not_bought"};
  EXPECT_EQ(variants(make_offer(dossier, {}, kOpening)), Variants{"SCARF-RED"});
  dossier.scenarios_off.insert("complement_owned");
  const Offer none = make_offer(dossier, {}, kOpening);
  EXPECT_TRUE(none.items.empty());
  EXPECT_EQ(none.why_not, SuppressReason::nothing_to_say);
}

// --- never -----------------------------------------------------------------------------------------------------------

TEST(Offer, NeverWhatSheOwns) {
  Profile p = someone();
  p.intents = {intent("SCARF", IntentKind::cart)};
  p.purchases = {purchase("SCARF")};
  EXPECT_TRUE(offer(p).items.empty());
  EXPECT_EQ(offer(p).why_not, SuppressReason::bought);
  p.purchases = {purchase("SCARF", false)};
  EXPECT_EQ(variants(offer(p)), Variants{"SCARF-RED"}) << "sent back: not hers";
}

TEST(Offer, NeverAnOwnedComplement) {
  Profile p = someone();
  p.purchases = {purchase("OXFORD-SHIRT"), purchase("SCARF")};
  EXPECT_TRUE(offer(p, shelf(), rules()).items.empty());
}

TEST(Offer, AComplementNeedsAnOwnedAnchor) { EXPECT_TRUE(offer(someone(), shelf(), rules()).items.empty()); }

TEST(Offer, NeverWhatSheRefused) {
  Profile p = someone();
  p.intents = {intent("SCARF")};
  p.refused = {"SCARF"};
  EXPECT_TRUE(offer(p).items.empty());
}

TEST(Offer, NeverWhatWasClosedDuringThisVisit) {
  Profile p = someone();
  p.intents = {intent("SCARF")};
  EXPECT_TRUE(offer(p, shelf(), {}, {"SCARF"}).items.empty());
}

TEST(Offer, NeverWithoutStock) {
  Profile p = someone();
  p.intents = {intent("SCARF"), intent("GATE-COAT")};
  const Offer o = offer(p, {coat("NAVY", "42", 0), coat("NAVY", "44", 9), accessory("SCARF", "scarf", 0)});
  EXPECT_TRUE(o.items.empty());
  EXPECT_EQ(o.why_not, SuppressReason::no_stock) << "her size is sold out; another size is no answer";
}

TEST(Offer, NeverASizeWithoutEvidence) {
  Profile p = someone();
  p.intents = {intent("GATE-COAT")};
  p.sizes.clear();
  EXPECT_TRUE(offer(p).items.empty());
  EXPECT_EQ(offer(p).why_not, SuppressReason::no_size);
}

TEST(Offer, NothingKnownIsNothingToSay) { EXPECT_EQ(offer(someone()).why_not, SuppressReason::nothing_to_say); }

// --- size ------------------------------------------------------------------------------------------------------------

SizeEvidence evidence(const std::string& size, SizeSource source, std::int32_t n = 1,
                      std::optional<std::string> brand = {}, Millis age = 24h * 10) {
  return {"coat", std::move(brand), size, source, n, kOpening - age};
}

struct SizeCase {
  const char* name;
  std::vector<SizeEvidence> evidence;
  std::string size;
  std::int32_t confidence;
};
std::ostream& operator<<(std::ostream& out, const SizeCase& c) { return out << c.name; }
class Size : public testing::TestWithParam<SizeCase> {};

TEST_P(Size, IsResolvedByPrecedenceInAnyOrder) {
  auto e = GetParam().evidence;
  for (int turn = 0; turn < 2; ++turn) {
    const auto size = resolve_size(e, "coat", "Gate");
    ASSERT_TRUE(size);
    EXPECT_EQ(size->size, GetParam().size);
    EXPECT_EQ(size->confidence_permille, GetParam().confidence);
    std::reverse(e.begin(), e.end());
  }
}
using S = SizeSource;
INSTANTIATE_TEST_SUITE_P(
    Rules, Size,
    testing::Values(
        SizeCase{"one kept purchase", {evidence("42", S::observed, 1)}, "42", 750},
        SizeCase{"three kept purchases", {evidence("42", S::observed, 3)}, "42", 930},
        SizeCase{"more do not reach certainty", {evidence("42", S::observed, 50)}, "42", 980},
        SizeCase{"observed before inferred before declared",
                 {evidence("38", S::declared, 9), evidence("42", S::observed, 1), evidence("40", S::inferred, 9)},
                 "42",
                 750},
        SizeCase{"inferred before declared", {evidence("38", S::declared), evidence("40", S::inferred)}, "40", 650},
        SizeCase{"declared alone is just enough", {evidence("38", S::declared)}, "38", 600},
        SizeCase{"the most frequent", {evidence("40", S::observed, 2), evidence("42", S::observed, 3)}, "42", 930},
        SizeCase{"then the latest",
                 {evidence("40", S::observed, 2, {}, 24h), evidence("42", S::observed, 2, {}, 48h)},
                 "40",
                 870},
        SizeCase{"this brand before any other evidence",
                 {evidence("44", S::declared, 1, "Gate"), evidence("42", S::observed, 9)},
                 "44",
                 600},
        SizeCase{"another brand's size counts less", {evidence("42", S::observed, 3, "Other")}, "42", 837},
        SizeCase{"general evidence before another brand's",
                 {evidence("42", S::observed, 3, "Other"), evidence("42", S::observed, 3)},
                 "42",
                 930}));

TEST(Offer, SizesOfAnotherCategoryAreNoEvidence) {
  EXPECT_FALSE(resolve_size({evidence("42", S::observed, 9)}, "shirt", ""));
}

TEST(Offer, OneSizeNeedsNoEvidence) {
  Profile p = someone();
  p.sizes.clear();
  p.intents = {intent("A"), intent("B"), intent("C")};
  auto a = accessory("A", "a"), b = accessory("B", "b"), c = accessory("C", "c");
  b.size = "U";
  c.size = "TU";
  const Offer o = offer(p, {a, b, c});
  EXPECT_EQ(o.items.size(), 3U);
  for (const auto& s : o.items) {
    EXPECT_EQ(s.size, "");
    EXPECT_EQ(s.size_confidence_permille, 1000);
  }
}

// --- colour, ranking, seats ------------------------------------------------------------------------------------------

TEST(Offer, ShowsTheVariantThatWasLookedAt) {
  Profile p = someone();
  p.intents = {Intent{"GATE-COAT", "GATE-COAT-NAVY-42", IntentKind::viewed, 3, kOpening}};
  EXPECT_EQ(variants(offer(p, {coat("CAMEL", "42", 9), coat("NAVY", "42", 1)})), Variants{"GATE-COAT-NAVY-42"});
}

TEST(Offer, KeepsTheColourWhenTheSizeDiffers) {
  Profile p = someone();
  p.intents = {Intent{"GATE-COAT", "GATE-COAT-NAVY-38", IntentKind::viewed, 3, kOpening}};
  EXPECT_EQ(variants(offer(p, {coat("CAMEL", "42", 9), coat("NAVY", "42", 1), coat("NAVY", "38", 5)})),
            Variants{"GATE-COAT-NAVY-42"});
}

TEST(Offer, FallsBackToWhatIsThereMost) {
  Profile p = someone();
  p.intents = {Intent{"GATE-COAT", "GATE-COAT-NAVY-42", IntentKind::viewed, 3, kOpening}};
  EXPECT_EQ(variants(offer(p, {coat("NAVY", "42", 0), coat("CAMEL", "42", 2), coat("GREY", "42", 7)})),
            Variants{"GATE-COAT-GREY-42"});
}

TEST(Offer, CartBeforeWishBeforeViewAndFreshBeforeOld) {
  Profile p = someone();
  p.intents = {intent("VIEWED"), intent("CART", IntentKind::cart), intent("WISHED", IntentKind::wishlist)};
  const std::vector<CatalogItem> items{accessory("VIEWED", "a"), accessory("CART", "b"), accessory("WISHED", "c")};
  EXPECT_EQ(variants(offer(p, items)), (Variants{"CART-RED", "WISHED-RED", "VIEWED-RED"}));
  p.intents[1].last = kOpening - 24h * 60;
  EXPECT_EQ(variants(offer(p, items)), (Variants{"WISHED-RED", "VIEWED-RED", "CART-RED"}));
}

TEST(Offer, AtMostThree) {
  Profile p = someone();
  std::vector<CatalogItem> items;
  for (int i = 0; i < 6; ++i) {
    p.intents.push_back(intent("S" + std::to_string(i)));
    items.push_back(accessory("S" + std::to_string(i), "c" + std::to_string(i)));
  }
  const Offer o = offer(p, items);
  ASSERT_EQ(o.items.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(o.items[i].rank, static_cast<std::int32_t>(i + 1));
}

TEST(Offer, AtMostTwoOfACategoryAndOneOfAStyle) {
  Profile p = someone();
  p.intents = {intent("A"), intent("A", IntentKind::cart), intent("B"), intent("C"), intent("D")};
  const Offer o =
      offer(p, {accessory("A", "bag"), accessory("B", "bag"), accessory("C", "bag"), accessory("D", "hat")});
  EXPECT_EQ(variants(o), (Variants{"A-RED", "B-RED", "D-RED"}));
}

TEST(Offer, TheBestComplementHasASeat) {
  Profile p = someone();
  p.intents = {intent("A", IntentKind::cart), intent("B", IntentKind::cart), intent("C", IntentKind::cart)};
  p.purchases = {purchase("OXFORD-SHIRT")};
  const Offer o = offer(p,
                        {accessory("A", "a"), accessory("B", "b"), accessory("C", "c"), accessory("SCARF", "d"),
                         accessory("BELT", "e"), shirt()},
                        {{"OXFORD-SHIRT", "BELT", 500, 9}, {"OXFORD-SHIRT", "SCARF", 310, 9}});
  EXPECT_EQ(variants(o), (Variants{"A-RED", "B-RED", "BELT-RED"}));
}

// --- determinism -----------------------------------------------------------------------------------------------------

TEST(Offer, TheOrderOfTheDataDoesNotMatter) {
  Dossier d;
  d.profile = someone();
  d.profile.intents = {intent("A"), intent("B"), intent("C"), intent("D", IntentKind::cart),
                       Intent{"GATE-COAT", "GATE-COAT-NAVY-42", IntentKind::viewed, 2, kOpening - 1h}};
  d.profile.purchases = {purchase("OXFORD-SHIRT"), purchase("JEANS")};
  d.profile.sizes = {evidence("42", S::observed, 3), evidence("42", S::observed, 3, "Other"),
                     evidence("44", S::observed, 2)};
  d.rules = {{"OXFORD-SHIRT", "SCARF", 310, 9}, {"JEANS", "SCARF", 310, 9}};
  d.items = shelf();
  for (const char* style : {"A", "B", "C", "D", "JEANS"}) d.items.push_back(accessory(style, style));
  const auto text = [](const Offer& o) {
    std::string out;
    for (const auto& s : o.items) out += s.item.variant + '/' + s.size + '/' + s.anchor + '/' + s.scenario + '\n';
    return out;
  };
  const std::string expected = text(make_offer(d, {}, kOpening));
  std::mt19937 shuffle(42);
  for (int turn = 0; turn < 200; ++turn) {
    std::shuffle(d.profile.intents.begin(), d.profile.intents.end(), shuffle);
    std::shuffle(d.profile.purchases.begin(), d.profile.purchases.end(), shuffle);
    std::shuffle(d.profile.sizes.begin(), d.profile.sizes.end(), shuffle);
    std::shuffle(d.items.begin(), d.items.end(), shuffle);
    std::shuffle(d.rules.begin(), d.rules.end(), shuffle);
    ASSERT_EQ(text(make_offer(d, {}, kOpening)), expected);
  }
}

}  // namespace
}  // namespace tg
