// Lines of a recording: each is one that the replay's decoder reads back to the same input.
#include "codec/journal_write.hpp"

#include <gtest/gtest.h>

#include "codec/journal.hpp"
#include "codec/messages.hpp"
#include "codec/ticket_json.hpp"
#include "support/core/shop.hpp"

namespace tg::test {
namespace {

constexpr WallTime kAt = kOpening;

template <class E>
E back(const std::string& line) {
  const auto decoded = decode_journal_line(line, shop_policy());
  EXPECT_TRUE(decoded) << decoded.error().message << ": " << line;
  if (!decoded || !std::holds_alternative<E>(*decoded->event)) {
    ADD_FAILURE() << "another input: " << line;
    return {};
  }
  EXPECT_EQ(decoded->at, kAt);
  return std::get<E>(*decoded->event);
}
template <class Body>
Body body(const std::string& line) {
  const auto arrived = back<event::CommandArrived>(line);
  if (std::holds_alternative<Body>(arrived.command.body)) return std::get<Body>(arrived.command.body);
  ADD_FAILURE() << "another command: " << line;
  return {};
}

TEST(JournalWrite, RadioInputsComeBack) {
  const auto sighting =
      back<event::SightingSeen>(encode_journal_sighting(kAt, ReceiverId{"rx-fitting"}, MemberId{"j-1"}, -71));
  EXPECT_EQ(sighting.receiver, kFitting);
  EXPECT_EQ(sighting.member, MemberId{"j-1"});
  EXPECT_EQ(sighting.rssi, -71);
  const auto dead = back<event::ReceiverChanged>(encode_journal_receiver(kAt, ReceiverId{"rx-floor"}, false));
  EXPECT_EQ(dead.receiver, kFloor);
  EXPECT_FALSE(dead.hears);
  const auto without_strength =
      back<event::SightingSeen>(encode_journal_sighting(kAt, ReceiverId{"hci0"}, MemberId{"j-1"}, kRssiUnavailable));
  EXPECT_EQ(without_strength.rssi, kRssiUnavailable);
  const auto checkin = back<event::CheckinSeen>(
      encode_journal_checkin(kAt, ReceiverId{"rx-floor"}, MemberId{"j-1"}, CheckinKind::arrive));
  EXPECT_EQ(checkin.receiver, kFloor);
  EXPECT_EQ(checkin.kind, CheckinKind::arrive);
  const auto forget =
      back<event::CheckinSeen>(encode_journal_checkin(kAt, ReceiverId{"hci0"}, MemberId{"j-1"}, CheckinKind::forget));
  EXPECT_EQ(forget.kind, CheckinKind::forget);
  (void)back<event::DeadlineReached>(encode_journal_tick(kAt));
}

TEST(JournalWrite, ATicketComesBackWithItsContentHash) {
  Ticket t = coat_ticket(kOpening + 1h);
  t.revision = 2;
  t.type = TicketType::exchange;
  t.tax_minor = 5;
  t.rounding_minor = -3;  // 0.03 below zero: a sign before the leading zero
  t.collect_order = "C-1234";
  t.native_id = "R-77";
  t.utc_offset_min = -210;
  t.employee = true;
  t.lines.push_back({2, LineKind::return_, "SCARF-RED", "4006381333931", -1500, 3'900, -5'850});
  t.returns = t.voids = t.key;
  t.content = ticket_content(t);
  const Ticket read = back<event::TicketArrived>(encode_journal_ticket(kAt, t)).ticket;
  EXPECT_EQ(read.content, t.content);
  EXPECT_EQ(read.revision, 2);
  EXPECT_EQ(read.native_id, "R-77");
  EXPECT_EQ(read.utc_offset_min, -210);
  EXPECT_EQ(read.key, t.key);
}

TEST(JournalWrite, CurrenciesWithoutMinorUnitHaveNoPoint) {
  Ticket t = coat_ticket(kOpening + 1h);
  t.currency = "JPY";
  t.content = ticket_content(t);
  const std::string line = encode_journal_ticket(kAt, t);
  EXPECT_NE(line.find(R"("total":"24900")"), std::string::npos) << line;
  EXPECT_EQ(back<event::TicketArrived>(line).ticket.content, t.content);
}

TEST(JournalWrite, ATapComesBack) {
  const CardAction tap{
      "t1",  "a-7", VisitId{"@j-1"}, SuggestionId{"@2"}, ActionKind::other_size, std::nullopt, std::string("44"),
      "a-1", kAt};
  const CardAction read = back<event::ActionArrived>(encode_journal_action(kAt, tap)).action;
  EXPECT_EQ(read.visit, tap.visit);
  EXPECT_EQ(read.suggestion, tap.suggestion);
  EXPECT_EQ(read.kind, tap.kind);
  EXPECT_EQ(read.reason, tap.reason);
  EXPECT_EQ(read.associate, "a-1");
}

TEST(JournalWrite, ConsentAndErasureComeBack) {
  const ConsentChange change{MemberId{"j-1"}, Purpose::suggestion, {ConsentStatus::revoked, kAt, kAt + 24h, "2026-03"}};
  const auto read = body<ConsentChange>(encode_journal_consent(kAt, CommandId{"c-1"}, change));
  EXPECT_EQ(read.member, change.member);
  EXPECT_EQ(read.purpose, Purpose::suggestion);
  EXPECT_EQ(read.record.status, ConsentStatus::revoked);
  EXPECT_EQ(read.record.until, kAt + 24h);
  const auto erase = body<EraseRequest>(encode_journal_erase(kAt, CommandId{"c-2"}, {"r-1", MemberId{"j-1"}}));
  EXPECT_EQ(erase.request_id, "r-1");
  EXPECT_EQ(erase.member, MemberId{"j-1"});
}

TEST(JournalWrite, AProfileNeverTakesItsKeyOrNameAlong) {
  const std::string line = encode_journal_profile(kAt, 4, camille());
  EXPECT_EQ(line.find("eid_key"), std::string::npos);
  EXPECT_EQ(line.find("Camille"), std::string::npos);
  const auto delta = body<Delta>(line);
  EXPECT_EQ(delta.from_revision, 4);
  EXPECT_EQ(delta.to_revision, 5);
  Profile expected = camille();
  expected.keys.clear();
  expected.first_name.reset();
  ASSERT_EQ(delta.upserts->profiles.size(), 1U);
  EXPECT_EQ(encode_profile(delta.upserts->profiles[0].profile), encode_profile(expected));
}

TEST(JournalWrite, DataSetsComeBack) {
  EXPECT_TRUE(body<SnapshotPart>(encode_journal_start(kAt)).rows->profiles.empty());
  EXPECT_EQ(body<Delta>(encode_journal_removal(kAt, 1, MemberId{"j-1"})).removes, std::vector<std::string>{"j-1"});
  const auto items = body<Delta>(encode_journal_items(kAt, 0, shelf(), {"GONE-1"}));
  EXPECT_EQ(items.upserts->items.size(), shelf().size());
  EXPECT_EQ(items.removes, std::vector<std::string>{"GONE-1"});
  const ComplementRule rule = rules()[0];
  const auto all = body<SnapshotPart>(encode_journal_rules(kAt, 3, {{{rule.style, rule.with}, encode_rule(rule)}}));
  EXPECT_EQ(all.set, DataSet::complements);
  ASSERT_EQ(all.rows->rules.size(), 1U);
  EXPECT_EQ(all.rows->rules[0].score_permille, rule.score_permille);
}

}  // namespace
}  // namespace tg::test
