// Purchases that wait for their buyer: when each is looked at, and what the evidence says then (decisions/0021).
// Owner thread: the loop. Never decides by itself what is published: Core asks the files first and keeps the gates.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/match_evidence.hpp"
#include "core/match_history.hpp"
#include "core/match_learning.hpp"
#include "core/model/catalogue.hpp"
#include "core/model/match.hpp"

namespace tg {

/// What the evidence says about one purchase now.
struct Judgement {
  Refusal refusal = Refusal::none;
  MatchClass cls = MatchClass::none;
  MatchClass earned = MatchClass::none;  ///< cls, before a class that was wrong too often is withheld
  std::optional<Evidence> best;          ///< valid until the next call that changes the room
  double nobody = 1;                     ///< chance that no visitor whom we know bought it
  std::int32_t candidates = 0;
  std::size_t present = 0;
};

class MatchRoom {
 public:
  explicit MatchRoom(const Policy& policy) : history_(policy) {}

  [[nodiscard]] VisitHistory& history() { return history_; }
  [[nodiscard]] const VisitHistory& history() const { return history_; }

  /// A recorded purchase, new or revised; `truth` holds its number and consented, `given` is whom it has been
  /// attributed to. Opens a case where a visitor may have bought it.
  void opened(const Ticket& ticket, const std::vector<CatalogItem>& items, const std::optional<MemberId>& truth,
              const std::optional<Attribution>& given, WallTime received_at);
  void voided(const TicketId& ticket);
  [[nodiscard]] const MatchCase* find(const TicketId& ticket) const;
  /// Cases whose time has come, in order; each has moved to its next stage.
  [[nodiscard]] std::vector<TicketId> take_due(WallTime now);
  [[nodiscard]] std::optional<WallTime> next_due() const;

  [[nodiscard]] Judgement judge(const MatchCase& c, WallTime now);
  /// The last look at a purchase: what it teaches. The number on it is what `judged` did not see.
  void learn(const MatchCase& c, const Judgement& judged, WallTime now);
  /// What was published of it.
  void given(const TicketId& ticket, const std::optional<Attribution>& attribution);

  /// Evidence came after the purchase: these are looked at again.
  void hurry(const VisitId& visit, WallTime now);
  [[nodiscard]] std::vector<TicketId> given_to(const MemberId& member) const;
  [[nodiscard]] std::vector<TicketId> given_to(const VisitId& visit) const;  ///< but for certain ones
  void forget(const MemberId& member);

  void restore(std::vector<VisitTrace> traces, std::vector<MatchCase> cases, const MatchLearning& learnt,
               std::vector<std::pair<std::string, std::uint32_t>> goods, WallTime now);
  [[nodiscard]] const MatchLearning& learnt() const { return learnt_; }

  struct Changes {
    VisitHistory::Changes traces;
    std::vector<std::pair<TicketId, MatchCase>> put;
    std::vector<TicketId> drop;
    std::optional<MatchLearning> learnt;
    std::vector<std::pair<std::string, std::uint32_t>> goods;
  };
  /// What must be written; what was learnt only once in a while, as nothing depends on its last minute.
  [[nodiscard]] Changes take_changes(WallTime now);
  void describe(const std::function<void(std::string_view)>& sink) const;

 private:
  void put(MatchCase c);
  void drop(const TicketId& ticket);
  void make_room();
  [[nodiscard]] bool may_guess(double p) const;
  [[nodiscard]] bool may_count_as_probable(double p) const;
  [[nodiscard]] PaidGoods paid(const MatchCase& c) const;
  [[nodiscard]] std::vector<Evidence> weigh_all(const PaidGoods& paid, WallTime now) const;

  VisitHistory history_;
  GoodsFrequency goods_;
  MatchLearning learnt_;
  std::map<TicketId, MatchCase> cases_;
  std::set<std::pair<WallTime, TicketId>> due_;
  std::set<TicketId> dirty_;
  std::vector<TicketId> dropped_;
  bool learnt_changed_ = false;
  WallTime written_at_{};
};

}  // namespace tg
