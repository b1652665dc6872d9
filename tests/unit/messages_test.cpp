// Cards, acks, states, taps, profiles, catalogue and commands (contract §4.2, §4.4, §5).
#include "codec/messages.hpp"

#include <gtest/gtest.h>

#include "base/crypto.hpp"
#include "codec/text.hpp"

namespace tg {
namespace {

// The contract's example with instants filled in.
const std::string kProfile =
    R"({"member":"m-7f3a","keys":[{"eid_key":"00112233445566778899aabbccddeeff","from":"2026-11-20T00:00:00Z","until":"2026-11-27T00:00:00Z"}],
 "loyalty":["2990001234567"],"first_name":"Camille","language":"fr","lifecycle":"loyal",
 "consent":{"recognition":{"status":"granted","at":"2026-03-01T09:00:00Z","until":"2027-03-01T09:00:00Z","version":"2026-03"},"associate_display":{},"suggestion":{},"attribution":{},"sms":{},"email":{}},
 "sizes":[{"category":"coat","brand":null,"size":"42","source":"observed","n":3,"last":"2026-08-01"}],
 "intents":[{"style":"GATE-COAT","variant":"GATE-COAT-NAVY-42","kind":"viewed","count":3,"last":"2026-11-19T18:00:00Z"}],
 "purchases":[{"style":"OXFORD-SHIRT","category":"shirt","at":"2026-10-20T10:00:00Z","channel":"web","kept":true}],
 "departments":{"outerwear":0.7},"promo":0.15,"rf":{"median_gap_days":90,"last":"2026-10-20"},
 "collect":[{"order":"C-1234","state":"ready","styles":["SCARF"]}],"replenish":[{"category":"dry-food","due":"2026-11-20"}],
 "lock_until":null,"do_not_disturb":false,"open_case":false,"refused":[]})";

std::string with(std::string_view from, std::string_view to) {
  std::string out = kProfile;
  const auto at = out.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return out.replace(at, from.size(), to);
}
Profile read(std::string_view json) {
  auto profile = decode_profile(json);
  EXPECT_TRUE(profile) << profile.error().message;
  return profile ? *profile : Profile{};
}
std::string why_not(std::string_view json, std::size_t line = 0) {
  const auto profile = decode_profile(json, line);
  return profile ? "accepted" : profile.error().message;
}

TEST(Profiles, ReadTheContractsExample) {
  const Profile p = read(kProfile);
  EXPECT_EQ(p.member, MemberId{"m-7f3a"});
  ASSERT_EQ(p.keys.size(), 1U);
  EXPECT_EQ(hex(p.keys[0].eid_key), "00112233445566778899aabbccddeeff");
  EXPECT_EQ(format_time(p.keys[0].until), "2026-11-27T00:00:00.000Z");
  const WallTime now = *parse_time("2026-11-21T14:00:00Z");
  EXPECT_TRUE(p.consent.granted(Purpose::recognition, now));
  EXPECT_FALSE(p.consent.granted(Purpose::recognition, *parse_time("2027-03-01T09:00:00Z")));
  EXPECT_FALSE(p.consent.at(Purpose::associate_display).has_value());
  EXPECT_EQ(p.sizes.at(0).source, SizeSource::observed);
  EXPECT_EQ(p.intents.at(0).kind, IntentKind::viewed);
  EXPECT_EQ(p.departments.at(0).permille, 700);
  EXPECT_EQ(p.promo_permille, 150);
  ASSERT_TRUE(p.rhythm);
  EXPECT_EQ(p.rhythm->median_gap_days, 90);
  EXPECT_EQ(p.collect.at(0).styles.at(0), "SCARF");
}

TEST(Profiles, SurviveTheCacheUnchanged) {
  const std::string once = encode_profile(read(kProfile));
  EXPECT_EQ(encode_profile(read(once)), once);
  EXPECT_EQ(encode_profile(read(R"({"consent":{},"member":"m-1"})")), R"({"member":"m-1","consent":{}})");
}

TEST(Profiles, DropWhatTheContractDoesNotName) {
  const std::string kept =
      encode_profile(read(with(R"("language":"fr")", R"("surname":"Martin","spend":[{"a":1}],"language":"fr")")));
  EXPECT_EQ(kept.find("Martin"), std::string::npos);
  EXPECT_EQ(kept.find("spend"), std::string::npos);
}

