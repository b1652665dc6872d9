// The mind: events in, effects out. Pure and deterministic: the same events give the same effects, byte for byte.
// Owner thread: the loop. Never does I/O, reads a clock, throws or starts a thread; time is part of each event.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "core/checkin.hpp"
#include "core/effects.hpp"
#include "core/events.hpp"
#include "core/figures.hpp"
#include "core/identity.hpp"
#include "core/links.hpp"
#include "core/match_room.hpp"
#include "core/outbox.hpp"
#include "core/policy.hpp"
#include "core/presence.hpp"
#include "core/suggestion.hpp"
#include "core/ticket_life.hpp"
#include "core/till_numbers.hpp"

namespace tg {

class Core {
 public:
  explicit Core(Policy policy);
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

  /// Appends to `effects`. Stamps never decrease in `mono`.
  void step(const Event& event, Stamp now, Effects& effects);
  /// Background work on the identity tables, at most `most_keys` keys; true while there is more.
  bool work(Stamp now, std::size_t most_keys, Effects& effects);
  /// When a DeadlineReached is due at the latest.
  [[nodiscard]] std::optional<MonoTime> next_deadline() const;
  /// SHA-256 over all state, for comparing two runs.
  [[nodiscard]] Sha256 digest() const;

  // Reading, for status and health.
  [[nodiscard]] bool can_recognise(WallTime now) const;
  [[nodiscard]] const Policy& policy() const { return policy_; }
  [[nodiscard]] const Presence& presence() const { return presence_; }
  [[nodiscard]] const Suggestions& suggestions() const { return suggestions_; }
  [[nodiscard]] const Identity& identity() const { return identity_; }
  [[nodiscard]] const MatchLearning& match_learning() const { return match_.learnt(); }
  [[nodiscard]] const Outbox& outbox() const { return outbox_; }
  [[nodiscard]] bool link_up(Link link) const { return links_.is_up(link); }
  [[nodiscard]] Rival rival(Link link, MonoTime now) const { return links_.rival(link, now); }
  [[nodiscard]] ClockState clock() const { return clock_; }
  [[nodiscard]] std::optional<WallTime> profiles_updated_at() const { return profiles_updated_at_; }
  [[nodiscard]] bool in_holdout(const MemberId& member) const;
  /// Lays the consent that was decided here over what the cache says. O(purposes).
  void overlay(Profile& profile) const;

 private:
  struct PendingTicket {
    std::uint64_t token = 0;
    std::uint32_t index = 0;
    Ticket ticket;
    WallTime received_at{};
    std::set<MemberId> erased;  ///< since it arrived: what is loaded for it may still name them
  };
  /// How far a till's clock is from ours, as far as its tickets say.
  struct TillLag {
    Millis lag{0};  ///< positive: behind
    MonoTime at{};
    std::int64_t told_day = 0;
  };
  /// Something to be done about a stored ticket, when the files have told how it stands.
  struct MatchTask {
    enum class Kind : std::uint8_t { decide, retract, verdict };
    Kind kind = Kind::decide;
    TicketId ticket;
    std::optional<Attribution> proposal;  ///< decide: whom the evidence names; nobody where it is absent
    std::string reason;                   ///< of a retraction
    CommandId command;
    MatchVerdict verdict;
    std::set<MemberId> erased;  ///< since it was asked
  };
  /// A snapshot that is not complete; told to central when nothing comes any more.
  struct OpenSnapshot {
    CommandAck ack;
    MonoTime due{};
  };
  using Decisions = std::map<Purpose, ConsentRecord>;

  // One handler an event; core_<theme>.cpp.
  void on(const event::Restored& e);
  void on(const event::KeysLoaded& e);
  void on(const event::AdvertSeen& e);
  void on(const event::SightingSeen& e);
  void on(const event::ReceiverChanged& e);
  void on(const event::CheckinSeen& e);
  void on(const event::CheckinOffered& e);
  void on(const event::TicketArrived& e);
  void on(const event::BodyRefused& e);
  void on(const event::TicketFactsLoaded& e);
  void on(const event::DossierLoaded& e);
  void on(const event::ActionArrived& e);
  void on(const event::CommandArrived& e);
  void on(const event::CacheWritten& e);
  void on(const event::EvictionDue& e);
  void on(const event::MemberForgotten& e);
  void on(const event::RowsErased& e);
  void on(const event::Committed& e);
  void on(const event::RowsRead& e);
  void on(const event::OutboxSurveyed& e);
  void on(const event::RowsRevived& e);
  void on(const event::LinkUp& e);
  void on(const event::LinkDown& e);
  void on(const event::Delivered& e);
  void on(const event::ClockChanged& e);
  void on(const event::PolicyChanged& e);
  void on(const event::ConfigPatched& e);
  void on(const event::DeadlineReached& e);
  void on(const event::ForgetAsked& e);

