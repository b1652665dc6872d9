// A whole box around the core, without I/O: store lanes, links and a clock that the test turns.
// Owner thread: the test. Never lets an effect overtake another; answers arrive in the order of the questions.
#pragma once

#include <deque>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/core.hpp"
#include "support/core/fake_store.hpp"

namespace tg::test {

/// What the world outside has seen, in order.
struct Seen {
  std::vector<Fact> facts;  ///< as committed
  std::vector<Sequence> sent;
  std::vector<Effect> visible;     ///< PublishRow, PublishAck, PublishCard, WithdrawCard, AnswerTicket, CheckinAnswered
  std::map<VisitId, Card> tablet;  ///< retained cards
  std::vector<effect::EvictMembers> evicted;
  std::map<effect::Counter, std::uint64_t> counters;

  template <class F>
  [[nodiscard]] std::vector<F> all() const {
    std::vector<F> out;
    for (const auto& f : facts) {
      if (const auto* data = std::get_if<F>(&f.data)) out.push_back(*data);
    }
    return out;
  }
  template <class E>
  [[nodiscard]] std::vector<E> shown() const {
    std::vector<E> out;
    for (const auto& e : visible) {
      if (const auto* one = std::get_if<E>(&e)) out.push_back(*one);
    }
    return out;
  }
};

class Box {
 public:
  explicit Box(Policy policy = shop_policy()) : policy_(std::move(policy)) { cache.profiles_updated_at = kOpening; }

  FactsFile facts;
  CacheFile cache;
  Seen seen;
  bool commits = true;          ///< false: batches wait until commit_all()
  bool acks = true;             ///< false: central never acknowledges
  bool loads = true;            ///< false: answers of the cache lane wait until load_all()
  bool answers_erasure = true;  ///< false: the lanes have not come to it

  /// Starts the core on what the files hold; both links come up.
  void start() {
    core_ = std::make_unique<Core>(policy_);
    auto restored = facts.restored();
    restored.profiles_updated_at = cache.profiles_updated_at;
    send(restored);
    send(event::LinkUp{Link::central});
    send(event::LinkUp{Link::local});
  }
  /// As kill -9 does: what was not committed is gone.
  void crash() {
    waiting_batches_.clear();
    waiting_loads_.clear();
    inbox_.clear();
    core_.reset();
  }

  [[nodiscard]] Core& core() { return *core_; }
  [[nodiscard]] Millis now() const { return now_; }

  void send(const Event& event) {
    inbox_.push_back(event);
    drain();
  }
  /// Lets time pass; deadlines fire at their own instants.
  void pass(Millis span) {
    const Millis end = now_ + span;
    for (;;) {
      const auto due = core_->next_deadline();
      if (!due || *due > at(end).mono) break;
      now_ = std::max(now_, *due - at(0ms).mono);
      send(event::DeadlineReached{});
    }
    now_ = end;
  }
  void commit_all() {
    while (!waiting_batches_.empty()) {
      commit(waiting_batches_.front());
      waiting_batches_.pop_front();
      drain();
    }
  }
  void load_all() {
    for (auto& load : std::exchange(waiting_loads_, {})) carry_out(load, true);
    drain();
  }

  // Shorthand for what phones, tills, tablets and central do.
  void hear(const Profile& who, std::uint16_t receiver, RssiDbm rssi = -60) {
    send(event::SightingSeen{receiver, who.member, rssi});
  }
  /// Opens a visit: two adverts, 200 ms apart.
  VisitId enter(const Profile& who, std::uint16_t receiver = kEntrance) {
    hear(who, receiver);
    pass(200ms);
    hear(who, receiver);
    const Visit* visit = core_->presence().visit_of(who.member);
    return visit == nullptr ? VisitId{} : visit->id;
  }
  /// Heard there every second until the zone has certainly changed.
  void walk(const Profile& who, std::uint16_t receiver) {
    for (int i = 0; i < 12; ++i) {
      pass(1s);
      hear(who, receiver);
    }
  }
  VisitId enter_fitting(const Profile& who) {
    const VisitId visit = enter(who);
    walk(who, kFitting);
    return visit;
  }
  void till(const Ticket& ticket, std::uint64_t token = 1) { send(event::TicketArrived{token, 0, ticket}); }
  bool tap(const VisitId& visit, ActionKind kind, const std::string& id, const std::string& associate = "A12",
           std::optional<SuggestionId> suggestion = {}, std::optional<std::string> undoes = {}) {
    const auto ignored = seen.counters[effect::Counter::actions_ignored];
    send(event::ActionArrived{
        {"t1", id, visit, std::move(suggestion), kind, std::move(undoes), std::nullopt, associate, at(now_).wall}});
    return seen.counters[effect::Counter::actions_ignored] == ignored;
  }
  void command(const std::string& id, const std::string& name, decltype(Command::body) body) {
    send(event::CommandArrived{{CommandId{id}, name, std::move(body)}});
  }
  void consent(const std::string& id, const Profile& who, Purpose purpose, ConsentStatus status, WallTime when) {
    command(id, "consent", ConsentChange{who.member, purpose, ConsentRecord{status, when, std::nullopt, "2026-03"}});
  }
  void replace_profiles(const std::string& id, std::vector<Profile> profiles) {
    auto rows = std::make_shared<DataRows>();
    for (auto& profile : profiles) rows->profiles.push_back({std::move(profile), {}});
    command(id, "profiles.snapshot", SnapshotPart{DataSet::profiles, id, 1, 1, 1, rows});
  }

