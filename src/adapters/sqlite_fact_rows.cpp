#include "adapters/sqlite_fact_rows.hpp"

#include <array>
#include <optional>
#include <string_view>
#include <variant>

#include "adapters/sqlite_audit.hpp"
#include "adapters/sqlite_fact_figures.hpp"
#include "adapters/sqlite_fact_match.hpp"
#include "adapters/sqlite_fact_tickets.hpp"
#include "base/crypto.hpp"
#include "codec/facts.hpp"
#include "codec/messages.hpp"

namespace tg {
namespace {

constexpr Millis kSetAsideMemory = std::chrono::days{30};  // time for somebody to ask for them

std::optional<std::int64_t> ms(const std::optional<WallTime>& at) {
  if (!at) return std::nullopt;
  return unix_ms(*at);
}

std::optional<std::string> text(const std::optional<MemberId>& member) {
  if (!member || member->empty()) return std::nullopt;
  return member->value;
}

template <class Enum>
std::int64_t number(Enum value) {
  return static_cast<std::int64_t>(value);
}

void put_visit(Db& db, const row::PutVisit& op) {
  const Visit& visit = op.visit;
  const bool ended = visit.state == VisitState::ended;
  const auto ended_at = ended ? std::optional(unix_ms(visit.ended_at.value_or(visit.last_sighting))) : std::nullopt;
  db.run(
      "INSERT INTO visit (id, member, started_at, ended_at, body) VALUES (?, ?, ?, ?, ?) "
      "ON CONFLICT (id) DO UPDATE SET member = excluded.member, started_at = excluded.started_at, "
      "ended_at = excluded.ended_at, body = excluded.body",
      {visit.id.value, text(visit.member), unix_ms(visit.started_at), ended_at, encode_visit(visit)});
  if (ended) db.run("DELETE FROM visit_cards WHERE visit = ?", {visit.id.value});
}

void put_cards(Db& db, const row::PutCards& op) {
  db.run("INSERT OR REPLACE INTO visit_cards (visit, body) VALUES (?, ?)",
         {op.cards.visit.value, encode_cards(op.cards)});
}

void put_consent(Db& db, const row::PutConsent& op) {
  const ConsentRecord& record = op.change.record;
  db.run(
      "INSERT OR REPLACE INTO consent (member, purpose, status, at, valid_until, version, source) "
      "VALUES (?, ?, ?, ?, ?, ?, ?)",
      {op.change.member.value, number(op.change.purpose), number(record.status), unix_ms(record.at), ms(record.until),
       record.version, number(op.change.source)});
}

void put_action(Db& db, const row::PutAction& op) {
  db.run("INSERT OR IGNORE INTO tablet_action (id, at) VALUES (?, ?)", {op.id, unix_ms(op.at)});
}

void put_command(Db& db, const row::PutCommand& op) {
  db.run("INSERT OR IGNORE INTO command (id, name, at) VALUES (?, ?, ?)", {op.id.value, op.name, unix_ms(op.at)});
}

void append_fact(Db& db, const FactOrigin& origin, const Fact& fact) {
  const auto sequence = static_cast<std::int64_t>(fact.sequence);
  const std::string_view member = fact_member(fact.data);
  const std::string payload = encode_fact(origin.store, origin.source, fact);
  db.run(
      "INSERT INTO outbox (sequence, id, topic, partition, class, recorded_at, expires_at, member, payload, sum) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      {sequence, fact.id, fact_topic(origin.topic_prefix, fact.data), fact_partition(origin.store, fact.data),
       number(fact_kind(fact.data).cls), unix_ms(fact.recorded_at), ms(fact.expires_at),
       member.empty() ? SqlValue(std::nullopt) : SqlValue(member), payload, payload_sum(payload)});
  if (const auto entry = audit_of(fact)) append_audit(db, *entry);
  // The counter outlives the rows: they are purged, a number is never given twice.
  db.run("UPDATE meta SET value = ? WHERE name = 'last_sequence' AND value < ?", {sequence, sequence});
}

void count_dropped(Db& db, std::int64_t events) {
  if (events > 0) db.run("UPDATE meta SET value = value + ? WHERE name = 'dropped'", {events});
}

void drop(Db& db, const row::DropFacts& op) {
  std::int64_t deleted = 0;
  for (const Sequence sequence : op.sequences) {
    db.run("DELETE FROM outbox WHERE sequence = ? AND waiting", {static_cast<std::int64_t>(sequence)});
    deleted += db.changes();
  }
  count_dropped(db, deleted);
}

void set_aside(Db& db, const row::SetAside& op) {
  db.run("UPDATE outbox SET set_aside = ? WHERE sequence = ? AND waiting",
         {std::int64_t{op.mqtt_reason}, static_cast<std::int64_t>(op.sequence)});
  count_dropped(db, db.changes());
}

std::int64_t erase_cards(Db& db, const MemberId& member) {
  db.run("DELETE FROM visit_cards WHERE visit IN (SELECT id FROM visit WHERE member = ?)", {member.value});
  return db.changes();
}

std::int64_t erase_visits(Db& db, const MemberId& member) {
  const auto rows = bodies(db, "SELECT id, body FROM visit WHERE member = ?", member);
  for (const auto& row : rows) {
    auto visit = decode_visit(row.body);
    if (visit) {
      visit->member.reset();
      db.run("UPDATE visit SET member = NULL, body = ? WHERE id = ?", {encode_visit(*visit), row.id});
    } else {
      db.run("DELETE FROM visit WHERE id = ?", {row.id});  // unreadable: nothing can be kept of it
    }
  }
  return static_cast<std::int64_t>(rows.size());
}

std::int64_t erase_events(Db& db, const MemberId& member, WallTime now, std::vector<Sequence>& dropped) {
  const SqlValue perishable = number(DeliveryClass::perishable);
  dropped = sequences(db, "SELECT sequence FROM outbox WHERE member = ? AND class = ? AND waiting ORDER BY sequence",
                      {member.value, perishable});
  db.run("DELETE FROM outbox WHERE member = ? AND class = ?", {member.value, perishable});
  const std::int64_t deleted = db.changes();
  count_dropped(db, static_cast<std::int64_t>(dropped.size()));
  const auto rows = bodies(db, "SELECT sequence, payload FROM outbox WHERE member = ?", member);
  for (const auto& row : rows) {
    const std::string payload = anonymise_fact(row.body, now);
    db.run("UPDATE outbox SET member = NULL, payload = ?, sum = ? WHERE sequence = CAST(? AS INTEGER)",
           {payload, payload_sum(payload), row.id});
  }
  return deleted + static_cast<std::int64_t>(rows.size());
}

std::int64_t erase_consents(Db& db, const MemberId& member) {
  db.run("DELETE FROM consent WHERE member = ?", {member.value});
  return db.changes();
}

}  // namespace

