// The admin door's view of the facts file as JSON (declared in sqlite_fact_reads.hpp).
#include <array>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "adapters/sqlite_audit.hpp"
#include "adapters/sqlite_fact_figures.hpp"
#include "adapters/sqlite_fact_reads.hpp"
#include "codec/messages.hpp"
#include "codec/text.hpp"

namespace tg {
namespace {

using nlohmann::json;

constexpr std::string_view kFiguresOf = "figures ";                            // and a day
constexpr std::array kClasses{"keep", "perishable", "telemetry"};              // DeliveryClass
constexpr std::array kTypes{"sale", "return", "exchange", "void", "control"};  // TicketType
constexpr std::array kCertainty{"certain", "probable", "possible"};            // AttributionClass

template <class Names, class Enum>
const char* name(const Names& names, Enum value) {
  const auto index = static_cast<std::size_t>(value);
  return index < names.size() ? names[index] : "unknown";
}

json outbox_figures(Db& db, WallTime now) {
  json classes = json::object();
  std::int64_t depth = 0;
  std::int64_t bytes = 0;
  Query rows(db, "SELECT class, rows, bytes FROM outbox_depth WHERE rows > 0 ORDER BY class");
  while (rows.next()) {
    classes[name(kClasses, rows.integer(0))] = rows.integer(1);
    depth += rows.integer(1);
    bytes += rows.integer(2);
  }
  const auto oldest = db.number("SELECT recorded_at FROM outbox WHERE waiting ORDER BY sequence LIMIT 1");
  return {{"depth", depth},
          {"bytes", bytes},
          {"dropped", db.number("SELECT value FROM meta WHERE name = 'dropped'").value_or(0)},
          {"set_aside", db.number("SELECT count(*) FROM outbox WHERE set_aside IS NOT NULL").value_or(0)},
          {"oldest_s", oldest ? std::max<std::int64_t>(0, (unix_ms(now) - *oldest) / 1000) : 0},
          {"classes", classes},
          {"delivered", db.number("SELECT count(*) FROM outbox WHERE delivered_at IS NOT NULL").value_or(0)},
          {"last_sequence", db.number("SELECT value FROM meta WHERE name = 'last_sequence'").value_or(0)}};
}

json audit_figures(const AuditCheck& check) {
  json figures{{"entries", check.entries}, {"intact", check.intact}, {"seal", hex(check.seal)}};
  if (!check.intact) figures["broken_at"] = check.entries + 1;
  return figures;
}

/// How it is set up and how full it is; no row.
json database_figures(Db& db) {
  json settings = json::object(), tables = json::object();
  for (const std::string pragma : {"user_version", "page_size", "page_count", "freelist_count", "auto_vacuum",
                                   "synchronous", "secure_delete", "cache_size"})
    settings[pragma] = db.number("PRAGMA " + pragma).value_or(0);
  std::vector<std::string> names;
  Query rows(db, "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name");
  while (rows.next()) names.emplace_back(rows.text(0));
  for (const auto& name : names) tables[name] = db.number("SELECT count(*) FROM \"" + name + '"').value_or(0);
  return {{"settings", settings}, {"rows", tables}};
}

json ticket_view(const TicketRecord& ticket) {
  json attribution;  // null
  if (ticket.attribution && !ticket.attribution->retracted) {
    attribution = {{"class", name(kCertainty, ticket.attribution->cls)}, {"method", ticket.attribution->method}};
  }
  return {{"ticket_id", ticket.id.value},
          {"key",
           {{"store", ticket.key.store},
            {"workstation", ticket.key.workstation},
            {"business_day", ticket.key.business_day},
            {"sequence", ticket.key.sequence}}},
          {"type", name(kTypes, ticket.type)},
          {"ended_at", format_time(ticket.ended_at)},
          {"total_minor", ticket.total_minor},
          {"currency", ticket.currency},
          {"totals", ticket.adds_up ? "ok" : "mismatch"},
          {"attribution", attribution},
          {"voided", ticket.voided}};
}

json last_tickets(Db& db) {
  json tickets = json::array();
  Query rows(db, "SELECT body FROM ticket ORDER BY received_at DESC, id LIMIT 50");
  while (rows.next()) {
    if (const auto record = decode_ticket_record(rows.text(0))) tickets.push_back(ticket_view(*record));
  }
  return {{"tickets", tickets}};
}

}  // namespace

std::string inspect_facts(Db& db, std::string_view kind, WallTime now) {
  if (kind.starts_with(kFiguresOf)) return read_figures(db, kind.substr(kFiguresOf.size()));
  json answer;
  if (kind == "audit")
    answer = audit_figures(verify_audit(db));
  else if (kind == "database")
    answer = database_figures(db);
  else if (kind == "outbox")
    answer = outbox_figures(db, now);
  else if (kind == "tickets")
    answer = last_tickets(db);
  else
    answer = {{"error", "unknown question; allowed: audit, database, outbox, tickets"}};
  return answer.dump(-1, ' ', false, json::error_handler_t::replace);  // never throws over a till's odd bytes
}

}  // namespace tg
