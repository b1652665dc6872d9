// How likely is it that a visitor bought this? Evidence, its weight and the posterior (facts on retail §3.1).
// Pure functions, any thread. Sums, products and quotients of doubles only: the same bits on every machine.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/match_history.hpp"
#include "core/match_learning.hpp"
#include "core/model/match.hpp"

namespace tg {

inline constexpr std::size_t kMostCandidates = 5;  ///< facts §3.2: beyond it nobody is told apart

/// p_i = prior_i * weight_i / (nobody + sum of them); of all but nobody, in the order given.
struct Share {
  double prior = 0, weight = 1;
};
[[nodiscard]] std::vector<double> posterior(double nobody, const std::vector<Share>& shares);

/// Ten times the runner-up: between two that are nearly as likely there is no telling.
[[nodiscard]] bool far_ahead(double p, double runner_up);
/// probable: p >= 0.95 and far ahead of the runner-up; possible: from 0.5.
[[nodiscard]] MatchClass class_of(double p, double runner_up);

/// What is compared: the purchase, its goods and the time at the till.
struct PaidGoods {
  const Ticket& ticket;
  const Zone* till = nullptr;  ///< nothing: the position of buyers is not known there
  WallTime begun_at{}, ended_at{};
  std::set<std::string> goods;  ///< names as in GoodsFrequency
};
/// "s:" before a style, so that it is no variant.
[[nodiscard]] std::string style_name(const std::string& style);

[[nodiscard]] TillTie till_tie(const VisitTrace& trace, const ZoneId& till, WallTime begun_at, WallTime ended_at);
/// Nothing while it cannot be known.
[[nodiscard]] std::optional<ExitTie> exit_tie(const VisitTrace& trace, WallTime ended_at, WallTime now);

/// Of one visitor.
struct Evidence {
  const VisitTrace* trace = nullptr;
  std::optional<TillTie> till;
  std::optional<ExitTie> exit;
  const TiedItem* item = nullptr;  ///< the one that says most
  std::set<ItemTie> had_in_mind;   ///< of goods that could have been on the ticket
  std::set<ItemTie> found;         ///< and were
  bool confirmed = false;          ///< an associate sold him something that is on it
  bool bought_before = false;
  double weight = 1;
  double p = 0;
  [[nodiscard]] bool stands_out() const;  ///< a candidate in the events' sense
  [[nodiscard]] std::vector<std::string> names() const;
  [[nodiscard]] std::string method() const;
};
[[nodiscard]] Evidence weigh(const VisitTrace& trace, const PaidGoods& purchase, const MatchWeights& weights,
                             const GoodsFrequency& goods, WallTime now);

}  // namespace tg
