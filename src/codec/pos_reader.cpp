#include "codec/pos_reader.hpp"

#include <algorithm>
#include <utility>

#include "codec/config.hpp"
#include "codec/ticket_json.hpp"

namespace tg {
namespace {

constexpr int kWorkstationDepth = 6;

/// POSLog names its till within the first transaction.
const PosNode* find_workstation(const PosNode& node, int depth) {
  if (node.name == "WorkstationID" || node.name == "workstation") return &node;
  if (depth == 0) return nullptr;
  for (const PosNode* child : node.children) {
    if (const PosNode* found = find_workstation(*child, depth - 1)) return found;
  }
  return nullptr;
}

Result<TicketBatch> one(Result<Ticket> ticket) {
  if (!ticket) return fail(ticket.error().message);
  TicketBatch out;
  out.tickets.push_back(std::move(*ticket));
  return out;
}

Result<TicketBatch> checked(TicketBatch batch) {
  if (!batch.tickets.empty()) return batch;
  return fail(batch.problems.empty() ? "the body contains no ticket" : batch.problems.front().cause);
}

}  // namespace

PosBody guess_body(std::string_view bytes) {
  constexpr std::string_view kBeforeAnything = "\xEF\xBB\xBF\xFE\xFF \t\r\n";
  std::size_t at = 0;
  while (at < bytes.size() && (bytes[at] == '\0' || kBeforeAnything.find(bytes[at]) != std::string_view::npos)) ++at;
  return at < bytes.size() && bytes[at] == '<' ? PosBody::xml : PosBody::json;
}

PosReader::PosReader(Dialects dialects, std::string store, TimeZone zone,
                     std::map<std::string, std::string> by_workstation)
    : dialects_(std::move(dialects)),
      store_(std::move(store)),
      zone_(std::move(zone)),
      by_workstation_(std::move(by_workstation)) {}

Result<PosReader> PosReader::open(const Config& config) {
  auto dialects = Dialects::load(config.dialect_dir);
  if (!dialects) return fail(dialects.error().message);
  auto zone = TimeZone::load(config.timezone);
  std::map<std::string, std::string> by_workstation;
  for (const auto& w : config.workstations) {
    if (w.dialect) by_workstation[w.id] = *w.dialect;
  }
  return PosReader(std::move(*dialects), config.store, zone ? std::move(*zone) : TimeZone{}, std::move(by_workstation));
}

Result<TicketBatch> PosReader::read(PosBody body, std::string_view bytes, const PosOrigin& origin) const {
  switch (body) {
    case PosBody::json:
      return read_json(bytes, origin);
    case PosBody::json_lines:
      return read_lines(bytes, origin);
    case PosBody::xml:
      return read_xml(bytes, origin);
  }
  return fail("no body");
}

Result<const Dialect*> PosReader::choose(const PosTree& tree, DialectFormat format, const PosOrigin& origin) const {
  std::string name = origin.dialect;
  if (name.empty()) {
    const PosNode* inside = find_workstation(tree.root(), kWorkstationDepth);
    const auto known = by_workstation_.find(!origin.workstation.empty() ? origin.workstation
                                            : inside != nullptr         ? inside->text
                                                                        : "");
    if (known != by_workstation_.end()) name = known->second;
  }
  // A till that is told to speak POSLog may still hand in the contract's JSON, and the other way round.
  const bool asked = !origin.dialect.empty();
  if (name.empty()) return dialects_.recognise(tree, format);
  const Dialect* dialect = dialects_.find(name);
  if (name != kContractDialect && dialect == nullptr)
    return fail("the dialect is unknown; " + dialects_.names() + " and touchpoint are allowed");
  if (dialect != nullptr && dialect->format == format) return dialect;
  if (dialect == nullptr && format == DialectFormat::json) return dialect;
  if (!asked) return dialects_.recognise(tree, format);
  return fail(format == DialectFormat::xml ? "the dialect is one of JSON, the body is XML"
                                           : "the dialect is one of XML, the body is JSON");
}

Result<TicketBatch> PosReader::tickets(const PosTree& tree, const Dialect& dialect, const PosOrigin& origin) const {
  auto understood = understand(tree, dialect, PosContext{store_, zone_, origin.workstation, false});
  if (!understood) return fail(understood.error().message);
  TicketBatch out;
  for (auto& u : understood->tickets) out.tickets.push_back(std::move(u.ticket));
  out.problems = std::move(understood->problems);
  return out;
}

Result<TicketBatch> PosReader::read_xml(std::string_view bytes, const PosOrigin& origin) const {
  const auto tree = read_pos_xml(bytes);
  if (!tree) return fail(tree.error().message);
  const auto dialect = choose(*tree, DialectFormat::xml, origin);
  if (!dialect) return fail(dialect.error().message);
  if (*dialect == nullptr)
    return fail("no dialect recognises this document; X-Pos-Dialect or pos.workstations may name one of " +
                dialects_.names());
  return tickets(*tree, **dialect, origin);
}

Result<TicketBatch> PosReader::read_json(std::string_view bytes, const PosOrigin& origin) const {
  const auto tree = read_pos_json(bytes);
  const Dialect* dialect = nullptr;
  if (tree) {
    const auto chosen = choose(*tree, DialectFormat::json, origin);
    if (!chosen) return fail(chosen.error().message);
    dialect = *chosen;
  } else if (!origin.dialect.empty() && origin.dialect != kContractDialect) {
    return fail(tree.error().message);
  }
  if (dialect != nullptr) return tickets(*tree, *dialect, origin);
  return one(decode_ticket(bytes, store_));  // names the place in its own words, also of what is no JSON at all
}

Result<TicketBatch> PosReader::read_lines(std::string_view bytes, const PosOrigin& origin) const {
  const auto lines = lines_of(bytes, kMaxTicketsInBody + 1);
  if (lines.size() > kMaxTicketsInBody) return fail(kTooManyTickets);
  if (origin.dialect.empty() || origin.dialect == kContractDialect) return checked(decode_ticket_lines(lines, store_));
  TicketBatch out;
  for (const auto& line : lines) {
    const std::size_t place = out.tickets.size() + out.problems.size();
    const auto refuse = [&](std::size_t at, const std::string& cause) {
      out.problems.push_back({at, "line " + std::to_string(line.number) + ": " + cause});
    };
    auto batch = read_json(line.text, origin);
    if (!batch) {
      refuse(place, batch.error().message);
      continue;
    }
    for (const auto& problem : batch->problems) refuse(place + problem.place, problem.cause);
    std::ranges::move(batch->tickets, std::back_inserter(out.tickets));
    if (out.tickets.size() > kMaxTicketsInBody) return fail(kTooManyTickets);
  }
  return checked(std::move(out));
}

}  // namespace tg