  // Commands, by body.
  void run(const Command& c, const BadCommand& body);
  void run(const Command& c, const SnapshotPart& body);
  void run(const Command& c, const Delta& body);
  void run(const Command& c, const ConsentChange& body);
  void run(const Command& c, const EraseRequest& body);
  void run(const Command& c, const ReplayRequest& body);
  void run(const Command& c, const MatchVerdict& body);
  void run(const Command& c, const ConfigPatch& body);

  // Steps end here: rooms' changes become facts, rows and messages; rows become one batch.
  void settle();
  void settle_presence(const PresenceChange& change);
  void settle_card(const CardChange& change);
  void commit();

  Sequence append(FactData data, std::optional<VisitId> correlation = {}, std::optional<WallTime> expires_at = {});
  std::string new_id();
  void name_visit(Visit& visit);
  /// Leaves the core when everything written so far is on disk.
  void say(Effect visible) { held_.emplace_back(0, std::move(visible)); }
  void now_do(Effect effect) { effects_->push_back(std::move(effect)); }
  void count(effect::Counter counter) { now_do(effect::Count{counter}); }
  void ack(const CommandId& id, const std::string& name, AckStatus status, std::string reason = {});

  void consider_card(const Visit& visit);
  [[nodiscard]] bool stale_cache() const;
  void ask_for_missing_parts();
  /// Takes over a decision: acts first, then on disk, in the cache and to central.
  void decide(const ConsentChange& change, const CommandId& id, const std::string& name);
  void apply_refusal(const MemberId& member, Purpose purpose);
  void ask_for_keys();
  [[nodiscard]] bool keys_in_use() const;
  [[nodiscard]] std::optional<WallTime> expiry_now() const;
  void bury(const std::vector<Drop>& drops);
  void survey_when_due();
  void put_keys(const event::MemberKeys& keys);
  void forget_member(const MemberId& member, EndReason reason);
  void close_unknown_visits();
  void end_lapsed_consents();
  void purge_when_due();
  void notice_step();
  void release_if_ready();

  [[nodiscard]] std::optional<Challenge> signed_challenge(const Match& match, const event::CheckinOffered& e);
  void answer(const event::CheckinOffered& e, CheckinVerdict verdict);
  void forget_on_the_spot(const MemberId& member);

  void load_ticket_facts(std::uint64_t request);
  void answer_training(const event::TicketArrived& e);
  void finish_ticket(PendingTicket pending, const event::TicketFactsLoaded& facts);
  std::string refuse_content(const Ticket& ticket, const TicketRecord& known);
  void record_ticket(PendingTicket& pending, const event::TicketFactsLoaded& facts, TicketVerdict verdict);
  void keep_silent(TicketRecord record, const event::TicketFactsLoaded& facts);
  void record_void(const PendingTicket& pending, const event::TicketFactsLoaded& facts);
  void void_ticket(TicketRecord target, const TicketKey& by, const event::TicketFactsLoaded& facts);
  void put_ticket(const TicketRecord& record);
  struct Buyer {
    std::optional<Profile> profile;  ///< only of a member who consented to attribution
    const Visit* visit = nullptr;
  };
  Buyer buyer_of(const Ticket& ticket, Profile holder, WallTime received_at);
  std::optional<Attribution> attribute(const Ticket& ticket, const Buyer& buyer, const event::TicketFactsLoaded& facts);
  const Visit* visit_for(const Ticket& ticket, const Profile& holder, WallTime received_at);
  void attribute_return(TicketRecord& record, const Ticket& ticket, const Buyer& buyer,
                        const event::TicketFactsLoaded& facts);
  void follow(const TicketRecord& later, const TicketRecord& original, const event::TicketFactsLoaded& facts);
  void settle_return(TicketRecord& record, const std::optional<Claim>& by_ticket);
  void change_attribution(TicketRecord& record, const std::optional<Claim>& wanted);
  [[nodiscard]] std::optional<Claim> allowed(std::optional<Claim> claim, const event::TicketFactsLoaded& facts) const;
  void supersede(TicketRecord suspended);
  void not_bought_after_all(const TicketRecord& target);
  void check_ticket(const Ticket& ticket, const TicketRecord& record, const event::TicketFactsLoaded& facts);
  void check_returned(const Ticket& ticket, const TicketRecord& record, const event::TicketFactsLoaded& facts);
  void check_products(const Ticket& ticket, const event::TicketFactsLoaded& facts);
  void check_lag(const Ticket& ticket);
  void note_number(const TicketKey& key);
  void tell_gaps();
  void attribute_to(TicketRecord& record, Attribution attribution);
  void retract(TicketRecord& record, const std::string& reason);

