// Tickets that mean something for each other end in the same state, in whatever order they come (decision 0020).
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <sstream>

#include "support/core/box.hpp"
#include "support/core/dice.hpp"

namespace tg {
namespace {

using namespace test;

const Profile& buyer() {
  static const Profile profile = camille();
  return profile;
}
const Profile& other() {
  static const Profile profile = member("m-other", 7);
  return profile;
}

Ticket numbered(std::string sequence, TicketType type) {
  Ticket t = coat_ticket(kOpening, std::move(sequence));
  t.type = type;
  t.loyalty.reset();
  return t;
}
Ticket with_number(Ticket t, const Profile& who) {
  t.loyalty = LoyaltyScan{who.loyalty.front(), LoyaltyEntry::scanned};
  return t;
}
Ticket sold() { return with_number(numbered("118", TicketType::sale), buyer()); }
Ticket sold_revised() {
  Ticket t = sold();
  t.revision = 1;
  t.tenders[0].kind = "voucher";
  t.content = sha256(as_bytes("revised"));
  return t;
}
Ticket returned() {
  Ticket t = numbered("119", TicketType::return_);
  t.returns = sold().key;
  t.total_minor = t.tenders[0].amount_minor = t.lines[0].net_minor = -24'900;
  t.lines[0].kind = LineKind::return_;
  t.lines[0].qty_milli = -1000;
  seal(t);
  return t;
}
/// The coat for a dearer one.
Ticket exchanged() {
  Ticket t = returned();
  t.type = TicketType::exchange;
  t.lines.push_back(TicketLine{2, LineKind::sale, "GATE-COAT-CAMEL-42", "", 1000, 29'900, 29'900});
  t.total_minor = t.tenders[0].amount_minor = 5'000;
  seal(t);
  return t;
}
Ticket suspended() {
  Ticket t = numbered("121", TicketType::sale);
  t.status = TicketStatus::suspended;
  seal(t);
  return t;
}
Ticket resumed() {
  Ticket t = with_number(numbered("122", TicketType::sale), buyer());
  t.resumes = suspended().key;
  seal(t);
  return t;
}

struct Story {
  const char* name;
  std::vector<Ticket> tickets;
};
std::vector<Story> stories() {
  const Ticket void_sold = void_of(sold(), "120", kOpening);
  const Ticket void_returned = void_of(returned(), "123", kOpening);
  const Ticket void_resumed = void_of(resumed(), "124", kOpening);
  return {{"return", {sold(), returned()}},
          {"return with another number", {sold(), with_number(returned(), other()), void_sold, sold_revised()}},
          {"return with the same number", {sold(), with_number(returned(), buyer()), void_sold}},
          {"return and both voids", {sold(), returned(), void_sold, void_returned, sold_revised()}},
          {"exchange", {sold(), exchanged(), void_sold, void_returned}},
          {"exchange with a number", {sold(), with_number(exchanged(), other()), void_sold, sold_revised()}},
          {"resume", {suspended(), resumed(), void_resumed}},
          {"everything", {sold(), with_number(returned(), other()), void_sold, suspended(), resumed()}}};
}

/// What central knows when it has heard everything: the last word about each ticket.
std::string heard_by_central(const Seen& seen) {
  std::map<std::string, std::string> words;
  const auto tie = [&](const Attribution& a, const char* word) {
    words["tie " + a.ticket.value] = std::string(word) + ' ' + (a.member ? a.member->value : "nobody") + ' ' + a.method;
  };
  for (const auto& fact : seen.facts) {
    std::visit(Overload{[&](const fact::TicketRecorded& f) {
                          EXPECT_FALSE(words.contains("ticket " + f.id.value)) << "recorded twice";
                          words["ticket " + f.id.value] = std::to_string(f.ticket.revision);
                        },
                        [&](const fact::TicketRevised& f) {
                          EXPECT_TRUE(words.contains("ticket " + f.id.value)) << "revised before it was recorded";
                          words["ticket " + f.id.value] = std::to_string(f.ticket.revision);
                        },
                        [&](const fact::TicketVoided& f) {
                          EXPECT_TRUE(words.contains("ticket " + f.id.value)) << "voided before it was recorded";
                          EXPECT_FALSE(words.contains("void " + f.id.value)) << "voided twice";
                          words["void " + f.id.value] = "";
                        },
                        [&](const fact::AttributionCreated& f) { tie(f.attribution, "live"); },
                        [&](const fact::AttributionRevised& f) { tie(f.attribution, "live"); },
                        [&](const fact::AttributionRetracted& f) { words.erase("tie " + f.attribution.ticket.value); },
                        [](const auto&) {}},
               fact.data);
  }
  std::string text;
  for (const auto& [what, word] : words) text += what + ": " + word + '\n';
  return text;
}

std::string stored(const FactsFile& facts) {
  std::ostringstream out;
  for (const auto& [id, t] : facts.tickets) {
    const bool live = t.attribution && !t.attribution->retracted;
    out << t.key.sequence << " revision " << t.revision << (t.voided ? " void" : "")
        << (t.superseded ? " superseded" : "") << ' '
        << (live ? t.attribution->member->value + ' ' + t.attribution->method + ' ' +
                       std::to_string(t.attribution->p_permille)
                 : "nobody")
        << '\n';
  }
  for (const auto& [name, till] : facts.tills) {
    out << name << ' ' << till.low << '-' << till.high;
    for (const auto& hole : till.holes) out << " without " << hole.from << '-' << hole.to;
    out << '\n';
  }
  return out.str();
}

/// `together`: all of them are on their way before the files answer the first question.
std::string end_of(const std::vector<Ticket>& tickets, bool together) {
  Box box;
  box.cache.put(buyer());
  box.cache.put(other());
  box.start();
  box.loads = !together;
  for (const auto& t : tickets) {
    box.till(t);
    box.pass(1s);
  }
  box.loads = true;
  for (std::size_t i = 0; together && i < 4 * tickets.size(); ++i) box.load_all();
  for (const auto& t : tickets) box.till(t);  // repeated, as tills do
  return heard_by_central(box.seen) + stored(box.facts);
}

TEST(TicketLifeProperty, EveryOrderEndsInTheSameState) {
  for (auto& story : stories()) {
    SCOPED_TRACE(story.name);
    auto tickets = story.tickets;
    std::vector<std::size_t> order(tickets.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::string expected;
    do {
      std::vector<Ticket> shuffled;
      std::string names;
      for (const std::size_t i : order) {
        shuffled.push_back(tickets[i]);
        names += ' ' + tickets[i].key.sequence + (tickets[i].revision > 0 ? "'" : "");
      }
      for (const bool together : {false, true}) {
        SCOPED_TRACE(names + (together ? " together" : " one after the other"));
        const std::string end = end_of(shuffled, together);
        if (expected.empty()) expected = end;
        ASSERT_EQ(end, expected);
      }
    } while (std::next_permutation(order.begin(), order.end()));
  }
}

/// Several buyers, several returns of each, voids of any: as many as a day has, shuffled.
TEST(TicketLifeProperty, ARandomDayEndsInTheSameStateHoweverItIsShuffled) {
  for_all(25, [](Dice& dice) {
    std::vector<Ticket> day;
    const std::uint32_t end = 100 + dice.between(6, 14);
    for (std::uint32_t n = 100; n < end; ++n) {
      const auto name = [&](Ticket t) {
        return dice.one_in(2) ? with_number(t, dice.one_in(2) ? buyer() : other()) : t;
      };
      Ticket t = name(numbered(std::to_string(n), TicketType::sale));
      std::vector<Ticket> real;
      for (const auto& d : day) {
        if (d.type != TicketType::void_) real.push_back(d);
      }
      if (!real.empty() && dice.one_in(2)) {
        const Ticket original = dice.of(real);
        t = dice.one_in(3) ? void_of(original, std::to_string(n), kOpening)
                           : name(dice.one_in(2) ? returned() : exchanged());
        t.key.sequence = std::to_string(n);
        if (t.type != TicketType::void_) t.returns = original.key;
      }
      seal(t);
      day.push_back(t);
    }
    const std::string expected = end_of(day, false);
    for (int i = 0; i < 6; ++i) {
      for (std::size_t k = day.size(); k > 1; --k) {
        std::swap(day[k - 1], day[dice.below(static_cast<std::uint32_t>(k))]);
      }
      ASSERT_EQ(end_of(day, dice.one_in(2)), expected) << "shuffle " << i;
    }
  });
}

}  // namespace
}  // namespace tg
