// What a till prints as lines -> what was bought: voided lines and rewards are settled here (facts of real files in
// decision 0018). Owner thread: any. For dialect_*.cpp only. Never changes the sum of all lines and rewards.
#pragma once

#include <string>
#include <vector>

#include "codec/dialect.hpp"
#include "core/model/ticket.hpp"

namespace tg {

struct DraftLine {
  TicketLine line;
  std::string ref;
  bool voided = false;
};
struct DraftReward {
  Reward reward;
  std::string ref;  ///< of the line that it belongs to; empty or unknown: of all
};

/// Takes lines out that cancel each other or do not count; says so in `notes`.
void settle_voided(std::vector<DraftLine>& lines, VoidedLines mode, std::vector<std::string>& notes);
/// Puts each reward into the net of its line, or spreads it over the lines by largest remainder, to the minor unit.
void settle_rewards(std::vector<DraftLine>& lines, std::vector<DraftReward>& rewards, std::vector<std::string>& notes);

}  // namespace tg
