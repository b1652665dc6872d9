// Core, part "verdict": a person says whose purchase it was (contract §4.2 `match`), and how an attribution changes.
#include <algorithm>

#include "core/core.hpp"
#include "core/matching.hpp"

namespace tg {

void Core::run(const Command& c, const MatchVerdict& body) {
  ask_about({MatchTask::Kind::verdict, body.ticket, {}, c.name, c.id, body, {}});
}

void Core::finish_verdict(const MatchTask& task, const event::TicketFactsLoaded& facts) {
  std::string problem = "unknown ticket";
  if (facts.known) problem = task.verdict.confirmed ? confirm(task, facts) : reject(task, facts);
  ops_.emplace_back(row::PutCommand{task.command, task.reason, now_.wall});
  ack(task.command, task.reason, problem.empty() ? AckStatus::applied : AckStatus::rejected, problem);
}

/// Empty, or why not. Consent is asked here as everywhere: a person's word does not replace the member's.
std::string Core::confirm(const MatchTask& task, const event::TicketFactsLoaded& facts) {
  TicketRecord record = *facts.known;
  if (!task.verdict.member) return "/member: a member is required to confirm";
  if (record.voided || facts.voided_by) return "the ticket is void";
  if (!record.adds_up) return "the ticket does not add up";
  const bool sale = record.status == TicketStatus::final && !record.training && record.type != TicketType::control &&
                    record.type != TicketType::void_;
  if (!sale) return "the ticket is not a purchase";
  if (!facts.member) return "unknown member";
  if (!facts.member->consent.granted(Purpose::attribution, now_.wall))
    return "the member did not consent to attribution";
  Attribution a;
  a.ticket = record.id;
  a.member = facts.member->member;
  a.method = task.verdict.method;
  if (const VisitTrace* trace = match_.history().of(*a.member, record.ended_at)) a.visit = trace->visit;
  if (const MatchCase* c = match_.find(record.id)) a.ropo = ropo_of(c->ticket, *facts.member, facts.items);
  attribute_to(record, std::move(a));
  put_with_returns(record, facts);
  ops_.emplace_back(row::PutVerdict{record.id, *task.verdict.member, false, now_.wall});
  if (match_.find(record.id) == nullptr) {  // so that a withdrawn consent finds it; nothing is learnt from it
    Ticket remembered;
    remembered.key = record.key;
    remembered.type = TicketType::control;
    remembered.ended_at = record.ended_at;
    match_.opened(remembered, {}, std::nullopt, record.attribution, now_.wall);
  }
  return {};
}

std::string Core::reject(const MatchTask& task, const event::TicketFactsLoaded& facts) {
  TicketRecord record = *facts.known;
  const auto& held = record.attribution;
  const bool live = held && !held->retracted && held->member;
  const auto member = task.verdict.member ? task.verdict.member : live ? held->member : std::nullopt;
  if (!member) return "the ticket is attributed to nobody";
  ops_.emplace_back(row::PutVerdict{record.id, *member, true, now_.wall});
  if (live && held->member == *member) {
    retract(record, "rejected");
    put_with_returns(record, facts);
  }
  return {};
}

// --- how an attribution changes --------------------------------------------------------------------------------------

/// A new one, or the next version of the one that the ticket had. The caller writes the record.
void Core::attribute_to(TicketRecord& record, Attribution attribution) {
  const auto& before = record.attribution;
  attribution.id = before ? before->id : AttributionId{new_id()};
  attribution.version = before ? before->version + 1 : 1;
  if (before) {
    append(fact::AttributionRevised{attribution}, attribution.visit);
  } else {
    append(fact::AttributionCreated{attribution}, attribution.visit);
  }
  const bool bought = record.type != TicketType::return_;
  if (attribution.visit && bought) presence_.add_ticket(*attribution.visit, attribution.ticket);
  record.attribution = std::move(attribution);
  match_.given(record.id, record.attribution);
}

void Core::retract(TicketRecord& record, const std::string& reason) {
  auto& held = record.attribution;
  if (!held || held->retracted) return;
  held->retracted = true;
  held->reason = reason;
  ++held->version;
  append(fact::AttributionRetracted{*held}, held->visit);
  match_.given(record.id, record.attribution);
}

/// What was brought back of it belongs to whom it belongs.
void Core::put_with_returns(const TicketRecord& record, const event::TicketFactsLoaded& facts) {
  put_ticket(record);
  for (const auto& later : facts.returned_by) follow(later, record, facts);
}

}  // namespace tg
