// From the fitting rooms to the tablets and back, through the whole core (contract §4.4).
#include <gtest/gtest.h>

#include "support/core/open_box.hpp"

namespace tg {
namespace {

using namespace test;

class CoreCards : public OpenBox {
 protected:
  [[nodiscard]] const Card* card(const VisitId& visit) const {
    const auto it = box.seen.tablet.find(visit);
    return it == box.seen.tablet.end() ? nullptr : &it->second;
  }
  std::vector<std::string> outcomes() {
    std::vector<std::string> out;
    for (const auto& o : box.seen.all<fact::SuggestionOutcome>()) out.push_back(o.variant + ' ' + o.reason);
    return out;
  }
};

TEST_F(CoreCards, NoCardBeforeTheFittingRooms) {
  const VisitId visit = box.enter(who);
  box.walk(who, kFloor);
  EXPECT_EQ(box.core().presence().visit(visit)->zone, ZoneId{"floor"});
  EXPECT_EQ(card(visit), nullptr);
  EXPECT_TRUE(box.seen.all<fact::SuggestionCreated>().empty());
  box.walk(who, kFitting);
  ASSERT_NE(card(visit), nullptr);
  EXPECT_EQ(card(visit)->suggestions.at(0).item.variant, "GATE-COAT-NAVY-42");
  const auto created = box.seen.all<fact::SuggestionCreated>();
  ASSERT_EQ(created.size(), 1U);
  EXPECT_EQ(created[0].member, who.member);
  EXPECT_EQ(created[0].visit, visit);
}

TEST_F(CoreCards, StockIsReadInTheFittingRoomsNotAtTheDoor) {
  const VisitId visit = box.enter(who);
  box.cache.items = {coat("NAVY", "42", 0), coat("CAMEL", "42", 1)};
  box.walk(who, kFitting);
  EXPECT_EQ(card(visit)->suggestions.at(0).item.variant, "GATE-COAT-CAMEL-42");
}

TEST_F(CoreCards, WhoHasLeftTheFittingRoomsBeforeTheDossierCameGetsNoCard) {
  box.loads = false;
  const VisitId visit = box.enter_fitting(who);
  box.loads = true;
  box.walk(who, kFloor);
  box.load_all();
  EXPECT_EQ(card(visit), nullptr);
  box.walk(who, kFitting);
  EXPECT_NE(card(visit), nullptr) << "asked again on the way back";
}

TEST_F(CoreCards, ASuggestionDiesAtItsEndAlsoOnItsWayToCentral) {
  box.enter_fitting(who);
  for (const auto& f : box.seen.facts) {
    const auto* created = std::get_if<fact::SuggestionCreated>(&f.data);
    EXPECT_EQ(f.expires_at.has_value(), created != nullptr);
    if (created == nullptr) continue;
    EXPECT_EQ(f.expires_at, created->expires_at);
  }
}

TEST_F(CoreCards, TheHoldOutGetsNoCardAndIsToldOnce) {
  Policy policy = shop_policy();
  policy.suggestion.holdout_percent = 100;
  Box other(policy);
  other.cache.put(who);
  other.start();
  const VisitId visit = other.enter_fitting(who);
  other.walk(who, kFloor);
  other.walk(who, kFitting);
  EXPECT_EQ(other.seen.tablet.count(visit), 0U);
  const auto suppressed = other.seen.all<fact::SuggestionSuppressed>();
  ASSERT_EQ(suppressed.size(), 1U);
  EXPECT_EQ(suppressed[0].reason, SuppressReason::holdout);
  EXPECT_TRUE(other.seen.all<fact::VisitStarted>().at(0).holdout);
}

TEST_F(CoreCards, TheHoldOutGroupIsTheContractsHash) {  // 35, 64, 72 and 7 of 100 by another implementation
  Policy policy = shop_policy();
  const auto group = [&](const char* name, std::int32_t percent) {
    policy.suggestion.holdout_percent = percent;
    return Core(policy).in_holdout(MemberId{name});
  };
  for (const auto& [name, rest] : {std::pair{"m-7f3a", 35}, {"m-0", 64}, {"m-1", 72}, {"m-2", 7}}) {
    EXPECT_FALSE(group(name, rest)) << name;
    EXPECT_TRUE(group(name, rest + 1)) << name;
  }
}

TEST_F(CoreCards, ACacheOlderThanItsLimitSaysNothing) {
  box.pass(25h);
  box.enter_fitting(who);
  const auto suppressed = box.seen.all<fact::SuggestionSuppressed>();
  ASSERT_EQ(suppressed.size(), 1U);
  EXPECT_EQ(suppressed[0].reason, SuppressReason::stale_cache);
}

TEST_F(CoreCards, ASoldCoatLeavesTheCard) {
  const VisitId visit = box.enter_fitting(who);
  const auto decision = card(visit)->suggestions.at(0).decision();
  box.till(coat_ticket(at(box.now()).wall));
  ASSERT_NE(card(visit), nullptr);
  EXPECT_EQ(card(visit)->suggestions.size(), 1U);
  EXPECT_EQ(outcomes(), std::vector<std::string>{"GATE-COAT-NAVY-42 ticket"});
  EXPECT_EQ(box.seen.all<fact::AttributionCreated>().at(0).attribution.suggestion, decision);
}

TEST_F(CoreCards, ACoatBoughtOnTheWayIsNotOnTheCard) {
  box.enter(who);
  box.till(coat_ticket(at(box.now()).wall));
  box.walk(who, kFitting);
  ASSERT_EQ(box.seen.tablet.size(), 1U);
  EXPECT_EQ(box.seen.tablet.begin()->second.suggestions.at(0).item.variant, "SCARF-RED");
}

TEST_F(CoreCards, AwayTakesTheCardAndComingBackBringsIt) {
  const VisitId visit = box.enter_fitting(who);
  box.pass(60s);
  EXPECT_EQ(card(visit), nullptr);
  box.hear(who, kFitting);
  EXPECT_NE(card(visit), nullptr);
  box.pass(10min);
  EXPECT_EQ(card(visit), nullptr);
  EXPECT_EQ(box.seen.all<fact::VisitEnded>().size(), 1U);
  EXPECT_EQ(box.seen.all<fact::SuggestionCreated>().size(), 1U);
}

TEST_F(CoreCards, OutcomesComeBeforeTheEndOfTheirVisit) {
  box.enter_fitting(who);
  box.pass(10min);
  const auto& last = box.seen.facts.back().data;
  EXPECT_TRUE(std::holds_alternative<fact::VisitEnded>(last));
  EXPECT_EQ(outcomes().size(), 2U);
}

TEST_F(CoreCards, ATapIsWrittenDownSoThatARepetitionAfterARestartIsKnown) {
  const VisitId visit = box.enter_fitting(who);
  EXPECT_TRUE(box.tap(visit, ActionKind::claim, "a-1"));
  box.crash();
  box.start();
  EXPECT_FALSE(box.tap(visit, ActionKind::release, "a-1"));
  EXPECT_EQ(card(visit)->claimed_by, "A12");
  EXPECT_TRUE(box.tap(visit, ActionKind::release, "a-2"));
  EXPECT_EQ(card(visit)->claimed_by, std::nullopt);
}

TEST_F(CoreCards, TapsOnUnknownVisitsAreCounted) {
  EXPECT_FALSE(box.tap(VisitId{"v-404"}, ActionKind::claim, "a-1"));
  EXPECT_EQ(box.seen.counters[effect::Counter::actions_ignored], 1U);
}

TEST_F(CoreCards, AllCardsAreShownAgainWhenTheLocalBrokerIsBack) {
  const VisitId visit = box.enter_fitting(who);
  box.send(event::LinkDown{Link::local, "restart"});
  box.seen.tablet.clear();  // a broker without persistence
  box.send(event::LinkUp{Link::local});
  EXPECT_NE(card(visit), nullptr);
}

TEST_F(CoreCards, AWithdrawalThatTheLocalBrokerMissedIsRepeated) {
  const VisitId visit = box.enter_fitting(who);
  const Card retained = *card(visit);
  box.send(event::LinkDown{Link::local, "restart"});
  box.consent("c-1", who, Purpose::suggestion, ConsentStatus::revoked, at(box.now()).wall);
  box.seen.tablet[visit] = retained;  // nothing reached the broker, which kept its retained card
  box.send(event::LinkUp{Link::local});
  EXPECT_EQ(card(visit), nullptr);
}

}  // namespace
}  // namespace tg
