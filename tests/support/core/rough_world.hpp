// A world that is unkind to the core: commits take their time, acknowledgements get lost, the link flaps, and the box
// may die between any two effects. It keeps the promises that the real parts keep, and no more: lanes answer in order,
// a batch is on disk whole or not at all, a link delivers in order while it lasts. Owner thread: the test. Never uses a
// clock; every choice comes from the dice.
#pragma once

#include <algorithm>
#include <array>
#include <deque>
#include <limits>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/core.hpp"
#include "support/core/dice.hpp"
#include "support/core/fake_store.hpp"

namespace tg::test {

class RoughWorld {
 public:
  explicit RoughWorld(Dice& dice) : dice_(dice) {}

  FactsFile facts;
  CacheFile cache;
  std::vector<Fact> received;   ///< by central, with repetitions, as they arrived
  std::vector<Fact> refused;    ///< by the broker, for good
  std::set<TicketId> answered;  ///< tills that heard "accepted" or "duplicate"
  std::set<CommandId> acked;    ///< commands that central knows to be done
  int crashes = 0;
  bool faults = true;
  bool wan = true;
  bool clock_jumps = false;  ///< the wall clock is set now and then, and nobody confirms it
  int jumps = 0;
  int purges = 0;

  void start() {
    core_ = std::make_unique<Core>(shop_policy());
    auto restored = facts.restored();
    restored.profiles_updated_at = kOpening;
    restored.jitter_seed = dice_.below(1'000'000);
    if (skew_ != Millis{0}) post(event::ClockChanged{ClockState::unsynced});
    post(restored);
  }
  void post(Event event) { inbox_.push_back(std::move(event)); }
  [[nodiscard]] const Core& core() const { return *core_; }
  [[nodiscard]] WallTime now() const { return stamp().wall; }
  [[nodiscard]] Millis elapsed() const { return now_; }

  /// Some time goes by, and everybody gets a turn.
  void turn(Millis span) {
    now_ += span;
    if (faults && clock_jumps && dice_.one_in(25)) set_clock();
    if (const auto due = core_->next_deadline(); due && *due <= at(now_).mono) post(event::DeadlineReached{});
    for (int i = 0; i < 12; ++i) somebody();
  }
  void lose_wan() {
    wan = false;
    cut();
  }
  /// No more faults; runs until nobody has anything left to do.
  void heal() {
    faults = false;
    wan = true;
    if (!link_up_) post(event::LinkUp{Link::central});
    link_up_ = true;
    while (!inbox_.empty() || !facts_lane_.empty() || !cache_lane_.empty() || !wire_.empty()) somebody();
  }

 private:
  [[nodiscard]] Stamp stamp() const { return {at(now_).mono, at(now_).wall + skew_}; }

  /// An hour or a day either way, the hour of a time zone, 1970 or 2038, and back again.
  void set_clock() {
    const Millis to_1970 = WallTime{} - at(now_).wall, to_2038 = wall_ms(2'147'483'648'000) - at(now_).wall;
    const std::array wrong{Millis{0}, Millis{1h}, Millis{-1h}, Millis{24h}, Millis{-24h}, to_1970, to_2038};
    skew_ = dice_.of(wrong);
    ++jumps;
    const bool right = skew_ == Millis{0};
    inbox_.push_front(event::ClockChanged{right && dice_.one_in(2) ? ClockState::synced : ClockState::unsynced});
  }

  void somebody() {
    if (faults && dice_.one_in(400)) return crash();
    if (faults && dice_.one_in(150)) return cut();
    switch (dice_.below(5)) {
      case 0:
        if (!facts_lane_.empty()) run(facts_lane_);
        return;
      case 1:
        if (!cache_lane_.empty()) run(cache_lane_);
        return;
      case 2:
        if (!wire_.empty()) deliver();
        return;
      default:
        if (!inbox_.empty()) think();
    }
  }

  void think() {
    const Event event = std::move(inbox_.front());
    inbox_.pop_front();
    Effects effects;
    core_->step(event, stamp(), effects);
    for (const auto& e : effects) {
      if (const auto* batch = std::get_if<effect::Persist>(&e)) expect_no_early_purge(*batch);
      if (faults && dice_.one_in(500)) return crash();
      carry_out(e);
    }
    effects.clear();
    while (core_->work(stamp(), std::numeric_limits<std::size_t>::max(), effects)) {
    }
    for (const auto& e : effects) carry_out(e);
  }

