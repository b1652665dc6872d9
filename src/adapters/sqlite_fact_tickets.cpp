#include "adapters/sqlite_fact_tickets.hpp"

#include "adapters/sqlite_fact_match.hpp"

#include <optional>
#include <string_view>
#include <utility>

#include "adapters/sqlite_fact_rows.hpp"
#include "codec/messages.hpp"
#include "core/matching.hpp"
#include "core/till_numbers.hpp"

namespace tg {
namespace {

constexpr std::string_view kById = "SELECT body FROM ticket WHERE id = ?";
constexpr std::string_view kByVoided = "SELECT body FROM ticket WHERE voids = ? ORDER BY received_at LIMIT 1";
constexpr std::string_view kByReturned =
    "SELECT body FROM ticket WHERE returns = ? ORDER BY received_at, id LIMIT 1000";
constexpr std::string_view kByResumed = "SELECT body FROM ticket WHERE resumes = ? LIMIT 1";

std::vector<TicketRecord> read_tickets(Db& db, std::string_view sql, std::string_view value) {
  std::vector<TicketRecord> out;
  Query rows(db, sql, {value});
  while (rows.next()) {
    if (auto record = decode_ticket_record(rows.text(0))) out.push_back(std::move(*record));
  }
  return out;
}

std::optional<TicketRecord> read_ticket(Db& db, std::string_view sql, std::string_view value) {
  auto found = read_tickets(db, sql, value);
  if (found.empty()) return std::nullopt;
  return std::move(found.front());
}
std::optional<TicketRecord> read_ticket(Db& db, const std::optional<TicketId>& id) {
  return id ? read_ticket(db, kById, id->value) : std::nullopt;
}

std::optional<std::string> key_text(const std::optional<TicketKey>& key) {
  return key ? std::optional(ticket_key_text(*key)) : std::nullopt;
}

std::optional<std::string> member_text(const std::optional<MemberId>& member) {
  return member && !member->empty() ? std::optional(member->value) : std::nullopt;
}

void forget(TicketRecord& record, const MemberId& member) {
  if (record.attribution && record.attribution->member == member) record.attribution->member.reset();
  if (record.named && record.named->member == member) record.named.reset();
}

}  // namespace

std::string ticket_key_text(const TicketKey& key) {
  return key.store + '|' + key.workstation + '|' + key.business_day + '|' + key.sequence;
}

void put_ticket(Db& db, const TicketRecord& ticket) {
  const auto member = ticket.attribution ? member_text(ticket.attribution->member) : std::nullopt;
  const auto named = ticket.named ? member_text(ticket.named->member) : std::nullopt;
  db.run(
      "INSERT INTO ticket (id, key, voids, returns, resumes, member, named, received_at, body) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET voids = coalesce(excluded.voids, voids), "
      "returns = excluded.returns, resumes = excluded.resumes, member = excluded.member, named = excluded.named, "
      "body = excluded.body",
      {ticket.id.value, ticket_key_text(ticket.key), key_text(ticket.voids), key_text(ticket.returns),
       key_text(ticket.resumes), member, named, unix_ms(ticket.received_at), encode_ticket_record(ticket)});
}

void put_till_numbers(Db& db, const TillNumbers& numbers) {
  db.run("INSERT OR REPLACE INTO till_numbers (name, touched, body) VALUES (?, ?, ?)",
         {numbers.workstation + '|' + numbers.business_day + '|' + numbers.prefix, unix_ms(numbers.touched),
          encode_till_numbers(numbers)});
}

event::TicketFactsLoaded read_ticket_facts(Db& db, const effect::LoadTicketFacts& request) {
  event::TicketFactsLoaded out;
  out.request = request.request;
  out.known = read_ticket(db, request.id);
  const std::string key = ticket_key_text(out.known ? out.known->key : request.key);
  out.rejected = read_rejected(db, request.id);
  out.voided_by = read_ticket(db, kByVoided, key);
  out.target = read_ticket(db, request.voids);
  out.original = read_ticket(db, request.returns);
  out.resumed = read_ticket(db, request.resumes);
  out.resumed_later = read_ticket(db, kByResumed, key).has_value();
  if (out.original) out.siblings = read_tickets(db, kByReturned, ticket_key_text(out.original->key));
  out.returned_by = read_tickets(db, kByReturned, out.target ? ticket_key_text(out.target->key) : key);
  return out;
}

std::vector<TillNumbers> read_till_numbers(Db& db) {
  std::vector<TillNumbers> out;
  Query rows(db, "SELECT body FROM till_numbers ORDER BY touched DESC, name LIMIT ?",
             {static_cast<std::int64_t>(kMostTillDays)});
  while (rows.next()) {
    if (auto numbers = decode_till_numbers(rows.text(0))) out.push_back(std::move(*numbers));
  }
  return out;
}

std::int64_t purge_tickets(Db& db, WallTime before) {
  db.run("DELETE FROM ticket WHERE id IN (SELECT id FROM ticket WHERE received_at < ? LIMIT 1000)",
         {unix_ms(before - kTicketMemory)});
  std::int64_t deleted = db.changes();
  db.run("DELETE FROM till_numbers WHERE name IN (SELECT name FROM till_numbers WHERE touched < ? LIMIT 1000)",
         {unix_ms(before)});
  return deleted + db.changes();
}

std::int64_t erase_tickets(Db& db, const MemberId& member) {
  auto rows = bodies(db, "SELECT id, body FROM ticket WHERE member = ?", member);
  for (auto& row : bodies(db, "SELECT id, body FROM ticket WHERE named = ? AND member IS NOT named", member)) {
    rows.push_back(std::move(row));
  }
  for (const auto& row : rows) {
    auto record = decode_ticket_record(row.body);
    if (record) {
      forget(*record, member);
      put_ticket(db, *record);
    } else {
      db.run("DELETE FROM ticket WHERE id = ?", {row.id});  // unreadable: nothing can be kept of it
    }
  }
  return static_cast<std::int64_t>(rows.size());
}

}  // namespace tg
