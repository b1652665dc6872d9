// The built-in dialects on invented tickets that have the quirks of real ones.
#include "codec/dialect.hpp"

#include <gtest/gtest.h>

#include "support/pos_fixtures.hpp"

namespace tg {
namespace {

using test::kAcs;
using test::kFutura;
using test::only_ticket;
using test::poslog;
using test::read_as;

std::string ncr(const std::string& lines, const std::string& total, const std::string& tax = "0.00") {
  return poslog(
      "<Transaction><RetailStoreID>9</RetailStoreID><WorkstationID>31</WorkstationID>"
      "<SequenceNumber>115</SequenceNumber><BusinessDayDate>2026-11-20</BusinessDayDate>"
      "<EndDateTime>2026-11-21T01:18:34</EndDateTime><OperatorID OperatorName=\"Ana Lopez\">91</OperatorID>"
      "<CurrencyCode>EUR</CurrencyCode><RetailTransaction Version=\"2.1\">" +
          lines + "<Total TotalType=\"TransactionGrandAmount\">" + total +
          "</Total><Total TotalType=\"acs:GrossPositive\">99.99</Total>"
          "<Total TotalType=\"TransactionTaxAmount\">" +
          tax + "</Total></RetailTransaction></Transaction>",
      kAcs);
}
std::string ncr_sale(int n, const std::string& sku, const std::string& qty, const std::string& net,
                     const std::string& attributes = "") {
  return "<LineItem " + attributes + "><SequenceNumber>" + std::to_string(n) +
         "</SequenceNumber><Sale><POSIdentity POSIDType=\"GTIN\"><POSItemID>" + sku +
         "</POSItemID></POSIdentity><ItemID>" + sku + "</ItemID><Description>TEA 4111111111111111</Description>" +
         "<RegularSalesUnitPrice>2.99</RegularSalesUnitPrice><ExtendedAmount>" + net + "</ExtendedAmount><Quantity>" +
         qty + "</Quantity><acs:OperatorSequence>" + std::to_string(n) + "</acs:OperatorSequence></Sale></LineItem>";
}
std::string ncr_card(const std::string& amount) {
  return "<LineItem><Tender TenderType=\"CreditDebit\" TypeCode=\"Sale\"><Amount>" + amount +
         "</Amount><CreditDebit/></Tender></LineItem>";
}
std::string ncr_reward(const std::string& flags, const std::string& category, const std::string& amount,
                       const std::string& line) {
  return "<LineItem><LoyaltyReward " + flags + "><PromotionID>5123</PromotionID><acs:RewardCategory>" + category +
         "</acs:RewardCategory><acs:ExtendedRewardAmount>" + amount +
         "</acs:ExtendedRewardAmount><acs:OperatorSequenceReference>" + line +
         "</acs:OperatorSequenceReference></LoyaltyReward></LineItem>";
}

// --- NCR -------------------------------------------------------------------------------------------------------------

TEST(NcrDialect, AVoidedLineAndTheLineThatItUndoesAreNotOnTheTicket) {
  const auto ticket = only_ticket(
      "ncr-acs-2.1", ncr(ncr_sale(1, "00000000062367", "1.47", "4.40") + ncr_sale(2, "00012993221201", "1", "3.99") +
                             ncr_sale(3, "00000000062367", "-1.47", "-4.40", "VoidFlag=\"true\"") + ncr_card("4.40"),
                         "4.40", "0.41"));
  ASSERT_EQ(ticket.lines.size(), 1u);
  EXPECT_EQ(ticket.lines[0].sku, "00012993221201");
  EXPECT_EQ(ticket.tax_minor, 41);
  EXPECT_TRUE(ticket.adds_up());
}

TEST(NcrDialect, AVoidedLineWithoutItsPartnerIsSummed) {
  const auto ticket = only_ticket(
      "ncr-acs-2.1",
      ncr(ncr_sale(1, "1", "2", "8.80") + ncr_sale(2, "1", "-1", "-4.40", "VoidFlag=\"true\"") + ncr_card("4.40"),
          "4.40"));
  EXPECT_EQ(ticket.lines.size(), 2u);
  EXPECT_TRUE(ticket.adds_up());
}

TEST(NcrDialect, ARewardThatIsPrintedTwiceCountsOnceAndBelongsToItsLine) {
  const auto ticket = only_ticket(
      "ncr-acs-2.1",
      ncr(ncr_sale(1, "67591", "0.42", "1.26") + ncr_sale(2, "5", "1", "2.00") + ncr_card("3.07") +
              ncr_reward("acs:detailedData=\"true\"", "Monetary", "-0.19", "1") +
              ncr_reward("acs:summarizedActivity=\"true\"", "Monetary", "-0.19", "0") +
              ncr_reward("acs:detailedData=\"true\" acs:summarizedActivity=\"true\"", "CustomOffer", "1", "1"),
          "3.07"));
  ASSERT_EQ(ticket.lines.size(), 2u);
  EXPECT_EQ(ticket.lines[0].net_minor, 107);
  EXPECT_EQ(ticket.lines[0].qty_milli, 420);
  EXPECT_EQ(ticket.lines[1].net_minor, 200);
  ASSERT_EQ(ticket.rewards.size(), 1u);
  EXPECT_EQ(ticket.rewards[0].amount_minor, -19);
  EXPECT_EQ(ticket.rewards[0].line, 1);
  EXPECT_TRUE(ticket.adds_up());
}

TEST(NcrDialect, TheBusinessDayIsTheTillsAndTheTimeIsTheStores) {
  const auto body = ncr(ncr_sale(1, "1", "1", "1.00") + ncr_card("1.00"), "1.00");
  const auto ticket = only_ticket("ncr-acs-2.1", body, "Europe/Paris");
  EXPECT_EQ(ticket.key.business_day, "2026-11-20");
  EXPECT_EQ(ticket.key.store, "paris-042");
  EXPECT_EQ(unix_ms(ticket.ended_at), 1795220314000);  // 2026-11-21T00:18:34Z
  EXPECT_EQ(ticket.time_quality, TimeQuality::assumed_store_zone);
  EXPECT_EQ(ticket.utc_offset_min, 60);
}

TEST(NcrDialect, APaddedLoyaltyNumberIsTheNumber) {
  const auto ticket = only_ticket("ncr-acs-2.1", ncr(ncr_sale(1, "1", "1", "1.00") + ncr_card("1.00") +
                                                         "<LineItem><acs:LoyaltyMembership><acs:LoyaltyID "
                                                         "Type=\"Membership\">0000000000000040000066677</acs:LoyaltyID>"
                                                         "</acs:LoyaltyMembership></LineItem>",
                                                     "1.00"));
  ASSERT_TRUE(ticket.loyalty);
  EXPECT_EQ(ticket.loyalty->id, "40000066677");
}

TEST(NcrDialect, AControlTransactionUsesANumberAndNothingElse) {
  const auto ticket =
      only_ticket("ncr-acs-2.1", poslog("<Transaction><WorkstationID>34</WorkstationID><SequenceNumber>160"
                                        "</SequenceNumber><BusinessDayDate>2026-11-20</BusinessDayDate><EndDateTime>"
                                        "2026-11-21T02:01:31</EndDateTime><ControlTransaction><ReasonCode>Valid SignOn"
                                        "</ReasonCode></ControlTransaction></Transaction>",
                                        kAcs));
  EXPECT_EQ(ticket.type, TicketType::control);
  EXPECT_EQ(ticket.key.sequence, "160");
}

// --- Futura ----------------------------------------------------------------------------------------------------------

std::string futura(const std::string& lines, const std::string& total, const std::string& customer = "") {
  return poslog(
      "<Transaction><BusinessUnit><UnitID Name=\"Laden\">100</UnitID></BusinessUnit><WorkstationID "
      "TypeCode=\"POS\">10001</WorkstationID><SequenceNumber>0357</SequenceNumber><ReceiptDateTime>"
      "2026-11-21T11:27:02.649</ReceiptDateTime><RetailTransaction>" +
          lines + "<Total TotalType=\"TransactionGrandAmount\" CurrencyCode=\"EUR\">" + total +
          "</Total><Total TotalType=\"TransactionTaxAmount\" CurrencyCode=\"EUR\">0.210</Total>" + customer +
          "</RetailTransaction><BusinessDayDate>2026-11-21</BusinessDayDate><EndDateTime>"
          "2026-11-21T10:27:02.649Z</EndDateTime><fu:Hashcode>x</fu:Hashcode></Transaction>",
      kFutura);
}
std::string futura_sale(const std::string& qty, const std::string& amount, const std::string& more) {
  return "<LineItem><Sale><ItemID Name=\"PADDED TOP, S,BLACK\">4022847522022</ItemID><ExtendedAmount "
         "Currency=\"EUR\">" +
         amount + "</ExtendedAmount><ExtendedDiscountAmount Currency=\"XXX\">0</ExtendedDiscountAmount><Quantity>" +
         qty + "</Quantity>" + more + "</Sale><SequenceNumber>1</SequenceNumber></LineItem>";
}
std::string futura_cash(const std::string& amount, const std::string& code = "Sale") {
  return "<LineItem><Tender TenderType=\"Cash\" TypeCode=\"" + code + "\"><Amount Currency=\"EUR\">" + amount +
         "</Amount><Rounding>0.000</Rounding></Tender></LineItem>";
}

TEST(FuturaDialect, AReturnIsMinusOneWithAPositiveAmountAndNamesItsSale) {
  const auto ticket = only_ticket(
      "futura-roqqio-6.0",
      futura(futura_sale("-1.0000", "1.290",
                         "<TransactionLink><WorkstationID>10001</WorkstationID><BusinessDayDate><Date>2026-11-20</Date>"
                         "</BusinessDayDate><SequenceNumber>3569</SequenceNumber></TransactionLink>"
                         "<fu:SalesMode>RETOUR</fu:SalesMode>") +
                 futura_cash("1.290", "Refund"),
             "-1.290"));
  EXPECT_EQ(ticket.type, TicketType::return_);
  ASSERT_EQ(ticket.lines.size(), 1u);
  EXPECT_EQ(ticket.lines[0].kind, LineKind::return_);
  EXPECT_EQ(ticket.lines[0].qty_milli, -1000);
  EXPECT_EQ(ticket.lines[0].net_minor, -129);
  EXPECT_EQ(ticket.total_minor, -129);
  ASSERT_TRUE(ticket.returns);
  EXPECT_EQ(ticket.returns->sequence, "3569");
  EXPECT_EQ(ticket.key.sequence, "0357") << "leading zeros belong to the number";
  EXPECT_EQ(ticket.time_quality, TimeQuality::zoned);
  EXPECT_TRUE(ticket.adds_up());
}

TEST(FuturaDialect, ThePrimaryAccountNumberIsTheLoyaltyNumber) {
  const auto ticket = only_ticket(
      "futura-roqqio-6.0",
      futura(futura_sale("1.0000", "26.990", "<fu:SalesMode>MODE_NORMAL</fu:SalesMode>") + futura_cash("27.000") +
                 "<LineItem><TenderChange TypeCode=\"Refund\"><TenderChange TenderType=\"Cash\"><Amount "
                 "Currency=\"EUR\">0.010</Amount></TenderChange></TenderChange></LineItem>",
             "26.990",
             "<Customer><CustomerID>22000129</CustomerID><Name><OfficialName>Erika Muster</OfficialName>"
             "</Name></Customer><LoyaltyAccount><CustomerID>22000129</CustomerID><LoyaltyCard>"
             "<PrimaryAccountNumber>T220001293</PrimaryAccountNumber></LoyaltyCard></LoyaltyAccount>"));
  ASSERT_TRUE(ticket.loyalty);
  EXPECT_EQ(ticket.loyalty->id, "T220001293");
  ASSERT_EQ(ticket.tenders.size(), 2u);
  EXPECT_EQ(ticket.tenders[1].amount_minor, -1);
  EXPECT_TRUE(ticket.adds_up());
}

TEST(FuturaDialect, APaymentCardInTheLoyaltyFieldIsRedacted) {
  const auto with = [](const std::string& number) {
    return only_ticket("futura-roqqio-6.0", futura(futura_sale("1", "1.00", "") + futura_cash("1.00"), "1.00",
                                                   "<LoyaltyAccount><LoyaltyCard><PrimaryAccountNumber>" + number +
                                                       "</PrimaryAccountNumber></LoyaltyCard></LoyaltyAccount>"));
  };
  EXPECT_EQ(with("4111111111111111").loyalty->id, "REDACTED");
  EXPECT_EQ(with("4222222222222").loyalty->id, "4222222222222") << "13 digits that a card might have, too";
}

// --- ARTS without extensions
// -------------------------------------------------------------------------------------------

std::string arts(const std::string& attributes, const std::string& lines, const std::string& total,
                 const std::string& retail = "") {
  return "<POSLog><Transaction " + attributes +
         "><WorkstationID>POS1</WorkstationID><SequenceNumber>7</SequenceNumber><EndDateTime>"
         "2026-11-21T15:04:05+01:00</EndDateTime><CurrencyCode>EUR</CurrencyCode><RetailTransaction " +
         retail + ">" + lines + "<Total TotalType=\"TransactionGrandAmount\">" + total +
         "</Total></RetailTransaction></Transaction></POSLog>";
}
std::string arts_line(const std::string& kind, const std::string& sku, const std::string& net,
                      const std::string& attributes = "") {
  return "<LineItem " + attributes + "><" + kind + "><ItemID>" + sku + "</ItemID><ExtendedAmount>" + net +
         "</ExtendedAmount><Quantity>1</Quantity></" + kind + "></LineItem>";
}
std::string arts_cash(const std::string& amount, const std::string& code = "Sale") {
  return "<LineItem><Tender TenderType=\"Cash\" TypeCode=\"" + code + "\"><Amount>" + amount +
         "</Amount></Tender></LineItem>";
}

TEST(ArtsDialect, TheSameVoidedLineInThreeDialectsGivesTheSameLines) {
  const auto plain = only_ticket(
      "arts-plain",
      arts("", arts_line("Sale", "A", "3.99") + arts_line("Sale", "B", "4.40", "VoidFlag=\"true\"") + arts_cash("3.99"),
           "3.99"));
  const auto undone =
      only_ticket("ncr-acs-2.1", ncr(ncr_sale(1, "A", "1", "3.99") + ncr_sale(2, "B", "1", "4.40") +
                                         ncr_sale(3, "B", "-1", "-4.40", "VoidFlag=\"true\"") + ncr_card("3.99"),
                                     "3.99"));
  const auto absent =
      only_ticket("futura-roqqio-6.0", futura(futura_sale("1", "3.990", "") + futura_cash("3.990"), "3.990"));
  for (const auto& ticket : {plain, undone, absent}) {
    ASSERT_EQ(ticket.lines.size(), 1u);
    EXPECT_EQ(ticket.lines[0].net_minor, 399);
    EXPECT_EQ(ticket.lines[0].qty_milli, 1000);
    EXPECT_TRUE(ticket.adds_up());
  }
}

TEST(ArtsDialect, ReturnsAndExchangesHaveOneSign) {
  const auto back =
      only_ticket("arts-plain", arts("", arts_line("Return", "A", "49.90") + arts_cash("49.90", "Refund"), "49.90"));
  EXPECT_EQ(back.type, TicketType::return_);
  EXPECT_EQ(back.total_minor, -4990);
  EXPECT_EQ(back.lines[0].net_minor, -4990);
  EXPECT_EQ(back.lines[0].qty_milli, -1000);
  EXPECT_TRUE(back.adds_up());
  const auto swap = only_ticket(
      "arts-plain",
      arts("", arts_line("Return", "A", "49.90") + arts_line("Sale", "B", "59.90") + arts_cash("10.00"), "10.00"));
  EXPECT_EQ(swap.type, TicketType::exchange);
  EXPECT_TRUE(swap.adds_up());
}

TEST(ArtsDialect, FlagsSayWhatATicketIs) {
  const auto lines = arts_line("Sale", "A", "1.00") + arts_cash("1.00");
  EXPECT_TRUE(only_ticket("arts-plain", arts("TrainingModeFlag=\"true\"", lines, "1.00")).training);
  EXPECT_EQ(only_ticket("arts-plain", arts("CancelFlag=\"true\"", lines, "1.00")).status, TicketStatus::cancelled);
  EXPECT_EQ(only_ticket("arts-plain", arts("", lines, "1.00", "TransactionStatus=\"Suspended\"")).status,
            TicketStatus::suspended);
  const auto voided =
      only_ticket("arts-plain", arts("",
                                     "<TransactionLink ReasonCode=\"PostVoid\"><WorkstationID>POS1</WorkstationID>"
                                     "<BusinessDayDate>2026-11-21</BusinessDayDate><SequenceNumber>6</SequenceNumber>"
                                     "</TransactionLink>",
                                     "0.00"));
  EXPECT_EQ(voided.type, TicketType::void_);
  ASSERT_TRUE(voided.voids);
  EXPECT_EQ(voided.voids->sequence, "6");
}

TEST(ArtsDialect, WhatIsNotFinalNeedsNoTotalAndAFinalOneWithoutIsFlagged) {
  const auto without_total = [](const std::string& retail) {
    auto body = arts("", arts_line("Sale", "A", "1.00") + arts_cash("1.00"), "1.00", retail);
    const auto at = body.find("<Total");
    return only_ticket("arts-plain", body.erase(at, body.find("</Total>") + 8 - at));
  };
  EXPECT_EQ(without_total("SuspendFlag=\"true\"").status, TicketStatus::suspended);
  EXPECT_FALSE(without_total("").adds_up());
}

TEST(ArtsDialect, ADiscountOfTheWholeTicketIsSpreadToTheCent) {
  const auto ticket = only_ticket("arts-plain", arts("",
                                                     arts_line("Sale", "A", "10.00") + arts_line("Sale", "B", "10.00") +
                                                         arts_line("Sale", "C", "10.00") +
                                                         "<LineItem><Discount><Amount>1.00</Amount></Discount>"
                                                         "</LineItem>" +
                                                         arts_cash("29.00"),
                                                     "29.00"));
  ASSERT_EQ(ticket.lines.size(), 3u);
  EXPECT_EQ(ticket.lines[0].net_minor, 966);
  EXPECT_EQ(ticket.lines[1].net_minor, 967);
  EXPECT_EQ(ticket.lines[2].net_minor, 967);
  EXPECT_TRUE(ticket.adds_up());
}

TEST(ArtsDialect, AmountsFollowTheCurrency) {
  const auto in = [](const std::string& currency, const std::string& amount) {
    auto body = arts("", arts_line("Sale", "A", amount) + arts_cash(amount), amount);
    return only_ticket("arts-plain", body.replace(body.find("EUR"), 3, currency)).total_minor;
  };
  EXPECT_EQ(in("EUR", "2.990"), 299);
  EXPECT_EQ(in("EUR", "130.64999999999998"), 13065);
  EXPECT_EQ(in("EUR", "-0.00"), 0);
  EXPECT_EQ(in("EUR", "+.50"), 50);
  EXPECT_EQ(in("JPY", "2990"), 2990);
  EXPECT_EQ(in("KWD", "2.990"), 2990);
}

TEST(ArtsDialect, TheHourThatOccursTwiceIsSaid) {
  auto body = arts("", arts_line("Sale", "A", "1.00") + arts_cash("1.00"), "1.00");
  body.replace(body.find("2026-11-21T15:04:05+01:00"), 25, "2026-10-25T02:30:00");
  const auto ticket = only_ticket("arts-plain", body, "Europe/Paris");
  EXPECT_EQ(ticket.time_quality, TimeQuality::ambiguous_hour);
  EXPECT_EQ(unix_ms(ticket.ended_at), 1792888200000);  // 00:30 UTC, the first of the two
  body.replace(body.find("2026-10-25T02:30:00"), 19, "2026-03-29T02:30:00");
  EXPECT_EQ(unix_ms(only_ticket("arts-plain", body, "Europe/Paris").ended_at), 1774747800000) << "skipped: 01:30 UTC";
}

// --- JSON ------------------------------------------------------------------------------------------------------------

std::string receipt(const std::string& items, const std::string& totals, const std::string& payments) {
  return R"({"business_unit":{"name":"Butik","contact":{"address":{"street_address":"Storgatan 20"}}},)"
         R"("cashier":{"name":"Mika"},"sales_recording_system":{"name":"Kassa 1"},)"
         R"("receipt_identifier":{"sequence_number":144079,"extended_number":{"value":"0144079"}},"time_of_purchase":"2026-11-09T23:07:00+01:00",)"
         R"("currency":"SEK","totals":[)" +
         totals + R"(],"items":[)" + items + R"(],"payments":[)" + payments +
         R"(],"customer":{"id":{"civic_registration_number":"19990909-1999"},"loyalty":{"customer_number":"29 900 01"}}})";
}

TEST(KivraDialect, AReturnWithPositiveAmountsIsNegative) {
  const auto ticket = only_ticket(
      "kivra", receipt(R"({"type":"return","identifiers":[{"identifier_type":"pos","value":"912042"}],)"
                       R"("quantity":{"value":1},"extended_amount":350,"sequence_number":1})",
                       R"({"type":"gross","amount":395.0,"refund":true},{"type":"paid","amount":350.0,"refund":true})",
                       R"({"tender":{"type":"cash"},"amount":350.0,"refund":true})"));
  EXPECT_EQ(ticket.type, TicketType::return_);
  EXPECT_EQ(ticket.total_minor, -35000);
  EXPECT_EQ(ticket.lines[0].qty_milli, -1000);
  EXPECT_EQ(ticket.key.workstation, "Kassa-1");
  EXPECT_EQ(ticket.key.business_day, "2026-11-09");
  EXPECT_EQ(ticket.loyalty->id, "2990001");
  EXPECT_EQ(ticket.native_id, "0144079");
  EXPECT_EQ(ticket.utc_offset_min, 60);
  EXPECT_TRUE(ticket.adds_up());
}

TEST(KivraDialect, SeveralTendersWithRounding) {
  const auto ticket = only_ticket(
      "kivra",
      receipt(R"({"type":"sale","identifiers":[{"identifier_type":"pos","value":"A-L"}],"quantity":{"value":2},)"
              R"("extended_amount":583.50})",
              R"({"type":"gross","amount":583.50},{"type":"paid","amount":583.00})",
              R"({"tender":{"type":"giftcard"},"amount":503.00},{"tender":{"type":"cash"},"amount":100.00,)"
              R"("rounding":0.50},{"tender":{"type":"cash"},"amount":20.00,"refund":true})"));
  EXPECT_EQ(ticket.rounding_minor, -50);
  EXPECT_EQ(ticket.tenders.size(), 3u);
  EXPECT_EQ(ticket.tenders[0].kind, "giftcard");
  EXPECT_TRUE(ticket.adds_up());
}

TEST(ShopifyDialect, AnOrderWithDiscountTaxAndShipping) {
  const std::string order =
      R"({"order":{"id":450789469,"order_number":1001,"created_at":"2026-11-21T11:00:00-05:00",)"
      R"("updated_at":"2026-11-21T12:00:00-05:00","currency":"USD","total_price":"104.95","total_tax":"5.00",)"
      R"("taxes_included":false,"financial_status":"paid","gateway":"authorize_net","source_name":"pos",)"
      R"("email":"bob@example.com","line_items":[{"sku":"IPOD-RED","price":"60.00","quantity":2,)"
      R"("discount_allocations":[{"amount":"25.00"}]}],"shipping_lines":[{"code":"Post","price":"4.95"}]}})";
  const auto ticket = only_ticket("shopify", order);
  ASSERT_EQ(ticket.lines.size(), 2u);
  EXPECT_EQ(ticket.lines[0].net_minor, 9500);
  EXPECT_EQ(ticket.lines[1].kind, LineKind::fee);
  EXPECT_EQ(ticket.tenders[0].kind, "card");
  EXPECT_EQ(ticket.revision, 1795280400);
  EXPECT_EQ(ticket.key.workstation, "pos");
  EXPECT_TRUE(ticket.adds_up());
}

TEST(ShopifyDialect, ARefundIsAReturn) {
  const auto ticket = only_ticket(
      "shopify",
      R"({"refund":{"id":509,"order_id":450789469,"created_at":"2026-11-21T13:35:06-04:00","refund_line_items":[)"
      R"({"quantity":2,"subtotal":"398.00","total_tax":"7.96","line_item":{"sku":"IPOD","price":"199.00"}}],)"
      R"("transactions":[{"kind":"refund","status":"success","amount":"405.96","currency":"USD","gateway":"cash"}]}})");
  EXPECT_EQ(ticket.type, TicketType::return_);
  EXPECT_EQ(ticket.lines[0].net_minor, -39800);
  EXPECT_EQ(ticket.tax_minor, -796);
  EXPECT_TRUE(ticket.adds_up());
}

// --- what is kept, and what is said
// ------------------------------------------------------------------------------------

TEST(DialectTrace, SaysWhereEachValueStandsAndNamesWhatWasIgnored) {
  const auto understood = read_as("ncr-acs-2.1", ncr(ncr_sale(1, "1", "1", "1.00") + ncr_card("1.00"), "1.00"));
  ASSERT_TRUE(understood);
  const auto& rows = understood->tickets[0].rows;
  const auto total = std::find_if(rows.begin(), rows.end(), [](const auto& r) { return r.field == "total"; });
  ASSERT_NE(total, rows.end());
  EXPECT_EQ(total->from, "/POSLog/Transaction/RetailTransaction/Total[1]");
  EXPECT_EQ(total->value, "1.00");
  std::string ignored;
  for (const auto& name : understood->ignored) ignored += name.path + '\n';
  EXPECT_NE(ignored.find("/OperatorID/@OperatorName"), std::string::npos);
  EXPECT_NE(ignored.find("/Sale/Description"), std::string::npos);
  EXPECT_EQ(ignored.find("Lopez"), std::string::npos);
}

TEST(DialectErrors, NameThePlaceAndNeverTheValue) {
  const auto wrong = read_as("ncr-acs-2.1", ncr(ncr_sale(1, "1", "1", "secret") + ncr_card("1.00"), "1.00"));
  ASSERT_FALSE(wrong);
  EXPECT_NE(wrong.error().message.find("/POSLog/Transaction/RetailTransaction/LineItem[1]/Sale/ExtendedAmount"),
            std::string::npos)
      << wrong.error().message;
  EXPECT_EQ(wrong.error().message.find("secret"), std::string::npos);
}

// --- profiles --------------------------------------------------------------------------------------------------------

TEST(DialectProfile, MistakesAreNamedWithWhatIsAllowed) {
  const auto problem = [](const std::string& json) {
    const auto dialect = parse_dialect(json);
    return dialect ? std::string() : dialect.error().message;
  };
  EXPECT_NE(problem("{}").find("schema"), std::string::npos);
  const std::string head = R"({"schema":1,"name":"x","format":"xml","transactions":"T","ticket":{"sequence":"S",)"
                           R"("ended_at":"E","total":"A","lines":[],"tenders":[])";
  EXPECT_EQ(problem(head + "}}"), "");
  EXPECT_NE(problem(head + R"(,"curency":"C"}})").find("curency is unknown"), std::string::npos);
  EXPECT_NE(problem(head + R"(,"currency":"C["}})").find("/ticket/currency"), std::string::npos);
  EXPECT_NE(problem(head + R"(,"rounding":{"path":"R","sign":"up"}}})").find("/ticket/rounding/sign"),
            std::string::npos);
}

TEST(DialectProfile, AVendorOfIntegersIsAProfileAway) {
  const auto dialect = parse_dialect(R"({"schema":1,"name":"integers","format":"json","amounts":"minor",
    "transactions":["order","."],"ticket":{"workstation":{"path":"location_id","plain_id":true},"sequence":"id",
    "revision":"version","ended_at":"closed_at","currency":"total_money/currency","total":"total_money/amount",
    "tax":["tax_money/amount"],"lines":[{"each":"line_items","sku":"uid","qty":"quantity",
      "net":{"path":"gross_money/amount","less":"discount_money/amount"}}],
    "tenders":[{"each":"tenders","kind":{"path":"type","map":{"CARD":"card"},"otherwise":"other"},"amount":"money/amount"}]}})");
  ASSERT_TRUE(dialect) << dialect.error().message;
  const auto tree =
      read_pos_json(R"({"order":{"id":"CAISEN","version":3,"location_id":"057P","closed_at":"2026-01-17T20:47:53Z",
    "total_money":{"amount":6176,"currency":"USD"},"tax_money":{"amount":510},"line_items":[
      {"uid":"A","quantity":"1","gross_money":{"amount":1599},"discount_money":{"amount":87}},
      {"uid":"B","quantity":"2","gross_money":{"amount":4500},"discount_money":{"amount":346}}],
    "tenders":[{"type":"CARD","money":{"amount":6176}}]}})");
  ASSERT_TRUE(tree) << tree.error().message;
  const auto understood = understand(*tree, *dialect, {"paris-042", TimeZone{}, "", false});
  ASSERT_TRUE(understood) << understood.error().message;
  const Ticket& ticket = understood->tickets.at(0).ticket;
  EXPECT_EQ(ticket.revision, 3);
  EXPECT_EQ(ticket.lines.at(1).net_minor, 4154);
  EXPECT_TRUE(ticket.adds_up());
}

TEST(DialectProfile, TheMostParticularOneIsRecognised) {
  const auto of = [](const std::string& bytes) {
    const auto tree = read_pos_xml(bytes);
    const auto* dialect = tree ? test::built_in().recognise(*tree, DialectFormat::xml) : nullptr;
    return dialect == nullptr ? std::string("none") : dialect->name;
  };
  EXPECT_EQ(of(poslog("<Transaction/>")), "arts-plain");
  EXPECT_EQ(of(poslog("<Transaction/>", kAcs)), "ncr-acs-2.1");
  EXPECT_EQ(of(poslog("<Transaction/>", kFutura)), "futura-roqqio-6.0");
  EXPECT_EQ(of("<POSLog><Transaction/></POSLog>"), "arts-plain");
  EXPECT_EQ(of("<Receipts/>"), "none");
}

}  // namespace
}  // namespace tg