 private:
  void drain() {
    while (!inbox_.empty()) {
      const Event event = std::move(inbox_.front());
      inbox_.pop_front();
      Effects effects;
      core_->step(event, at(now_), effects);
      for (const auto& e : effects) carry_out(e, loads);
      effects.clear();
      while (core_->work(at(now_), std::numeric_limits<std::size_t>::max(), effects)) {
      }
      for (const auto& e : effects) carry_out(e, loads);
    }
  }
  void commit(const effect::Persist& batch) {
    facts.write(batch);
    for (const auto& op : batch.ops) {
      if (const auto* append = std::get_if<row::AppendFact>(&op)) seen.facts.push_back(append->fact);
    }
    inbox_.emplace_back(event::Committed{batch.batch});
  }
  void answer(Event event) { inbox_.push_back(std::move(event)); }

  void carry_out(const Effect& effect, bool loading) {
    std::visit(Overload{
                   [&](const effect::Persist& e) { commits ? commit(e) : waiting_batches_.push_back(e); },
                   [&](const effect::ReadRows& e) { answer(facts.read(e)); },
                   [&](const effect::SurveyOutbox& e) { answer(facts.survey(e)); },
                   [&](const effect::ReviveRows& e) { answer(facts.revive(e)); },
                   [&](const effect::EraseRows& e) {
                     if (!answers_erasure) return;
                     answer(event::RowsErased{e.command, e.name, e.request_id, e.member, {{"visits", 1}}, {}});
                   },
                   [&](const effect::LoadTicketFacts& e) {
                     if (!loading) return waiting_loads_.push_back(effect);
                     answer(ticket_facts(facts, cache, e));
                   },
                   [&](const effect::LoadDossier& e) {
                     if (!loading) return waiting_loads_.push_back(effect);
                     answer(event::DossierLoaded{e.visit, cache.dossier(e.member)});
                   },
                   [&](const effect::LoadKeys&) {
                     if (!loading) return waiting_loads_.push_back(effect);
                     answer(event::KeysLoaded{cache.keys(), true, true});
                   },
                   [&](const effect::WriteCache& e) { write_cache(e); },
                   [&](const effect::EvictMembers& e) {
                     for (const auto& member : e.members) cache.profiles.erase(member);
                     seen.evicted.push_back(e);
                   },
                   [&](const effect::ForgetMember& e) {
                     if (!answers_erasure) return;
                     cache.profiles.erase(e.member);
                     answer(event::MemberForgotten{e.command, e.name, e.request_id, e.member});
                   },
                   [&](const effect::PublishRow& e) {
                     seen.visible.emplace_back(e);
                     seen.sent.push_back(e.row.sequence);
                     if (acks) answer(event::Delivered{e.row.sequence, 0});
                   },
                   [&](const effect::PublishCard& e) {
                     seen.visible.emplace_back(e);
                     seen.tablet[e.card.visit] = e.card;
                   },
                   [&](const effect::WithdrawCard& e) {
                     seen.visible.emplace_back(e);
                     seen.tablet.erase(e.visit);
                   },
                   [&](const effect::PublishAck& e) { seen.visible.emplace_back(e); },
                   [&](const effect::AnswerTicket& e) { seen.visible.emplace_back(e); },
                   [&](const effect::CheckinAnswered& e) { seen.visible.emplace_back(e); },
                   [&](const effect::Count& e) { seen.counters[e.counter] += e.by; },
                   [](const auto&) {},
               },
               effect);
  }
  void write_cache(const effect::WriteCache& e) {
    event::CacheWritten written;
    written.command = e.command;
    written.name = e.name;
    if (const auto* part = std::get_if<SnapshotPart>(&e.body)) {
      cache.profiles.clear();
      for (const auto& row : part->rows->profiles) cache.put(row.profile);
      written.profiles_replaced = true;
    } else if (const auto* delta = std::get_if<Delta>(&e.body)) {
      for (const auto& [profile, body] : delta->upserts->profiles) {
        cache.put(profile);
        const ConsentRecord& granted = *profile.consent.at(Purpose::recognition);
        written.upserted.push_back({profile.member, granted.at, granted.until, profile.keys});
      }
      for (const auto& name : delta->removes) {
        cache.profiles.erase(MemberId{name});
        written.removed.emplace_back(name);
      }
    }
    answer(std::move(written));
  }

  Policy policy_;
  std::unique_ptr<Core> core_;
  Millis now_{0};
  std::deque<Event> inbox_;
  std::deque<effect::Persist> waiting_batches_;
  std::vector<Effect> waiting_loads_;
};

}  // namespace tg::test
