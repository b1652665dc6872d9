// Tickets as tills send them (contract §6).
#include "codec/ticket_json.hpp"

#include <gtest/gtest.h>

#include "codec/text.hpp"

namespace tg {
namespace {

// The contract's own example.
const std::string kTicket =
    R"({"workstation":"POS1","business_day":"2026-11-21","sequence":"118","revision":0,"type":"sale","ended_at":"2026-11-21T15:04:05+01:00","currency":"EUR",
 "total":"249.00","tax":"0.00","rounding":"0.00","loyalty":{"id":"2990001234567","entry":"scanned"},"collect_order":null,"employee":false,"training":false,"status":"final",
 "lines":[{"n":1,"sku":"GATE-COAT-NAVY-42","gtin":null,"qty":"1","unit_price":"249.00","net":"249.00","kind":"sale"}],
 "tenders":[{"kind":"card","amount":"249.00"}],"links":{"voids":null,"returns":null,"resumes":null}})";

std::string with(std::string_view from, std::string_view to) {
  std::string out = kTicket;
  const auto at = out.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return out.replace(at, from.size(), to);
}

std::string why_not(std::string_view json) {
  const auto ticket = decode_ticket(json, "paris-042");
  return ticket ? "accepted" : ticket.error().message;
}

Ticket read(std::string_view json) {
  auto ticket = decode_ticket(json, "paris-042");
  EXPECT_TRUE(ticket) << ticket.error().message;
  return ticket ? *ticket : Ticket{};
}

TEST(TicketJson, ReadsTheContractsExample) {
  const Ticket t = read(kTicket);
  EXPECT_EQ(t.key, (TicketKey{"paris-042", "POS1", "2026-11-21", "118"}));
  EXPECT_EQ(format_time(t.ended_at), "2026-11-21T14:04:05.000Z");
  EXPECT_EQ(t.total_minor, 24900);
  ASSERT_EQ(t.lines.size(), 1U);
  EXPECT_EQ(t.lines[0].qty_milli, 1000);
  EXPECT_EQ(t.lines[0].net_minor, 24900);
  ASSERT_TRUE(t.loyalty);
  EXPECT_EQ(t.loyalty->id, "2990001234567");
  EXPECT_TRUE(t.adds_up());
  EXPECT_EQ(encode_key(t.key),
            R"({"store":"paris-042","workstation":"POS1","business_day":"2026-11-21","sequence":"118"})");
}

TEST(TicketJson, TheStoreIsOursWhateverTheTicketSays) {
  EXPECT_EQ(read(with(R"({"workstation")", R"({"store":"lyon-7","workstation")")).key.store, "paris-042");
}

TEST(TicketJson, ALoyaltyNumberIsTheSameInSmallLettersAndWithSpaces) {
  EXPECT_EQ(read(with("2990001234567", " fr 299-a ")).loyalty->id, "FR299-A");
}

TEST(TicketJson, AControlTransactionNeedsNoLines) {
  const Ticket t = read(R"({"workstation":"POS1","business_day":"2026-11-21","sequence":"119","type":"control",
    "ended_at":"2026-11-21T15:04:05Z","currency":"EUR","total":"0.00","lines":[],"tenders":[]})");
  EXPECT_EQ(t.type, TicketType::control);
  EXPECT_TRUE(t.adds_up());
}

TEST(TicketJson, LinksNameOtherTicketsOfThisStore) {
  const Ticket t =
      read(with(R"("voids":null)", R"("voids":{"workstation":"POS2","business_day":"2026-11-20","sequence":"7"})"));
  ASSERT_TRUE(t.voids);
  EXPECT_EQ(*t.voids, (TicketKey{"paris-042", "POS2", "2026-11-20", "7"}));
}

TEST(TicketJson, RefusalsNameThePlaceAndNotTheValue) {
  EXPECT_EQ(why_not(with(R"("total":"249.00")", R"("total":249.00)")),
            "/total: a decimal string such as \"249.00\" is allowed");
  EXPECT_EQ(why_not(with(R"("net":"249.00")", R"("net":"249,00")")),
            "/lines/0/net: a decimal string such as \"249.00\" is allowed");
  EXPECT_EQ(why_not(with(R"("type":"sale")", R"("type":"gift")")),
            "/type: \"sale\", \"return\", \"exchange\", \"void\" or \"control\" is allowed");
  EXPECT_EQ(why_not(with(R"("business_day":"2026-11-21")", R"("business_day":"21/11/2026")")),
            "/business_day: a day such as \"2026-11-21\" is allowed");
  EXPECT_EQ(why_not(with("15:04:05+01:00", "15:04:05")),
            "/ended_at: a time with offset such as \"2026-11-21T15:04:05+01:00\" is allowed");
  EXPECT_EQ(why_not(with(R"("currency":"EUR")", R"("currency":"euro")")),
            "/currency: an ISO 4217 code such as \"EUR\" is allowed");
  EXPECT_EQ(why_not(with(R"("workstation":"POS1",)", "")), "/workstation: is required");
  EXPECT_NE(why_not(with(R"("sequence":"118")", R"("sequence":"1|8")")), "accepted");
  EXPECT_NE(why_not(with(R"("lines":[{)", R"("lines":[null,{)")), "accepted");
}

