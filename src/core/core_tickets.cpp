// Core, part "tickets": one key at a time from arrival to answer (contract §6).
#include <algorithm>

#include "core/core.hpp"
#include "core/matching.hpp"
#include "core/model/figure_names.hpp"
#include "core/ticket_life.hpp"

namespace tg {
namespace {

constexpr std::size_t kTrainingRemembered = 1'024;

/// The tickets that this one is about: two that share one are never decided side by side.
std::vector<TicketId> subjects_of(const Ticket& ticket) {
  std::vector<TicketId> ids{ticket_id(ticket.key)};
  for (const auto* link : {&ticket.voids, &ticket.returns, &ticket.resumes}) {
    if (*link) ids.push_back(ticket_id(**link));
  }
  return ids;
}

std::vector<TicketRecord*> records_in(event::TicketFactsLoaded& facts) {
  std::vector<TicketRecord*> out;
  for (auto* one : {&facts.known, &facts.voided_by, &facts.target, &facts.original, &facts.resumed}) {
    if (*one) out.push_back(&**one);
  }
  for (auto* many : {&facts.siblings, &facts.returned_by}) {
    for (auto& record : *many) out.push_back(&record);
  }
  return out;
}

/// What the files said before these members were erased.
void leave_out(const std::set<MemberId>& erased, event::TicketFactsLoaded& facts) {
  if (erased.empty()) return;
  if (facts.holder && erased.contains(facts.holder->member)) facts.holder.reset();
  if (facts.member && erased.contains(facts.member->member)) facts.member.reset();
  std::erase_if(facts.members, [&](const Profile& profile) { return erased.contains(profile.member); });
  for (TicketRecord* record : records_in(facts)) {
    if (record->named && erased.contains(record->named->member)) record->named.reset();
    if (!record->attribution) continue;
    auto& member = record->attribution->member;
    if (member && erased.contains(*member)) member.reset();
  }
}

Seconds lateness(const Ticket& ticket, WallTime received_at) {
  return std::chrono::duration_cast<Seconds>(std::max(Millis{0}, received_at - ticket.ended_at));
}

}  // namespace

void Core::on(const event::TicketArrived& e) {
  if (e.ticket.training) return answer_training(e);
  const std::uint64_t request = ++ticket_requests_;
  pending_tickets_[request] = {e.token, e.index, e.ticket, now_.wall, being_erased_};
  if (turns_.join(request, subjects_of(e.ticket))) load_ticket_facts(request);
}

void Core::on(const event::BodyRefused& e) { append(fact::DqAlert{"dialect_error", e.workstation, e.cause}); }

/// Nothing is kept of it but that its number was used; that it came before is known for a while, in memory.
void Core::answer_training(const event::TicketArrived& e) {
  note_number(e.ticket.key);
  TicketAnswer answer{ticket_id(e.ticket.key), TicketVerdict::accepted, {}};
  if (std::find(training_.begin(), training_.end(), e.ticket.content) != training_.end()) {
    answer.verdict = TicketVerdict::duplicate;
    count(effect::Counter::tickets_duplicate);
  } else {
    count(effect::Counter::tickets_training);
    training_.push_back(e.ticket.content);
    if (training_.size() > kTrainingRemembered) training_.pop_front();
  }
  if (e.token != 0) say(effect::AnswerTicket{e.token, e.index, answer});
}

void Core::load_ticket_facts(std::uint64_t request) {
  turns_.asked(request);
  const auto task = match_tasks_.find(request);
  if (task != match_tasks_.end()) return load_match_facts(request, task->second);
  now_do(question_of(pending_tickets_.at(request).ticket, request));
}

void Core::on(const event::TicketFactsLoaded& e) {
  const auto it = pending_tickets_.find(e.request);
  const auto task = match_tasks_.find(e.request);
  if (it == pending_tickets_.end() && task == match_tasks_.end()) return;
  event::TicketFactsLoaded facts = e;
  auto concerned = task == match_tasks_.end() ? subjects_of(it->second.ticket) : std::vector{task->second.ticket};
  for (const TicketRecord* record : records_in(facts)) concerned.push_back(record->id);
  if (turns_.is_stale(e.request, concerned)) {
    commit();  // the facts lane keeps the order: asked again, the files know what was written meanwhile
    return load_ticket_facts(e.request);
  }
  if (task == match_tasks_.end()) {
    leave_out(it->second.erased, facts);
    finish_ticket(pending_tickets_.extract(it).mapped(), facts);
  } else {
    leave_out(task->second.erased, facts);
    finish_task(match_tasks_.extract(task).mapped(), facts);
  }
  for (const std::uint64_t next : turns_.leave(e.request)) {
    commit();
    load_ticket_facts(next);
  }
}

void Core::finish_ticket(PendingTicket pending, const event::TicketFactsLoaded& facts) {
  note_number(pending.ticket.key);
  const TicketVerdict verdict = judge(pending.ticket, facts.known);
  TicketAnswer answer{ticket_id(pending.ticket.key), verdict, {}};
  switch (verdict) {
    case TicketVerdict::duplicate:
      count(effect::Counter::tickets_duplicate);
      figures_.count(std::string(figure::kDuplicate), now_.wall);
      break;
    case TicketVerdict::quarantined:
      answer.reason = refuse_content(pending.ticket, *facts.known);
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

/// An older revision that comes late is no contradiction: the newer one stands and nobody need look at it.
std::string Core::refuse_content(const Ticket& ticket, const TicketRecord& known) {
  count(effect::Counter::tickets_quarantined);
  if (ticket.revision < known.revision) return "an older revision; the newer one stands";
  alert("conflict", ticket, "other content under the same key without a higher revision");
  return "conflict: other content without a higher revision; the first one stands";
}

void Core::record_ticket(PendingTicket& pending, const event::TicketFactsLoaded& facts, TicketVerdict verdict) {
  Ticket& ticket = pending.ticket;
  const std::int64_t unknown = complete_lines(ticket, facts);
  TicketRecord record = record_of(ticket, pending.received_at);
  if (facts.known) {
    record.attribution = facts.known->attribution;
    record.voided = facts.known->voided;
    record.counted = facts.known->counted;
  }
  if (facts.resumed) supersede(*facts.resumed);
  if (!is_recorded(ticket)) return keep_silent(record, facts);
  const bool heard = verdict == TicketVerdict::revised && was_recorded(*facts.known);
  const Seconds late = lateness(ticket, pending.received_at);
  Buyer buyer;
  if (facts.holder && !facts.voided_by && !record.voided && may_be_attributed(ticket, late)) {
    buyer = buyer_of(ticket, *facts.holder, pending.received_at);
  }
  const auto correlation = buyer.visit != nullptr ? std::optional{buyer.visit->id} : std::nullopt;
  if (heard) {
    append(fact::TicketRevised{record.id, ticket, late, unknown}, correlation);
  } else {
    append(fact::TicketRecorded{record.id, ticket, late, unknown}, correlation);
  }
  check_ticket(ticket, record, facts);
  record.sums = sums_of(ticket, facts, buyer, late);
  if (buyer.profile && ticket.type != TicketType::return_) record.attribution = attribute(ticket, buyer, facts);
  attribute_return(record, ticket, buyer, facts);
  if (facts.voided_by && !(heard && record.voided)) return void_ticket(record, facts.voided_by->key, facts);
  put_ticket(record);
  follow_ticket(ticket, facts, record);
  for (const auto& later : facts.returned_by) follow(later, record, facts);
}

/// Control, suspended, cancelled: known again and told to nobody. What central has heard of is taken back.
void Core::keep_silent(TicketRecord record, const event::TicketFactsLoaded& facts) {
  if (record.status == TicketStatus::cancelled) count(effect::Counter::tickets_cancelled);
  record.superseded = record.status == TicketStatus::suspended && facts.resumed_later;
  if (facts.known && was_recorded(*facts.known) && !record.voided) return void_ticket(record, record.key, facts);
  if (facts.voided_by) record.voided = true;
  put_ticket(record);
}

/// A void is a fact about another ticket; it waits in the file until that one is known (contract §4.1).
void Core::record_void(const PendingTicket& pending, const event::TicketFactsLoaded& facts) {
  put_ticket(record_of(pending.ticket, pending.received_at));
  if (!pending.ticket.voids) alert("void_without_link", pending.ticket, "a void that names no ticket");
  if (facts.target && !facts.target->voided) void_ticket(*facts.target, pending.ticket.key, facts);
}

void Core::void_ticket(TicketRecord target, const TicketKey& by, const event::TicketFactsLoaded& facts) {
  target.voided = true;
  const bool heard = was_recorded(target) || by == target.key;
  if (heard) {
    const auto correlation = target.attribution ? target.attribution->visit : std::nullopt;
    append(fact::TicketVoided{target.id, target.key, by}, correlation);
  }
  match_.voided(target.id);
  if (target.attribution && !target.attribution->retracted) {
    not_bought_after_all(target);
    retract(target, "voided");
  }
  put_ticket(target);
  for (const auto& later : facts.returned_by) follow(later, target, facts);
}

void Core::put_ticket(const TicketRecord& record) {
  ops_.emplace_back(row::PutTicket{record});
  turns_.wrote(record.id);
}

void Core::alert(const std::string& code, const Ticket& ticket, const std::string& detail) {
  append(fact::DqAlert{code, ticket.key.workstation, detail});
}

}  // namespace tg
