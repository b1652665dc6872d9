// Core, part "commands": what central asks for, and consent above all (contract §4.2).
#include "core/core.hpp"

namespace tg {
namespace {
constexpr Millis kSnapshotPatience{30'000};  // contract §4.2: then the missing parts are named
}

void Core::ack(const CommandId& id, const std::string& name, AckStatus status, std::string reason) {
  say(effect::PublishAck{CommandAck{id, name, status, std::move(reason), std::nullopt, {}}});
}

void Core::on(const event::CommandArrived& e) {
  const Command& command = e.command;
  count(effect::Counter::commands);
  const bool data = std::holds_alternative<SnapshotPart>(command.body) || std::holds_alternative<Delta>(command.body);
  const bool bad = std::holds_alternative<BadCommand>(command.body);
  if (!data && !bad) {  // data sets are told apart by revision and part, not by the command's id
    if (!seen_commands_.insert(command.id).second) return ack(command.id, command.name, AckStatus::duplicate);
    // These are remembered when they are done: after a crash in between, the repeated command must do it.
    const bool later =
        std::holds_alternative<EraseRequest>(command.body) || std::holds_alternative<ReplayRequest>(command.body) ||
        std::holds_alternative<MatchVerdict>(command.body) || std::holds_alternative<ConfigPatch>(command.body);
    if (!later) ops_.emplace_back(row::PutCommand{command.id, command.name, now_.wall});
  }
  std::visit([&](const auto& body) { run(command, body); }, command.body);
}

void Core::run(const Command& c, const BadCommand& body) { ack(c.id, c.name, AckStatus::rejected, body.reason); }

void Core::run(const Command& c, const ConfigPatch& body) { now_do(effect::PatchConfig{c.id, c.name, body.patch}); }

/// What was refused may come again with the same id: the disk may have been full.
void Core::on(const event::ConfigPatched& e) {
  if (!e.refused.empty()) {
    seen_commands_.erase(e.command);
    return ack(e.command, e.name, AckStatus::rejected, e.refused);
  }
  ops_.emplace_back(row::PutCommand{e.command, e.name, now_.wall});
  ops_.emplace_back(row::Audit{{now_.wall, "policy", e.command, "patched"}});
  ack(e.command, e.name, AckStatus::applied);
}

void Core::run(const Command& c, const SnapshotPart& body) { now_do(effect::WriteCache{c.id, c.name, body}); }

void Core::run(const Command& c, const Delta& body) { now_do(effect::WriteCache{c.id, c.name, body}); }

void Core::on(const event::CacheWritten& e) {
  const bool consent = e.name == "consent";  // answered when the facts file had it
  if (e.status == AckStatus::applied && !consent) {
    if (e.profiles_replaced || !e.upserted.empty() || !e.removed.empty()) profiles_updated_at_ = now_.wall;
    if (e.profiles_replaced) ask_for_keys();
    for (const auto& keys : e.upserted) put_keys(keys);
    for (const auto& member : e.removed) forget_member(member, EndReason::removed);
    if (!e.upserted.empty()) end_lapsed_consents();
    const std::string revision = e.revision ? ", revision " + std::to_string(*e.revision) : std::string{};
    ops_.emplace_back(row::Audit{{now_.wall, "data", e.command, e.name + revision}});
  }
  if (consent) return;
  CommandAck answer{e.command, e.name, e.status, e.reason, e.revision, {}};
  open_snapshots_.erase(e.name);
  if (!e.missing.empty()) {
    CommandAck later = answer;
    later.missing = e.missing;
    open_snapshots_[e.name] = {std::move(later), now_.mono + kSnapshotPatience};
  }
  const bool names_keys = e.profiles_replaced || !e.upserted.empty();
  if (names_keys && !keys_in_use()) return acks_awaiting_keys_.push_back(std::move(answer));
  say(effect::PublishAck{std::move(answer)});
}

/// Never who is inside, or in the middle of an erasure, which does more.
void Core::on(const event::EvictionDue& e) {
  effect::EvictMembers evict{e.round, {}};
  for (const auto& member : e.members) {
    if (presence_.visit_of(member) != nullptr || being_erased_.contains(member)) continue;
    forget_member(member, EndReason::removed);
    evict.members.push_back(member);
  }
  if (!evict.members.empty()) {
    const std::string count = std::to_string(evict.members.size());
    ops_.emplace_back(row::Audit{{now_.wall, "data", {}, count + " profiles beyond profiles.max_members removed"}});
  }
  now_do(std::move(evict));  // also an empty list: the lane waits for the answer
}

void Core::ask_for_missing_parts() {
  for (auto it = open_snapshots_.begin(); it != open_snapshots_.end();) {
    const bool due = it->second.due <= now_.mono;
    if (due) say(effect::PublishAck{it->second.ack});
    it = due ? open_snapshots_.erase(it) : std::next(it);
  }
}

// --- consent ---------------------------------------------------------------------------------------------------------

/// The newest `at` wins; on a tie, the refusal. A refusal acts before anything is written.
void Core::run(const Command& c, const ConsentChange& body) {
  auto& decisions = decisions_[body.member];
  const auto known = decisions.find(body.purpose);
  const bool refusal = body.record.status != ConsentStatus::granted;
  if (known != decisions.end()) {
    const bool newer = body.record.at > known->second.at || (body.record.at == known->second.at && refusal);
    if (!newer) return ack(c.id, c.name, AckStatus::rejected, "older than the decision held");
  }
  decide(body, c.id, c.name);
  ack(c.id, c.name, AckStatus::applied);
}

void Core::decide(const ConsentChange& change, const CommandId& id, const std::string& name) {
  decisions_[change.member][change.purpose] = change.record;
  if (change.record.status != ConsentStatus::granted) apply_refusal(change.member, change.purpose);
  if (change.purpose == Purpose::attribution) consent_to_attribution(change);
  settle();
  ops_.emplace_back(row::PutConsent{change});
  append(fact::ConsentApplied{change, id});
  now_do(effect::WriteCache{id, name, change});
}

void Core::apply_refusal(const MemberId& member, Purpose purpose) {
  if (purpose == Purpose::recognition) {
    forget_member(member, EndReason::consent);
    settle();
    return match_.history().forget(member);
  }
  if (const Visit* visit = presence_.visit_of(member)) suggestions_.consent_lost(visit->id, purpose);
}

/// Out of recognition from this instant; an open visit ends.
void Core::forget_member(const MemberId& member, EndReason reason) {
  identity_.remove(member);
  presence_.withdraw(member, reason, now_);
}

/// What was decided here is laid over what the cache says, per purpose, by the same rule as between two decisions.
void Core::overlay(Profile& profile) const {
  const auto decided = decisions_.find(profile.member);
  if (decided == decisions_.end()) return;
  for (const auto& [purpose, record] : decided->second) {
    auto& held = profile.consent.at(purpose);
    const bool refusal = record.status != ConsentStatus::granted;
    if (!held || record.at > held->at || (record.at == held->at && refusal)) held = record;
  }
}

// --- erasure ---------------------------------------------------------------------------------------------------------

/// In the order visit, card, key, memory, cache, facts; `erase.completed` and the answer follow when all of it is true.
void Core::run(const Command& c, const EraseRequest& body) {
  forget_member(body.member, EndReason::erased);
  settle();
  match_.forget(body.member);
  decisions_.erase(body.member);
  being_erased_.insert(body.member);
  for (auto& [request, pending] : pending_tickets_) pending.erased.insert(body.member);
  for (auto& [request, task] : match_tasks_) task.erased.insert(body.member);
  now_do(effect::ForgetMember{c.id, c.name, body.request_id, body.member});
}

/// What the closing wrote is in the facts file by now, so that its rows are made anonymous as well.
void Core::on(const event::MemberForgotten& e) {
  being_erased_.erase(e.member);
  now_do(effect::EraseRows{e.command, e.name, e.request_id, e.member});
}

void Core::on(const event::RowsErased& e) {
  ops_.emplace_back(row::PutCommand{e.command, e.name, now_.wall});
  std::vector<Drop> drops;
  for (const Sequence s : e.dropped) drops.push_back({s, DeliveryClass::perishable, DropReason::erased});
  bury(drops);
  append(fact::EraseCompleted{e.request_id, e.tables, e.command});
  ack(e.command, e.name, AckStatus::applied);
}

void Core::on(const event::ForgetAsked& e) {
  run(Command{e.command, "erase", {}}, EraseRequest{e.command.value, e.member});
}

}  // namespace tg
