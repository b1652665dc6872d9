// The real core in a rough world: whatever fails and whenever it dies, central hears everything once (contract §4.5).
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "codec/facts.hpp"
#include "support/core/rough_world.hpp"

namespace tg {
namespace {

using namespace test;

/// What central does with the stream: the first copy of an id counts, order is watched per partition.
class Central {
 public:
  void take(const std::vector<Fact>& received, const std::vector<Fact>& refused) {
    std::set<Sequence> arrived;
    for (const auto& fact : received) {
      arrived.insert(fact.sequence);
      if (const auto* dropped = std::get_if<fact::OutboxDropped>(&fact.data)) explain(*dropped);
    }
    for (const auto& fact : refused) {
      if (arrived.insert(fact.sequence).second) happened(fact);
    }
    hear(received);
  }
  void hear(const std::vector<Fact>& received) {
    for (const auto& fact : received) {
      const auto [it, fresh] = by_sequence_.emplace(fact.sequence, fact.id);
      EXPECT_EQ(it->second, fact.id) << "one sequence, two events";
      if (!fresh) continue;
      Sequence& last = last_in_[fact_partition("paris-042", fact.data)];
      EXPECT_GT(fact.sequence, last) << "out of order within a partition";
      last = fact.sequence;
      happened(fact);
    }
  }
  void happened(const Fact& fact) {
    std::visit(Overload{
                   [&](const fact::VisitStarted& f) { once("start of " + f.visit.value); },
                   [&](const fact::VisitEnded& f) { once("end of " + f.visit.value); },
                   [&](const fact::TicketRecorded& f) { once("ticket " + f.id.value); },
                   [&](const fact::TicketVoided& f) { once("void of " + f.id.value); },
                   [&](const fact::AttributionCreated& f) { once("tie of " + f.attribution.ticket.value); },
                   [&](const fact::ConsentApplied& f) { once("consent " + f.command.value); },
                   [&](const fact::SuggestionCreated& f) { once("decision " + f.suggestion.value); },
                   [&](const fact::SuggestionSuppressed& f) {
                     once("no card " + f.visit.value + std::to_string(static_cast<int>(f.reason)));
                   },
                   [](const auto&) {},
               },
               fact.data);
  }
  [[nodiscard]] bool knows(const std::string& what) const { return happened_.contains(what); }
  [[nodiscard]] std::size_t count(std::string_view kind) const {
    return static_cast<std::size_t>(
        std::count_if(happened_.begin(), happened_.end(), [&](const std::string& h) { return h.starts_with(kind); }));
  }
  /// Each number arrived or is explained.
  void expect_no_gap(Sequence last) const {
    for (Sequence s = 1; s <= last; ++s) {
      EXPECT_TRUE(by_sequence_.contains(s) || explained_.contains(s)) << "nobody knows what became of event " << s;
    }
  }
  [[nodiscard]] std::size_t explained() const { return explained_.size(); }

