#include "core/core.hpp"

#include <algorithm>

#include "base/crypto.hpp"

namespace tg {
namespace {
constexpr Millis kPurgeEvery{3'600'000};
constexpr Millis kSteady{60'000};                    // since it was set: its state may be news that is still under way
constexpr Millis kSteadyUnconfirmed{6 * 3'600'000};  // before anything may seem old by a clock that nobody confirms
constexpr Millis kClockStep{5'000};                  // less is drift and slewing
}  // namespace

Core::Core(Policy policy)
    : policy_(std::move(policy)),
      presence_(policy_, [this](Visit& visit) { name_visit(visit); }),
      suggestions_(policy_, [this] { return new_id(); }),
      match_(policy_),
      figures_(policy_) {}

void Core::step(const Event& event, Stamp now, Effects& effects) {
  now_ = now;
  effects_ = &effects;
  notice_step();
  std::visit([this](const auto& e) { on(e); }, event);
  settle();
  for (const Link link : links_.due(now.mono)) now_do(effect::ConnectLink{link});
  if (auto acked = outbox_.take_acked(now.mono); !acked.empty()) {
    ops_.emplace_back(row::MarkDelivered{std::move(acked), now.wall});
  }
  survey_when_due();
  write_match();
  commit();
  outbox_.pump(now.mono, effects);
  effects_ = nullptr;
}

bool Core::work(Stamp now, std::size_t most_keys, Effects& effects) {
  if (keys_loading_) return false;
  const bool more = identity_.build(now.wall, most_keys);
  const bool awaited = !released_ || (!acks_awaiting_keys_.empty() && keys_in_use());
  if (!more && awaited) step(event::DeadlineReached{}, now, effects);
  return more;
}

std::optional<MonoTime> Core::next_deadline() const {
  std::optional<MonoTime> next;
  const auto consider = [&](std::optional<MonoTime> t) {
    if (t && (!next || *t < *next)) next = t;
  };
  consider(presence_.next_deadline());
  consider(suggestions_.next_deadline());
  consider(links_.next_deadline());
  consider(outbox_.next_deadline());
  if (const auto end = figures_.interval_end(); end && clock_offset_) {
    consider(MonoTime{end->time_since_epoch() - *clock_offset_});
  }
  consider(next_lapse_);
  consider(next_purge_);
  consider(tills_.next_deadline());
  if (const auto due = match_.next_due()) consider(std::max(now_.mono, now_.mono + (*due - now_.wall)));
  if (!surveying_ && outbox_.waiting()) consider(next_survey_);
  for (const auto& [name, open] : open_snapshots_) consider(open.due);
  return next;
}

void Core::on(const event::DeadlineReached&) {
  release_if_ready();
  ask_for_missing_parts();
  if (next_lapse_ && *next_lapse_ <= now_.mono) end_lapsed_consents();
  presence_.advance(now_);
  settle();  // what ends a visit comes before what expires a card of it
  suggestions_.advance(now_);
  tell_gaps();
  settle();
  decide_due_matches();
  purge_when_due();
}

/// When the wall clock is set, the instants of open visits move with it, so that no stay becomes negative or a day
/// long.
void Core::notice_step() {
  const Millis offset = now_.wall.time_since_epoch() - now_.mono.time_since_epoch();
  if (!clock_offset_) steady_since_ = now_.mono;
  const Millis step = offset - clock_offset_.value_or(offset);
  clock_offset_ = offset;
  if (std::chrono::abs(step) < kClockStep) return;
  steady_since_ = now_.mono;
  presence_.clock_set(step);
  match_.history().clock_set(step);
}

/// Delivered events stay for `retain_delivered`; what else is only history goes with them.
void Core::purge_when_due() {
  if (!next_purge_ || *next_purge_ > now_.mono) return;
  next_purge_ = now_.mono + kPurgeEvery;
  if (now_.mono - steady_since_ < (clock_ == ClockState::synced ? kSteady : kSteadyUnconfirmed)) return;
  match_.history().purge(now_.wall);
  ops_.emplace_back(row::Purge{now_.wall - policy_.retain_delivered});
  figures_.forget_before(now_.wall - policy_.retain_delivered);
}

bool Core::can_recognise(WallTime now) const {
  return clock_ != ClockState::implausible && !keys_loading_ && identity_.ready(now);
}

void Core::on(const event::ClockChanged& e) { clock_ = e.state; }

void Core::on(const event::PolicyChanged& e) {
  policy_ = e.policy;
  presence_.policy_changed();
  ops_.emplace_back(row::Audit{{now_.wall, "policy", {}, "presence, suggestions and zones taken over"}});
}

// --- settling --------------------------------------------------------------------------------------------------------

void Core::settle() {
  for (;;) {
    auto visits = presence_.take_changes();
    auto cards = suggestions_.take_changes();
    if (visits.empty() && cards.empty()) return;
    for (const auto& change : cards) settle_card(change);
    for (const auto& change : visits) settle_presence(change);
  }
}

/// Everything that the step wrote becomes one batch; what others can see waits until it is on disk.
void Core::commit() {
  settle_figures();
  if (!ops_.empty()) {
    ++batch_;
    for (auto op = ops_.rbegin(); op != ops_.rend(); ++op) {
      if (const auto* fact = std::get_if<row::AppendFact>(&*op)) {
        batch_facts_.emplace_back(batch_, fact->fact.sequence);
        break;
      }
    }
    now_do(effect::Persist{batch_, std::exchange(ops_, {})});
  }
  for (auto& [batch, effect] : held_) {
    if (batch == 0) batch = batch_;
  }
  while (!held_.empty() && held_.front().first <= committed_) {
    now_do(std::move(held_.front().second));
    held_.pop_front();
  }
}

void Core::on(const event::Committed& e) {
  committed_ = std::max(committed_, e.batch);
  while (!batch_facts_.empty() && batch_facts_.front().first <= committed_) {
    outbox_.committed(batch_facts_.front().second);
    batch_facts_.pop_front();
  }
}

Sequence Core::append(FactData data, std::optional<VisitId> correlation, std::optional<WallTime> expires_at) {
  Fact fact;
  fact.sequence = outbox_.append();
  ++facts_since_survey_;
  fact.epoch = outbox_.epoch();
  const std::string seed = policy_.source() + '|' + std::to_string(fact.epoch) + '|' + std::to_string(fact.sequence);
  fact.id = uuid_v7(now_.wall, sha256(as_bytes(seed)));
  fact.time = fact.recorded_at = now_.wall;
  fact.clock_synced = clock_ == ClockState::synced;
  fact.correlation = std::move(correlation);
  fact.expires_at = expires_at;
  fact.data = std::move(data);
  const Sequence sequence = fact.sequence;
  ops_.emplace_back(row::AppendFact{std::move(fact)});
  return sequence;
}

/// Unique without a random device: the next fact's number, which is never used twice, and a count within this run.
std::string Core::new_id() {
  const std::string seed = "id|" + policy_.source() + '|' + std::to_string(outbox_.epoch()) + '|' +
                           std::to_string(outbox_.last() + 1) + '|' + std::to_string(++ids_given_);
  return uuid_v7(now_.wall, sha256(as_bytes(seed)));
}

Sha256 Core::digest() const {
  std::string state;
  const auto sink = [&](std::string_view text) { state.append(text).push_back('\n'); };
  presence_.describe(sink);
  suggestions_.describe(sink);
  match_.describe(sink);
  figures_.describe(sink);
  sink(std::to_string(outbox_.last()) + ' ' + std::to_string(batch_) + ' ' + std::to_string(committed_) + ' ' +
       std::to_string(held_.size()) + ' ' + std::to_string(identity_.members()) + ' ' + std::to_string(proven_.size()) +
       ' ' + std::to_string(key_loads_) + ' ' + std::to_string(acks_awaiting_keys_.size()));
  for (const auto& [member, decisions] : decisions_) {
    sink(member.value);
    for (const auto& [purpose, record] : decisions) {
      sink(std::to_string(static_cast<int>(purpose)) + ' ' + std::to_string(static_cast<int>(record.status)) + ' ' +
           std::to_string(unix_ms(record.at)));
    }
  }
  return sha256(as_bytes(state));
}

}  // namespace tg
