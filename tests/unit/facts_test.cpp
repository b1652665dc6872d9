// Events for central as bytes (contract §4.1).
#include "codec/facts.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace tg {
namespace {

using nlohmann::json;

constexpr std::string_view kStore = "paris-042";
constexpr std::string_view kSource = "/stores/paris-042/gateways/gw-1";
const VisitId kVisit{"0192f0c1-7b1a-7c3e-9a52-3f1d2c4b5a69"};
const TicketId kTicketId{"5b2c7d1e-4f60-5a81-93b4-c5d6e7f80912"};
const MemberId kMember{"m-7f3a"};
const WallTime kAt = wall_ms(1795269845123);

Fact of(FactData data) {
  Fact fact;
  fact.sequence = 42;
  fact.id = "0192f0c1-8c2b-7d4f-8b63-4a2e3d5c6b7a";
  fact.time = kAt;
  fact.recorded_at = kAt + Millis{12};
  fact.data = std::move(data);
  return fact;
}
json read(const Fact& fact) { return json::parse(encode_fact(kStore, kSource, fact)); }

fact::VisitStarted started() {
  return {.visit = kVisit,
          .member = kMember,
          .confidence_permille = 980,
          .zone = ZoneId{"entrance"},
          .detected_at = kAt,
          .cache_age = Seconds{3600}};
}

Ticket ticket() {
  Ticket t;
  t.key = {"paris-042", "POS1", "2026-11-21", "118"};
  t.ended_at = kAt;
  t.currency = "EUR";
  t.total_minor = 24900;
  t.loyalty = LoyaltyScan{"2990001234567", LoyaltyEntry::scanned};
  TicketLine line;
  line.n = 1;
  line.sku = "GATE-COAT-NAVY-42";
  line.qty_milli = 1000;
  line.unit_minor = line.net_minor = 24900;
  t.lines.push_back(line);
  t.tenders.push_back({"card", 24900});
  return t;
}

TEST(Facts, VisitStartedByteForByte) {
  EXPECT_EQ(
      encode_fact(kStore, kSource, of(started())),
      R"({"specversion":"1.0","id":"0192f0c1-8c2b-7d4f-8b63-4a2e3d5c6b7a","source":"/stores/paris-042/gateways/gw-1",)"
      R"("type":"touchpoint.visit.started.v1","subject":"visit/0192f0c1-7b1a-7c3e-9a52-3f1d2c4b5a69",)"
      R"("time":"2026-11-21T14:04:05.123Z","recordedtime":"2026-11-21T14:04:05.135Z","sequence":"00000000000000000042",)"
      R"("correlationid":"0192f0c1-7b1a-7c3e-9a52-3f1d2c4b5a69","partitionkey":"0192f0c1-7b1a-7c3e-9a52-3f1d2c4b5a69",)"
      R"("dataschema":"urn:touchpoint:schema:visit.started:1","datacontenttype":"application/json",)"
      R"("data":{"visit_id":"0192f0c1-7b1a-7c3e-9a52-3f1d2c4b5a69","member":"m-7f3a",)"
      R"("recognition":{"method":"eid","confidence":0.98},"zone":"entrance","detected_at":"2026-11-21T14:04:05.123Z",)"
      R"("holdout":false,"cache_age_s":3600}})");
}

TEST(Facts, EpochAndClockShowOnlyWhenTheyMatter) {
  Fact fact = of(started());
  EXPECT_FALSE(read(fact).contains("epoch"));
  EXPECT_FALSE(read(fact).contains("clock"));
  fact.epoch = 2;
  fact.clock_synced = false;
  EXPECT_EQ(read(fact)["epoch"], 2);
  EXPECT_EQ(read(fact)["clock"], "unsynced");
}

TEST(Facts, VisitEndedTellsStaysAndTickets) {
  const auto data = read(of(fact::VisitEnded{.visit = kVisit,
                                             .member = std::nullopt,
                                             .started_at = kAt,
                                             .ended_at = kAt + Millis{3'713'999},
                                             .zones = {{ZoneId{"entrance"}, Seconds{448}}},
                                             .tickets = {kTicketId},
                                             .reason = EndReason::short_}))["data"];
  EXPECT_TRUE(data["member"].is_null());
  EXPECT_EQ(data["dwell_s"], 3713);
  EXPECT_EQ(data["zones"], json::parse(R"([{"zone":"entrance","dwell_s":448}])"));
  EXPECT_EQ(data["tickets"], json::array({kTicketId.value}));
  EXPECT_EQ(data["end_reason"], "short");
}

TEST(Facts, ATicketNeverNamesAPerson) {
  const std::string bytes = encode_fact(kStore, kSource, of(fact::TicketRecorded{kTicketId, ticket(), Seconds{3}}));
  EXPECT_EQ(bytes.find("2990001234567"), std::string::npos);
  EXPECT_EQ(bytes.find("member"), std::string::npos);
  const json event = json::parse(bytes);
  EXPECT_EQ(event["subject"], "ticket/" + kTicketId.value);
  EXPECT_FALSE(event.contains("correlationid"));
  EXPECT_EQ(event["data"]["loyalty_present"], true);
  EXPECT_EQ(event["data"]["checks"]["totals"], "ok");
  EXPECT_EQ(event["data"]["lines"][0],
            json::parse(R"({"n":1,"kind":"sale","sku":"GATE-COAT-NAVY-42","gtin":null,"qty_milli":1000,
                            "unit_minor":24900,"net_minor":24900,"discount_minor":0,
                            "department":null,"style":null,"size":null})"));
  Ticket wrong = ticket();
  wrong.tax_minor = 1;
  EXPECT_EQ(read(of(fact::TicketRecorded{kTicketId, wrong, Seconds{0}}))["data"]["checks"]["totals"], "mismatch");
}

TEST(Facts, AnAttributionBelongsToTheVisitOfItsTicket) {
  Attribution a;
  a.id = AttributionId{"a-1"};
  a.ticket = kTicketId;
  a.visit = kVisit;
  a.member = kMember;
  a.method = "loyalty";
  a.p_permille = 995;
  a.ropo.strict = true;
  const json event = read(of(fact::AttributionRevised{a}));
  EXPECT_EQ(event["type"], "touchpoint.attribution.revised.v1");
  EXPECT_EQ(event["correlationid"], kVisit.value);
  EXPECT_EQ(event["partitionkey"], kTicketId.value);
  EXPECT_EQ(event["data"]["p"], 0.995);
  EXPECT_EQ(event["data"]["ropo"], json::parse(R"({"strict":true,"broad":false})"));
  EXPECT_TRUE(event["data"]["suggestion_id"].is_null());
}

TEST(Facts, ASuggestionCarriesItsReasonsAndNotTheScenarioSecrets) {
  CardSuggestion s;
  s.item.variant = "GATE-COAT-NAVY-42";
  s.item.style = "GATE-COAT";
  s.item.stock = 2;
  s.size = "42";
  s.size_confidence_permille = 930;
  s.scenario = "viewed_not_bought";
  s.score_permille = 700;
  s.rank = 1;
  const json event = read(of(fact::SuggestionCreated{.suggestion = SuggestionId{"s-1"},
                                                     .visit = kVisit,
                                                     .member = kMember,
                                                     .scenario = "viewed_not_bought",
                                                     .items = {s},
                                                     .expires_at = kAt}));
  EXPECT_EQ(event["data"]["items"][0],
            json::parse(R"({"variant":"GATE-COAT-NAVY-42","style":"GATE-COAT","size":"42","size_confidence":0.93,
                            "source":"viewed_not_bought","reason":"viewed_recently","score":0.7,"stock":2,"rank":1})"));
}

TEST(Facts, CommandsAndTheStoreHaveNoCorrelation) {
  ConsentChange change{.member = kMember,
                       .record = {.status = ConsentStatus::revoked, .at = kAt, .until = {}, .version = {}}};
  const json consent = read(of(fact::ConsentApplied{change, CommandId{"c-7"}}));
  EXPECT_EQ(consent["subject"], "command/c-7");
  EXPECT_EQ(consent["partitionkey"], "c-7");
  EXPECT_FALSE(consent.contains("correlationid"));
  EXPECT_EQ(consent["data"]["status"], "revoked");

  const json erased = read(of(fact::EraseCompleted{"gdpr-77", {{"visit", 3}}, CommandId{"c-8"}}));
  EXPECT_EQ(erased["data"], json::parse(R"({"request_id":"gdpr-77","tables":[{"name":"visit","rows":3}],
                                            "at":"2026-11-21T14:04:05.123Z"})"));
  const json dropped = read(of(fact::OutboxDropped{DeliveryClass::telemetry, DropReason::limit, {{41, 44}, {47, 47}}}));
  EXPECT_EQ(dropped["subject"], "store");
  EXPECT_EQ(dropped["partitionkey"], kStore);
  EXPECT_EQ(dropped["data"]["ranges"], json::parse("[[41,44],[47,47]]"));
}

TEST(Facts, TopicsNameFamilyAndNameOnly) {
  EXPECT_EQ(fact_topic("touchpoint/v1/paris-042/", started()), "touchpoint/v1/paris-042/event/visit/started");
  EXPECT_EQ(fact_topic("t/s/", fact::DqAlert{}), "t/s/event/dq/alert");
}

TEST(Facts, DeliveryClassesFollowTheContract) {
  EXPECT_EQ(fact_kind(started()).cls, DeliveryClass::keep);
  EXPECT_EQ(fact_kind(fact::CollectPickedUp{}).cls, DeliveryClass::keep);
  EXPECT_EQ(fact_kind(fact::EraseCompleted{}).cls, DeliveryClass::keep);
  EXPECT_EQ(fact_kind(fact::SuggestionOutcome{}).cls, DeliveryClass::perishable);
  EXPECT_EQ(fact_kind(fact::DqAlert{}).cls, DeliveryClass::telemetry);
}

TEST(Erasure, FindsTheMemberInEveryFactThatNamesOne) {
  EXPECT_EQ(fact_member(started()), "m-7f3a");
  Attribution a;
  a.member = kMember;
  EXPECT_EQ(fact_member(fact::AttributionCreated{a}), "m-7f3a");
  fact::ConsentApplied consent;
  consent.change.member = kMember;
  EXPECT_EQ(fact_member(consent), "m-7f3a");
  EXPECT_EQ(fact_member(fact::TicketRecorded{kTicketId, ticket(), Seconds{0}}), "");
}

TEST(Erasure, LeavesTheSameEventWithoutTheMember) {
  const std::string before = encode_fact(kStore, kSource, of(started()));
  const std::string after = anonymise_fact(before, kAt + Seconds{60});
  EXPECT_EQ(after.find("m-7f3a"), std::string::npos);
  json expected = json::parse(before);
  expected["data"]["member"] = nullptr;
  expected["recordedtime"] = "2026-11-21T14:05:05.123Z";
  EXPECT_EQ(json::parse(after), expected);
  EXPECT_LT(after.find("\"specversion\""), after.find("\"data\""));  // keys keep their order
  EXPECT_EQ(anonymise_fact("not json m-7f3a", kAt), "");
}

}  // namespace
}  // namespace tg
