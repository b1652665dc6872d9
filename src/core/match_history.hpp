// Who was where, for 72 hours: what late purchases and late evidence are compared with.
// Owner thread: the loop. Never outlives a visit of somebody who did not consent to `attribution`; never in a log.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <vector>

#include "core/model/match.hpp"
#include "core/model/member.hpp"
#include "core/model/visit.hpp"
#include "core/policy.hpp"

namespace tg {

class VisitHistory {
 public:
  explicit VisitHistory(const Policy& policy) : policy_(policy) {}

  void opened(const Visit& visit);
  /// One advert of a member inside; `zone` is presence's view of him, used where there is a map.
  void heard(std::string_view member, const ZoneId& zone, std::uint16_t receiver, RssiDbm rssi, WallTime now);
  void ended(const Visit& visit);
  /// The trace is due on disk, as its visit is.
  void touch(const VisitId& visit) { dirty_.insert(visit); }
  /// What was heard until now counts in present().
  void settle(WallTime now);
  /// What the cache says about the visitor.
  void learn_profile(const VisitId& visit, const Profile& profile, bool consented);
  void tie(const VisitId& visit, TiedItem item);
  void sold(const VisitId& visit, const std::string& variant);
  void unlink(const VisitId& visit);
  void add_ticket(const VisitId& visit, const TicketId& ticket);
  void consent(const MemberId& member, bool granted);
  /// Every trace of the member goes.
  void forget(const MemberId& member);
  void restore(VisitTrace trace, WallTime now);
  /// What is older than kTraceMemory goes.
  void purge(WallTime now);
  void clock_set(Millis step);
  void receiver_changed(std::uint16_t receiver, bool hears, WallTime now);

  [[nodiscard]] const VisitTrace* find(const VisitId& visit) const;
  /// Consenting visitors who were inside during [from, to], by visit.
  [[nodiscard]] std::vector<const VisitTrace*> present(WallTime from, WallTime to) const;
  [[nodiscard]] const VisitTrace* of(const MemberId& member, WallTime at) const;
  /// The zone of that till.
  [[nodiscard]] const Zone* till_of(const std::string& workstation) const;
  /// Somebody who stands there is told from somebody who does not: by a receiver of the zone's own, or by the map.
  [[nodiscard]] bool observed(const ZoneId& zone) const;
  /// Some receiver of the zone heard during all of [from, to], or the zone has none of its own.
  [[nodiscard]] bool listened(const ZoneId& zone, WallTime from, WallTime to) const;

  /// Traces that changed and must be written, and visits whose trace must go.
  struct Changes {
    std::vector<VisitTrace> put;
    std::vector<VisitId> drop;
  };
  [[nodiscard]] Changes take_changes();
  void describe(const std::function<void(std::string_view)>& sink) const;

 private:
  /// The strengths of a few seconds.
  struct Slot {
    WallTime from{};
    std::map<ZoneId, RssiDbm> best;
    ZoneId by_map;
  };
  struct Entry {
    VisitTrace trace;
    Slot slot;
    bool written = false;  ///< lies in the facts file
  };
  struct Silence {
    std::uint16_t receiver;
    WallTime from;
    std::optional<WallTime> to;
  };
  using Entries = std::map<VisitId, Entry>;

  [[nodiscard]] bool has_map() const;
  [[nodiscard]] ZoneId till_or_elsewhere(const ZoneId& zone) const;
  void close_slot(Entry& entry) const;
  static void extend(VisitTrace& trace, const ZoneId& zone, WallTime from, WallTime to, std::int32_t margin);
  void drop(Entries::iterator it);
  Entry* open_entry(const VisitId& visit);

  const Policy& policy_;
  Entries entries_;
  std::map<std::string, VisitId, std::less<>> open_;  ///< by member
  std::set<VisitId> dirty_;
  std::vector<VisitId> dropped_;
  std::vector<Silence> silences_;
};

}  // namespace tg
