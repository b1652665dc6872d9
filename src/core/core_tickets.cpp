// Core, part "tickets": one key at a time from arrival to answer (contract §6).
#include <algorithm>
#include <set>

#include "core/core.hpp"
#include "core/matching.hpp"

namespace tg {
namespace {

TicketRecord record_of(const Ticket& ticket, WallTime received_at) {
  TicketRecord r;
  r.id = ticket_id(ticket.key);
  r.key = ticket.key;
  r.revision = ticket.revision;
  r.type = ticket.type;
  r.status = ticket.status;
  r.training = ticket.training;
  r.content = ticket.content;
  r.ended_at = ticket.ended_at;
  r.received_at = received_at;
  r.total_minor = ticket.total_minor;
  r.currency = ticket.currency;
  r.adds_up = ticket.adds_up();
  r.loyalty_present = ticket.loyalty.has_value();
  return r;
}

/// The ticket that this one is about: a void and its original must not be decided side by side.
TicketId subject_of(const Ticket& ticket) { return ticket_id(ticket.voids.value_or(ticket.key)); }

/// Central has heard of it already.
bool was_recorded(const TicketRecord& known) {
  return !known.training && known.status == TicketStatus::final && known.type != TicketType::control &&
         known.type != TicketType::void_;
}

/// What the files said before these members were erased.
event::TicketFactsLoaded without(const std::set<MemberId>& erased, event::TicketFactsLoaded facts) {
  if (facts.holder && erased.contains(facts.holder->member)) facts.holder.reset();
  for (auto* record : {&facts.known, &facts.voided_by, &facts.target}) {
    if (!*record || !(*record)->attribution) continue;
    auto& member = (*record)->attribution->member;
    if (member && erased.contains(*member)) member.reset();
  }
  return facts;
}

Seconds lateness(const Ticket& ticket, WallTime received_at) {
  return std::chrono::duration_cast<Seconds>(std::max(Millis{0}, received_at - ticket.ended_at));
}

}  // namespace

void Core::on(const event::TicketArrived& e) {
  const std::uint64_t request = ++ticket_requests_;
  pending_tickets_[request] = {e.token, e.index, e.ticket, now_.wall, {}};
  auto& queue = ticket_queue_[subject_of(e.ticket)];
  queue.push_back(request);
  if (queue.size() == 1) load_ticket_facts(request);
}

void Core::on(const event::BodyRefused& e) { append(fact::DqAlert{"dialect_error", e.workstation, e.cause}); }

void Core::load_ticket_facts(std::uint64_t request) {
  const Ticket& ticket = pending_tickets_.at(request).ticket;
  effect::LoadTicketFacts load;
  load.request = request;
  load.id = ticket_id(ticket.key);
  load.key = ticket.key;
  if (ticket.voids) load.voids = ticket_id(*ticket.voids);
  if (ticket.loyalty) load.loyalty = ticket.loyalty->id;
  for (const auto& line : ticket.lines) {
    if (!line.sku.empty()) load.skus.push_back(line.sku);
    if (!line.gtin.empty()) load.gtins.push_back(line.gtin);
  }
  now_do(std::move(load));
}

void Core::on(const event::TicketFactsLoaded& e) {
  const auto it = pending_tickets_.find(e.request);
  if (it == pending_tickets_.end()) return;
  const PendingTicket pending = std::move(it->second);
  pending_tickets_.erase(it);
  finish_ticket(pending, pending.erased.empty() ? e : without(pending.erased, e));
  const auto queue = ticket_queue_.find(subject_of(pending.ticket));
  queue->second.pop_front();
  if (queue->second.empty()) {
    ticket_queue_.erase(queue);
  } else {
    commit();  // the facts lane keeps the order: the next one about this ticket must see what this one wrote
    load_ticket_facts(queue->second.front());
  }
}

void Core::finish_ticket(const PendingTicket& pending, const event::TicketFactsLoaded& facts) {
  const TicketVerdict verdict = judge(pending.ticket, facts.known);
  TicketAnswer answer{ticket_id(pending.ticket.key), verdict, {}};
  switch (verdict) {
    case TicketVerdict::duplicate:
      count(effect::Counter::tickets_duplicate);
      break;
    case TicketVerdict::quarantined:
      answer.reason = "conflict: other content without a higher revision; the first one stands";
      count(effect::Counter::tickets_quarantined);
      alert("conflict", pending.ticket, "other content under the same key without a higher revision");
      break;
    case TicketVerdict::accepted:
    case TicketVerdict::revised:
      count(effect::Counter::tickets);
      if (is_void(pending.ticket)) {
        record_void(pending, facts);
      } else {
        record_ticket(pending, facts, verdict);
      }
  }
  if (pending.token != 0) say(effect::AnswerTicket{pending.token, pending.index, answer});
}

void Core::record_ticket(const PendingTicket& pending, const event::TicketFactsLoaded& facts, TicketVerdict verdict) {
  const Ticket& ticket = pending.ticket;
  TicketRecord record = record_of(ticket, pending.received_at);
  if (facts.known) {
    record.attribution = facts.known->attribution;
    record.voided = facts.known->voided;
  }
  if (!is_recorded(ticket)) {
    ops_.emplace_back(row::PutTicket{record, std::nullopt});
    return;
  }
  const Seconds late = lateness(ticket, pending.received_at);
  Buyer buyer;
  if (facts.holder && !facts.voided_by && may_be_attributed(ticket, late)) {
    buyer = buyer_of(ticket, *facts.holder, pending.received_at);
  }
  const auto correlation = buyer.visit != nullptr ? std::optional{buyer.visit->id} : std::nullopt;
  if (verdict == TicketVerdict::revised && was_recorded(*facts.known)) {
    append(fact::TicketRevised{record.id, ticket, late}, correlation);
  } else {
    append(fact::TicketRecorded{record.id, ticket, late}, correlation);
  }
  if (!record.adds_up) alert("totals_mismatch", ticket, "total, lines and tenders do not agree");
  if (!policy_.workstations.empty() && !policy_.workstations.contains(ticket.key.workstation)) {
    alert("unlisted_workstation", ticket, "the workstation is not in pos.workstations");
  }
  if (buyer.profile) record.attribution = attribute(ticket, buyer, facts);
  ops_.emplace_back(row::PutTicket{record, std::nullopt});
  if (facts.voided_by && !record.voided) void_ticket(record, facts.voided_by->key);
}

/// A void is a fact about another ticket; it waits in the file until that one is known (contract §4.1).
void Core::record_void(const PendingTicket& pending, const event::TicketFactsLoaded& facts) {
  ops_.emplace_back(row::PutTicket{record_of(pending.ticket, pending.received_at), pending.ticket.voids});
  if (facts.target && !facts.target->voided) void_ticket(*facts.target, pending.ticket.key);
}

void Core::void_ticket(TicketRecord target, const TicketKey& by) {
  target.voided = true;
  append(fact::TicketVoided{target.id, target.key, by}, target.attribution ? target.attribution->visit : std::nullopt);
  if (target.attribution && !target.attribution->retracted) {
    target.attribution->retracted = true;
    ++target.attribution->version;
    append(fact::AttributionRetracted{*target.attribution}, target.attribution->visit);
  }
  ops_.emplace_back(row::PutTicket{target, std::nullopt});
}

void Core::alert(const std::string& code, const Ticket& ticket, const std::string& detail) {
  append(fact::DqAlert{code, ticket.key.workstation, detail});
}

}  // namespace tg