std::int64_t payload_sum(std::string_view payload) {
  const Sha256 hash = sha256(as_bytes(payload));
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < sizeof sum; ++i) sum = sum << 8U | hash[i];
  return static_cast<std::int64_t>(sum);
}

std::vector<BodyRow> bodies(Db& db, std::string_view sql, const MemberId& member) {
  std::vector<BodyRow> rows;
  Query query(db, sql, {member.value});
  while (query.next()) rows.push_back({std::string(query.text(0)), std::string(query.text(1))});
  return rows;
}

std::vector<Sequence> sequences(Db& db, std::string_view sql, SqlValues values) {
  std::vector<Sequence> out;
  Query rows(db, sql, values);
  while (rows.next()) out.push_back(static_cast<Sequence>(rows.integer(0)));
  return out;
}

void mark_delivered(Db& db, const row::MarkDelivered& op) {
  for (const Sequence sequence : op.sequences) {
    db.run("UPDATE outbox SET delivered_at = ? WHERE sequence = ? AND delivered_at IS NULL",
           {unix_ms(op.at), static_cast<std::int64_t>(sequence)});
  }
}

void apply_row(Db& db, const FactOrigin& origin, const RowOp& op) {
  std::visit(
      Overload{
          [&](const row::PutVisit& o) { put_visit(db, o); }, [&](const row::PutCards& o) { put_cards(db, o); },
          [&](const row::PutTicket& o) { put_ticket(db, o.ticket); },
          [&](const row::PutTillNumbers& o) { put_till_numbers(db, o.numbers); },
          [&](const row::PutConsent& o) { put_consent(db, o); }, [&](const row::PutAction& o) { put_action(db, o); },
          [&](const row::PutCommand& o) { put_command(db, o); },
          [&](const row::AppendFact& o) { append_fact(db, origin, o.fact); },
          [&](const row::MarkDelivered& o) { mark_delivered(db, o); }, [&](const row::DropFacts& o) { drop(db, o); },
          [&](const row::SetAside& o) { set_aside(db, o); }, [&](const row::Audit& o) { append_audit(db, o.entry); },
          [](const row::Purge&) {},  // the lane deletes in slices when idle, not between commits
          [&](const row::PutFigures& o) { put_figures(db, o.rows); }, [&](const auto& o) { put_match_row(db, o); }},
      op);
}

