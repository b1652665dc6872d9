#include "adapters/sqlite_fact_reads.hpp"

#include <algorithm>
#include <limits>
#include <optional>
#include <tuple>
#include <utility>

#include "adapters/sqlite_fact_figures.hpp"
#include "adapters/sqlite_fact_match.hpp"
#include "adapters/sqlite_fact_rows.hpp"
#include "adapters/sqlite_fact_tickets.hpp"
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

/// The oldest telemetry, so many that the rest is within four fifths of the limits: the last fifth is for what must not
/// be lost.
std::vector<Sequence> surplus_telemetry(Db& db, const effect::SurveyOutbox& limits, std::int64_t rows,
                                        std::int64_t bytes) {
  rows -= limits.most_rows / 5 * 4;
  bytes -= limits.most_bytes / 5 * 4;
  std::vector<Sequence> out;
  Query oldest(db, "SELECT sequence, bytes FROM outbox WHERE waiting AND class = 2 ORDER BY sequence LIMIT ?",
               {static_cast<std::int64_t>(limits.most)});
  while ((rows > 0 || bytes > 0) && oldest.next()) {
    out.push_back(static_cast<Sequence>(oldest.integer(0)));
    --rows;
    bytes -= oldest.integer(1);
  }
  return out;
}

constexpr std::string_view kExplains = "/event/outbox/dropped";  // its fact has no fact about its own end

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
  out.first_undelivered =
      static_cast<Sequence>(db.number("SELECT min(sequence) FROM outbox WHERE waiting").value_or(0));
  out.undelivered = static_cast<std::uint64_t>(db.number("SELECT sum(rows) FROM outbox_depth").value_or(0));
  read_visits(db, out);
  read_consents(db, out);
  read_last_ids(db, now, out);
  out.tills = read_till_numbers(db);
  read_match_memory(db, out);
  out.figures = read_figure_memory(db);
  return out;
}

event::RowsRead read_waiting(Db& db, const effect::ReadRows& request) {
  constexpr std::int64_t kNowhere = std::numeric_limits<std::int64_t>::max();
  const std::int64_t backlog = request.backlog == 0 ? kNowhere : static_cast<std::int64_t>(request.backlog);
  event::RowsRead out;
  Query rows(
      db,
      "SELECT sequence, topic, payload, expires_at, class, sum, (SELECT max(earlier.sequence) FROM outbox AS earlier "
      "WHERE earlier.partition = outbox.partition AND earlier.sequence < outbox.sequence AND "
      "earlier.sequence >= ?3 AND earlier.waiting) "
      "FROM outbox WHERE waiting AND sequence >= ?1 ORDER BY sequence LIMIT ?2",
      {static_cast<std::int64_t>(request.from), static_cast<std::int64_t>(request.limit), backlog});
  while (rows.next()) {
    OutboxRow row{static_cast<Sequence>(rows.integer(0)),
                  std::string(rows.text(1)),
                  std::string(rows.text(2)),
                  instant(rows, 3),
                  as<DeliveryClass>(rows, 4),
                  static_cast<Sequence>(rows.integer(6)),
                  false,
                  !rows.null(5) && rows.integer(5) != payload_sum(rows.text(2))};
    row.explains = row.topic.ends_with(kExplains);
    out.rows.push_back(std::move(row));
  }
  out.end = out.rows.size() < request.limit;
  return out;
}

event::OutboxSurveyed survey_outbox(Db& db, const effect::SurveyOutbox& request) {
  event::OutboxSurveyed out;
  const auto most = static_cast<std::int64_t>(request.most);
  if (request.now) {
    out.expired = sequences(db, "SELECT sequence FROM outbox WHERE waiting AND class = 1 AND expires_at <= ? LIMIT ?",
                            {unix_ms(*request.now), most});
  }
  Query depth(db, "SELECT sum(rows), sum(bytes) FROM outbox_depth");
  if (depth.next()) std::tie(out.rows, out.bytes) = std::pair{depth.integer(0), depth.integer(1)};
  out.surplus = surplus_telemetry(db, request, out.rows, out.bytes);
  std::ranges::sort(out.expired);
  out.more = out.expired.size() == request.most || out.surplus.size() == request.most;
  return out;
}

}  // namespace tg
