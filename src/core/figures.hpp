// The day's figures: what visits, cards and tickets put into them, taken out again when it is corrected, and the
// interval that is under way (facts on retail §6, contract §4.1 stats.interval).
// Owner thread: the loop. Never holds a day's counts: it hands out differences, which the facts file adds up in the
// commit of the facts they rest on. Never touched by an advert.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/types.hpp"
#include "core/model/fact.hpp"
#include "core/model/figure.hpp"
#include "core/policy.hpp"

namespace tg {

class Figures {
 public:
  explicit Figures(const Policy& policy) : policy_(policy) {}

  void restore(FigureMemory memory);

  // --- what happened ---
  /// `took`: from the first advert to the visit.
  void opened(const Visit& visit, Millis took);
  void ended(const Visit& visit, WallTime now);
  /// A fact of the visit's cards.
  void card(const VisitId& visit, const FactData& fact, WallTime now);
  /// The card went to tablets that can be reached.
  void delivered(const VisitId& visit, WallTime now);
  /// The fact by which central learns of a visit, and that central has it. Not kept over a restart.
  void telling(Sequence fact, WallTime now);
  void told(Sequence fact, WallTime now);
  /// Takes out what the ticket had put in and puts in what it is worth now; fills in `record.counted`.
  void ticket(TicketRecord& record, WallTime now);
  /// One more of something that is never corrected, today.
  void count(const std::string& name, WallTime now);

  /// The day that a ticket counts for: the till's business day, unless that is nonsense. `today`: absent while the
  /// clock of this box is not to be believed.
  [[nodiscard]] Day day_of(const Ticket& ticket, std::optional<Day> today) const;
  /// The business day of what is returned; nothing where no figures are kept of it.
  [[nodiscard]] static std::optional<Day> origin_day(const TicketKey& original, std::optional<Day> today);
  /// Where the till stands; empty when no zone names it.
  [[nodiscard]] std::string zone_of(const std::string& workstation) const;

  // --- the interval ---
  [[nodiscard]] std::optional<WallTime> interval_end() const;
  /// Closes the interval when `now` is no longer in it.
  void advance(WallTime now);
  /// Of the intervals that were closed: one for the store and one for each zone where something happened.
  [[nodiscard]] std::vector<fact::StatsInterval> take_intervals();

  /// Nothing has happened since the rows were taken, and the interval goes on: what every advert finds. O(1).
  [[nodiscard]] bool quiet(WallTime now) const {
    return differences_.empty() && changed_visits_.empty() && !interval_changed_ && (!interval_ || in_interval(now));
  }
  [[nodiscard]] std::optional<FigureRows> take_rows();
  /// Visits that ended before: nothing can be corrected in them any more.
  void forget_before(WallTime ended_before);
  void describe(const std::function<void(std::string_view)>& sink) const;

 private:
  VisitShare& share(const Visit& visit);
  template <class Change>
  void change(const VisitId& visit, const Change& change);
  void learn(const std::vector<std::string>& zones, WallTime now, const std::function<void(IntervalCounts&)>& add);
  void make_room();
  [[nodiscard]] bool in_interval(WallTime now) const { return now >= interval_->from && now < *interval_end(); }

  const Policy& policy_;
  std::map<VisitId, VisitShare> visits_;  ///< open ones, and those that ended in the last retain_delivered
  std::optional<Interval> interval_;
  std::vector<Interval> closed_;
  bool interval_changed_ = false;
  std::map<Sequence, WallTime> telling_;
  Cells differences_;
  std::set<VisitId> changed_visits_;
};

}  // namespace tg