bool purge_slice(Db& db, WallTime before) {
  constexpr std::array kOld{
      "DELETE FROM outbox WHERE sequence IN (SELECT sequence FROM outbox WHERE delivered_at < ? LIMIT 1000)",
      "DELETE FROM visit WHERE id IN (SELECT id FROM visit WHERE ended_at < ? LIMIT 1000)",
      "DELETE FROM tablet_action WHERE id IN (SELECT id FROM tablet_action WHERE at < ? LIMIT 1000)",
      "DELETE FROM command WHERE id IN (SELECT id FROM command WHERE at < ? LIMIT 1000)",
  };
  std::int64_t deleted = 0;
  for (const char* sql : kOld) {
    db.run(sql, {unix_ms(before)});
    deleted += db.changes();
  }
  deleted += purge_tickets(db, before);
  deleted += purge_match_rows(db, before, before - kTicketMemory);
  purge_figures(db, before);
  db.run(
      "DELETE FROM outbox WHERE sequence IN "
      "(SELECT sequence FROM outbox WHERE set_aside IS NOT NULL AND recorded_at < ? LIMIT 1000)",
      {unix_ms(before - kSetAsideMemory)});
  return db.ok() && deleted + db.changes() > 0;
}

std::int64_t delete_delivered_slice(Db& db) {
  db.run(
      "DELETE FROM outbox WHERE sequence IN "
      "(SELECT sequence FROM outbox WHERE delivered_at IS NOT NULL ORDER BY delivered_at LIMIT 1000)");
  return db.ok() ? db.changes() : 0;
}

event::RowsRevived revive_rows(Db& db, const effect::ReviveRows& request) {
  const auto from = static_cast<std::int64_t>(request.from), to = static_cast<std::int64_t>(request.to);
  event::RowsRevived out{request.command, request.name, 0, {}};
  Sequence expected = request.from;
  const auto missing_until = [&](Sequence end) {
    if (expected < end) out.gone.emplace_back(expected, end - 1);
    expected = end + 1;
  };
  for (const Sequence s :
       sequences(db, "SELECT sequence FROM outbox WHERE sequence BETWEEN ? AND ? ORDER BY sequence", {from, to})) {
    if (out.first == 0) out.first = s;
    missing_until(s);
  }
  missing_until(request.to + 1);
  db.run(
      "UPDATE outbox SET delivered_at = NULL, set_aside = NULL, expires_at = NULL "
      "WHERE sequence BETWEEN ? AND ? AND NOT waiting",
      {from, to});
  return out;
}

Erased erase_member(Db& db, const MemberId& member, WallTime now) {
  Erased out;
  auto& tables = out.tables;
  tables.emplace_back("visit_cards", erase_cards(db, member));  // first: they are found through the visits
  tables.emplace_back("visit", erase_visits(db, member));
  tables.emplace_back("ticket", erase_tickets(db, member));
  tables.emplace_back("outbox", erase_events(db, member, now, out.dropped));
  tables.emplace_back("consent", erase_consents(db, member));
  for (auto& table : erase_match_rows(db, member)) tables.push_back(std::move(table));
  return out;
}

}  // namespace tg
