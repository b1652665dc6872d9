#include "codec/ticket_json.hpp"

#include <algorithm>

#include "codec/amount.hpp"
#include "codec/fact_data.hpp"
#include "codec/json_write.hpp"
#include "codec/names.hpp"
#include "codec/readers.hpp"
#include "codec/redact.hpp"
#include "codec/text.hpp"

namespace tg {
namespace {

constexpr std::size_t kMaxTenders = 1000;
constexpr std::int64_t kMaxRevision = (std::int64_t{1} << 53) - 1;
constexpr std::size_t kMaxCodeBytes = 64;
constexpr int kQuantityDigits = 3;
constexpr std::string_view kDecimal = "a decimal string such as \"249.00\"";

bool is_iso_currency(std::string_view text) { return currency_digits(text).has_value(); }
bool is_instant(std::string_view text) { return text.size() > 10 && parse_time(text).has_value(); }

/// `fallback` where the amount is absent; a JSON number is refused: it may have lost digits on its way here.
std::int64_t read_decimal(const Cursor& c, int digits, std::int64_t fallback = 0) {
  if (!c.present()) return fallback;
  const auto value = c.is_text() ? parse_scaled(c.text(), digits) : std::nullopt;
  if (!value) c.complain(std::string(kDecimal) + " is allowed");
  return value.value_or(0);
}

std::string kept_text(const Cursor& c, std::size_t max_bytes = kMaxCodeBytes) {
  return redact_card_numbers(c.text(max_bytes));
}

TicketKey read_key(const Cursor& c, std::string_view store) {
  return {.store = std::string(store),
          .workstation = c.need("workstation").text_if(is_plain_id, "an id of letters, digits, _ and -, at most 32,"),
          .business_day = c.need("business_day").text_if(is_day, "a day such as \"2026-11-21\""),
          .sequence = redact_card_numbers(
              c.need("sequence").text_if(is_ticket_sequence, "a text of 1 to 40 printable characters without |"))};
}

std::optional<TicketKey> read_link(const Cursor& c, std::string_view store) {
  if (!c.present()) return std::nullopt;
  return read_key(c, store);
}

/// The store that a ticket or link says to be of, when it is not ours.
std::optional<std::string> other_store(const Cursor& c, std::string_view store) {
  if (!c.present() || !c.at("store").is_text()) return std::nullopt;
  const std::string said = c.at("store").text(kMaxCodeBytes);
  return said.empty() || said == store ? std::nullopt : std::optional(redact_card_numbers(said));
}

/// What the contract does not name and a later step can use: no part of the content, and no reason to refuse.
void read_unnamed(const Cursor& c, std::string_view store, Ticket& ticket) {
  const int digits = currency_digits(ticket.currency).value_or(2);
  if (const Cursor begun = c.at("begun_at"); begun.is_text()) {
    const std::string text = begun.text(kMaxCodeBytes);
    ticket.begun_at = is_instant(text) ? parse_time(text) : std::nullopt;
  }
  if (const Cursor channel = c.at("channel"); channel.is_text())
    ticket.channel = value_of(kSaleChannelNames, channel.text(kMaxCodeBytes)).value_or(SaleChannel::store);
  if (const Cursor native = c.at("native_id"); native.is_text()) ticket.native_id = kept_text(native);
  std::size_t i = 0;
  c.at("lines").each(kMaxTicketLines, [&](const Cursor& line) {
    TicketLine& out = ticket.lines[i++];
    if (const Cursor discount = line.at("discount"); discount.is_text())
      out.discount_minor = parse_scaled(discount.text(kMaxCodeBytes), digits).value_or(0);
    if (const Cursor department = line.at("department"); department.is_text()) out.department = kept_text(department);
  });
  ticket.other_store = other_store(c, store).has_value();
  const Cursor links = c.at("links");
  if (const auto of = other_store(links.at("returns"), store)) ticket.returns->store = *of;
}

TicketLine read_line(const Cursor& c, int money_digits, std::int32_t position) {
  return {.n = c.at("n").int32(0, 1'000'000, position),
          .kind = c.at("kind").choice(kLineKindNames, LineKind::sale),
          .sku = kept_text(c.at("sku")),
          .gtin = kept_text(c.at("gtin")),
          .qty_milli = read_decimal(c.at("qty"), kQuantityDigits, 1000),
          .unit_minor = read_decimal(c.at("unit_price"), money_digits),
          .net_minor = read_decimal(c.need("net"), money_digits)};
}

std::optional<LoyaltyScan> read_loyalty(const Cursor& c) {
  if (!c.present()) return std::nullopt;
  LoyaltyScan scan{.id = normal_loyalty(kept_text(c.need("id"))),
                   .entry = c.at("entry").choice(kLoyaltyEntryNames, LoyaltyEntry::scanned)};
  if (scan.id.empty()) return std::nullopt;
  return scan;
}

void read_amounts(const Cursor& c, Ticket& ticket) {
  ticket.currency = c.need("currency").text_if(is_iso_currency, "an ISO 4217 code such as \"EUR\"");
  const int digits = currency_digits(ticket.currency).value_or(2);
  ticket.total_minor = read_decimal(c.need("total"), digits);
  ticket.tax_minor = read_decimal(c.at("tax"), digits);
  ticket.rounding_minor = read_decimal(c.at("rounding"), digits);
  std::int32_t position = 0;
  ticket.lines =
      c.need("lines").list(kMaxTicketLines, [&](const Cursor& line) { return read_line(line, digits, ++position); });
  ticket.tenders = c.need("tenders").list(kMaxTenders, [&](const Cursor& tender) {
    return Tender{.kind = tender_kind(tender.at("kind").text(kMaxCodeBytes)),
                  .amount_minor = read_decimal(tender.need("amount"), digits)};
  });
}

Json link_json(const std::optional<TicketKey>& link) { return link ? key_json(*link) : Json(); }

Json lines_json(const Ticket& ticket) {
  Json out = Json::array();
  for (const auto& l : ticket.lines)
    out.push_back(
        Json::array({l.n, name_of(kLineKindNames, l.kind), l.sku, l.gtin, l.qty_milli, l.unit_minor, l.net_minor}));
  return out;
}

Json tenders_json(const Ticket& ticket) {
  Json out = Json::array();
  for (const auto& t : ticket.tenders) out.push_back(Json::array({t.kind, t.amount_minor}));
  return out;
}

Json rewards_json(const Ticket& ticket) {
  Json out = Json::array();
  for (const auto& r : ticket.rewards) out.push_back(Json::array({r.code, r.amount_minor, r.line}));
  return out;
}

}  // namespace

std::string tender_kind(std::string_view kind) {
  for (const std::string_view known : {"cash", "card", "giftcard", "voucher"}) {
    if (kind == known) return std::string(kind);
  }
  return "other";
}

// The hash is kept on disk and compared after an update of the gateway: this form must not change.
Sha256 ticket_content(const Ticket& ticket) {
  Json canonical = {
      {"key", key_json(ticket.key)},
      {"type", name_of(kTicketTypeNames, ticket.type)},
      {"status", name_of(kTicketStatusNames, ticket.status)},
      {"ended_at", unix_ms(ticket.ended_at)},
      {"currency", ticket.currency},
      {"amounts", Json::array({ticket.total_minor, ticket.tax_minor, ticket.rounding_minor})},
      {"loyalty",
       ticket.loyalty ? Json::array({ticket.loyalty->id, name_of(kLoyaltyEntryNames, ticket.loyalty->entry)}) : Json()},
      {"collect_order", or_null(ticket.collect_order)},
      {"employee", ticket.employee},
      {"training", ticket.training},
      {"lines", lines_json(ticket)},
      {"tenders", tenders_json(ticket)},
      {"links", Json::array({link_json(ticket.voids), link_json(ticket.returns), link_json(ticket.resumes)})}};
  if (!ticket.rewards.empty()) canonical["rewards"] = rewards_json(ticket);  // older hashes have none
  return sha256(as_bytes(dump(canonical)));
}

Ticket read_ticket(const Cursor& c, std::string_view store) {
  Ticket ticket;
  ticket.key = read_key(c, store);
  ticket.revision = c.at("revision").integer(0, kMaxRevision);
  ticket.type = c.need("type").choice(kTicketTypeNames, TicketType::sale);
  ticket.status = c.at("status").choice(kTicketStatusNames, TicketStatus::final);
  const std::string ended =
      c.need("ended_at").text_if(is_instant, "a time with offset such as \"2026-11-21T15:04:05+01:00\"");
  ticket.ended_at = parse_time(ended).value_or(WallTime{});
  ticket.utc_offset_min = utc_offset_min(ended);
  read_amounts(c, ticket);
  ticket.loyalty = read_loyalty(c.at("loyalty"));
  if (const Cursor order = c.at("collect_order"); order.present()) ticket.collect_order = kept_text(order);
  ticket.employee = c.at("employee").flag();
  ticket.training = c.at("training").flag();
  const Cursor links = c.at("links");
  ticket.voids = read_link(links.at("voids"), store);
  ticket.returns = read_link(links.at("returns"), store);
  ticket.resumes = read_link(links.at("resumes"), store);
  ticket.content = ticket_content(ticket);
  read_unnamed(c, store, ticket);
  return ticket;
}

Result<Ticket> decode_ticket(std::string_view json, std::string_view store) {
  Document doc(json);
  return doc.finish(read_ticket(doc.root(), store));
}

TicketBatch decode_ticket_lines(const std::vector<NumberedLine>& lines, std::string_view store) {
  TicketBatch batch;
  for (const auto& line : lines) {
    Document doc(line.text, line.number);
    auto ticket = doc.finish(read_ticket(doc.root(), store));
    if (ticket) {
      batch.tickets.push_back(std::move(*ticket));
    } else {
      batch.problems.push_back({batch.tickets.size() + batch.problems.size(), ticket.error().message});
    }
  }
  return batch;
}

std::string in_batch(const TicketProblem& problem) {
  return "ticket " + std::to_string(problem.place + 1) + ": " + problem.cause;
}

std::size_t place_of(const TicketBatch& batch, std::size_t i) {
  for (const auto& problem : batch.problems) {
    if (problem.place > i) break;
    ++i;
  }
  return i;
}

std::vector<TicketAnswer> all_answers(const std::vector<TicketAnswer>& understood,
                                      const std::vector<TicketProblem>& problems) {
  std::vector<TicketAnswer> all;
  auto problem = problems.begin();
  for (auto answer = understood.begin(); answer != understood.end() || problem != problems.end();) {
    if (problem != problems.end() && problem->place == all.size()) {
      all.push_back({TicketId{}, TicketVerdict::quarantined, (problem++)->cause});
    } else {
      all.push_back(*answer++);
    }
  }
  return all;
}

std::string encode_ticket_answers(const std::vector<TicketAnswer>& answers) {
  Json results = Json::array();
  for (const auto& answer : answers) {
    results.push_back({{"ticket_id", or_null(answer.id)},
                       {"status", name_of(kTicketVerdictNames, answer.verdict)},
                       {"reason", or_null(answer.reason)}});
  }
  return dump({{"results", std::move(results)}});
}

std::string encode_key(const TicketKey& key) { return dump(key_json(key)); }

}  // namespace tg
