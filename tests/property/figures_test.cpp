// The same facts in any order give the same figures, and what the rows of tickets and visits say adds up to them.
#include "core/figures.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <random>

#include "core/figures_shares.hpp"
#include "support/core/box.hpp"

namespace tg {
namespace {

using namespace test;

std::uint64_t seed() {
  const char* given = std::getenv("TOUCHPOINT_SEED");
  return given != nullptr ? std::strtoull(given, nullptr, 10) : std::random_device{}();
}

/// Sales, returns, voids, unknown numbers and pickups of one morning; each key once.
std::vector<Ticket> morning(std::mt19937_64& random, const std::vector<Profile>& people) {
  std::vector<Ticket> out;
  for (int i = 1; i <= 30; ++i) {
    Ticket t = coat_ticket(kOpening + Millis{static_cast<std::int64_t>(random() % 3'000'000)}, std::to_string(i));
    t.total_minor = static_cast<MinorUnits>(100 + random() % 50'000);
    t.lines[0].net_minor = t.tenders[0].amount_minor = t.total_minor;
    const auto buyer = random() % (people.size() + 2);
    if (buyer < people.size()) t.loyalty->id = people[buyer].loyalty.front();
    if (buyer == people.size()) t.loyalty.reset();
    if (buyer > people.size()) t.loyalty->id = "2990000000000";
    if (random() % 6 == 0) t.collect_order = "C-" + std::to_string(i);
    if (random() % 8 == 0) t.employee = true;
    if (random() % 9 == 0) ++t.total_minor;  // does not add up
    if (!out.empty() && random() % 4 == 0) {
      t.type = TicketType::return_;
      t.lines[0].kind = LineKind::return_;
      t.lines[0].net_minor = t.tenders[0].amount_minor = t.total_minor = -t.total_minor;
      t.returns = out[random() % out.size()].key;
      t.key.business_day = "2025-11-22";
    }
    seal(t);
    if (random() % 5 == 0) out.push_back(void_of(t, std::to_string(100 + i), t.ended_at + 1min));
    out.push_back(std::move(t));
  }
  return out;
}

/// Everybody comes in, the tickets arrive in this order with kills in between, everybody leaves.
Cells figures_of(const std::vector<Ticket>& tickets, const std::vector<Profile>& people, std::size_t kill_every) {
  Box box;
  for (const auto& who : people) box.cache.put(who);
  box.start();
  for (const auto& who : people) box.enter(who);
  for (int i = 0; i < 4; ++i) {
    box.pass(30s);
    for (const auto& who : people) box.hear(who, kEntrance);
  }
  for (std::size_t i = 0; i < tickets.size(); ++i) {
    if (i % kill_every == kill_every - 1) {
      box.crash();
      box.start();
    }
    box.till(tickets[i]);
    box.till(tickets[i]);  // each is handed in twice
  }
  box.pass(20min);
  Cells again;
  for (const auto& [id, record] : box.facts.tickets) {
    if (record.counted) put_cells(*record.counted, 1, again);
  }
  for (const auto& [id, share] : box.facts.shares) put_cells(share, 1, again);
  Cells running = box.facts.figures;
  const auto event = [](const auto& cell) {
    return cell.first.name.starts_with("alert/") || cell.first.name == "tickets_duplicate" ||
           cell.first.name == "published_ms";
  };
  std::erase_if(running, event);  // counts of messages: no row stands for them
  EXPECT_EQ(running, again) << "recomputed from the rows";
  // Of a return whose original is void: it was told of and taken back, or never told of, as they came.
  const auto on_the_way = [](const auto& cell) { return cell.first.name.starts_with("attribut"); };
  std::erase_if(running, on_the_way);
  return running;
}

/// Each cell that is not the same, in words.
std::string difference(const Cells& one, const Cells& other) {
  std::string out;
  const auto put = [&](const Cells& from, const Cells& without, const char* what) {
    for (const auto& [cell, value] : from) {
      const auto it = without.find(cell);
      if (it != without.end() && it->second == value) continue;
      out += std::string(what) + cell.part + ' ' + cell.name + ' ' + std::to_string(cell.slot) + " = " +
             std::to_string(value) + '\n';
    }
  };
  put(one, other, "now ");
  put(other, one, "before ");
  return out;
}

TEST(FiguresProperty, TheSameFactsInAnyOrderGiveTheSameFigures) {
  const std::uint64_t first = seed();
  std::cout << "TOUCHPOINT_SEED=" << first << '\n';
  const std::vector<Profile> people{camille(), member("m-a", 2), member("m-b", 3)};
  for (std::uint64_t round = 0; round < 20; ++round) {
    std::mt19937_64 random(first + round);
    std::vector<Ticket> tickets = morning(random, people);
    const Cells expected = figures_of(tickets, people, 1000);
    ASSERT_FALSE(expected.empty());
    std::shuffle(tickets.begin(), tickets.end(), random);
    const Cells shuffled = figures_of(tickets, people, 3 + random() % 7);
    EXPECT_EQ(difference(shuffled, expected), "") << "round " << round;
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace tg
