#include "adapters/sqlite_fact_match.hpp"

#include "codec/match_json.hpp"

namespace tg {
namespace {

std::optional<std::string> text(const std::optional<MemberId>& member) {
  return member ? std::optional(member->value) : std::nullopt;
}

}  // namespace

void put_match_row(Db& db, const row::PutTrace& op) {
  db.run("INSERT OR REPLACE INTO visit_trace (visit, member, at, body) VALUES (?, ?, ?, ?)",
         {op.trace.visit.value, op.trace.member.value, unix_ms(op.trace.last_heard), encode_trace(op.trace)});
}

void put_match_row(Db& db, const row::DropTrace& op) {
  db.run("DELETE FROM visit_trace WHERE visit = ?", {op.visit.value});
}

void put_match_row(Db& db, const row::PutCase& op) {
  const MatchCase& p = op.purchase;
  db.run("INSERT OR REPLACE INTO match_case (ticket, truth, given, at, body) VALUES (?, ?, ?, ?, ?)",
         {op.ticket.value, text(p.truth), text(p.given), unix_ms(p.ticket.ended_at), encode_case(p)});
}

void put_match_row(Db& db, const row::DropCase& op) {
  db.run("DELETE FROM match_case WHERE ticket = ?", {op.ticket.value});
}

void put_match_row(Db& db, const row::PutVerdict& op) {
  db.run("INSERT OR REPLACE INTO match_verdict (ticket, member, rejected, at) VALUES (?, ?, ?, ?)",
         {op.ticket.value, op.member.value, std::int64_t{op.rejected}, unix_ms(op.at)});
}

void put_match_row(Db& db, const row::PutLearning& op) {
  db.run("INSERT OR REPLACE INTO match_learning (id, body) VALUES (1, ?)", {encode_learning(op.learnt)});
}

void put_match_row(Db& db, const row::PutGoods& op) {
  for (const auto& [name, n] : op.counts) {
    if (n == 0) {
      db.run("DELETE FROM goods_count WHERE name = ?", {name});
    } else {
      db.run("INSERT OR REPLACE INTO goods_count (name, n) VALUES (?, ?)", {name, std::int64_t{n}});
    }
  }
}

void read_match_memory(Db& db, event::Restored& out) {
  Query traces(db, "SELECT body FROM visit_trace ORDER BY visit");
  while (traces.next()) {
    if (auto trace = decode_trace(traces.text(0))) out.traces.push_back(std::move(*trace));
  }
  Query cases(db, "SELECT body FROM match_case ORDER BY ticket");
  while (cases.next()) {
    if (auto purchase = decode_case(cases.text(0))) out.purchases.push_back(std::move(*purchase));
  }
  Query learnt(db, "SELECT body FROM match_learning WHERE id = 1");
  if (learnt.next()) {
    if (auto counts = decode_learning(learnt.text(0))) out.learnt = *counts;
  }
  Query goods(db, "SELECT name, n FROM goods_count ORDER BY name");
  while (goods.next()) out.goods.emplace_back(goods.text(0), static_cast<std::uint32_t>(goods.integer(1)));
}

std::vector<MemberId> read_rejected(Db& db, const TicketId& ticket) {
  std::vector<MemberId> out;
  Query rows(db, "SELECT member FROM match_verdict WHERE ticket = ? AND rejected ORDER BY member", {ticket.value});
  while (rows.next()) out.emplace_back(rows.text(0));
  return out;
}

std::vector<std::pair<std::string, std::int64_t>> erase_match_rows(Db& db, const MemberId& member) {
  std::vector<std::pair<std::string, std::int64_t>> tables;
  const auto deleted = [&](const char* table, const char* sql) {
    db.run(sql, {member.value});
    tables.emplace_back(table, db.changes());
  };
  deleted("visit_trace", "DELETE FROM visit_trace WHERE member = ?");
  deleted("match_case", "DELETE FROM match_case WHERE ?1 IN (truth, given)");
  deleted("match_verdict", "DELETE FROM match_verdict WHERE member = ?");
  return tables;
}

std::int64_t purge_match_rows(Db& db, WallTime now, WallTime oldest_ticket) {
  const std::int64_t before = unix_ms(now - 2 * kTraceMemory);
  std::int64_t deleted = 0;
  db.run("DELETE FROM visit_trace WHERE visit IN (SELECT visit FROM visit_trace WHERE at < ? LIMIT 1000)", {before});
  deleted += db.changes();
  db.run("DELETE FROM match_case WHERE ticket IN (SELECT ticket FROM match_case WHERE at < ? LIMIT 1000)", {before});
  deleted += db.changes();
  db.run("DELETE FROM match_verdict WHERE at < ?", {unix_ms(oldest_ticket)});
  return deleted + db.changes();
}

}  // namespace tg
