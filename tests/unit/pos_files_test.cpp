// Real files of public repositories: every ticket of NCR reconciles to the cent.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "support/pos_fixtures.hpp"

namespace tg {
namespace {

std::string file(const std::string& name) {
  std::ifstream in(std::string(TOUCHPOINT_SOURCE_DIR) + "/../shared/data/pos/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(PosFiles, EveryTicketOfNcrReconciles) {
  for (const std::string name : {"poslog-v2.1-ncr-acs-small.xml", "poslog-v2.1-ncr-acs-voidline.extract.xml"}) {
    const auto understood = test::read_as("ncr-acs-2.1", file(name), "America/New_York");
    ASSERT_TRUE(understood) << name << ": " << understood.error().message;
    EXPECT_FALSE(understood->tickets.empty());
    for (const auto& u : understood->tickets) EXPECT_TRUE(u.ticket.adds_up()) << name << ' ' << u.ticket.key.sequence;
  }
}

TEST(PosFiles, TheSmallNcrFileInDetail) {
  const auto understood = test::read_as("ncr-acs-2.1", file("poslog-v2.1-ncr-acs-small.xml"), "America/New_York");
  ASSERT_TRUE(understood);
  ASSERT_EQ(understood->tickets.size(), 2u);
  EXPECT_EQ(understood->tickets[0].ticket.type, TicketType::control);
  const Ticket& sale = understood->tickets[1].ticket;
  EXPECT_EQ(sale.key.business_day, "2017-09-30");
  EXPECT_EQ(unix_ms(sale.ended_at), 1506837774000);  // 02:02:54 in New York is 06:02:54 UTC
  ASSERT_EQ(sale.lines.size(), 1u);
  EXPECT_EQ(sale.lines[0].qty_milli, 420);
  EXPECT_EQ(sale.lines[0].net_minor, 107) << "1.26 less the reward of 0.19 that is printed twice";
  EXPECT_EQ(sale.loyalty->id, "40000066677");
}

TEST(PosFiles, ReceiptsOfKivra) {
  for (const std::string name : {"receipt-json-kivra-sale-receipt-card-payment.json",
                                 "receipt-json-kivra-min-return-receipt-cash-payment.json"}) {
    const auto ticket = test::only_ticket("kivra", file(name));
    EXPECT_TRUE(ticket.adds_up()) << name;
  }
  EXPECT_FALSE(read_pos_json(file("receipt-json-kivra-sale-receipt-mixed-payment-giftcard-cash.json")))
      << "it has trailing commas";
}

TEST(PosFiles, OrdersOfShopifyAreUnderstoodAndFlagged) {
  const auto order = test::only_ticket("shopify", file("shopify-order.json"));
  EXPECT_EQ(order.lines.size(), 3u);
  EXPECT_FALSE(order.adds_up()) << "the documentation's example has 597.00 of lines and 398.00 of them in its total";
  EXPECT_EQ(test::only_ticket("shopify", file("shopify-refund.json")).type, TicketType::return_);
}

}  // namespace
}  // namespace tg
