// Cards: when one appears, what taps do to it, when it goes (contract §4.4). The room alone; the whole way through the
// core is in core_cards_test.cpp.
#include "core/suggestion.hpp"

#include <gtest/gtest.h>

#include "support/core/card_probe.hpp"

namespace tg {
namespace {

using namespace test;
using Show = CardChange::Show;

class Cards : public CardProbe {};
using Lines = std::vector<std::string>;
using Reasons = std::vector<SuppressReason>;

// --- creation --------------------------------------------------------------------------------------------------------

TEST_F(Cards, ACardCarriesWhatTheAssociateNeedsAndNoName) {
  decide();
  EXPECT_EQ(shown(), Show::publish);
  ASSERT_NE(card(), nullptr);
  EXPECT_EQ(card()->zone, ZoneId{"fitting"});
  EXPECT_EQ(card()->since, kOpening - 5s);
  EXPECT_EQ(card()->expires_at, kOpening + 1200s);
  EXPECT_EQ(card()->state, CardState::fresh);
  EXPECT_EQ(card()->first_name, std::nullopt) << "not before a claim";
  ASSERT_EQ(card()->suggestions.size(), 2U);
  EXPECT_EQ(card()->suggestions[0].item.location, "Mur B4");
  const auto created = all<fact::SuggestionCreated>();
  ASSERT_EQ(created.size(), 1U);
  EXPECT_EQ(created[0].suggestion, card()->suggestions[0].id);
  EXPECT_EQ(created[0].items.size(), 2U);
  EXPECT_EQ(card()->suggestions[1].id.value, created[0].suggestion.value + "-2");
  EXPECT_EQ(card()->suggestions[1].decision(), created[0].suggestion);
}

TEST_F(Cards, ReadyOrdersMakeACardAloneAndCountForNothing) {
  Profile p = camille();
  p.intents.clear();
  p.purchases.clear();
  p.collect = {CollectOrder{"C-1", "ready", {"SCARF"}}, CollectOrder{"C-2", "picked", {}}};
  decide(p);
  ASSERT_NE(card(), nullptr);
  ASSERT_EQ(card()->collect.size(), 1U);
  EXPECT_EQ(card()->collect[0].order, "C-1");
  EXPECT_TRUE(all<fact::SuggestionCreated>().empty());
  EXPECT_EQ(room.cards(visit.id)->created, 0);
}

struct GateCase {
  const char* name;
  void (*change)(Profile&);
  SuppressReason reason;
};
std::ostream& operator<<(std::ostream& out, const GateCase& c) { return out << c.name; }
class Gates : public Cards, public testing::WithParamInterface<GateCase> {};

TEST_P(Gates, SuppressWithTheirReasonOnceAVisit) {
  Profile p = camille();
  GetParam().change(p);
  for (int turn = 0; turn < 3; ++turn) decide(p);
  EXPECT_EQ(card(), nullptr);
  EXPECT_EQ(suppressed(), Reasons{GetParam().reason});
}
using R = SuppressReason;
INSTANTIATE_TEST_SUITE_P(
    All, Gates,
    testing::Values(GateCase{"no consent", [](Profile& p) { p.consent.at(Purpose::suggestion).reset(); }, R::consent},
                    GateCase{"consent over", [](Profile& p) { p.consent.at(Purpose::suggestion)->until = kOpening; },
                             R::consent},
                    GateCase{"do not disturb", [](Profile& p) { p.do_not_disturb = true; }, R::do_not_disturb},
                    GateCase{"open case", [](Profile& p) { p.open_case = true; }, R::open_case},
                    GateCase{"consent before anything else",
                             [](Profile& p) {
                               p.consent.at(Purpose::suggestion).reset();
                               p.open_case = p.do_not_disturb = true;
                             },
                             R::consent},
                    GateCase{"no size",
                             [](Profile& p) {
                               p.sizes.clear();
                               p.purchases.clear();
                             },
                             R::no_size},
                    GateCase{"nothing known",
                             [](Profile& p) {
                               p.intents.clear();
                               p.purchases.clear();
                             },
                             R::nothing_to_say}));

TEST_F(Cards, AStaleCacheSaysNothing) {
  decide(camille(), 0ms, true);
  EXPECT_EQ(card(), nullptr);
  EXPECT_EQ(suppressed(), Reasons{R::stale_cache});
}

TEST_F(Cards, TheHoldOutIsExactlyWhoWouldHaveGotACard) {
  visit.holdout = true;
  decide();
  decide();
  EXPECT_EQ(card(), nullptr);
  EXPECT_EQ(suppressed(), Reasons{R::holdout});
}

TEST_F(Cards, TheHoldOutOfSomebodyWithNothingToSayIsNotCountedAsHoldOut) {
  visit.holdout = true;
  Profile p = camille();
  p.intents.clear();
  p.purchases.clear();
  decide(p);
  EXPECT_EQ(suppressed(), Reasons{R::nothing_to_say});
}

TEST_F(Cards, AMemberTheCacheDoesNotKnowGetsNothing) {
  room.decide_unknown(visit, at(0ms));
  EXPECT_EQ(suppressed(), Reasons{R::nothing_to_say});
}

TEST_F(Cards, TwoCardsAVisitAndNoThird) {
  Profile p = camille();
  p.purchases.clear();
  p.intents = {Intent{"GATE-COAT", {}, IntentKind::cart, 1, kOpening}};
  decide(p);
  tap(ActionKind::refused, "a-1", 1s, coat_id());
  p.intents = {Intent{"SCARF", {}, IntentKind::cart, 1, kOpening}};
  decide(p);
  ASSERT_NE(card(), nullptr);
  tap(ActionKind::sold, "a-2", 2s, coat_id());
  p.intents = {Intent{"OXFORD-SHIRT", {}, IntentKind::cart, 1, kOpening}};
  p.sizes.push_back({"shirt", {}, "40", SizeSource::observed, 3, {}});
  decide(p);
  EXPECT_EQ(card(), nullptr);
  EXPECT_EQ(suppressed(), Reasons{R::cap});
  EXPECT_EQ(all<fact::SuggestionCreated>().size(), 2U);
}

TEST_F(Cards, ACardInForceIsNotDecidedAgain) {
  decide();
  EXPECT_FALSE(room.wants_dossier(visit.id));
  decide();
  EXPECT_EQ(all<fact::SuggestionCreated>().size(), 1U);
}

// --- claims ----------------------------------------------------------------------------------------------------------

TEST_F(Cards, TheFirstClaimWinsAndShowsTheFirstName) {
  decide();
  EXPECT_TRUE(tap(ActionKind::claim, "a-1"));
  EXPECT_EQ(card()->claimed_by, "A12");
  EXPECT_EQ(card()->state, CardState::claimed);
  EXPECT_EQ(card()->first_name, "Camille");
  (void)shown();
  EXPECT_TRUE(tap(ActionKind::claim, "a-2", 2s, {}, "B7"));
  EXPECT_EQ(card()->claimed_by, "A12");
  EXPECT_EQ(shown(), Show::publish) << "the loser sees who has it";
}

TEST_F(Cards, OnlyTheHolderReleases) {
  decide();
  tap(ActionKind::claim, "a-1");
  tap(ActionKind::release, "a-2", 2s, {}, "B7");
  EXPECT_EQ(card()->claimed_by, "A12");
  tap(ActionKind::release, "a-3", 3s);
  EXPECT_EQ(card()->claimed_by, std::nullopt);
  EXPECT_EQ(card()->state, CardState::fresh);
  EXPECT_EQ(card()->first_name, std::nullopt);
  tap(ActionKind::claim, "a-4", 4s, {}, "B7");
  EXPECT_EQ(card()->claimed_by, "B7");
}

TEST_F(Cards, NoNameWithoutAssociateDisplay) {
  Profile p = camille();
  p.consent.at(Purpose::associate_display).reset();
  decide(p);
  tap(ActionKind::claim, "a-1");
  EXPECT_EQ(card()->claimed_by, "A12");
  EXPECT_EQ(card()->first_name, std::nullopt);
}

TEST_F(Cards, ATabletsClockDoesNotStretchAConsent) {
  Profile p = camille();
  p.consent.at(Purpose::associate_display)->until = kOpening + 500ms;
  decide(p);
  tap(ActionKind::claim, "a-1", 1s);  // its `at` says 1970
  EXPECT_EQ(card()->first_name, std::nullopt);
}

// --- outcomes --------------------------------------------------------------------------------------------------------

TEST_F(Cards, TapsOnASuggestionAreFacts) {
  decide();
  const auto coat = coat_id();
  for (const auto& [kind, id] : {std::pair{ActionKind::seen, "a-1"},
                                 {ActionKind::proposed, "a-2"},
                                 {ActionKind::tried, "a-3"},
                                 {ActionKind::sold, "a-4"}}) {
    EXPECT_TRUE(tap(kind, id, 1s, coat));
  }
  EXPECT_EQ(outcomes(), (Lines{"GATE-COAT-NAVY-42 seen ", "GATE-COAT-NAVY-42 proposed ", "GATE-COAT-NAVY-42 tried ",
                               "GATE-COAT-NAVY-42 sold associate"}));
  ASSERT_EQ(card()->suggestions.size(), 1U);
  EXPECT_EQ(card()->suggestions[0].item.variant, "SCARF-RED");
  EXPECT_TRUE(tap(ActionKind::seen, "a-5", 1s, coat)) << "no longer there: no fact";
  EXPECT_EQ(outcomes().size(), 4U);
}

TEST_F(Cards, TheCardGoesWhenNothingIsLeft) {
  decide();
  tap(ActionKind::refused, "a-1", 1s, coat_id(), "A12", "too warm");
  tap(ActionKind::refused, "a-2", 1s, coat_id());
  EXPECT_EQ(shown(), Show::withdraw);
  EXPECT_EQ(card(), nullptr);
  EXPECT_EQ(outcomes(), (Lines{"GATE-COAT-NAVY-42 refused too warm", "SCARF-RED refused associate"}));
  decide();
  EXPECT_EQ(card(), nullptr) << "refused styles do not come back in this visit";
}

TEST_F(Cards, ARepeatedTapHasNoSecondEffect) {
  decide();
  EXPECT_TRUE(tap(ActionKind::seen, "a-1", 1s, coat_id()));
  EXPECT_FALSE(tap(ActionKind::seen, "a-1", 1s, coat_id()));
  EXPECT_FALSE(tap(ActionKind::claim, "a-1"));
  EXPECT_EQ(outcomes().size(), 1U);
  EXPECT_EQ(card()->claimed_by, std::nullopt);
}

TEST_F(Cards, ATapOfBeforeTheRestartHasNoSecondEffect) {
  room.remember_actions({"a-1"});
  decide();
  EXPECT_FALSE(tap(ActionKind::claim, "a-1"));
}

TEST_F(Cards, AnUnknownVisitIsIgnored) {
  EXPECT_FALSE(tap(ActionKind::claim, "a-1"));
  EXPECT_TRUE(room.take_changes().empty());
}

TEST_F(Cards, AnotherSizeReplacesTheVariantOrSaysThatThereIsNone) {
  decide();
  tap(ActionKind::other_size, "a-1", 1s, coat_id(), "A12", "44");
  EXPECT_EQ(card()->suggestions[0].item.variant, "GATE-COAT-NAVY-44");
  EXPECT_EQ(card()->suggestions[0].size, "44");
  EXPECT_EQ(card()->notice, std::nullopt);
  tap(ActionKind::other_size, "a-2", 1s, coat_id(), "A12", "50");
  EXPECT_EQ(card()->suggestions[0].size, "44");
  EXPECT_NE(card()->notice, std::nullopt);
}

TEST_F(Cards, DoNotDisturbSilencesTheVisit) {
  decide();
  tap(ActionKind::do_not_disturb, "a-1");
  EXPECT_EQ(card(), nullptr);
  EXPECT_EQ(shown(), Show::withdraw);
  EXPECT_EQ(outcomes(), (Lines{"GATE-COAT-NAVY-42 withdrawn do_not_disturb", "SCARF-RED withdrawn do_not_disturb"}));
  decide();
  EXPECT_EQ(card(), nullptr);
  EXPECT_EQ(suppressed(), Reasons{R::do_not_disturb});
}

TEST_F(Cards, NotThisCustomerUnlinksAndSilences) {
  decide();
  tap(ActionKind::not_this_customer, "a-1");
  EXPECT_EQ(card(), nullptr);
  const auto unlinked = all<fact::IdentityUnlinked>();
  ASSERT_EQ(unlinked.size(), 1U);
  EXPECT_EQ(unlinked[0].visit, visit.id);
  EXPECT_EQ(unlinked[0].member, camille().member);
  decide();
  EXPECT_EQ(card(), nullptr);
}

// --- undo ------------------------------------------------------------------------------------------------------------

TEST_F(Cards, UndoWithinTenSecondsPutsTheCardBack) {
  decide();
  tap(ActionKind::refused, "a-1", 1s, coat_id());
  EXPECT_TRUE(undo("a-2", "a-1", 11s));
  ASSERT_EQ(card()->suggestions.size(), 2U);
  EXPECT_EQ(card()->suggestions[0].item.variant, "GATE-COAT-NAVY-42");
  EXPECT_EQ(shown(), Show::publish);
  EXPECT_EQ(outcomes().back(), "GATE-COAT-NAVY-42 withdrawn undo") << "central hears that it was not so";
}

TEST_F(Cards, UndoBringsBackACardThatTheTapEnded) {
  decide();
  tap(ActionKind::do_not_disturb, "a-1");
  ASSERT_EQ(shown(), Show::withdraw);
  undo("a-2", "a-1", 2s);
  EXPECT_EQ(shown(), Show::publish);
  ASSERT_NE(card(), nullptr);
  EXPECT_TRUE(room.next_deadline()) << "and it still expires";
}

TEST_F(Cards, UndoAfterTenSecondsDoesNothing) {
  decide();
  tap(ActionKind::refused, "a-1", 1s, coat_id());
  undo("a-2", "a-1", 11s + 1ms);
  EXPECT_EQ(card()->suggestions.size(), 1U);
}

TEST_F(Cards, UndoOfAnotherActionDoesNothing) {
  decide();
  tap(ActionKind::claim, "a-1");
  undo("a-2", "a-0", 2s);
  EXPECT_EQ(card()->claimed_by, "A12");
  undo("a-3", "a-1", 3s);
  EXPECT_EQ(card()->claimed_by, std::nullopt);
  EXPECT_EQ(card()->first_name, std::nullopt);
}

TEST_F(Cards, UndoNeverBringsBackWhatConsentTookAway) {
  decide();
  tap(ActionKind::seen, "a-1", 1s, coat_id());
  room.consent_lost(visit.id, Purpose::suggestion);
  undo("a-2", "a-1", 2s);
  EXPECT_EQ(card(), nullptr);
  EXPECT_EQ(shown(), Show::withdraw);
}

TEST_F(Cards, UndoNeverBringsBackASoldVariant) {
  decide();
  tap(ActionKind::seen, "a-1", 1s, coat_id());
  room.sold(visit.id, {"GATE-COAT-NAVY-42"}, {}, {"GATE-COAT"});
  undo("a-2", "a-1", 2s);
  ASSERT_EQ(card()->suggestions.size(), 1U);
  EXPECT_EQ(card()->suggestions[0].item.variant, "SCARF-RED");
}

TEST_F(Cards, UndoDoesNotShowACardWhileTheMemberIsAway) {
  decide();
  tap(ActionKind::seen, "a-1", 1s, coat_id());
  room.went_away(visit.id);
  ASSERT_EQ(shown(), Show::withdraw);
  undo("a-2", "a-1", 2s);
  EXPECT_EQ(shown(), Show::unchanged);
  room.came_back(visit, at(3s));
  EXPECT_EQ(shown(), Show::publish);
}

TEST_F(Cards, UndoKeepsTheZoneThatTheMemberIsInNow) {
  decide();
  tap(ActionKind::claim, "a-1");
  visit.zone = ZoneId{"floor"};
  room.zone_changed(visit);
  undo("a-2", "a-1", 2s);
  EXPECT_EQ(card()->claimed_by, std::nullopt);
  EXPECT_EQ(card()->zone, ZoneId{"floor"});
}

// --- tickets, time, the end ------------------------------------------------------------------------------------------

TEST_F(Cards, ASoldVariantLeavesTheCardAndFulfilsItsDecision) {
  decide();
  const auto decision = card()->suggestions[0].decision();
  EXPECT_EQ(room.sold(visit.id, {"GATE-COAT-NAVY-42"}, {}, {"GATE-COAT"}), decision);
  EXPECT_EQ(outcomes(), Lines{"GATE-COAT-NAVY-42 sold ticket"});
  EXPECT_EQ(card()->suggestions.size(), 1U);
  EXPECT_EQ(room.sold(visit.id, {"SCARF-RED"}, {}, {"SCARF"}), decision) << "of the same card";
  EXPECT_EQ(shown(), Show::withdraw);
  EXPECT_EQ(card(), nullptr);
}

TEST_F(Cards, AnotherVariantOfASuggestedStyleWithdrawsIt) {
  decide();
  EXPECT_EQ(room.sold(visit.id, {"GATE-COAT-CAMEL-42"}, {}, {"GATE-COAT"}), std::nullopt);
  EXPECT_EQ(outcomes(), Lines{"GATE-COAT-NAVY-42 withdrawn bought"});
}

TEST_F(Cards, WhatWasBoughtBeforeTheFittingRoomsIsNotSuggestedThere) {
  room.sold(visit.id, {"GATE-COAT-NAVY-42"}, {}, {"GATE-COAT"});
  decide();
  ASSERT_NE(card(), nullptr);
  ASSERT_EQ(card()->suggestions.size(), 1U);
  EXPECT_EQ(card()->suggestions[0].item.variant, "SCARF-RED");
}

TEST_F(Cards, ACardExpires) {
  decide();
  EXPECT_EQ(room.next_deadline(), at(1200s).mono);
  room.advance(at(1200s - 1ms));
  EXPECT_NE(card(), nullptr);
  room.advance(at(1200s));
  EXPECT_EQ(card(), nullptr);
  EXPECT_EQ(shown(), Show::withdraw);
  EXPECT_EQ(outcomes(), (Lines{"GATE-COAT-NAVY-42 expired time", "SCARF-RED expired time"}));
  EXPECT_EQ(room.next_deadline(), std::nullopt);
}

TEST_F(Cards, AwayWithdrawsAndComingBackShowsItAgain) {
  decide();
  tap(ActionKind::claim, "a-1");
  (void)shown();
  room.went_away(visit.id);
  EXPECT_EQ(shown(), Show::withdraw);
  EXPECT_TRUE(room.shown().empty());
  visit.zone = ZoneId{"floor"};
  room.came_back(visit, at(2min));
  EXPECT_EQ(shown(), Show::publish);
  EXPECT_EQ(card()->claimed_by, "A12");
  EXPECT_EQ(card()->zone, ZoneId{"floor"});
  EXPECT_TRUE(outcomes().empty()) << "away is no outcome";
}

TEST_F(Cards, TheEndOfTheVisitWithdrawsEverything) {
  decide();
  (void)shown();
  room.ended(visit.id, "visit_ended");
  EXPECT_EQ(shown(), Show::withdraw);
  EXPECT_EQ(outcomes(), (Lines{"GATE-COAT-NAVY-42 withdrawn visit_ended", "SCARF-RED withdrawn visit_ended"}));
  EXPECT_EQ(room.cards(visit.id), nullptr);
  EXPECT_FALSE(tap(ActionKind::claim, "a-9")) << "no card after its end";
}

TEST_F(Cards, LosingAssociateDisplayTakesTheNameAway) {
  decide();
  tap(ActionKind::claim, "a-1");
  (void)shown();
  room.consent_lost(visit.id, Purpose::associate_display);
  EXPECT_EQ(card()->first_name, std::nullopt);
  EXPECT_EQ(shown(), Show::publish);
  tap(ActionKind::release, "a-2", 2s);
  tap(ActionKind::claim, "a-3", 3s);
  EXPECT_EQ(card()->first_name, std::nullopt);
}

TEST_F(Cards, ARestoredCardIsShownTapsStillWorkAndTimeGoesOn) {
  decide();
  const VisitCards stored = *room.cards(visit.id);
  Suggestions again{policy, [] { return std::string("unused"); }};
  again.restore(stored, at(1000s));
  EXPECT_EQ(again.shown().size(), 1U);
  EXPECT_EQ(again.next_deadline(), at(1200s).mono);
  EXPECT_TRUE(again.act({"t1", "a-1", visit.id, {}, ActionKind::claim, {}, {}, "A12", {}}, at(1001s)));
  EXPECT_EQ(again.cards(visit.id)->card->claimed_by, "A12");
  EXPECT_EQ(again.cards(visit.id)->card->first_name, std::nullopt) << "no profile in memory: no name";
}

}  // namespace
}  // namespace tg
