// Presence against a small model of the contract's paragraph, and its rules under anything that can happen to it.
#include <gtest/gtest.h>

#include <map>
#include <ostream>

#include "support/core/dice.hpp"
#include "support/core/presence_probe.hpp"

namespace tg {
namespace {

using namespace test;
using Kind = PresenceChange::Kind;

// --- one member, one receiver, strong adverts: the visits follow from the instants alone -----------------------------

struct Span {
  Millis started, ended;
  bool short_visit;
  friend bool operator==(const Span&, const Span&) = default;
};
std::ostream& operator<<(std::ostream& out, const Span& s) {
  return out << '[' << s.started.count() << ", " << s.ended.count() << (s.short_visit ? ", short]" : "]");
}

/// Written from the contract, not from the code: whole visits at a time, no states.
std::vector<Span> visits_of(const std::vector<Millis>& adverts) {
  std::vector<Span> out;
  for (std::size_t i = 0; i < adverts.size();) {
    std::size_t opener =
        adverts.size();  // first advert with another one, 100 ms to 10 s before it, since the last visit
    for (std::size_t b = i; b < adverts.size() && opener == adverts.size(); ++b) {
      for (std::size_t a = i; a < b; ++a) {
        const Millis gap = adverts[b] - adverts[a];
        if (gap >= 100ms && gap <= 10s) opener = b;
      }
    }
    if (opener == adverts.size()) return out;
    std::size_t last = opener;
    while (last + 1 < adverts.size() && adverts[last + 1] - adverts[last] < 60s + 300s) ++last;
    out.push_back({adverts[opener], adverts[last], adverts[last] - adverts[opener] < 60s});
    i = last + 1;
  }
  return out;
}

TEST(PresenceProperty, VisitsAreThoseOfTheModel) {
  for_all(400, [](Dice& dice) {
    static constexpr Millis kGaps[] = {20ms,    50ms, 99ms,      100ms,    101ms,     1s,  5s,
                                       9'999ms, 10s,  10'001ms,  59'999ms, 60s,       61s, 200s,
                                       299s,    300s, 359'999ms, 360s,     360'001ms, 400s};
    std::vector<Millis> adverts;
    Millis t{0};
    for (std::uint32_t n = dice.between(1, 60); n > 0; --n) {
      t += dice.one_in(3) ? dice.of(kGaps) : Millis{dice.between(20, 3000)};
      adverts.push_back(t);
    }
    PresenceProbe probe;
    std::vector<Span> seen;
    const auto note = [&] {
      for (const auto& change : probe.take()) {
        if (change.kind != Kind::ended) continue;
        const Visit& v = change.visit;
        seen.push_back({v.started_at - kOpening, *v.ended_at - kOpening, v.end_reason == EndReason::short_});
      }
    };
    for (const Millis when : adverts) {
      probe.advance(when);
      probe.hear(when, kEntrance, -60);
      note();
    }
    probe.advance(t + 1h);
    note();
    EXPECT_EQ(seen, visits_of(adverts));
  });
}

// --- the same, with a receiver that is deaf now and then -------------------------------------------------------------

/// How long a silence that began at `from` is believed in, given what the receiver could hear: `patience`, counted from
/// the end of every deaf span that began before it was over, for a quarter of an hour after `last` at most.
Millis believed_at(Millis from, Millis patience, Millis last, const std::vector<std::pair<Millis, Millis>>& deaf) {
  Millis at = from + patience;
  for (const auto& [begin, end] : deaf) {
    if (end > last && begin < at) at = std::max(at, std::min(end, last + 15min) + patience);
  }
  return at;
}

TEST(PresenceProperty, DeafSpansHoldVisitsAsInTheModel) {
  std::size_t held = 0;
  for_all(400, [&](Dice& dice) {
    PresenceProbe probe;
    std::vector<Span> seen, expected;
    std::vector<std::pair<Millis, Millis>> deaf;
    const auto pass = [&](Millis until) {
      while (probe.presence.next_deadline() && *probe.presence.next_deadline() <= at(until).mono) {
        probe.advance(*probe.presence.next_deadline() - at(0ms).mono);
      }
      for (const auto& change : probe.take()) {
        if (change.kind != Kind::ended) continue;
        const Visit& v = change.visit;
        seen.push_back({v.started_at - kOpening, *v.ended_at - kOpening, v.end_reason == EndReason::short_});
      }
    };
    Millis t{0};
    for (std::uint32_t visits = dice.between(1, 3); visits > 0; --visits) {
      const Millis started = t + 200ms;
      for (int i = 0; i < 2; ++i) {
        pass(t + 200ms * i);
        probe.hear(t + 200ms * i, kEntrance, -60);
      }
      Millis last = started;
      for (t = started;;) {
        const Millis begin = t + Millis{dice.between(1, 400'000)}, end = begin + Millis{dice.between(1, 1'200'000)};
        pass(begin);
        probe.presence.receiver_changed(kEntrance, false, at(begin));
        pass(end);
        probe.presence.receiver_changed(kEntrance, true, at(end));
        deaf.emplace_back(begin, end);
        t = end + Millis{dice.between(1, 500'000)};
        pass(t);
        const Millis away = believed_at(last, 60s, last, deaf);
        if (t >= believed_at(away, 300s, last, deaf)) break;
        held += t >= last + 360s;
        probe.hear(t, kEntrance, -60);
        last = t;
      }
      expected.push_back({started, last, last - started < 60s});
      t += 1h;
      pass(t);
    }
    EXPECT_EQ(seen, expected);
    EXPECT_EQ(probe.presence.next_deadline(), std::nullopt) << "a visit that never ends";
  });
  EXPECT_GT(held, 100U) << "no visit was held";
}

// --- anything goes ---------------------------------------------------------------------------------------------------

/// What every observer of the changes may rely on.
class Referee {
 public:
  void see(const PresenceChange& change) {
    const Visit& v = change.visit;
    Known& known = visits_[v.id];
    const bool first = !known.seen;
    known.seen = true;
    EXPECT_FALSE(known.ended) << "something after the end";
    EXPECT_NE(v.zone, ZoneId{"street"});
    EXPECT_LE(v.started_at, v.last_sighting);
    switch (change.kind) {
      case Kind::opened:
        EXPECT_TRUE(first);
        EXPECT_TRUE(open_.emplace(*v.member, v.id).second) << "two open visits of one member";
        break;
      case Kind::went_away:
        EXPECT_FALSE(known.away);
        known.away = true;
        break;
      case Kind::came_back:
        EXPECT_TRUE(known.away);
        known.away = false;
        break;
      case Kind::zone_changed:
        EXPECT_FALSE(known.away);
        EXPECT_EQ(change.left, known.zone);
        EXPECT_NE(change.left, v.zone);
        EXPECT_LE(change.from, change.to);
        break;
      case Kind::refreshed:
        break;
      case Kind::ended:
        known.ended = true;
        EXPECT_EQ(open_.erase(*v.member), 1U) << "an end without a start";
        ASSERT_TRUE(v.ended_at);
        EXPECT_LE(v.started_at, *v.ended_at);
        check_dwell(v);
    }
    EXPECT_TRUE(!first || change.kind == Kind::opened);
    known.zone = v.zone;
  }
  [[nodiscard]] std::size_t open() const { return open_.size(); }

 private:
  static void check_dwell(const Visit& v) {
    Seconds total{0};
    std::set<ZoneId> zones;
    for (const auto& stay : v.zones) {
      EXPECT_GE(stay.dwell, 0s);
      EXPECT_TRUE(zones.insert(stay.zone).second) << "one sum per zone";
      total += stay.dwell;
    }
    // A zone may still change while the last samples age: so long may be dwelt beyond the last sighting.
    EXPECT_LE(total, *v.ended_at - v.started_at + 5s) << "more dwell than visit";
  }
  struct Known {
    bool seen = false, away = false, ended = false;
    ZoneId zone;
  };
  std::map<VisitId, Known> visits_;
  std::map<MemberId, VisitId> open_;
};

TEST(PresenceProperty, EveryVisitHasOneStartOneEndAndNothingAfterwards) {
  for_all(200, [](Dice& dice) {
    PresenceProbe probe;
    Referee referee;
    Millis t{0};
    const auto settle = [&] {
      for (const auto& change : probe.take()) referee.see(change);
      EXPECT_EQ(probe.presence.open_visits().size(), referee.open());
    };
    for (int step = 0; step < 400; ++step) {
      t += dice.one_in(20) ? Millis{dice.between(30'000, 400'000)} : Millis{dice.between(10, 2'000)};
      const MemberId who{"m-" + std::to_string(dice.below(3))};
      const auto receiver = static_cast<std::uint16_t>(dice.below(4));
      const auto rssi =
          dice.one_in(10) ? kRssiUnavailable : static_cast<RssiDbm>(-90 + static_cast<int>(dice.below(50)));
      while (probe.presence.next_deadline() && *probe.presence.next_deadline() <= at(t).mono) {
        probe.advance(*probe.presence.next_deadline() - at(0ms).mono);
      }
      switch (dice.below(30)) {
        case 3:
          probe.presence.receiver_changed(receiver, dice.one_in(2), at(t));
          break;
        case 0:
          probe.presence.withdraw(who, EndReason::consent, at(t));
          break;
        case 1:
          probe.presence.proven(who, probe.policy.receivers[receiver % 3].zone, RecognitionMethod::checkin,
                                Seconds{dice.below(2) * 600}, at(t));
          break;
        case 2:
          if (const Visit* v = probe.presence.visit_of(who)) probe.presence.add_ticket(v->id, TicketId{"t"});
          break;
        default:
          probe.presence.heard(who.value, dice.below(2), receiver, rssi, at(t));
      }
      settle();
    }
    probe.advance(t + 24h);
    settle();
    EXPECT_EQ(referee.open(), 0U) << "a visit that never ends";
    EXPECT_EQ(probe.presence.next_deadline(), std::nullopt);
  });
}

}  // namespace
}  // namespace tg