TEST(TicketJson, RefusesHostileDocuments) {
  EXPECT_EQ(why_not(std::string(100'000, '[')), "nested too deeply");
  EXPECT_EQ(why_not(R"({"type":"sale","type":"void"})"), "a key occurs twice in an object");
  EXPECT_EQ(why_not("{\"type\":\"sa\xFFle\"}").substr(0, 24), "not valid JSON in UTF-8 ");
  EXPECT_NE(why_not(R"({"total":1e400})"), "accepted");
  EXPECT_NE(why_not("{},"), "accepted");
  EXPECT_NE(why_not(""), "accepted");
  EXPECT_NE(why_not("null"), "accepted");
  EXPECT_EQ(why_not("[1]"), "/: an object is allowed");
}

TEST(TicketContent, IsWhatWasSoldAndNotHowItWasWritten) {
  const Ticket t = read(kTicket);
  EXPECT_EQ(read(with(R"("revision":0)", R"("revision":3)")).content, t.content);
  EXPECT_EQ(read(with(R"("total":"249.00")", R"("total":"249.000")")).content, t.content);
  EXPECT_EQ(read(with("15:04:05+01:00", "14:04:05Z")).content, t.content);
  EXPECT_EQ(read(with(R"({"workstation")", R"({"cashier":"Léa","workstation")")).content, t.content);
  EXPECT_NE(read(with(R"("net":"249.00")", R"("net":"248.00")")).content, t.content);
  EXPECT_NE(read(with(R"("kind":"card")", R"("kind":"cash")")).content, t.content);
  EXPECT_NE(read(with("2990001234567", "2990001234568")).content, t.content);
}

TEST(TicketContent, WhatTheContractDoesNotNameIsReadAndCountsForNothing) {
  const std::string plain = kTicket;
  std::string more = plain;
  more.insert(
      1,
      R"("begun_at":"2026-11-21T15:03:00+01:00","channel":"ship","native_id":"R-7 4111111111111111","store":"lyon-001",)");
  const auto net = more.find(R"("net":)");
  more.insert(net, R"("discount":"1.50","department":"outerwear",)");
  const auto ticket = decode_ticket(more, "paris-042");
  ASSERT_TRUE(ticket) << ticket.error().message;
  EXPECT_EQ(ticket->content, decode_ticket(plain, "paris-042")->content);
  ASSERT_TRUE(ticket->begun_at);
  EXPECT_EQ(ticket->channel, SaleChannel::ship);
  EXPECT_EQ(ticket->native_id, "R-7 redacted");
  EXPECT_EQ(ticket->utc_offset_min, 60);
  EXPECT_EQ(ticket->lines[0].discount_minor, 150);
  EXPECT_EQ(ticket->lines[0].department, "outerwear");
  EXPECT_TRUE(ticket->other_store);
}

TEST(TicketContent, StaysTheSameFromReleaseToRelease) {
  // Kept on the disks of stores: a change here would turn every repeated ticket into a conflict.
  EXPECT_EQ(hex(read(kTicket).content), "14f9a922d034bd38f01d81fddde846cf192fcb5fe7962953477b74faa2893d35");
}

TEST(Redaction, CardNumbersNeverGetIn) {
  const Ticket t = read(with("GATE-COAT-NAVY-42", "CARD 4111 1111 1111 1111 x"));
  EXPECT_EQ(t.lines[0].sku, "CARD redacted x");
  EXPECT_EQ(read(with("2990001234567", "5555555555554444")).loyalty->id, "REDACTED");
  EXPECT_EQ(read(with("\"collect_order\":null", "\"collect_order\":\"12 378282246310005\"")).collect_order,
            "12 redacted");
  EXPECT_EQ(read(with("\"gtin\":null", "\"gtin\":\"4222222222222\"")).lines[0].gtin, "redacted");
}

TEST(Redaction, LoyaltyNumbersAndGtinsStay) {
  EXPECT_EQ(read(with("2990001234567", " 2990 0012 34567 ")).loyalty->id, "2990001234567");
  EXPECT_EQ(read(with("2990001234567", "2990001234563")).loyalty->id, "2990001234563");  // passes Luhn
  EXPECT_EQ(read(with("\"gtin\":null", "\"gtin\":\"4006381333931\"")).lines[0].gtin, "4006381333931");
  EXPECT_EQ(read(with("2990001234567", "4111111111111112")).loyalty->id, "4111111111111112");  // fails Luhn
}

TEST(TicketLines, AreTicketsOneALine) {
  std::string one = kTicket;
  std::erase(one, '\n');
  const auto read_lines = [](const std::string& text) { return decode_ticket_lines(lines_of(text, 9), "paris-042"); };
  const auto two = read_lines(one + "\r\n\n" + one);
  EXPECT_TRUE(two.problems.empty());
  EXPECT_EQ(two.tickets.size(), 2U);
  const auto mixed = read_lines(one + "\n\n{\"workstation\":\"POS1\"}\n" + one);
  EXPECT_EQ(mixed.tickets.size(), 2U) << "one that is no ticket does not take the others with it";
  ASSERT_EQ(mixed.problems.size(), 1U);
  EXPECT_EQ(mixed.problems[0].cause, "line 3: /business_day: is required");
  const auto answers =
      all_answers({{TicketId{"a"}, TicketVerdict::accepted, {}}, {TicketId{"b"}, {}, {}}}, mixed.problems);
  ASSERT_EQ(answers.size(), 3U);
  EXPECT_EQ(answers[1].verdict, TicketVerdict::quarantined);
  EXPECT_EQ(answers[2].id, TicketId{"b"});
  EXPECT_EQ(place_of(mixed, 1), 2U);
}

TEST(TicketAnswers, ListOneResultATicket) {
  EXPECT_EQ(encode_ticket_answers({{TicketId{"t-1"}, TicketVerdict::accepted, ""},
                                   {TicketId{"t-2"}, TicketVerdict::quarantined, "other content"}}),
            R"({"results":[{"ticket_id":"t-1","status":"accepted","reason":null},)"
            R"({"ticket_id":"t-2","status":"quarantined","reason":"other content"}]})");
}

struct Amount {
  const char* text;
  const char* currency;
  std::optional<MinorUnits> minor;
};
class ParseAmount : public testing::TestWithParam<Amount> {};
TEST_P(ParseAmount, ScalesByTheCurrencyAndRoundsHalfToEven) {
  const auto& [text, currency, minor] = GetParam();
  const auto amount = parse_amount(text, currency);
  ASSERT_EQ(amount.has_value(), minor.has_value()) << text;
  if (amount) {
    EXPECT_EQ(*amount, *minor) << text;
  }
}
INSTANTIATE_TEST_SUITE_P(Amounts, ParseAmount,
                         testing::Values(Amount{"249.00", "EUR", 24900}, Amount{"2.990", "EUR", 299},
                                         Amount{"26.990", "EUR", 2699}, Amount{"130.64999999999998", "EUR", 13065},
                                         Amount{"-0.00", "EUR", 0}, Amount{"-12.5", "EUR", -1250},
                                         Amount{"0.005", "EUR", 0}, Amount{"0.015", "EUR", 2},
                                         Amount{"0.0050001", "EUR", 1}, Amount{"-0.015", "EUR", -2},
                                         Amount{"1200", "JPY", 1200}, Amount{"1200.5", "JPY", 1200},
                                         Amount{"1.2345", "KWD", 1234}, Amount{"1.5", "KWD", 1500},
                                         Amount{"1000000000000.00", "EUR", 100'000'000'000'000},
                                         Amount{"1000000000000.01", "EUR", std::nullopt},
                                         Amount{"99999999999999999999", "JPY", std::nullopt},
                                         Amount{"", "EUR", std::nullopt}, Amount{"-", "EUR", std::nullopt},
                                         Amount{"1.", "EUR", std::nullopt}, Amount{".5", "EUR", std::nullopt},
                                         Amount{"1e3", "EUR", std::nullopt}, Amount{"+1", "EUR", std::nullopt},
                                         Amount{"1 000.00", "EUR", std::nullopt}, Amount{"0x10", "EUR", std::nullopt},
                                         Amount{"1.00", "eur", std::nullopt}, Amount{"1.00", "EURO", std::nullopt}));

}  // namespace
}  // namespace tg
