#include "core/ticket_life.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "core/matching.hpp"

namespace tg {
namespace {

constexpr std::size_t kMostWritten = 4'096;  // ids remembered before the old ones are looked for

const CatalogItem* item_of(const TicketLine& line, const std::vector<CatalogItem>& items) {
  const auto named = [&](const CatalogItem& item) {
    return (!line.sku.empty() && line.sku == item.variant) || (!line.gtin.empty() && line.gtin == item.gtin);
  };
  const auto it = std::find_if(items.begin(), items.end(), named);
  return it == items.end() ? nullptr : &*it;
}

/// By which a return and its sale mean the same product.
const std::string& product_of(const StoredLine& line) { return line.sku.empty() ? line.gtin : line.sku; }

/// Tills that have no word for it write a negative sale.
LineKind kind_of(const Ticket& ticket, const TicketLine& line) {
  const bool back = line.kind == LineKind::sale && (line.qty_milli < 0 || ticket.type == TicketType::return_);
  return back ? LineKind::return_ : line.kind;
}

bool is_product(const TicketLine& line) {
  return (line.kind == LineKind::sale || line.kind == LineKind::return_) && (!line.sku.empty() || !line.gtin.empty());
}

}  // namespace

TicketRecord record_of(const Ticket& ticket, WallTime received_at) {
  TicketRecord r;
  r.id = ticket_id(ticket.key);
  r.key = ticket.key;
  r.revision = ticket.revision;
  r.type = ticket.type;
  r.status = ticket.status;
  r.training = ticket.training;
  r.employee = ticket.employee;
  r.content = ticket.content;
  r.begun_at = ticket.begun_at;
  r.ended_at = ticket.ended_at;
  r.received_at = received_at;
  r.total_minor = ticket.total_minor;
  r.currency = ticket.currency;
  r.adds_up = ticket.adds_up();
  r.loyalty_present = ticket.loyalty.has_value();
  r.time_quality = ticket.time_quality;
  r.channel = ticket.channel;
  r.voids = ticket.voids;
  r.returns = ticket.returns;
  r.resumes = ticket.resumes;
  if (!is_recorded(ticket)) return r;
  for (const auto& l : ticket.lines) {
    r.lines.push_back(
        {kind_of(ticket, l), l.sku, l.gtin, l.style, l.department, l.qty_milli, l.net_minor, l.discount_minor});
  }
  return r;
}

bool was_recorded(const TicketRecord& known) {
  return !known.training && known.status == TicketStatus::final && known.type != TicketType::control &&
         known.type != TicketType::void_;
}

bool may_be_attributed(const TicketRecord& r) {
  return was_recorded(r) && !r.voided && r.adds_up && !r.employee && r.received_at - r.ended_at <= kLateLimit;
}

bool brings_back(const TicketRecord& r) {
  return was_recorded(r) && (r.type == TicketType::return_ || r.type == TicketType::exchange) && r.returns &&
         r.returns->store == r.key.store;
}

effect::LoadTicketFacts question_of(const Ticket& ticket, std::uint64_t request) {
  effect::LoadTicketFacts load;
  load.request = request;
  load.id = ticket_id(ticket.key);
  load.key = ticket.key;
  if (ticket.voids) load.voids = ticket_id(*ticket.voids);
  if (ticket.returns) load.returns = ticket_id(*ticket.returns);
  if (ticket.resumes) load.resumes = ticket_id(*ticket.resumes);
  if (ticket.loyalty) load.loyalty = ticket.loyalty->id;
  load.collect = ticket.collect_order;
  for (const auto& line : ticket.lines) {
    if (!line.sku.empty()) load.skus.push_back(line.sku);
    if (!line.gtin.empty()) load.gtins.push_back(line.gtin);
  }
  return load;
}

std::vector<MemberId> members_named(const event::TicketFactsLoaded& facts) {
  std::set<MemberId> members;
  if (const auto claim = claim_of(facts.original)) members.insert(claim->member);
  for (const auto& later : facts.returned_by) {
    if (later.named) members.insert(later.named->member);
  }
  return {members.begin(), members.end()};
}

std::int64_t complete_lines(Ticket& ticket, const event::TicketFactsLoaded& facts) {
  std::set<std::string> unknown;
  for (auto& line : ticket.lines) {
    line.gtin_valid = line.gtin.empty() || is_gtin(line.gtin);
    const CatalogItem* item = item_of(line, facts.items);
    if (item == nullptr) {
      if (facts.catalogue && is_product(line)) unknown.insert(line.sku.empty() ? line.gtin : line.sku);
      continue;
    }
    if (line.sku.empty()) line.sku = item->variant;
    line.style = item->style;
    line.size = item->size.value_or("");
    if (line.department.empty()) line.department = item->department;
  }
  return static_cast<std::int64_t>(unknown.size());
}

bool is_gtin(std::string_view text) {
  constexpr std::size_t kDigits = 14;
  const bool length = text.size() == 8 || (text.size() >= 12 && text.size() <= kDigits);
  if (!length || text.find_first_not_of("0123456789") != std::string_view::npos) return false;
  std::array<int, kDigits> digits{};
  std::transform(text.begin(), text.end(), digits.end() - static_cast<std::ptrdiff_t>(text.size()),
                 [](char c) { return c - '0'; });
  int sum = 0;
  for (std::size_t i = 0; i < kDigits; ++i) sum += digits[i] * (i % 2 == 0 ? 3 : 1);
  const bool of_a_shop = digits[1] == 2 || (digits[1] == 0 && (digits[2] == 2 || digits[2] == 4));
  return sum % 10 == 0 && (text.size() == 8 ? digits[6] != 0 && digits[6] != 2 : !of_a_shop);
}

std::int64_t over_returned(const TicketRecord& original, const std::vector<TicketRecord>& returns) {
  std::map<std::string, MilliQuantity> left;
  for (const auto& line : original.lines) {
    if (line.kind == LineKind::sale) left[product_of(line)] += line.qty_milli;
  }
  for (const auto& other : returns) {
    if (other.voided || !brings_back(other)) continue;
    for (const auto& line : other.lines) {
      if (line.kind == LineKind::return_) left[product_of(line)] -= std::abs(line.qty_milli);
    }
  }
  return std::count_if(left.begin(), left.end(), [](const auto& entry) { return entry.second < 0; });
}

std::optional<Claim> claim_of(const std::optional<TicketRecord>& original) {
  if (!original || original->type == TicketType::return_ || original->voided || !original->attribution)
    return std::nullopt;
  const Attribution& a = *original->attribution;
  if (a.retracted || !a.member || a.method == kReturnedTicket) return std::nullopt;  // one step, never a chain
  return Claim{*a.member, a.cls, kReturnedTicket, a.p_permille, std::nullopt};
}

std::optional<Claim> claim_of(const std::optional<NamedBuyer>& named) {
  if (!named || named->member.empty()) return std::nullopt;
  return Claim{named->member, AttributionClass::certain, "loyalty_id", named->p_permille, named->visit};
}

// --- turns -----------------------------------------------------------------------------------------------------------

bool TicketTurns::join(std::uint64_t request, std::vector<TicketId> ids) {
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  for (const auto& id : ids) queues_[id].push_back(request);
  waiting_[request] = std::move(ids);
  return has_turn(request);
}

bool TicketTurns::has_turn(std::uint64_t request) const {
  const auto& ids = waiting_.at(request);
  return std::all_of(ids.begin(), ids.end(), [&](const TicketId& id) { return queues_.at(id).front() == request; });
}

std::vector<std::uint64_t> TicketTurns::leave(std::uint64_t request) {
  std::set<std::uint64_t> next;
  const auto ids = std::move(waiting_.extract(request).mapped());
  for (const auto& id : ids) {
    const auto queue = queues_.find(id);
    queue->second.pop_front();
    if (queue->second.empty()) {
      queues_.erase(queue);
    } else {
      next.insert(queue->second.front());
    }
  }
  asked_.erase(request);
  if (waiting_.empty()) {
    written_.clear();
  } else if (written_.size() > kMostWritten && !asked_.empty()) {
    const auto oldest = std::min_element(asked_.begin(), asked_.end(), [](const auto& a, const auto& b) {
                          return a.second < b.second;
                        })->second;
    std::erase_if(written_, [&](const auto& entry) { return entry.second < oldest; });
  }
  std::vector<std::uint64_t> ready;
  std::copy_if(next.begin(), next.end(), std::back_inserter(ready), [&](auto other) { return has_turn(other); });
  return ready;
}

bool TicketTurns::is_stale(std::uint64_t request, const std::vector<TicketId>& ids) const {
  const auto since = asked_.find(request);
  return since != asked_.end() && std::any_of(ids.begin(), ids.end(), [&](const TicketId& id) {
           const auto it = written_.find(id);
           return it != written_.end() && it->second > since->second;
         });
}

}  // namespace tg
