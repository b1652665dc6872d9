// Days computed by hand: what visits, cards and tickets put into the figures, and what corrections take out again.
#include "core/figures.hpp"

#include <gtest/gtest.h>

#include "codec/kpi.hpp"
#include "core/figures_shares.hpp"
#include "core/figures_statistics.hpp"
#include "core/model/figure_names.hpp"
#include "support/core/box.hpp"

namespace tg {
namespace {

using namespace test;
namespace fig = figure;

/// Paris in the year of the shop: summer time ends on 2025-10-26 at 01:00 UTC.
Policy paris_policy() {
  Policy policy = shop_policy();
  policy.calendar.offsets = {{INT64_MIN, 3600}, {1'743'296'400, 7200}, {1'761'440'400, 3600}};
  return policy;
}

class Day2025 : public testing::Test {
 protected:
  Box box{paris_policy()};
  Profile who = camille();
  const Day today = *day_from("2025-11-21");

  void SetUp() override {
    box.cache.put(who);
    box.start();
  }
  [[nodiscard]] std::int64_t at(std::string_view name, std::int32_t slot = 0, const std::string& part = {},
                                std::optional<Day> day = {}) const {
    const auto cell = box.facts.figures.find({day.value_or(today), part, std::string(name), slot});
    return cell == box.facts.figures.end() ? 0 : cell->second;
  }
  [[nodiscard]] Ticket sale(const std::string& sequence = "118") const {
    return coat_ticket(test::at(box.now()).wall, sequence);
  }
  /// The coat of `sale` comes back.
  [[nodiscard]] Ticket giving_back(const Ticket& bought, const std::string& day, const std::string& sequence) const {
    Ticket t = sale(sequence);
    t.key.business_day = day;
    t.type = TicketType::return_;
    t.total_minor = -24'900;
    t.lines[0].kind = LineKind::return_;
    t.lines[0].qty_milli = -1000;
    t.lines[0].net_minor = -24'900;
    t.tenders[0].amount_minor = -24'900;
    t.returns = bought.key;
    seal(t);
    return t;
  }
  /// Heard every 30 s for a minute and a half.
  void stay() {
    for (int i = 0; i < 3; ++i) {
      box.pass(30s);
      box.hear(who, kEntrance);
    }
  }
  /// Until the visit has ended; the last sighting was at its beginning.
  void leave() { box.pass(7min); }
};

TEST_F(Day2025, AVisitWithAPurchase) {
  box.enter(who);
  stay();
  box.till(sale());
  EXPECT_EQ(at(fig::kVisits), 0) << "a visit counts when it ends";
  EXPECT_EQ(at(fig::kTickets), 1);
  leave();
  EXPECT_EQ(at(fig::kVisits), 1);
  EXPECT_EQ(at(fig::kVisits, 0, "zone/entrance"), 1);
  EXPECT_EQ(at(fig::kVisits, 0, "zone/floor"), 0);
  EXPECT_EQ(at(fig::kDwell, histogram_slot(90)), 1);
  EXPECT_EQ(at(fig::kRecognisedAfter, histogram_slot(200)), 1) << "two adverts, 200 ms apart";
  EXPECT_EQ(at(fig::kConverted, 0), 1);
  EXPECT_EQ(at(fig::kTicketClass, 0), 1);
  EXPECT_EQ(at(fig::kTickets, 0, "zone/till-1"), 1);
  EXPECT_EQ(at("sold/EUR"), 24'900);
  EXPECT_EQ(at("ropo_strict/EUR"), 24'900);
  EXPECT_EQ(at(fig::kUnits), 1000);
}

TEST_F(Day2025, AShortVisitIsOutOfTheFigures) {
  box.enter(who);
  leave();
  EXPECT_EQ(at(fig::kVisits), 0);
  EXPECT_EQ(at(fig::kVisitsShort), 1);
  EXPECT_EQ(at(fig::kDwell, 0), 0);
}

TEST_F(Day2025, AVoidTakesOutWhatItsTicketPutIn) {
  box.enter(who);
  stay();
  const Ticket t = sale();
  box.till(t);
  leave();
  ASSERT_EQ(at(fig::kConverted, 0), 1);
  box.till(void_of(t, "119", test::at(box.now()).wall));
  EXPECT_EQ(at(fig::kTickets), 0);
  EXPECT_EQ(at("sold/EUR"), 0);
  EXPECT_EQ(at(fig::kTicketClass, 0), 0);
  EXPECT_EQ(at(fig::kConverted, 0), 0) << "of a visit that is over";
  EXPECT_EQ(at(fig::kVisits), 1);
  EXPECT_EQ(at(fig::kVoided), 1);
}

TEST_F(Day2025, ARevisionMovesTheFigureOfItsDay) {
  Ticket t = sale();
  box.till(t);
  box.pass(26h);  // corrected on the next day
  t.revision = 1;
  t.lines[0].net_minor = t.total_minor = t.tenders[0].amount_minor = 19'900;
  seal(t);
  box.till(t);
  EXPECT_EQ(at(fig::kTickets), 1);
  EXPECT_EQ(at("sold/EUR"), 19'900);
  EXPECT_EQ(at("sold/EUR", 0, {}, today + 1), 0);
}

TEST_F(Day2025, AReturnOnALaterDayIsGrossThereAndNetsTheDayOfTheSale) {
  const Ticket t = sale();
  box.till(t);
  box.pass(26h);
  box.till(giving_back(t, "2025-11-22", "7"));
  EXPECT_EQ(at("sold/EUR"), 24'900);
  EXPECT_EQ(at("returned_of/EUR"), 24'900) << "nothing is left of the sale";
  EXPECT_EQ(at("returned/EUR"), 0);
  EXPECT_EQ(at(fig::kUnitsReturnedOf), 1000);
  EXPECT_EQ(at("returned/EUR", 0, {}, today + 1), 24'900);
  EXPECT_EQ(at(fig::kReturnTickets, 0, {}, today + 1), 1);
  EXPECT_EQ(at(fig::kTickets, 0, {}, today + 1), 0) << "no sale";
}

TEST_F(Day2025, ATicketAfterMidnightBelongsToTheTillsDay) {
  box.pass(16h);  // 2025-11-22, 01:20 in Paris
  Ticket t = sale();
  t.key.business_day = "2025-11-21";
  box.till(t);
  Ticket nonsense = sale("119");
  nonsense.key.business_day = "2099-01-01";
  box.till(nonsense);
  EXPECT_EQ(at(fig::kTickets), 1);
  EXPECT_EQ(at(fig::kTickets, 0, {}, today + 1), 1) << "a day that cannot be: the day on which it ended";
}

TEST_F(Day2025, ATicketThatDoesNotAddUpIsAMismatchAndNothingMore) {
  Ticket t = sale();
  t.total_minor = 1;
  seal(t);
  box.till(t);
  EXPECT_EQ(at(fig::kMismatch), 1);
  EXPECT_EQ(at(fig::kTickets), 0);
  EXPECT_EQ(at("sold/EUR"), 0);
  EXPECT_EQ(at("alert/totals_mismatch"), 1);
}

TEST_F(Day2025, EveryTicketWithoutABuyerHasItsCause) {
  const auto with = [&](const std::string& sequence, auto change) {
    Ticket t = sale(sequence);
    change(t);
    seal(t);
    box.till(t);
  };
  Profile shy = member("m-shy", 7);
  shy.consent.at(Purpose::attribution).reset();
  box.cache.put(shy);
  with("1", [](Ticket& t) { t.loyalty.reset(); });
  with("2", [](Ticket& t) { t.loyalty->id = "2990000000000"; });
  with("3", [&](Ticket& t) { t.loyalty->id = shy.loyalty.front(); });
  with("4", [](Ticket& t) { t.employee = true; });
  with("5", [](Ticket& t) { t.ended_at -= 31 * 24h; });
  for (const auto cause : {Unmatched::no_number, Unmatched::unknown_number, Unmatched::no_consent, Unmatched::employee,
                           Unmatched::too_late}) {
    EXPECT_EQ(at(fig::kUnmatched, static_cast<int>(cause)), 1) << static_cast<int>(cause);
  }
  EXPECT_EQ(at(fig::kTickets), 5);
  EXPECT_EQ(at(fig::kLate), 1);
}

TEST_F(Day2025, TheWaysToCentralAndToTheTabletAreTimed) {
  box.send(event::LinkDown{Link::local, "gone"});
  box.enter_fitting(who);
  ASSERT_EQ(box.seen.all<fact::SuggestionCreated>().size(), 1U);
  EXPECT_EQ(at(fig::kPublishedAfter, histogram_slot(0)), 1) << "central acknowledges at once in this box";
  box.pass(12s);
  const auto waited = box.now();
  box.send(event::LinkUp{Link::local, 0});
  EXPECT_EQ(box.now(), waited);
  std::int64_t late = 0;
  for (std::int64_t ms = 10'000; ms < 20'000; ms += 100)
    late = std::max(late, at(fig::kDeliveredAfter, histogram_slot(ms)));
  EXPECT_EQ(late, 1);
}

TEST_F(Day2025, TheFunnelCountsHowFarAnItemCameAndForgetsWhatWasUndone) {
  const VisitId visit = box.enter_fitting(who);
  const auto items = box.seen.all<fact::SuggestionCreated>().at(0).items;
  const SuggestionId first = items.at(0).id;
  EXPECT_EQ(at(fig::kCards), 1);
  EXPECT_EQ(at(fig::kEligible, 0), 0) << "the trial is about visits that are over";
  EXPECT_EQ(at(fig::kItems, static_cast<int>(fig::Stage::delivered)), static_cast<std::int64_t>(items.size()));
  box.tap(visit, ActionKind::tried, "a1", "A12", first);
  box.tap(visit, ActionKind::tried, "a2", "A12", first);
  EXPECT_EQ(at(fig::kItems, static_cast<int>(fig::Stage::tried)), 1) << "one item, however often it is tapped";
  EXPECT_EQ(at(fig::kItems, static_cast<int>(fig::Stage::seen)), 1) << "who tries has seen";
  box.tap(visit, ActionKind::undo, "a3", "A12", {}, "a2");
  EXPECT_EQ(at(fig::kItems, static_cast<int>(fig::Stage::tried)), 1);
  EXPECT_EQ(at(fig::kItems, static_cast<int>(fig::Stage::withdrawn)), 0);
  box.tap(visit, ActionKind::sold, "a4", "A12", first);
  EXPECT_EQ(at(fig::kItems, static_cast<int>(fig::Stage::sold), "scenario/viewed_not_bought"), 1);
}

TEST_F(Day2025, TheHoldoutIsCountedAmongThoseForWhomACardWasDue) {
  Policy policy = paris_policy();
  policy.suggestion.holdout_percent = 100;
  Box held(policy);
  held.cache.put(who);
  held.start();
  held.enter_fitting(who);
  held.pass(90s);
  held.hear(who, kFitting);
  held.till(coat_ticket(test::at(held.now()).wall));
  held.pass(7min);
  const auto value = [&](std::string_view name, int slot) {
    return held.facts.figures[{today, {}, std::string(name), slot}];
  };
  EXPECT_EQ(value(fig::kEligible, 1), 1);
  EXPECT_EQ(value(fig::kEligible, 0), 0);
  EXPECT_EQ(value(fig::kEligibleConverted, 1), 1);
  EXPECT_EQ(value("eligible_net/EUR", 1), 24'900);
  EXPECT_EQ(value("eligible_squares/EUR", 1), 249 * 249);
  EXPECT_EQ(value(fig::kSuppressed, static_cast<int>(SuppressReason::holdout)), 1);
}

TEST_F(Day2025, WhatIsBoughtWithinAnHourOfAPickupIsAnAddon) {
  box.enter(who);
  Ticket pickup = sale("1");
  pickup.collect_order = "C-1";
  box.till(pickup);
  box.pass(50s);
  box.hear(who, kEntrance);
  box.pass(50s);
  box.hear(who, kEntrance);
  box.till(sale("2"));
  leave();
  EXPECT_EQ(at(fig::kPickups), 1);
  EXPECT_EQ(at(fig::kPickupsInVisit), 1);
  EXPECT_EQ(at(fig::kPickupsAddon), 1);
  EXPECT_EQ(at("addon/EUR"), 24'900);
}

TEST(Shares, ThePurchaseOfADayOf25HoursIsThatDays) {
  const Policy policy = paris_policy();
  const Day long_day = *day_from("2025-10-26");
  const WallTime midnight = wall_ms(1'761'429'600'000);  // 2025-10-26T00:00 in Paris
  EXPECT_EQ(policy.calendar.day_of(midnight), long_day);
  EXPECT_EQ(policy.calendar.day_of(midnight - 1ms), long_day - 1);
  EXPECT_EQ(policy.calendar.day_of(midnight + 24h + 59min), long_day) << "its 25th hour";
  EXPECT_EQ(policy.calendar.day_of(midnight + 25h), long_day + 1);
  EXPECT_EQ(day_text(long_day), "2025-10-26");
  EXPECT_EQ(day_from("2025-02-29"), std::nullopt);
}

TEST_F(Day2025, TheFiguresSurviveAKillInTheMiddleOfTheVisit) {
  box.enter(who);
  box.till(sale());
  box.crash();
  box.start();
  box.pass(30s);
  box.hear(who, kEntrance);
  box.pass(45s);
  box.hear(who, kEntrance);
  leave();
  EXPECT_EQ(at(fig::kVisits), 1);
  EXPECT_EQ(at(fig::kConverted, 0), 1) << "the purchase was remembered with the visit";
  EXPECT_EQ(at(fig::kTickets), 1);
}

// --- intervals -------------------------------------------------------------------------------------------------------

TEST_F(Day2025, AnIntervalIsToldWhenItIsOverAndSmallCellsAreNot) {
  for (int i = 1; i <= 6; ++i) box.till(sale(std::to_string(i)));
  EXPECT_TRUE(box.seen.all<fact::StatsInterval>().empty());
  box.pass(40min);  // opening was at 08:20 UTC
  const auto told = box.seen.all<fact::StatsInterval>();
  ASSERT_EQ(told.size(), 2U) << "the store and its till";
  EXPECT_EQ(told[0].zone, std::nullopt);
  EXPECT_EQ(told[0].to, kOpening + 40min);
  EXPECT_EQ(told[0].to - told[0].from, 1h);
  EXPECT_EQ(told[0].tickets, 6);
  EXPECT_EQ(told[0].recognised_tickets, 6);
  EXPECT_EQ(told[0].net_minor, 6 * 24'900);
  EXPECT_EQ(told[0].recognised_visits, std::nullopt) << "fewer than 5";
  EXPECT_EQ(told[1].zone, ZoneId{"till-1"});
  EXPECT_EQ(told[1].tickets, 6);
  box.pass(3h);
  EXPECT_EQ(box.seen.all<fact::StatsInterval>().size(), 2U) << "nothing happened, nothing is told";
}

TEST_F(Day2025, AnIntervalGoesOnAfterAKillAndIsToldOnce) {
  for (int i = 1; i <= 5; ++i) box.till(sale(std::to_string(i)));
  box.crash();
  box.start();
  box.till(sale("6"));
  box.pass(40min);
  const auto told = box.seen.all<fact::StatsInterval>();
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(told[0].tickets, 6);
  box.crash();
  box.start();
  box.pass(2h);
  EXPECT_EQ(box.seen.all<fact::StatsInterval>().size(), 2U);
}

TEST_F(Day2025, NetIsNotToldOfFewTicketsOrOfSeveralCurrencies) {
  for (int i = 1; i <= 4; ++i) box.till(sale(std::to_string(i)));
  box.pass(40min);
  EXPECT_EQ(box.seen.all<fact::StatsInterval>().at(0).net_minor, std::nullopt);
  for (int i = 11; i <= 17; ++i) {
    Ticket t = sale(std::to_string(i));
    if (i == 17) t.currency = "CHF";
    box.till(t);
  }
  box.pass(1h);
  const auto told = box.seen.all<fact::StatsInterval>();
  EXPECT_EQ(told.at(2).tickets, 7);
  EXPECT_EQ(told.at(2).net_minor, std::nullopt);
}

TEST(Footfall, IsEstimatedFromVisitsThatBoughtAndNotFromFew) {
  const auto kpi = [](std::int64_t converted_permille) {
    return encode_kpi({1, 2, "Europe/Paris", {}, 0},
                      {{{1, {}, std::string(fig::kVisits), 0}, 210},
                       {{1, {}, std::string(fig::kMethod), static_cast<int>(RecognitionMethod::card)}, 10},
                       {{1, {}, std::string(fig::kTickets), 0}, 910},
                       {{1, {}, std::string(fig::kConvertedPermille), 0}, converted_permille}});
  };
  const std::string many = kpi(70'000);  // 60 of 200 beside those whom the card brought
  EXPECT_NE(many.find(R"("footfall":2977,"footfall_estimated":true)"), std::string::npos) << many;
  EXPECT_NE(many.find(R"("recognised_share":0.0705)"), std::string::npos) << many;
  EXPECT_NE(kpi(14'000).find(R"("footfall":null)"), std::string::npos);
}

}  // namespace
}  // namespace tg
