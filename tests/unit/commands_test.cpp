// Commands of central (contract §4.2) and the bodies of the facts file.
#include <gtest/gtest.h>

#include <map>

#include "base/crypto.hpp"
#include "codec/messages.hpp"
#include "codec/text.hpp"

namespace tg {
namespace {

template <class Body>
Body read(std::string_view name, std::string_view payload) {
  const Command command = decode_command(name, payload);
  EXPECT_EQ(command.name, name);
  if (const auto* bad = std::get_if<BadCommand>(&command.body)) ADD_FAILURE() << bad->reason;
  return std::holds_alternative<Body>(command.body) ? std::get<Body>(command.body) : Body{};
}
std::string why_not(std::string_view name, std::string_view payload) {
  const Command command = decode_command(name, payload);
  const auto* bad = std::get_if<BadCommand>(&command.body);
  return bad != nullptr ? bad->reason : "accepted";
}

TEST(Commands, SnapshotPartsMayComeInAnyOrder) {
  const auto part =
      read<SnapshotPart>("profiles.snapshot", R"({"command_id":"c-1","snapshot":"S7","revision":42,"part":80,
    "parts":80,"profiles":[{"member":"m-1","consent":{}},{"member":"m-2","consent":{}}]})");
  EXPECT_EQ(part.snapshot, "S7");
  EXPECT_EQ(part.revision, 42);
  EXPECT_EQ(part.part, 80);
  EXPECT_EQ(part.parts, 80);
  ASSERT_EQ(part.rows->profiles.size(), 2U);
  EXPECT_EQ(part.rows->profiles[1].profile.member, MemberId{"m-2"});
}

TEST(Commands, ASnapshotWithoutPartsIsOnePart) {
  const auto part = read<SnapshotPart>(
      "complements.snapshot", R"({"command_id":"c-9","revision":1,"rules":[{"style":"A","with":"B","score":0.31}]})");
  EXPECT_EQ(part.set, DataSet::complements);
  EXPECT_EQ(part.snapshot, "c-9");
  EXPECT_EQ(part.part, 1);
  EXPECT_EQ(part.parts, 1);
  EXPECT_EQ(part.rows->rules.at(0).score_permille, 310);
}

TEST(Commands, ScenariosComeAsAWholeAndEachWithFourBlocks) {
  const std::string blocks = R"("trigger":{"zone":"fitting"},"personalisation":{})";
  const auto set = [&](const std::string& scenario) {
    return R"({"command_id":"c-1","scenarios":[{"id":)" + scenario + "," + blocks + "}]}";
  };
  const auto part = read<SnapshotPart>("scenarios.set",
                                       set(R"("welcome","targeting":{"enabled":false},"interruption":{"lock_h":2})"));
  EXPECT_EQ(part.set, DataSet::scenarios);
  EXPECT_EQ(part.revision, 0);
  ASSERT_EQ(part.rows->scenarios.size(), 1U);
  EXPECT_EQ(part.rows->scenarios[0].id, "welcome");
  EXPECT_FALSE(part.rows->scenarios[0].enabled);
  EXPECT_NE(part.rows->scenarios[0].body.find(R"("lock_h":2)"), std::string::npos);
  for (const auto& [scenario, pointer] : std::map<std::string, std::string>{
           {R"("welcome","targeting":{})", "/scenarios/0/interruption"},
           {R"("welcome","targeting":{},"interruption":null)", "/scenarios/0/interruption"},
           {R"("welcome","targeting":[],"interruption":{})", "/scenarios/0/targeting"},
           {R"("welcome","targeting":{"enabled":"no"},"interruption":{})", "/scenarios/0/targeting/enabled"},
           {R"("Wel come","targeting":{},"interruption":{})", "/scenarios/0/id"}}) {
    EXPECT_EQ(why_not("scenarios.set", set(scenario)).find(pointer), 0U) << why_not("scenarios.set", set(scenario));
  }
}

TEST(Commands, InADeltaTheLastOpForARowCounts) {
  const auto delta = read<Delta>("profiles.delta", R"({"command_id":"c-1","from_revision":41,"to_revision":42,"ops":[
    {"op":"upsert","profile":{"member":"m-1","consent":{},"language":"fr"}},{"op":"remove","member":"m-2"},
    {"op":"upsert","profile":{"member":"m-1","consent":{},"language":"en"}},
    {"op":"upsert","profile":{"member":"m-3","consent":{}}},{"op":"remove","member":"m-3"}]})");
  EXPECT_EQ(delta.from_revision, 41);
  EXPECT_EQ(delta.to_revision, 42);
  ASSERT_EQ(delta.upserts->profiles.size(), 1U);
  EXPECT_EQ(delta.upserts->profiles[0].profile.language, "en");
  EXPECT_EQ(delta.removes, (std::vector<std::string>{"m-2", "m-3"}));
}

