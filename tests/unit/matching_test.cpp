// Whose purchase is it, and is it one at all? (contract §6)
#include "core/matching.hpp"

#include <gtest/gtest.h>

#include "support/core/shop.hpp"

namespace tg {
namespace {

using namespace test;

TicketRecord stored(const Ticket& ticket) {
  TicketRecord r;
  r.id = ticket_id(ticket.key);
  r.key = ticket.key;
  r.revision = ticket.revision;
  r.content = ticket.content;
  return r;
}

TEST(Matching, TheTicketIdIsTheContractsUuid) {  // computed with another implementation of RFC 9562
  EXPECT_EQ(ticket_id({"paris-042", "POS1", "2026-11-21", "118"}).value, "466b8391-8e74-5a5e-9b11-b075ea1b39ab");
  EXPECT_NE(ticket_id({"paris-042", "POS2", "2026-11-21", "118"}),
            ticket_id({"paris-042", "POS1", "2026-11-21", "118"}));
}

TEST(Matching, TheReceiveTable) {
  const Ticket first = coat_ticket(kOpening);
  EXPECT_EQ(judge(first, std::nullopt), TicketVerdict::accepted);
  EXPECT_EQ(judge(first, stored(first)), TicketVerdict::duplicate);

  Ticket other = first;
  other.total_minor = 1;
  seal(other);
  EXPECT_EQ(judge(other, stored(first)), TicketVerdict::quarantined);
  other.revision = 1;
  EXPECT_EQ(judge(other, stored(first)), TicketVerdict::revised);
  EXPECT_EQ(judge(first, stored(other)), TicketVerdict::quarantined) << "an older revision comes too late";

  Ticket again = first;
  again.revision = 7;
  EXPECT_EQ(judge(again, stored(first)), TicketVerdict::duplicate) << "same key and content, whatever the number";
}

struct KindCase {
  const char* name;
  TicketType type;
  TicketStatus status;
  bool training;
  bool recorded;
  bool is_void;
};
std::ostream& operator<<(std::ostream& out, const KindCase& c) { return out << c.name; }
class TicketKinds : public testing::TestWithParam<KindCase> {};

TEST_P(TicketKinds, DecideWhatIsAFact) {
  const auto& c = GetParam();
  Ticket t = coat_ticket(kOpening);
  t.type = c.type;
  t.status = c.status;
  t.training = c.training;
  EXPECT_EQ(is_recorded(t), c.recorded);
  EXPECT_EQ(is_void(t), c.is_void);
  EXPECT_EQ(may_be_attributed(t, 0s), c.recorded);
}
using T = TicketType;
using U = TicketStatus;
INSTANTIATE_TEST_SUITE_P(All, TicketKinds,
                         testing::Values(KindCase{"sale", T::sale, U::final, false, true, false},
                                         KindCase{"return", T::return_, U::final, false, true, false},
                                         KindCase{"exchange", T::exchange, U::final, false, true, false},
                                         KindCase{"void", T::void_, U::final, false, false, true},
                                         KindCase{"control", T::control, U::final, false, false, false},
                                         KindCase{"suspended", T::sale, U::suspended, false, false, false},
                                         KindCase{"cancelled", T::sale, U::cancelled, false, false, false},
                                         KindCase{"training", T::sale, U::final, true, false, false},
                                         KindCase{"training void", T::void_, U::final, true, false, false},
                                         KindCase{"suspended void", T::void_, U::suspended, false, false, false}));

TEST(Matching, OnlyWhatAddsUpIsMatched) {
  Ticket t = coat_ticket(kOpening);
  EXPECT_TRUE(t.adds_up());
  t.tax_minor = 1;
  EXPECT_FALSE(may_be_attributed(t, 0s)) << "lines + tax + rounding are not the total";
  t.lines[0].net_minor -= 1;
  EXPECT_TRUE(may_be_attributed(t, 0s));
  t.rounding_minor = -2;
  t.total_minor -= 2;
  EXPECT_FALSE(may_be_attributed(t, 0s)) << "the tenders are not the total";
  t.tenders[0].amount_minor -= 2;
  EXPECT_TRUE(may_be_attributed(t, 0s));
}

TEST(Matching, NeitherStaffNorWhatIsOlderThanThirtyDays) {
  Ticket t = coat_ticket(kOpening);
  EXPECT_TRUE(may_be_attributed(t, kLateLimit));
  EXPECT_FALSE(may_be_attributed(t, kLateLimit + 1s));
  t.employee = true;
  EXPECT_FALSE(may_be_attributed(t, 0s));
}

// --- the tie ---------------------------------------------------------------------------------------------------------

TEST(Matching, AScannedNumberIsCertain) {
  Visit visit;
  visit.id = VisitId{"v-1"};
  const auto a = match_by_number(coat_ticket(kOpening), camille(), &visit, shelf());
  ASSERT_TRUE(a);
  EXPECT_EQ(a->cls, AttributionClass::certain);
  EXPECT_EQ(a->p_permille, 1000);
  EXPECT_EQ(a->visit, VisitId{"v-1"});
  EXPECT_EQ(a->member, camille().member);
  EXPECT_EQ(a->ticket, ticket_id(coat_ticket(kOpening).key));
}

TEST(Matching, AKeyedNumberSaysSo) {
  Ticket t = coat_ticket(kOpening);
  t.loyalty->entry = LoyaltyEntry::keyed;
  EXPECT_LT(match_by_number(t, camille(), nullptr, shelf())->p_permille, 1000);
}

TEST(Matching, NothingWithoutANumber) {
  Ticket t = coat_ticket(kOpening);
  t.loyalty.reset();
  EXPECT_FALSE(match_by_number(t, camille(), nullptr, shelf()));
}

// --- research online, purchase offline -------------------------------------------------------------------------------

struct RopoCase {
  const char* name;
  std::string style;
  Millis before;  ///< the ticket
  bool strict, broad;
};
std::ostream& operator<<(std::ostream& out, const RopoCase& c) { return out << c.name; }
class RopoOf : public testing::TestWithParam<RopoCase> {};

TEST_P(RopoOf, LooksFourteenDaysBack) {
  Profile p = camille();
  p.intents = {Intent{GetParam().style, std::nullopt, IntentKind::viewed, 1, kOpening - GetParam().before}};
  auto items = shelf();
  CatalogItem other = coat("GREY");
  other.style = "OTHER-COAT";
  items.push_back(other);
  const Ropo ropo = ropo_of(coat_ticket(kOpening), p, items);
  EXPECT_EQ(ropo.strict, GetParam().strict);
  EXPECT_EQ(ropo.broad, GetParam().broad);
}
INSTANTIATE_TEST_SUITE_P(Cases, RopoOf,
                         testing::Values(RopoCase{"this style yesterday", "GATE-COAT", 24h, true, true},
                                         RopoCase{"exactly 14 days", "GATE-COAT", 24h * 14, true, true},
                                         RopoCase{"longer ago", "GATE-COAT", 24h * 14 + 1ms, false, false},
                                         RopoCase{"after the purchase", "GATE-COAT", -1h, false, false},
                                         RopoCase{"another coat", "OTHER-COAT", 24h, false, true},
                                         RopoCase{"another category", "SCARF", 24h, false, false}));

}  // namespace
}  // namespace tg
