// Core, part "matching": what the matcher is told, and what becomes of what it says (decisions/0021).
#include <algorithm>

#include "core/core.hpp"
#include "core/matching.hpp"

namespace tg {
namespace {

bool is_live(const std::optional<Attribution>& attribution) { return attribution && !attribution->retracted; }

std::int32_t permille(double p) { return static_cast<std::int32_t>(p * 1'000 + 0.5); }

/// What the evidence says, as an attribution without id, version and ropo.
Attribution proposal_of(const TicketId& ticket, const Judgement& judged) {
  const Evidence& best = *judged.best;
  Attribution a;
  a.ticket = ticket;
  a.visit = best.trace->visit;
  a.member = best.trace->member;
  a.cls = judged.cls == MatchClass::probable ? AttributionClass::probable : AttributionClass::possible;
  a.method = best.method();
  a.p_permille = permille(best.p);
  a.candidates = judged.candidates;
  if (best.item != nullptr) a.suggestion = best.item->suggestion;
  a.evidence = best.names();
  a.model = kMatchModel;
  return a;
}

/// Why an inferred attribution must not stand.
std::string why_gone(Refusal refusal) {
  return refusal == Refusal::none ? "evidence" : kRefusalWords.at(static_cast<std::size_t>(refusal));
}

}  // namespace

// --- what the matcher is told ----------------------------------------------------------------------------------------

void Core::trace(std::string_view member, std::uint16_t receiver, RssiDbm rssi) {
  if (const ZoneId* zone = presence_.zone_of(member)) match_.history().heard(member, *zone, receiver, rssi, now_.wall);
}

/// What she looked for online is read once, at the door; whether she may be matched is asked again when it matters.
void Core::follow_visit(const Visit& visit) {
  if (match_.history().find(visit.id) != nullptr) return;
  match_.history().opened(visit);
  if (dossiers_asked_.insert(visit.id).second) now_do(effect::LoadDossier{visit.id, *visit.member});
}

void Core::follow_profile(const event::DossierLoaded& e) {
  if (!e.dossier || being_erased_.contains(e.dossier->profile.member)) return;
  Profile profile = e.dossier->profile;
  overlay(profile);
  match_.history().learn_profile(e.visit, profile, profile.consent.granted(Purpose::attribution, now_.wall));
}

void Core::follow_card(const VisitId& visit, const FactData& data) {
  if (const auto* created = std::get_if<fact::SuggestionCreated>(&data)) {
    for (const auto& s : created->items) {
      match_.history().tie(visit, {s.item.variant, s.item.style, ItemTie::suggested, created->suggestion, false});
    }
  } else if (const auto* outcome = std::get_if<fact::SuggestionOutcome>(&data)) {
    if (outcome->reason == "ticket") return;  // what a number said must not come back as evidence
    const bool tried = outcome->outcome == Outcome::tried || outcome->outcome == Outcome::sold;
    if (tried) match_.history().tie(visit, {outcome->variant, {}, ItemTie::tried, outcome->suggestion, false});
    if (outcome->outcome != Outcome::sold) return;
    match_.history().sold(visit, outcome->variant);
    match_.hurry(visit, now_.wall);
  } else if (std::holds_alternative<fact::IdentityUnlinked>(data)) {
    match_.history().unlink(visit);
    for (const auto& ticket : match_.given_to(visit)) {
      ask_about({MatchTask::Kind::retract, ticket, {}, "not_this_customer", {}, {}, {}});
    }
  }
}

void Core::follow_ticket(const Ticket& ticket, const event::TicketFactsLoaded& facts, const TicketRecord& record) {
  if (record.voided || facts.voided_by) return;
  std::optional<MemberId> truth;
  if (ticket.loyalty && facts.holder) {
    Profile holder = *facts.holder;
    overlay(holder);
    if (holder.consent.granted(Purpose::attribution, now_.wall)) truth = holder.member;
  }
  match_.opened(ticket, facts.items, truth, record.attribution, now_.wall);
}

void Core::consent_to_attribution(const ConsentChange& change) {
  const bool granted = change.record.status == ConsentStatus::granted;
  match_.history().consent(change.member, granted);
  const Visit* visit = presence_.visit_of(change.member);
  if (granted && visit != nullptr && dossiers_asked_.insert(visit->id).second)
    now_do(effect::LoadDossier{visit->id, change.member});
  if (granted) return;
  for (const auto& ticket : match_.given_to(change.member)) {
    ask_about({MatchTask::Kind::retract, ticket, {}, "consent", {}, {}, {}});
  }
}

// --- deciding --------------------------------------------------------------------------------------------------------

void Core::decide_due_matches() {
  for (const auto& ticket : match_.take_due(now_.wall)) {
    if (const MatchCase* c = match_.find(ticket)) decide_match(*c);
  }
}

/// The first look publishes only what is probable; the last one whatever is left, and takes back what was wrong.
void Core::decide_match(const MatchCase& c) {
  const TicketId ticket = ticket_id(c.ticket.key);
  const Judgement judged = match_.judge(c, now_.wall);
  const bool last = c.stage == CaseStage::closed;
  std::optional<Attribution> proposal;
  const bool allowed = judged.refusal == Refusal::none && !c.has_number;
  const bool enough = judged.cls == MatchClass::probable || (last && judged.cls == MatchClass::possible);
  if (allowed && enough) proposal = proposal_of(ticket, judged);
  const bool over = !proposal && c.given && !c.certain && (last || judged.refusal != Refusal::none);
  if (last) match_.learn(c, judged, now_.wall);
  if (proposal && !c.certain) {
    ask_about({MatchTask::Kind::decide, ticket, std::move(proposal), {}, {}, {}, {}});
  } else if (over) {
    ask_about({MatchTask::Kind::retract, ticket, {}, why_gone(judged.refusal), {}, {}, {}});
  }
}

/// In the queue of its ticket: what a till or a command writes about it meanwhile is seen, and seen by them.
void Core::ask_about(MatchTask task) {
  const std::uint64_t request = ++ticket_requests_;
  const bool at_once = turns_.join(request, {task.ticket});
  match_tasks_[request] = std::move(task);
  if (at_once) load_ticket_facts(request);
}

void Core::load_match_facts(std::uint64_t request, const MatchTask& task) {
  effect::LoadTicketFacts load;
  load.request = request;
  load.id = task.ticket;
  if (const MatchCase* c = match_.find(task.ticket)) {
    load.key = c->ticket.key;
    for (const auto& line : c->ticket.lines) load.skus.push_back(line.sku);
  }
  load.member = task.kind == MatchTask::Kind::verdict ? task.verdict.member
                : task.proposal                       ? task.proposal->member
                                                      : std::nullopt;
  now_do(std::move(load));
}

void Core::finish_task(const MatchTask& task, event::TicketFactsLoaded& facts) {
  if (facts.member) overlay(*facts.member);
  if (task.kind == MatchTask::Kind::verdict) {
    finish_verdict(task, facts);
  } else if (facts.known) {
    finish_decision(task, facts);
  }
}

/// The gates: the ticket stands, a number or a person has not said more, the member still consents.
void Core::finish_decision(const MatchTask& task, const event::TicketFactsLoaded& facts) {
  TicketRecord record = *facts.known;
  const auto& before = record.attribution;
  const bool certain = is_live(before) && before->cls == AttributionClass::certain;
  const bool by_consent = task.reason == "consent";
  if (record.voided || facts.voided_by || (certain && !by_consent)) return;
  const auto take_back = [&](const std::string& reason) {
    if (!is_live(before)) return;
    retract(record, reason);
    put_with_returns(record, facts);
  };
  if (task.kind == MatchTask::Kind::retract) return take_back(task.reason);
  const auto& member = facts.member;
  const bool rejected =
      std::find(facts.rejected.begin(), facts.rejected.end(), *task.proposal->member) != facts.rejected.end();
  if (rejected) return take_back("rejected");
  if (!member || !member->consent.granted(Purpose::attribution, now_.wall)) return take_back("consent");
  const bool same = is_live(before) && before->member == task.proposal->member && before->cls == task.proposal->cls;
  if (same) return;
  Attribution a = *task.proposal;
  if (const MatchCase* c = match_.find(task.ticket)) a.ropo = ropo_of(c->ticket, *member, facts.items);
  attribute_to(record, std::move(a));
  put_with_returns(record, facts);
}

// --- memory ----------------------------------------------------------------------------------------------------------

void Core::write_match() {
  auto changes = match_.take_changes(now_.wall);
  for (auto& trace : changes.traces.put) ops_.emplace_back(row::PutTrace{std::move(trace)});
  for (auto& visit : changes.traces.drop) ops_.emplace_back(row::DropTrace{std::move(visit)});
  for (auto& [ticket, purchase] : changes.put) ops_.emplace_back(row::PutCase{ticket, std::move(purchase)});
  for (auto& ticket : changes.drop) ops_.emplace_back(row::DropCase{std::move(ticket)});
  if (changes.learnt) ops_.emplace_back(row::PutLearning{*changes.learnt});
  if (!changes.goods.empty()) ops_.emplace_back(row::PutGoods{std::move(changes.goods)});
}

}  // namespace tg