TEST(Profiles, LoyaltyNumbersAreNormalised) {
  EXPECT_EQ(read(with(R"(["2990001234567"])", R"([" 2990 0012 34567 "])")).loyalty.at(0), "2990001234567");
}

TEST(Profiles, ErrorsNameThePlaceAndNeverTheValue) {
  EXPECT_EQ(why_not(with(R"("status":"granted")", R"("status":"perhaps")"), 12),
            "line 12: /consent/recognition/status: \"granted\", \"denied\" or \"revoked\" is allowed");
  EXPECT_EQ(why_not(R"({"member":"m-1"})"), "/consent: is required");
  EXPECT_EQ(why_not(R"({"consent":{}})"), "/member: is required");
  EXPECT_EQ(why_not(R"({"member":"jean dupont","consent":{}})"), "/member: 1 to 60 of A-Z a-z 0-9 . _ - @ is allowed");
  EXPECT_EQ(why_not(with("00112233445566778899aabbccddeeff", "00112233")),
            "/keys/0/eid_key: 32 hexadecimal digits is allowed");
  EXPECT_EQ(why_not(with(R"("promo":0.15)", R"("promo":1.5)")), "/promo: a number from 0 to 1 is allowed");
  EXPECT_EQ(why_not(with(R"("outerwear":0.7)", R"("outerwear":"much")")),
            "/departments/outerwear: a number from 0 to 1 is allowed");
  EXPECT_EQ(why_not(with("2026-11-19T18:00:00Z", "yesterday")),
            "/intents/0/last: an RFC 3339 time such as \"2026-11-21T14:04:05Z\" is allowed");
  EXPECT_EQ(why_not(with("Camille", std::string(257, 'a'))), "/first_name: a text of at most 256 bytes is allowed");
}

TEST(Profiles, RefuseHostileDocuments) {
  EXPECT_EQ(why_not(R"({"member":"m-1","consent":{},"x":)" + std::string(40, '[') + std::string(40, ']') + "}"),
            "nested too deeply");
  EXPECT_NE(why_not("{\"member\":\"m-1\",\"consent\":{},\"first_name\":\"\xC3\x28\"}"), "accepted");
  EXPECT_EQ(why_not(R"({"member":"m-1","member":"m-2","consent":{}})"), "a key occurs twice in an object");
  std::string many = R"({"member":"m-1","consent":{},"intents":[)";
  for (int i = 0; i < 201; ++i) many += R"({"style":"S","kind":"cart"},)";
  many.back() = ']';
  EXPECT_EQ(why_not(many + "}"), "/intents: a list of at most 200 is allowed");
}

TEST(Catalogue, ItemsAndRulesSurviveTheCache) {
  const std::string item =
      R"({"variant":"GATE-COAT-NAVY-42","style":"GATE-COAT","name":"Manteau Gate","size":"42","color":"Navy","price_minor":24900,)"
      R"("web_price_minor":22900,"currency":"EUR","stock":2,"location":"Mur B4","stock_at":"2026-11-21T08:00:00.000Z"})";
  const auto read_item = decode_item(item);
  ASSERT_TRUE(read_item) << read_item.error().message;
  EXPECT_EQ(encode_item(*read_item), item);
  EXPECT_FALSE(decode_item(R"({"variant":"A","style":"B","size":null})")->size.has_value());
  EXPECT_TRUE(decode_item(R"({"variant":"A","style":"B","size":"TU"})")->one_size());
  EXPECT_EQ(decode_item(R"({"variant":"A"})", 3).error().message, "line 3: /style: is required");

  const std::string rule = R"({"style":"OXFORD-SHIRT","with":"GATE-COAT","score":0.31,"support":120})";
  EXPECT_EQ(encode_rule(*decode_rule(rule)), rule);
}

Card card() {
  CardSuggestion s;
  s.id = SuggestionId{"s-1"};
  s.size = "42";
  s.size_confidence_permille = 930;
  s.rank = 1;
  s.item = *decode_item(R"({"variant":"GATE-COAT-NAVY-42","style":"GATE-COAT","name":"Manteau Gate","color":"Navy",
    "price_minor":24900,"currency":"EUR","stock":2,"stock_at":"2026-11-21T08:00:00Z","location":"Mur B4"})");
  Card out;
  out.visit = VisitId{"v-1"};
  out.zone = ZoneId{"fitting"};
  out.since = wall_ms(1795269845123);
  out.expires_at = wall_ms(1795270845123);
  out.suggestions.push_back(s);
  return out;
}