 private:
  void explain(const fact::OutboxDropped& dropped) {
    for (const auto& [from, to] : dropped.ranges) {
      for (Sequence s = from; s <= to; ++s) explained_.insert(s);
    }
  }
  void once(const std::string& what) { EXPECT_TRUE(happened_.insert(what).second) << "twice: " << what; }
  std::map<Sequence, std::string> by_sequence_;
  std::set<Sequence> explained_;
  std::map<std::string, Sequence> last_in_;
  std::set<std::string> happened_;
};

/// A day in the shop: phones, tills that repeat until they are answered, a central that repeats its commands.
class Day {
 public:
  Day(RoughWorld& world, Dice& dice) : world_(world), dice_(dice) {
    for (std::uint32_t n = 1; n <= 4; ++n) {
      members_.push_back(member("m-" + std::to_string(n), n));
      world_.cache.put(members_.back());
    }
    world_.start();
  }
  void run(int turns) {
    for (int i = 0; i < turns; ++i) {
      if (i == turns / 3) world_.lose_wan();
      if (i == turns * 2 / 3) world_.wan = true;
      happen();
      world_.turn(dice_.one_in(30) ? Millis{dice_.between(60'000, 400'000)} : Millis{dice_.between(50, 3'000)});
    }
  }
  /// Everybody goes home; repetitions go on until all is answered.
  void close() {
    for (int round = 0; round < 4; ++round) {
      world_.heal();
      for (const auto& t : tickets_) world_.post(event::TicketArrived{1, 0, t});
      for (const auto& c : commands_) world_.post(event::CommandArrived{c});
      world_.heal();
      world_.turn(10min);
    }
    world_.heal();
  }
  [[nodiscard]] const std::vector<Ticket>& tickets() const { return tickets_; }
  [[nodiscard]] const std::vector<Command>& commands() const { return commands_; }

 private:
  void happen() {
    const Profile& who = dice_.of(members_);
    switch (dice_.below(12)) {
      case 0: {
        Ticket t = coat_ticket(world_.now(), std::to_string(tickets_.size() + 1));
        t.loyalty->id = who.loyalty[0];
        tickets_.push_back(t);
        return world_.post(event::TicketArrived{1, 0, t});
      }
      case 1:
        if (tickets_.empty()) return;
        if (dice_.one_in(3) && tickets_.back().type == TicketType::sale) {
          tickets_.push_back(void_of(tickets_.back(), std::to_string(tickets_.size() + 1), world_.now()));
        }
        return world_.post(event::TicketArrived{1, 0, dice_.of(tickets_)});
      case 2:
        if (dice_.one_in(5)) {
          commands_.push_back(
              Command{CommandId{"c-" + std::to_string(commands_.size())}, "consent",
                      ConsentChange{who.member, Purpose::sms, {ConsentStatus::granted, world_.now(), {}, "1"}}});
        }
        if (!commands_.empty()) world_.post(event::CommandArrived{dice_.of(commands_)});
        return;
      case 3:
        if (dice_.one_in(3)) {
          const bool hears = dice_.one_in(2);
          return world_.post(event::ReceiverChanged{static_cast<std::uint16_t>(dice_.below(4)), hears});
        }
        [[fallthrough]];
      default:
        world_.post(event::SightingSeen{static_cast<std::uint16_t>(dice_.below(4)), who.member,
                                        static_cast<RssiDbm>(-75 + static_cast<int>(dice_.below(30)))});
    }
  }

  RoughWorld& world_;
  Dice& dice_;
  std::vector<Profile> members_;
  std::vector<Ticket> tickets_;
  std::vector<Command> commands_;
};

TEST(Faults, CentralHearsEverythingOnceAndInOrder) {
  int crashes = 0;
  std::size_t visits = 0, voids = 0, explained = 0;
  for_all(60, [&](Dice& dice) {
    RoughWorld world(dice);
    Day day(world, dice);
    day.run(300);
    day.close();
    crashes += world.crashes;

    Central central;
    central.take(world.received, world.refused);
    central.expect_no_gap(world.facts.last);
    explained += central.explained();
    for (const auto& t : day.tickets()) {
      const TicketId id = ticket_id(t.key);
      EXPECT_TRUE(world.answered.contains(id)) << "a till that waits for ever";
      if (t.type == TicketType::sale) {
        EXPECT_TRUE(central.knows("ticket " + id.value)) << "answered 202 and lost";
      } else {
        EXPECT_TRUE(central.knows("void of " + ticket_id(*t.voids).value));
      }
    }
    for (const auto& c : day.commands()) EXPECT_TRUE(world.acked.contains(c.id));
    for (const auto& [id, visit] : world.facts.visits) EXPECT_EQ(visit.state, VisitState::ended);
    EXPECT_EQ(central.count("start of"), central.count("end of"));
    visits += central.count("start of");
    voids += central.count("void of");
  });
  if (std::getenv("TOUCHPOINT_SEED") != nullptr || HasFailure()) return;
  EXPECT_GT(crashes, 100) << "a rough world that is not rough proves nothing";
  EXPECT_GT(visits, 100U);
  EXPECT_GT(voids, 20U);
  EXPECT_GT(explained, 50U);
}

/// What lasted, by central's reckoning.
class Lasted {
 public:
  explicit Lasted(Seconds at_most) : at_most_(at_most) {}
  void check(const Fact& fact) const {
    std::visit(Overload{
                   [&](const fact::VisitStarted& f) { EXPECT_GE(f.cache_age.value_or(Seconds{0}), Seconds{0}); },
                   [&](const fact::VisitZoneChanged& f) { expect_sane("stay", f.to - f.from); },
                   [&](const fact::VisitEnded& f) {
                     expect_sane("visit", f.ended_at - f.started_at);
                     for (const auto& stay : f.zones) expect_sane("stays", stay.dwell);
                   },
                   [](const auto&) {},
               },
               fact.data);
  }

 private:
  void expect_sane(const char* what, Millis lasted) const {
    EXPECT_GE(lasted, Millis{0}) << what;
    EXPECT_LE(lasted, at_most_) << what;
  }
  Seconds at_most_;
};

TEST(Faults, AClockThatIsSetToAnythingMakesNothingOldAndNoStayWrong) {
  int jumps = 0, purges = 0;
  std::size_t visits = 0;
  for_all(40, [&](Dice& dice) {
    RoughWorld world(dice);
    world.clock_jumps = true;
    Day day(world, dice);
    day.run(300);
    const auto open_for = std::chrono::ceil<Seconds>(world.elapsed());
    purges += world.purges;
    day.close();
    jumps += world.jumps;
    const Lasted lasted(open_for +
                        std::chrono::hours{6});  // a start cannot tell an hour off from a clock an hour ahead
    Central central;
    central.take(world.received, world.refused);
    central.expect_no_gap(world.facts.last);
    for (const auto& fact : world.received) lasted.check(fact);
    for (const auto& t : day.tickets()) EXPECT_TRUE(world.answered.contains(ticket_id(t.key)));
    for (const auto& [id, visit] : world.facts.visits) EXPECT_EQ(visit.state, VisitState::ended);
    EXPECT_EQ(central.count("start of"), central.count("end of"));
    visits += central.count("start of");
  });
  if (std::getenv("TOUCHPOINT_SEED") != nullptr || HasFailure()) return;
  EXPECT_GT(jumps, 200);
  EXPECT_GT(visits, 60U);
  std::cout << jumps << " jumps, " << visits << " visits, " << purges << " purges\n";
}

/// What a month leaves behind: central's stream, what still waits, and what the core holds in memory.
struct Month {
  std::vector<std::string> ids;
  Sequence last = 0;
  Sha256 digest{};
  std::size_t visits = 0, cards = 0;
  std::uint64_t in_flight = 0;
};

/// 30 days, three rough spells in each (facts/platform §7.3, scenario 30).
Month live_a_month(Dice dice) {
  Month out;
  RoughWorld world(dice);
  Day day(world, dice);
  while (world.elapsed() < 30 * 24h) {
    day.run(100);
    world.turn(8h);
  }
  day.close();
  Central central;
  central.take(world.received, world.refused);
  central.expect_no_gap(world.facts.last);
  for (const auto& fact : world.received) out.ids.push_back(fact.id);
  out.last = world.facts.last;
  out.digest = world.core().digest();
  out.visits = world.core().presence().open_visits().size();
  out.cards = world.core().suggestions().shown().size();
  out.in_flight = world.core().outbox().in_flight();
  return out;
}

TEST(Faults, AMonthTwiceIsTheSameMonthAndLeavesNothingBehind) {
  for_all(1, [](const Dice& dice) {
    const Month month = live_a_month(dice), again = live_a_month(dice);
    EXPECT_EQ(month.ids, again.ids);
    EXPECT_EQ(month.digest, again.digest);
    EXPECT_GT(month.last, Sequence{2'000});
    EXPECT_EQ(month.visits, 0U);
    EXPECT_EQ(month.cards, 0U);
    EXPECT_EQ(month.in_flight, 0U);
  });
}

/// 72 h and 6,000 rows: facts/platform §7.3, scenario 3.
TEST(Faults, ThreeDaysWithoutAWanArriveOnceItIsBackAndTheNewestDoesNotWait) {
  for_all(1, [](Dice& dice) {
    constexpr int kTickets = 6000;
    constexpr Millis kBetween = Millis{72h} / (2 * kTickets);
    RoughWorld world(dice);
    world.faults = false;
    const Profile who = camille();
    world.cache.put(who);
    world.start();
    world.post(event::ClockChanged{ClockState::synced});
    world.lose_wan();
    std::vector<TicketId> tickets;
    const auto sell = [&] {
      Ticket t = coat_ticket(world.now(), std::to_string(tickets.size() + 1));
      t.loyalty.reset();
      tickets.push_back(ticket_id(t.key));
      world.post(event::TicketArrived{1, 0, t});
    };
    for (int i = 0; i < kTickets; ++i) {
      if (i % 50 == 0) {
        for (int advert = 0; advert < 4; ++advert) {
          world.post(event::SightingSeen{kFitting, who.member, -50});
          world.turn(500ms);
        }
      }
      sell();
      world.turn(kBetween);
      world.turn(kBetween);
    }
    EXPECT_TRUE(world.received.empty());
    EXPECT_GT(world.facts.last, Sequence{kTickets});

    world.wan = true;
    while (!world.core().link_up(Link::central)) world.turn(100ms);
    const Millis back = world.elapsed();
    sell();
    const auto arrived = [&] {
      return std::ranges::any_of(world.received, [&](const Fact& fact) {
        const auto* ticket = std::get_if<fact::TicketRecorded>(&fact.data);
        return ticket != nullptr && ticket->id == tickets.back();
      });
    };
    while (!arrived() && world.elapsed() - back < 10s) world.turn(10ms);
    EXPECT_LE(world.elapsed() - back, 2s) << "the newest waits behind three days";
    EXPECT_LT(world.received.size(), std::size_t{kTickets});
    world.heal();

    Central central;
    central.take(world.received, world.refused);
    central.expect_no_gap(world.facts.last);
    for (const auto& id : tickets) EXPECT_TRUE(central.knows("ticket " + id.value));
    EXPECT_GT(central.explained(), 0U) << "suggestions that nobody can use any more are explained, not sent";
  });
}

}  // namespace
}  // namespace tg