TEST(Commands, CatalogDeltasNameVariants) {
  const auto delta = read<Delta>("catalog.delta", R"({"command_id":"c-1","from_revision":1,"to_revision":2,"ops":[
    {"op":"upsert","item":{"variant":"A-1","style":"A","stock":4}},{"op":"remove","variant":"B-1"}]})");
  EXPECT_EQ(delta.set, DataSet::catalog);
  EXPECT_EQ(delta.upserts->items.at(0).stock, 4);
  EXPECT_EQ(delta.removes, std::vector<std::string>{"B-1"});
}

TEST(Commands, ConsentEraseAndReplay) {
  const auto consent =
      read<ConsentChange>("consent", R"({"command_id":"c-1","member":"m-1","purpose":"associate_display",
    "status":"revoked","at":"2026-11-21T14:00:00Z","version":"2026-03"})");
  EXPECT_EQ(consent.purpose, Purpose::associate_display);
  EXPECT_EQ(consent.record.status, ConsentStatus::revoked);
  EXPECT_EQ(format_time(consent.record.at), "2026-11-21T14:00:00.000Z");
  EXPECT_EQ(consent.source, ConsentSource::central);

  EXPECT_EQ(read<EraseRequest>("erase", R"({"command_id":"c-2","request_id":"gdpr-77","member":"m-1"})").request_id,
            "gdpr-77");
  const auto replay = read<ReplayRequest>("replay", R"({"command_id":"c-3","from_sequence":5,"to_sequence":9})");
  EXPECT_EQ(replay.from, 5U);
  EXPECT_EQ(replay.to, 9U);
}

TEST(Commands, RefusalsKeepTheIdSoThatTheyCanBeAnswered) {
  const Command bad = decode_command("erase", R"({"command_id":"c-4","member":"not allowed"})");
  EXPECT_EQ(bad.id, CommandId{"c-4"});
  EXPECT_EQ(std::get<BadCommand>(bad.body).reason, "/member: 1 to 60 of A-Z a-z 0-9 . _ - @ is allowed");
  EXPECT_EQ(why_not("match", R"({"command_id":"c-5"})"), "/ticket_id: is required");
  EXPECT_EQ(why_not("match", R"({"command_id":"c-5","ticket_id":"t","verdict":"confirm","method":"guess"})"),
            "/method: \"confirmed\" or \"claim_code\" is allowed");
  EXPECT_EQ(why_not("config", R"({"command_id":"c-5"})"), "/patch: is required");
  EXPECT_EQ(why_not("config", R"({"command_id":"c-5","patch":[1]})"), "/patch: an object is allowed");
  EXPECT_EQ(read<ConfigPatch>("config", R"({"command_id":"c-5","patch":{"presence":{"lease_s":5}}})").patch,
            R"({"presence":{"lease_s":5}})");
  EXPECT_EQ(why_not("dance", R"({"command_id":"c-5"})"), "unknown command");
  EXPECT_EQ(why_not("erase", R"({"member":"m-1"})"), "/command_id: is required");
  EXPECT_EQ(why_not("replay", R"({"command_id":"c","from_sequence":9,"to_sequence":5})"),
            "/to_sequence: from_sequence or more is allowed");
  EXPECT_EQ(why_not("profiles.snapshot", R"({"command_id":"c","profiles":[]})"), "/revision: is required");
  EXPECT_EQ(why_not("profiles.snapshot", R"({"command_id":"c","revision":1,"part":3,"parts":2,"profiles":[]})"),
            "/part: an integer from 1 to 2 is allowed");
  EXPECT_EQ(
      why_not("profiles.snapshot",
              R"({"command_id":"c","revision":1,"profiles":[{"member":"m-1","consent":{"sms":{"status":"yes"}}}]})"),
      "/profiles/0/consent/sms/status: \"granted\", \"denied\" or \"revoked\" is allowed");
  EXPECT_NE(why_not("erase", "\xFF"), "accepted");
}

