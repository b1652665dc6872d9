#include "codec/dialect_lines.hpp"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <optional>

namespace tg {
namespace {

bool undoes(const DraftLine& later, const DraftLine& earlier) {
  const TicketLine &a = later.line, &b = earlier.line;
  return !earlier.voided && a.kind == b.kind && a.sku == b.sku && a.gtin == b.gtin && a.qty_milli == -b.qty_milli &&
         a.net_minor == -b.net_minor;
}

std::string number(const DraftLine& draft) { return std::to_string(draft.line.n); }

/// The line of before that this one takes back; the nearest of several alike.
std::optional<std::size_t> partner(const std::vector<DraftLine>& lines, const std::vector<bool>& gone, std::size_t i) {
  for (std::size_t j = i; j-- > 0;) {
    if (!gone[j] && undoes(lines[i], lines[j])) return j;
  }
  return std::nullopt;
}

bool does_not_count(const DraftLine& draft, VoidedLines mode) {
  return mode == VoidedLines::skip || (mode == VoidedLines::by_sign && draft.line.net_minor >= 0);
}

/// Shares of `amount` by weight, to the unit: what rounding leaves goes to the largest remainders, the first of equals.
std::vector<MinorUnits> shares(MinorUnits amount, const std::vector<MinorUnits>& weights) {
  const MinorUnits sum = std::accumulate(weights.begin(), weights.end(), MinorUnits{0});
  std::vector<MinorUnits> out(weights.size());
  std::vector<MinorUnits> rest(weights.size());
  MinorUnits left = amount;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    MinorUnits product = 0;
    if (sum == 0 || __builtin_mul_overflow(amount, weights[i], &product)) product = 0;
    out[i] = sum == 0 ? 0 : product / sum;
    rest[i] = sum == 0 ? 0 : product % sum < 0 ? -(product % sum) : product % sum;
    left -= out[i];
  }
  std::vector<std::size_t> by_rest(weights.size());
  std::iota(by_rest.begin(), by_rest.end(), std::size_t{0});
  std::ranges::stable_sort(by_rest, [&](std::size_t a, std::size_t b) { return rest[a] > rest[b]; });
  const MinorUnits unit = left < 0 ? -1 : 1;
  for (std::size_t i = 0; left != 0 && i + 1 < by_rest.size(); ++i, left -= unit) out[by_rest[i]] += unit;
  out[by_rest.back()] += left;
  return out;
}

/// A discount lowers what was bought, not what was brought back.
void spread(std::vector<DraftLine>& lines, MinorUnits amount) {
  std::vector<MinorUnits> weights;
  for (const auto& draft : lines) weights.push_back(std::max<MinorUnits>(0, draft.line.net_minor));
  const auto share = shares(amount, weights);
  for (std::size_t i = 0; i < lines.size(); ++i) lines[i].line.add_reward(share[i]);
}

}  // namespace

void settle_voided(std::vector<DraftLine>& lines, VoidedLines mode, std::vector<std::string>& notes) {
  std::vector<bool> gone(lines.size());
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (!lines[i].voided) continue;
    if (does_not_count(lines[i], mode)) {
      gone[i] = true;
      notes.push_back("line " + number(lines[i]) + " is void and does not count");
    } else if (const auto j = partner(lines, gone, i)) {
      gone[i] = gone[*j] = true;
      notes.push_back("line " + number(lines[i]) + " takes line " + number(lines[*j]) + " back");
    }
  }
  std::vector<DraftLine> left;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (!gone[i]) left.push_back(std::move(lines[i]));
  }
  lines = std::move(left);
}

void settle_rewards(std::vector<DraftLine>& lines, std::vector<DraftReward>& rewards, std::vector<std::string>& notes) {
  for (auto& [reward, ref] : rewards) {
    const auto own = std::ranges::find_if(lines, [&](const auto& d) { return !ref.empty() && d.ref == ref; });
    if (own != lines.end()) {
      reward.line = own->line.n;
      own->line.add_reward(reward.amount_minor);
      notes.push_back("a reward is part of line " + number(*own));
    } else if (!lines.empty()) {
      spread(lines, reward.amount_minor);
      notes.push_back("a reward is spread over all lines");
    }
  }
}

}  // namespace tg
