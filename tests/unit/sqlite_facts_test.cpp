// What the facts file promises: durable before it is said, in order, numbered once, forgotten when asked.
#include "adapters/sqlite_facts.hpp"

#include <atomic>
#include <future>
#include <nlohmann/json.hpp>

#include "base/crypto.hpp"
#include "unit/facts_probe.hpp"

namespace tg::test {
namespace {

const std::string kMember = "m-the-member-who-leaves";

event::Restored restored(const TempDir& dir) {
  Inbox inbox;
  const auto facts = opened(settings(dir), inbox);
  auto out = facts->restore();
  EXPECT_TRUE(out);
  return out ? *out : event::Restored{};
}

Visit visit(const std::string& id, const std::string& member) {
  Visit v;
  v.id = VisitId(id);
  v.member = MemberId(member);
  v.started_at = v.last_sighting = v.zone_since = kNoon;
  v.zone = ZoneId("floor");
  return v;
}

TicketRecord ticket(const std::string& id, const std::string& sequence) {
  TicketRecord t;
  t.id = TicketId(id);
  t.key = {"paris-042", "POS1", "2026-11-21", sequence};
  t.ended_at = t.received_at = kNoon;
  t.total_minor = 24900;
  t.currency = "EUR";
  return t;
}

Attribution attribution(const std::string& ticket_id, const std::string& member) {
  Attribution a;
  a.id = AttributionId("a-" + ticket_id);
  a.ticket = TicketId(ticket_id);
  a.visit = VisitId("v-1");
  a.member = MemberId(member);
  a.method = "loyalty";
  return a;
}

TEST(SqliteFacts, WhatWasCommittedSurvivesAKill) {
  const TempDir dir;
  const TempDir after_the_cut;
  Inbox inbox;
  const auto facts = opened(settings(dir), inbox);
  facts->start();
  VisitCards cards;
  cards.visit = VisitId("v-1");
  cards.created = 1;
  ConsentChange refusal{MemberId("m-2"),
                        Purpose::recognition,
                        {ConsentStatus::revoked, kNoon, std::nullopt, "2026-03"},
                        ConsentSource::device};
  facts->persist({1, {row::PutVisit{visit("v-1", "m-1")}, row::PutCards{cards}, row::PutConsent{refusal}}});
  facts->persist(facts_batch(2, 1, 300));
  facts->persist({3, {delivered(1, 100)}});
  ASSERT_TRUE(inbox.committed(3));
  dir.copy_to(after_the_cut);

  const auto found = restored(after_the_cut);
  EXPECT_EQ(found.last_sequence, 300U);
  EXPECT_EQ(found.first_undelivered, 101U);
  EXPECT_EQ(found.undelivered, 200U);
  EXPECT_EQ(found.newest_event_at, visit_started(300).recorded_at) << "a clock that is behind it is wrong";
  ASSERT_EQ(found.open_visits.size(), 1U);
  EXPECT_EQ(found.open_visits[0].member, MemberId("m-1"));
  ASSERT_EQ(found.cards.size(), 1U);
  EXPECT_EQ(found.cards[0].created, 1);
  ASSERT_EQ(found.consents.size(), 1U);
  EXPECT_EQ(found.consents[0].record.status, ConsentStatus::revoked);
  EXPECT_EQ(found.consents[0].source, ConsentSource::device);
}

TEST(SqliteFacts, AnEndedVisitIsNotOpenAgain) {
  const TempDir dir;
  {
    Inbox inbox;
    const auto facts = opened(settings(dir), inbox);
    facts->start();
    Visit v = visit("v-1", "m-1");
    VisitCards cards;
    cards.visit = v.id;
    facts->persist({1, {row::PutVisit{v}, row::PutCards{cards}}});
    v.state = VisitState::ended;
    v.ended_at = kNoon;
    facts->persist({2, {row::PutVisit{v}}});
    ASSERT_TRUE(inbox.committed(2));
  }
  const auto found = restored(dir);
  EXPECT_TRUE(found.open_visits.empty());
  EXPECT_TRUE(found.cards.empty());
}

TEST(SqliteFacts, ANumberIsNotGivenTwiceAfterItsRowIsPurged) {
  const TempDir dir;
  {
    Inbox inbox;
    const auto facts = opened(settings(dir), inbox);
    facts->start();
    facts->persist(facts_batch(1, 1, 2500));
    facts->persist({2, {delivered(1, 2500)}});
    facts->persist({3, {row::Purge{kNoon + Seconds{1}}}});
    ASSERT_TRUE(inbox.committed(3));
    ASSERT_TRUE(eventually([&] { return inspected(*facts, "outbox").at("delivered") == 0; }));
  }
  const auto found = restored(dir);
  EXPECT_EQ(found.last_sequence, 2500U);
  EXPECT_EQ(found.undelivered, 0U);
}

TEST(SqliteFacts, RowsComeInOrderAndOnlyUndelivered) {
  const TempDir dir;
  Inbox inbox;
  const auto facts = opened(settings(dir), inbox);
  facts->start();
  facts->persist(facts_batch(1, 1, 10));
  facts->persist({2, {delivered(3, 4)}});
  facts->read_rows({2, 3});
  const auto some = inbox.take<event::RowsRead>();
  ASSERT_TRUE(some);
  ASSERT_EQ(some->rows.size(), 3U);
  EXPECT_FALSE(some->end);
  EXPECT_EQ(some->rows[0].sequence, 2U);
  EXPECT_EQ(some->rows[1].sequence, 5U);
  EXPECT_EQ(some->rows[0].topic, "touchpoint/v1/paris-042/event/visit/started");
  const auto payload = nlohmann::json::parse(some->rows[0].payload);
  EXPECT_EQ(payload.at("sequence"), "00000000000000000002");
  facts->read_rows({7, 100});
  const auto rest = inbox.take<event::RowsRead>();
  ASSERT_TRUE(rest);
  EXPECT_EQ(rest->rows.size(), 4U);
  EXPECT_TRUE(rest->end);
}

TEST(SqliteFacts, ATicketFindsItsRepeatItsVoidAndItsTarget) {
  const TempDir dir;
  Inbox inbox;
  const auto facts = opened(settings(dir), inbox);
  facts->start();
  const TicketRecord sale = ticket("t-sale", "118");
  TicketRecord voiding = ticket("t-void", "119");
  voiding.voids = sale.key;
  facts->persist({1, {row::PutTicket{sale}, row::PutTicket{voiding}}});
  const auto ask = [&](effect::LoadTicketFacts request) {
    std::promise<event::TicketFactsLoaded> answer;
    facts->load_ticket_facts(std::move(request), [&](auto, auto loaded) { answer.set_value(std::move(loaded)); });
    return answer.get_future().get();
  };
  effect::LoadTicketFacts about_sale;
  about_sale.request = 7;
  about_sale.id = sale.id;
  about_sale.key = sale.key;
  const auto sale_facts = ask(about_sale);
  EXPECT_EQ(sale_facts.request, 7U);
  ASSERT_TRUE(sale_facts.known);
  EXPECT_EQ(sale_facts.known->total_minor, 24900);
  ASSERT_TRUE(sale_facts.voided_by);
  EXPECT_EQ(sale_facts.voided_by->id, voiding.id);
  EXPECT_FALSE(sale_facts.target);
  effect::LoadTicketFacts about_void;
  about_void.id = TicketId("t-unknown");
  about_void.key = {"paris-042", "POS1", "2026-11-21", "999"};
  about_void.voids = sale.id;
  const auto void_facts = ask(about_void);
  EXPECT_FALSE(void_facts.known);
  EXPECT_FALSE(void_facts.voided_by);
  ASSERT_TRUE(void_facts.target);
  EXPECT_EQ(void_facts.target->id, sale.id);
}

TEST(SqliteFacts, OnAFullDiskBatchesWaitAndGoThroughOnceThereIsRoom) {
  const TempDir dir;
  Inbox inbox;
  auto small = settings(dir);
  small.max_bytes = 640 << 10;
  small.hard_limit = 100'000;
  std::atomic<int> alarms{0};
  small.alarm = [&](const std::string& cause) { alarms += cause == "facts: disk full" ? 1 : 0; };
  const auto facts = opened(small, inbox);
  facts->start();
  std::uint64_t batch = 0;
  while (facts->health().writable && batch < 400) {  // 400 x 10 rows are far more than fits
    ++batch;
    facts->persist(facts_batch(batch, batch * 10 - 9, batch * 10));
    if (batch % 4 == 0) eventually([&] { return facts->health().waiting_batches == 0 || !facts->health().writable; });
  }
  ASSERT_TRUE(eventually([&] { return facts->health().cause == "facts: disk full"; }));
  EXPECT_EQ(alarms, 1);
  EXPECT_GT(facts->health().waiting_batches, 0U);

  facts->read_rows({1, 50});  // the link still gets rows, and delivering them makes the room
  const auto rows = inbox.take<event::RowsRead>();
  ASSERT_TRUE(rows);
  EXPECT_EQ(rows->rows.size(), 50U);
  facts->persist({batch + 1, {delivered(1, 200)}});
  ASSERT_TRUE(inbox.committed(batch + 1));
  EXPECT_TRUE(eventually([&] { return facts->health().writable; }));
  EXPECT_EQ(inspected(*facts, "outbox").at("last_sequence"), batch * 10);
  EXPECT_EQ(inspected(*facts, "outbox").at("depth"), batch * 10 - 200);
}

TEST(SqliteFacts, ErasureLeavesNoByteOfTheMember) {
  const TempDir dir;
  Inbox inbox;
  const auto facts = opened(settings(dir), inbox);
  facts->start();
  Sequence sequence = 0;
  std::uint64_t batch = 0;
  for (int round = 0; round < 20; ++round) {  // many pages, so that rows move between them
    effect::Persist persist{++batch, {}};
    for (int i = 0; i < 30; ++i) {
      const std::string member = i % 10 == 0 ? kMember : "m-other-" + std::to_string(i);
      const std::string id = hex(sha256(as_bytes(std::to_string(round * 100 + i))));
      persist.ops.push_back(row::PutVisit{visit(id, member)});
      TicketRecord t = ticket(id, std::to_string(round * 100 + i));
      t.attribution = attribution(id, member);
      persist.ops.push_back(row::PutTicket{t});
      persist.ops.push_back(row::AppendFact{visit_started(++sequence, member)});
    }
    facts->persist(std::move(persist));
  }
  VisitCards cards;
  cards.visit = visit(hex(sha256(as_bytes("0"))), kMember).id;
  cards.card = Card{};
  cards.card->visit = cards.visit;
  cards.card->first_name = "Camille-of-the-card";
  ConsentChange consent{MemberId(kMember),
                        Purpose::suggestion,
                        {ConsentStatus::granted, kNoon, std::nullopt, ""},
                        ConsentSource::central};
  facts->persist({++batch,
                  {row::PutCards{cards}, row::PutConsent{consent},
                   row::AppendFact{suggestion_created(++sequence, kMember)}, delivered(1, 200)}});
  ASSERT_TRUE(inbox.committed(batch));
  ASSERT_TRUE(dir.holds(kMember));

  facts->erase_rows({CommandId("c-1"), "erase", "r-1", MemberId(kMember)});
  const auto erased = inbox.take<event::RowsErased>();
  ASSERT_TRUE(erased);
  EXPECT_EQ(erased->request_id, "r-1");
  const std::vector<std::pair<std::string, std::int64_t>> expected{
      {"visit_cards", 1}, {"visit", 60},      {"ticket", 60},    {"outbox", 61},
      {"consent", 1},     {"visit_trace", 0}, {"match_case", 0}, {"match_verdict", 0}};
  EXPECT_EQ(erased->tables, expected);
  EXPECT_FALSE(dir.holds(kMember));
  EXPECT_FALSE(dir.holds("Camille-of-the-card"));
  EXPECT_TRUE(dir.holds("m-other-7"));

  facts->read_rows({1, 2000});
  const auto rows = inbox.take<event::RowsRead>();
  ASSERT_TRUE(rows);
  EXPECT_EQ(rows->rows.size(), 400U);  // the anonymous ones are still there, the perishable one is not
  const auto anonymous = nlohmann::json::parse(rows->rows.at(10).payload);
  EXPECT_EQ(anonymous.at("id"), "id-211");
  EXPECT_TRUE(anonymous.at("data").at("member").is_null());
}

TEST(SqliteFacts, TapsAndCommandsOfTheLastDayAreRemembered) {
  const TempDir dir;
  const auto now = WallTime{std::chrono::duration_cast<Millis>(std::chrono::system_clock::now().time_since_epoch())};
  {
    Inbox inbox;
    const auto facts = opened(settings(dir), inbox);
    facts->start();
    facts->persist({1,
                    {row::PutAction{"old", now - std::chrono::days{2}}, row::PutAction{"new", now},
                     row::PutAction{"new", now}, row::PutCommand{CommandId("c-1"), "consent", now}}});
    ASSERT_TRUE(inbox.committed(1));
  }
  const auto found = restored(dir);
  EXPECT_EQ(found.action_ids, std::vector<std::string>{"new"});
  EXPECT_EQ(found.command_ids, std::vector<CommandId>{CommandId("c-1")});
}

TEST(SqliteFacts, ThePersonAtTheBoxSeesFiguresWithoutMembers) {
  const TempDir dir;
  Inbox inbox;
  const auto facts = opened(settings(dir), inbox);
  facts->start();
  TicketRecord t = ticket("t-1", "118");
  t.attribution = attribution("t-1", kMember);
  facts->persist(
      {1, {row::PutTicket{t}, row::AppendFact{visit_started(1)}, row::AppendFact{suggestion_created(2, "m-1")}}});
  const auto outbox = inspected(*facts, "outbox");
  EXPECT_EQ(outbox.at("depth"), 2);
  EXPECT_EQ(outbox.at("classes").at("keep"), 1);
  EXPECT_EQ(outbox.at("classes").at("perishable"), 1);
  const auto tickets = inspected(*facts, "tickets");
  ASSERT_EQ(tickets.at("tickets").size(), 1U);
  EXPECT_EQ(tickets.at("tickets")[0].at("attribution").at("method"), "loyalty");
  EXPECT_EQ(tickets.dump().find(kMember), std::string::npos);
}

}  // namespace
}  // namespace tg::test