TEST(Cards, ByteForByteAsTheContractShowsThem) {
  EXPECT_EQ(
      encode_card(card()),
      R"({"v":1,"visit":"v-1","zone":"fitting","since":"2026-11-21T14:04:05.123Z","state":"new","claimed_by":null,)"
      R"("label":{"fr":"Client fidélité","en":"Loyalty member"},"first_name":null,"purpose":null,)"
      R"("expires_at":"2026-11-21T14:20:45.123Z","collect":[],"notice":null,"suggestions":[{"id":"s-1",)"
      R"("variant":"GATE-COAT-NAVY-42","style":"GATE-COAT","name":"Manteau Gate","size":"42","size_confidence":0.93,)"
      R"("color":"Navy","price_minor":24900,"currency":"EUR","stock":2,"stock_at":"2026-11-21T08:00:00.000Z",)"
      R"("location":"Mur B4","image":null,"rank":1,"reason":{"code":"viewed_recently",)"
      R"("fr":"Vu récemment en ligne, disponible ici dans la bonne taille",)"
      R"("en":"Seen recently online, here in the right size"}}]})");
}

TEST(Cards, AComplementNamesWhatItGoesWith) {
  Card c = card();
  c.suggestions[0].reason = ReasonCode::goes_with_owned;
  c.suggestions[0].anchor = "Chemise Oxford";
  EXPECT_NE(encode_card(c).find(R"("fr":"S’accorde avec : Chemise Oxford","en":"Goes with: Chemise Oxford")"),
            std::string::npos);
}

TEST(Acks, CarryWhatCentralNeedsToResume) {
  EXPECT_EQ(encode_ack({CommandId{"c-1"}, "profiles.delta", AckStatus::rejected, "gap", 40, {}}),
            R"({"command_id":"c-1","status":"rejected","reason":"gap","revision":40,"missing":null})");
  EXPECT_EQ(encode_ack({CommandId{"c-2"}, "profiles.snapshot", AckStatus::accepted, "", std::nullopt, {2, 5}}),
            R"({"command_id":"c-2","status":"accepted","reason":null,"revision":null,"missing":[2,5]})");
}

TEST(States, TellOnlineAndOffline) {
  EXPECT_EQ(encode_gateway_state(true, 7, "0.1.0", wall_ms(0)),
            R"({"state":"online","session":7,"version":"0.1.0","since":"1970-01-01T00:00:00.000Z"})");
  EXPECT_EQ(encode_gateway_state(false, 7, "0.1.0", wall_ms(0)), R"({"state":"offline","session":7})");
  EXPECT_EQ(encode_tablet_state(false, "paris-042", wall_ms(0)),
            R"({"state":"offline","store":"paris-042","at":"1970-01-01T00:00:00.000Z"})");
}

TEST(Actions, AreReadFromTablets) {
  const auto tap = decode_action("t1", R"({"v":1,"id":"7c0e","visit":"v-1","suggestion":"s-1","action":"refused",
    "undoes":null,"reason":"price","associate":"A12","at":"2026-11-21T14:10:02Z"})");
  ASSERT_TRUE(tap) << tap.error().message;
  EXPECT_EQ(tap->kind, ActionKind::refused);
  EXPECT_EQ(tap->suggestion, SuggestionId{"s-1"});
  EXPECT_EQ(tap->associate, "A12");
  EXPECT_EQ(decode_action("t1", R"({"id":"a","visit":"v","action":"claim"})")->associate, "t1");
  EXPECT_EQ(decode_action("t1", R"({"id":"a","visit":"v","action":"undo"})").error().message, "/undoes: is required");
  EXPECT_FALSE(decode_action("t1", R"({"id":"a","visit":"v","action":"dance"})"));
  EXPECT_FALSE(decode_action("t/1", R"({"id":"a","visit":"v","action":"claim"})"));
}

}  // namespace
}  // namespace tg
