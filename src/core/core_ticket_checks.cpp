// Core, part "ticket checks": what is wrong with tickets, told once and not again (facts on retail §2.4).
#include <algorithm>
#include <string>

#include "core/core.hpp"
#include "core/ticket_life.hpp"

namespace tg {
namespace {

constexpr std::size_t kUnknownToldADay = 20;  // products: a catalogue that is missing is no flood
constexpr Millis kSkew{120'000};              // facts on retail §2.4
constexpr Millis kSameLag{30'000};            // two tickets that are late by the same are late by the clock
constexpr Millis kApart{60'000};              // what comes closer together is a backlog that is handed in
constexpr std::size_t kMostLags = 256;        // workstations
constexpr Millis kDay{24 * 3'600'000};

std::int64_t day_number(WallTime at) { return at.time_since_epoch() / kDay; }

std::string seconds_text(Millis span) {
  return std::to_string(std::chrono::duration_cast<Seconds>(std::chrono::abs(span)).count()) + " s";
}

std::vector<TicketRecord> with(std::vector<TicketRecord> others, const TicketRecord& record) {
  std::erase_if(others, [&](const TicketRecord& other) { return other.id == record.id; });
  others.push_back(record);
  return others;
}

/// What is wrong with the ticket that a return or resume names; empty when nothing is, or nothing is known of it.
std::string wrong_with_link(const TicketRecord& record, const event::TicketFactsLoaded& facts) {
  if (brings_back(record) && facts.original && !was_recorded(*facts.original)) return "returns what is no sale";
  if (brings_back(record) && facts.original && facts.original->voided) return "returns a ticket that is void";
  if (facts.resumed && facts.resumed->status != TicketStatus::suspended) return "resumes what was not suspended";
  return {};
}

}  // namespace

void Core::check_ticket(const Ticket& ticket, const TicketRecord& record, const event::TicketFactsLoaded& facts) {
  if (!record.adds_up) alert("totals_mismatch", ticket, "total, lines and tenders do not agree");
  if (!policy_.workstations.empty() && !policy_.workstations.contains(ticket.key.workstation)) {
    alert("unlisted_workstation", ticket, "the workstation is not in pos.workstations");
  }
  if (ticket.other_store) alert("another_store", ticket, "the ticket names another store");
  if (ticket.type == TicketType::return_ && record.total_minor > 0) {
    alert("return_sign", ticket, "a return with a positive total");
  }
  if (const auto wrong = wrong_with_link(record, facts); !wrong.empty()) alert("bad_link", ticket, wrong);
  check_returned(ticket, record, facts);
  check_products(ticket, facts);
  check_lag(ticket);
}

void Core::check_returned(const Ticket& ticket, const TicketRecord& record, const event::TicketFactsLoaded& facts) {
  std::int64_t products = over_returned(record, facts.returned_by);
  if (brings_back(record) && facts.original && was_recorded(*facts.original)) {
    products += over_returned(*facts.original, with(facts.siblings, record));
  }
  if (products == 0) return;
  alert("over_return", ticket, "more was brought back than was sold, products: " + std::to_string(products));
}

/// Each product once a day; how many of a ticket are unknown is in its checks.
void Core::check_products(const Ticket& ticket, const event::TicketFactsLoaded& facts) {
  if (!facts.catalogue) return;
  const std::int64_t today = day_number(now_.wall);
  if (unknown_day_ != today) unknown_products_.clear();
  unknown_day_ = today;
  for (const auto& line : ticket.lines) {
    const bool product = line.kind == LineKind::sale || line.kind == LineKind::return_;
    const std::string& name = line.sku.empty() ? line.gtin : line.sku;
    if (!product || !line.style.empty() || name.empty() || unknown_products_.size() >= kUnknownToldADay) continue;
    if (unknown_products_.insert(name).second) alert("unknown_product", ticket, name + " is not in the catalogue");
  }
}

/// A live till is as late each time as its clock is wrong; a backlog comes at once and is late by less and less.
void Core::check_lag(const Ticket& ticket) {
  const Millis lag = now_.wall - ticket.ended_at;
  if (clock_ != ClockState::synced) return;
  auto [it, fresh] = till_lags_.try_emplace(ticket.key.workstation);
  TillLag& held = it->second;
  const bool steady = !fresh && now_.mono - held.at >= kApart && std::chrono::abs(lag - held.lag) <= kSameLag;
  const bool wrong = lag < -kSkew || (lag > kSkew && steady);
  if (fresh || steady || now_.mono - held.at >= kApart) held = {lag, now_.mono, held.told_day};
  const std::int64_t today = day_number(now_.wall);
  if (wrong && held.told_day != today) {
    held.told_day = today;
    alert("clock_skew", ticket, "the till is " + seconds_text(lag) + (lag < Millis{0} ? " ahead" : " behind"));
  }
  if (till_lags_.size() <= kMostLags) return;
  till_lags_.erase(std::min_element(till_lags_.begin(), till_lags_.end(),
                                    [](const auto& a, const auto& b) { return a.second.at < b.second.at; }));
}

void Core::note_number(const TicketKey& key) {
  if (auto numbers = tills_.note(key, now_)) ops_.emplace_back(row::PutTillNumbers{std::move(*numbers)});
}

void Core::tell_gaps() {
  for (auto& gap : tills_.advance(now_)) {
    append(fact::DqAlert{"sequence_gap", gap.numbers.workstation, gap.detail});
    ops_.emplace_back(row::PutTillNumbers{std::move(gap.numbers)});
  }
}

}  // namespace tg