  void carry_out(const Effect& effect) {
    std::visit(Overload{
                   [&](const effect::Persist&) { facts_lane_.push_back(effect); },
                   [&](const effect::ReadRows&) { facts_lane_.push_back(effect); },
                   [&](const effect::SurveyOutbox&) { facts_lane_.push_back(effect); },
                   [&](const effect::LoadTicketFacts&) { facts_lane_.push_back(effect); },
                   [&](const effect::LoadDossier&) { cache_lane_.push_back(effect); },
                   [&](const effect::LoadKeys&) { cache_lane_.push_back(effect); },
                   [&](const effect::PublishRow& e) {
                     if (link_up_) wire_.push_back(e.row.sequence);  // a link that is down takes nothing
                   },
                   [&](const effect::DropLink&) { cut(); },
                   [&](const effect::ConnectLink& e) {
                     if (e.link == Link::local) return post(event::LinkUp{e.link});
                     if (!wan || (faults && dice_.one_in(3))) return post(event::LinkDown{e.link, "no route"});
                     link_up_ = true;
                     post(event::LinkUp{e.link, static_cast<std::uint16_t>(dice_.between(1, 40))});
                   },
                   [&](const effect::AnswerTicket& e) {
                     if (e.answer.verdict != TicketVerdict::quarantined) answered.insert(e.answer.id);
                   },
                   [&](const effect::PublishAck& e) { acked.insert(e.ack.id); },
                   [](const auto&) {},
               },
               effect);
  }

  void expect_no_early_purge(const effect::Persist& batch) {
    const bool purges_now = std::any_of(batch.ops.begin(), batch.ops.end(),
                                        [](const RowOp& op) { return std::holds_alternative<row::Purge>(op); });
    if (!purges_now) return;
    ++purges;
    EXPECT_EQ(skew_, Millis{0}) << "purged by a clock that was set and nobody confirmed";
  }

  /// One operation of a lane; its answer follows at once, in order.
  void run(std::deque<Effect>& lane) {
    const Effect op = std::move(lane.front());
    lane.pop_front();
    std::visit(Overload{
                   [&](const effect::Persist& e) {
                     facts.write(e);
                     for (const auto& row : e.ops) {
                       if (const auto* append = std::get_if<row::AppendFact>(&row)) note(append->fact);
                     }
                     post(event::Committed{e.batch});
                   },
                   [&](const effect::ReadRows& e) { post(facts.read(e)); },
                   [&](const effect::SurveyOutbox& e) { post(facts.survey(e)); },
                   [&](const effect::LoadTicketFacts& e) { post(ticket_facts(facts, cache, e)); },
                   [&](const effect::LoadDossier& e) {
                     post(event::DossierLoaded{e.visit, cache.dossier(e.member)});
                   },
                   [&](const effect::LoadKeys&) {
                     post(event::KeysLoaded{cache.keys(), true, true});
                   },
                   [](const auto&) {},
               },
               op);
  }
  /// A number is given once, for ever.
  void note(const Fact& fact) {
    const auto [it, fresh] = ids_.emplace(fact.sequence, fact.id);
    EXPECT_TRUE(fresh || it->second == fact.id) << "sequence " << fact.sequence << " was used for two events";
  }

  /// The broker gets the next row; whether its acknowledgement gets back is another question.
  void deliver() {
    const Sequence s = wire_.front();
    wire_.pop_front();
    ASSERT_TRUE(facts.rows.contains(s)) << "sent before its commit: " << s;
    const Fact& fact = facts.rows.at(s).fact;
    const bool may_be_bad = faults && !std::holds_alternative<fact::OutboxDropped>(fact.data);
    if (may_be_bad && !arrived_.contains(s) && dice_.one_in(60)) bad_.insert(s);
    if (bad_.contains(s)) {  // what is refused for good is refused each time
      refused.push_back(fact);
      return post(event::Delivered{s, 0x95});
    }
    arrived_.insert(s);
    received.push_back(fact);
    if (faults && dice_.one_in(40)) return cut();
    post(event::Delivered{s, 0});
  }
  void cut() {
    if (!link_up_) return;
    link_up_ = false;
    wire_.clear();
    post(event::LinkDown{Link::central, "cut"});
  }
  void crash() {
    ++crashes;
    inbox_.clear();
    facts_lane_.clear();
    cache_lane_.clear();
    wire_.clear();
    link_up_ = false;
    start();
  }

  Dice& dice_;
  std::unique_ptr<Core> core_;
  Millis now_{0};
  Millis skew_{0};  ///< of the wall clock
  bool link_up_ = false;
  std::deque<Event> inbox_;
  std::deque<Effect> facts_lane_, cache_lane_;
  std::deque<Sequence> wire_;
  std::map<Sequence, std::string> ids_;
  std::set<Sequence> arrived_, bad_;
};

}  // namespace tg::test
