// Days at the tills of a shop: who stood where, who paid, who showed a card. Made to try the matcher, not to please it.
// Owner thread: the caller's. Never tells the gateway more than a shop would: sightings, tickets, profiles, receivers.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "codec/config.hpp"

namespace tg::sim {

/// How receivers fail on these days.
enum class Deaf : std::uint8_t { none, floor, till_told, till_untold };
inline constexpr const char* kDeafNames[] = {"none", "floor", "till, told", "till, untold"};

struct TillDayOptions {
  std::uint64_t seed = 1;
  std::size_t days = 3;
  std::size_t parties = 600;  ///< that come in on one day
  double recognised = 0.25;   ///< of all persons: members whose phone is heard
  double shows_card = 0.5;    ///< of the members who pay
  double couples = 0.35;      ///< of the parties: two persons, one of whom pays
  double buys = 0.4;          ///< of the parties
  double lent_card = 0.03;    ///< of the others who pay: a card of somebody else
  double has_intents = 0.9;   ///< of the members
  double buys_intent = 0.75;  ///< of the buyers with intents
  Deaf deaf = Deaf::none;     ///< during the second half of each day
};

/// One line for the gateway, and what really happened with tickets.
struct TillEvent {
  std::int64_t at = 0;  ///< Unix milliseconds; never decreases
  std::string json;     ///< a journal line
};
struct PaidTicket {
  std::string workstation, day, sequence;
  std::optional<std::string> buyer;    ///< a member whose phone was there and who consented; else nobody we could know
  std::optional<std::string> nearest;  ///< member whose phone was nearest to the till when it ended
  bool numbered = false;               ///< a loyalty number was on it
  bool voided = false;
};
struct TillDays {
  std::vector<TillEvent> events;
  std::vector<PaidTicket> tickets;
};

[[nodiscard]] TillDays make_till_days(const TillDayOptions& options);
/// The shop's configuration: every default, one receiver a zone, no map.
[[nodiscard]] Config till_configuration();

}  // namespace tg::sim
