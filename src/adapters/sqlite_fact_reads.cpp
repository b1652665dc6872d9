#include "adapters/sqlite_fact_reads.hpp"

#include <optional>
#include <utility>

#include "adapters/sqlite_fact_rows.hpp"
#include "codec/messages.hpp"

namespace tg {
namespace {

constexpr Millis kRemembered = std::chrono::days{1};

template <class Enum>
Enum as(const Query& query, int column) {
  return static_cast<Enum>(query.integer(column));
}

std::optional<WallTime> instant(const Query& query, int column) {
  const auto ms = query.optional_integer(column);
  return ms ? std::optional(wall_ms(*ms)) : std::nullopt;
}

void read_visits(Db& db, event::Restored& out) {
  Query visits(db, "SELECT body FROM visit WHERE ended_at IS NULL ORDER BY started_at, id");
  while (visits.next()) {
    if (auto visit = decode_visit(visits.text(0))) out.open_visits.push_back(std::move(*visit));
  }
  Query cards(
      db, "SELECT c.body FROM visit v JOIN visit_cards c ON c.visit = v.id WHERE v.ended_at IS NULL ORDER BY c.visit");
  while (cards.next()) {
    if (auto card = decode_cards(cards.text(0))) out.cards.push_back(std::move(*card));
  }
}

void read_consents(Db& db, event::Restored& out) {
  Query rows(db,
             "SELECT member, purpose, status, at, valid_until, version, source FROM consent ORDER BY member, purpose");
  while (rows.next()) {
    ConsentChange change;
    change.member = MemberId(rows.text(0));
    change.purpose = as<Purpose>(rows, 1);
    change.record = {as<ConsentStatus>(rows, 2), wall_ms(rows.integer(3)), instant(rows, 4), std::string(rows.text(5))};
    change.source = as<ConsentSource>(rows, 6);
    out.consents.push_back(std::move(change));
  }
}

void read_last_ids(Db& db, WallTime now, event::Restored& out) {
  const SqlValue yesterday = unix_ms(now - kRemembered);
  Query actions(db, "SELECT id FROM tablet_action WHERE at >= ? ORDER BY at, id", {yesterday});
  while (actions.next()) out.action_ids.emplace_back(actions.text(0));
  Query commands(db, "SELECT id FROM command WHERE at >= ? ORDER BY at, id", {yesterday});
  while (commands.next()) out.command_ids.emplace_back(commands.text(0));
}

std::optional<TicketRecord> read_ticket(Db& db, std::string_view sql, std::string_view value) {
  Query row(db, sql, {value});
  if (!row.next()) return std::nullopt;
  auto record = decode_ticket_record(row.text(0));
  if (!record) return std::nullopt;
  return std::move(*record);
}

constexpr std::string_view kTicketById = "SELECT body FROM ticket WHERE id = ?";
constexpr std::string_view kTicketByVoided = "SELECT body FROM ticket WHERE voids = ? ORDER BY received_at LIMIT 1";

}  // namespace

event::Restored read_restored(Db& db, WallTime now) {
  event::Restored out;
  out.epoch = static_cast<std::uint32_t>(db.number("SELECT value FROM meta WHERE name = 'epoch'").value_or(0));
  out.last_sequence = static_cast<Sequence>(
      db.number(
            "SELECT max(value, coalesce((SELECT max(sequence) FROM outbox), 0)) FROM meta WHERE name = 'last_sequence'")
          .value_or(0));
  const auto newest = db.number("SELECT recorded_at FROM outbox ORDER BY sequence DESC LIMIT 1");
  if (newest) out.newest_event_at = wall_ms(*newest);
  Query waiting(db, "SELECT coalesce(min(sequence), 0), count(*) FROM outbox WHERE delivered_at IS NULL");
  if (waiting.next()) {
    out.first_undelivered = static_cast<Sequence>(waiting.integer(0));
    out.undelivered = static_cast<std::uint64_t>(waiting.integer(1));
  }
  read_visits(db, out);
  read_consents(db, out);
  read_last_ids(db, now, out);
  return out;
}

event::RowsRead read_undelivered(Db& db, const effect::ReadRows& request) {
  event::RowsRead out;
  Query rows(db,
             "SELECT sequence, topic, payload, expires_at FROM outbox WHERE delivered_at IS NULL AND sequence >= ? "
             "ORDER BY sequence LIMIT ?",
             {static_cast<std::int64_t>(request.from), static_cast<std::int64_t>(request.limit)});
  while (rows.next()) {
    out.rows.push_back({static_cast<Sequence>(rows.integer(0)), std::string(rows.text(1)), std::string(rows.text(2)),
                        instant(rows, 3)});
  }
  out.end = out.rows.size() < request.limit;
  return out;
}

event::TicketFactsLoaded read_ticket_facts(Db& db, const effect::LoadTicketFacts& request) {
  event::TicketFactsLoaded out;
  out.request = request.request;
  out.known = read_ticket(db, kTicketById, request.id.value);
  out.voided_by = read_ticket(db, kTicketByVoided, ticket_key_text(request.key));
  if (request.voids) out.target = read_ticket(db, kTicketById, request.voids->value);
  return out;
}

}  // namespace tg