TEST(FactsFile, VisitsSurviveARestart) {
  Visit v;
  v.id = VisitId{"v-1"};
  v.member = MemberId{"m-1"};
  v.method = RecognitionMethod::checkin;
  v.state = VisitState::away;
  v.started_at = wall_ms(1000);
  v.last_sighting = wall_ms(2000);
  v.zone = ZoneId{"fitting"};
  v.zones = {{ZoneId{"entrance"}, Seconds{7}}};
  v.lease_until = wall_ms(9000);
  v.holdout = true;
  v.tickets = {TicketId{"t-1"}};
  v.end_reason = EndReason::removed;
  const std::string body = encode_visit(v);
  const auto again = decode_visit(body);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(encode_visit(*again), body);
  EXPECT_EQ(again->lease_until, v.lease_until);
  EXPECT_FALSE(again->ended_at);
  EXPECT_FALSE(decode_visit("{}"));
}

TEST(FactsFile, CardsSurviveARestart) {
  VisitCards cards;
  cards.visit = VisitId{"v-1"};
  cards.card = Card{};
  cards.shown = cards.silenced = true;
  cards.created = 2;
  cards.suppressed = {SuppressReason::cap, SuppressReason::bought};
  cards.card->visit = cards.visit;
  cards.card->claimed_by = "A12";
  cards.card->collect = {{"C-1", "ready", {"SCARF"}}};
  CardSuggestion s;
  s.id = SuggestionId{"s-1"};
  s.size = "42";
  s.reason = ReasonCode::goes_with_owned;
  s.anchor = "Oxford";
  s.scenario = "complement_owned";
  s.score_permille = 310;
  s.rank = 1;
  s.item.variant = "A-1";
  s.item.style = "A";
  cards.card->suggestions.push_back(s);
  cards.closed_styles = {"SCARF", "OXFORD-SHIRT"};
  const std::string body = encode_cards(cards);
  const auto again = decode_cards(body);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(encode_cards(*again), body);
  EXPECT_EQ(again->suppressed, cards.suppressed);
  EXPECT_EQ(again->closed_styles, cards.closed_styles);
  EXPECT_EQ(again->card->suggestions.at(0).anchor, "Oxford");
}

TEST(FactsFile, TicketsSurviveARestart) {
  TicketRecord r;
  r.id = TicketId{"t-1"};
  r.key = {"s", "POS1", "2026-11-21", "118"};
  r.revision = 2;
  r.content = sha256(as_bytes("x"));
  r.ended_at = wall_ms(1);
  r.received_at = wall_ms(2);
  r.total_minor = -24900;
  r.currency = "EUR";
  r.adds_up = false;
  r.loyalty_present = true;
  r.attribution = Attribution{};
  r.attribution->id = AttributionId{"a-1"};
  r.attribution->ticket = r.id;
  r.attribution->member = MemberId{"m-1"};
  const std::string body = encode_ticket_record(r);
  const auto again = decode_ticket_record(body);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(encode_ticket_record(*again), body);
  EXPECT_EQ(again->content, r.content);
  EXPECT_EQ(again->attribution->member, MemberId{"m-1"});
  EXPECT_FALSE(again->attribution->visit);
}

}  // namespace
}  // namespace tg
