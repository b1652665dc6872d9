#include "cli/ticket_check.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <utility>

#include "cli/layout.hpp"
#include "codec/names.hpp"
#include "codec/pos_reader.hpp"
#include "codec/text.hpp"
#include "codec/ticket_json.hpp"

namespace tg {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::uintmax_t kMaxBytes = 16U << 20U;

/// What was found out about a file, whatever its dialect.
struct Report {
  std::string dialect;
  Understood understood;
};

Result<std::string> content_of(const std::string& path) {
  std::error_code error;
  const auto bytes = std::filesystem::file_size(path, error);
  if (error || bytes > kMaxBytes) return fail(path + ": cannot be read; a file of at most 16 MiB is allowed");
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(path + ": cannot be read");
  return std::string{std::istreambuf_iterator<char>(file), {}};
}

bool is_path(const std::string& dialect) {
  return dialect.find('/') != std::string::npos || dialect.ends_with(".json");
}

std::string key_text(const TicketKey& key) { return key.workstation + ' ' + key.business_day + ' ' + key.sequence; }

/// The contract's own ticket says where everything stands by its form.
UnderstoodTicket contract_ticket(Ticket ticket) {
  UnderstoodTicket out;
  const auto row = [&](const std::string& field, std::string value) {
    out.rows.push_back({field, std::move(value), '/' + field});
  };
  const auto money = [&](MinorUnits amount) { return money_text(amount, ticket.currency); };
  row("workstation", ticket.key.workstation);
  row("business_day", ticket.key.business_day);
  row("sequence", ticket.key.sequence);
  row("revision", std::to_string(ticket.revision));
  row("total", money(ticket.total_minor));
  row("tax", money(ticket.tax_minor));
  row("rounding", money(ticket.rounding_minor));
  for (std::size_t i = 0; i < ticket.lines.size(); ++i) {
    const std::string at = "lines/" + std::to_string(i) + '/';
    row(at + "sku", ticket.lines[i].sku);
    row(at + "net", money(ticket.lines[i].net_minor));
  }
  for (std::size_t i = 0; i < ticket.tenders.size(); ++i)
    row("tenders/" + std::to_string(i) + "/amount", money(ticket.tenders[i].amount_minor));
  out.ticket = std::move(ticket);
  return out;
}

Result<Report> check_contract(PosBody body, const std::string& bytes, const std::string& store) {
  std::vector<Ticket> tickets;
  Report report{std::string(kContractDialect), {}};
  if (body == PosBody::json_lines) {
    const auto lines = lines_of(bytes, kMaxTicketsInBody + 1);
    if (lines.size() > kMaxTicketsInBody) return fail(kTooManyTickets);
    auto batch = decode_ticket_lines(lines, store);
    report.understood.problems = std::move(batch.problems);
    tickets = std::move(batch.tickets);
  } else {
    auto ticket = decode_ticket(bytes, store);
    if (!ticket) return fail(ticket.error().message);
    tickets.push_back(std::move(*ticket));
  }
  for (auto& ticket : tickets) report.understood.tickets.push_back(contract_ticket(std::move(ticket)));
  return report;
}

Result<Report> check_file(const TicketCheckOptions& options, const std::string& bytes) {
  auto zone = TimeZone::load(options.timezone);
  if (!zone) return fail(zone.error().message);
  auto dialects = Dialects::load(options.dialect_dir.empty() ? std::nullopt : std::optional{options.dialect_dir});
  if (!dialects) return fail(dialects.error().message);
  const PosContext context{options.store, *zone, options.workstation, true};
  const PosReader reader(std::move(*dialects), options.store, *zone, {});
  const bool lines = options.file.ends_with(".ndjson") || options.file.ends_with(".jsonl");
  const PosBody body = lines ? PosBody::json_lines : guess_body(bytes);
  if (lines || options.dialect == kContractDialect) return check_contract(body, bytes, options.store);

  const auto tree = body == PosBody::xml ? read_pos_xml(bytes) : read_pos_json(bytes);
  if (!tree) return fail(tree.error().message);
  std::optional<Dialect> own;
  const Dialect* dialect = nullptr;
  if (is_path(options.dialect)) {
    auto loaded = Dialects::load_file(options.dialect);
    if (!loaded) return fail(loaded.error().message);
    dialect = &own.emplace(std::move(*loaded));
  } else {
    const auto chosen = reader.choose(*tree, body == PosBody::xml ? DialectFormat::xml : DialectFormat::json,
                                      {.dialect = options.dialect});
    if (!chosen) return fail(chosen.error().message);
    dialect = *chosen;
  }
  if (dialect == nullptr && body == PosBody::json) return check_contract(body, bytes, options.store);
  if (dialect == nullptr)
    return fail("no dialect recognises this document; --dialect may be one of " + reader.dialects().names());
  auto understood = understand(*tree, *dialect, context);
  if (!understood) return fail(understood.error().message);
  return Report{dialect->name, std::move(*understood)};
}

const char* totals_of(const Ticket& ticket) { return ticket.adds_up() ? "ok" : "mismatch"; }

struct Sums {
  MinorUnits lines = 0, tenders = 0;
};
Sums sums_of(const Ticket& ticket) {
  Sums sums{ticket.tax_minor + ticket.rounding_minor, 0};
  for (const auto& line : ticket.lines) sums.lines += line.net_minor;
  for (const auto& tender : ticket.tenders) sums.tenders += tender.amount_minor;
  return sums;
}

void print_ticket(const UnderstoodTicket& u, std::ostream& out) {
  out << printable("ticket " + key_text(u.ticket.key)) << '\n';
  Table table;
  for (const auto& row : u.rows) table.add({"  " + row.field, row.value, row.from});
  out << table.text();
  for (const auto& note : u.notes) out << "  note: " << printable(note) << '\n';
  const Sums sums = sums_of(u.ticket);
  out << "  totals: " << totals_of(u.ticket) << " (total " << money_text(u.ticket.total_minor, u.ticket.currency)
      << ", lines with tax and rounding " << money_text(sums.lines, u.ticket.currency) << ", tenders "
      << money_text(sums.tenders, u.ticket.currency) << ")\n\n";
}

void print_text(const Report& report, std::ostream& out) {
  out << "dialect " << printable(report.dialect) << "\n\n";
  for (const auto& ticket : report.understood.tickets) print_ticket(ticket, out);
  if (report.understood.ignored.empty()) return;
  out << "ignored, never stored:\n";
  Table table;
  for (const auto& name : report.understood.ignored) table.add({"  " + name.path, std::to_string(name.times)});
  out << table.text();
}

Json ticket_json(const UnderstoodTicket& u) {
  const Ticket& t = u.ticket;
  const Sums sums = sums_of(t);
  Json lines = Json::array();
  for (const auto& l : t.lines)
    lines.push_back({{"n", l.n},
                     {"sku", l.sku},
                     {"gtin", l.gtin},
                     {"qty_milli", l.qty_milli},
                     {"unit_minor", l.unit_minor},
                     {"net_minor", l.net_minor},
                     {"kind", name_of(kLineKindNames, l.kind)}});
  Json tenders = Json::array();
  for (const auto& tender : t.tenders)
    tenders.push_back({{"kind", tender.kind}, {"amount_minor", tender.amount_minor}});
  Json rows = Json::array();
  for (const auto& r : u.rows) rows.push_back({{"field", r.field}, {"value", r.value}, {"from", r.from}});
  return {
      {"key", {{"workstation", t.key.workstation}, {"business_day", t.key.business_day}, {"sequence", t.key.sequence}}},
      {"type", name_of(kTicketTypeNames, t.type)},
      {"status", name_of(kTicketStatusNames, t.status)},
      {"ended_at", format_time(t.ended_at)},
      {"currency", t.currency},
      {"total_minor", t.total_minor},
      {"tax_minor", t.tax_minor},
      {"rounding_minor", t.rounding_minor},
      {"training", t.training},
      {"employee", t.employee},
      {"loyalty_present", t.loyalty.has_value()},
      {"lines", std::move(lines)},
      {"tenders", std::move(tenders)},
      {"checks", {{"totals", totals_of(t)}, {"lines_minor", sums.lines}, {"tenders_minor", sums.tenders}}},
      {"values", std::move(rows)},
      {"notes", u.notes}};
}

void print_json(const Report& report, std::ostream& out) {
  Json tickets = Json::array();
  for (const auto& ticket : report.understood.tickets) tickets.push_back(ticket_json(ticket));
  Json ignored = Json::array();
  for (const auto& name : report.understood.ignored) ignored.push_back({{"path", name.path}, {"times", name.times}});
  Json problems = Json::array();
  for (const auto& problem : report.understood.problems)
    problems.push_back({{"transaction", problem.place + 1}, {"cause", problem.cause}});
  const Json all = {{"dialect", report.dialect},
                    {"tickets", std::move(tickets)},
                    {"problems", std::move(problems)},
                    {"ignored", std::move(ignored)}};
  out << all.dump(-1, ' ', false, Json::error_handler_t::replace) << '\n';
}

}  // namespace

ExitCode run_ticket_check(const TicketCheckOptions& options, std::ostream& out, std::ostream& err) {
  const auto bytes = content_of(options.file);
  if (!bytes) {
    err << bytes.error().message << '\n';
    return kFailed;
  }
  const auto report = check_file(options, *bytes);
  if (!report) {
    err << options.file << ": " << printable(report.error().message) << '\n';
    return kFailed;
  }
  options.json ? print_json(*report, out) : print_text(*report, out);
  for (const auto& problem : report->understood.problems)
    err << options.file << ": transaction " << problem.place + 1 << ": " << printable(problem.cause) << '\n';
  return report->understood.problems.empty() ? kDone : kFailed;
}

}  // namespace tg