  // Matching by evidence: core_match.cpp, and what the human verdict does: core_verdict.cpp.
  void trace(std::string_view member, std::uint16_t receiver, RssiDbm rssi);
  void follow_visit(const Visit& visit);
  void follow_profile(const event::DossierLoaded& e);
  void follow_card(const VisitId& visit, const FactData& data);
  void follow_ticket(const Ticket& ticket, const event::TicketFactsLoaded& facts, const TicketRecord& record);
  void consent_to_attribution(const ConsentChange& change);
  void decide_due_matches();
  void decide_match(const MatchCase& c);
  void ask_about(MatchTask task);
  void load_match_facts(std::uint64_t request, const MatchTask& task);
  void finish_task(const MatchTask& task, event::TicketFactsLoaded& facts);
  void finish_decision(const MatchTask& task, const event::TicketFactsLoaded& facts);
  void finish_verdict(const MatchTask& task, const event::TicketFactsLoaded& facts);
  [[nodiscard]] std::string confirm(const MatchTask& task, const event::TicketFactsLoaded& facts);
  [[nodiscard]] std::string reject(const MatchTask& task, const event::TicketFactsLoaded& facts);
  void put_with_returns(const TicketRecord& record, const event::TicketFactsLoaded& facts);
  void write_match();
  void alert(const std::string& code, const Ticket& ticket, const std::string& detail);

  [[nodiscard]] TicketSums sums_of(const Ticket& ticket, const event::TicketFactsLoaded& facts, const Buyer& buyer,
                                   Seconds late) const;
  void settle_figures();

  Policy policy_;
  Identity identity_;
  ProvenCheckins proven_;
  Presence presence_;
  Suggestions suggestions_;
  MatchRoom match_;
  Figures figures_;
  Links links_;
  Outbox outbox_;

  Stamp now_{};                 ///< of the event under way
  Effects* effects_ = nullptr;  ///< of the step under way
  std::vector<RowOp> ops_;      ///< of the step under way
  std::uint64_t batch_ = 0;
  std::uint64_t committed_ = 0;
  std::deque<std::pair<std::uint64_t, Effect>> held_;           ///< batch that must be on disk first (0 = this step's)
  std::deque<std::pair<std::uint64_t, Sequence>> batch_facts_;  ///< batch -> last fact in it

  ClockState clock_ = ClockState::synced;
  std::optional<WallTime> profiles_updated_at_;
  bool keys_loading_ = true;                    ///< a slice came and the last one did not
  std::uint32_t key_loads_ = 0;                 ///< asked for and not complete
  std::vector<CommandAck> acks_awaiting_keys_;  ///< "applied" is said when the members are recognised
  std::optional<MonoTime> next_purge_;
  std::optional<Millis> clock_offset_;   ///< wall minus mono, at the last step
  MonoTime steady_since_{};              ///< the wall clock has not been set since
  std::optional<MonoTime> next_survey_;  ///< of what waits in the outbox
  bool surveying_ = false;
  bool over_limit_ = false;
  std::uint32_t facts_since_survey_ = 0;
  std::optional<MonoTime> next_lapse_;  ///< of the recognition consent of a member who is inside
  std::set<MemberId> being_erased_;     ///< the cache may still answer with what it knew of them
  bool released_ = false;
  std::uint32_t ids_given_ = 0;
  std::map<MemberId, Decisions> decisions_;  ///< consent as decided here; laid over what the cache says
  std::set<CommandId> seen_commands_;
  std::map<std::string, OpenSnapshot> open_snapshots_;  ///< by command name
  std::set<VisitId> dossiers_asked_;
  std::set<VisitId> unheard_withdrawals_;  ///< while the local link was down: its broker may still hold these cards
  std::uint64_t ticket_requests_ = 0;
  std::map<std::uint64_t, PendingTicket> pending_tickets_;
  TicketTurns turns_;
  std::deque<Sha256> training_;  ///< content of the last training tickets
  TillBook tills_;
  std::map<std::string, TillLag> till_lags_;  ///< by workstation
  std::int64_t unknown_day_ = 0;
  std::set<std::string> unknown_products_;  ///< told today
  std::map<std::uint64_t, MatchTask> match_tasks_;
};

}  // namespace tg
