// What purchases with a loyalty number teach about those without (facts on retail §3.5).
// Owner thread: the loop. Never names a member or a ticket: counts only.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/model/match.hpp"

namespace tg {

/// How often goods are sold here: an item that everybody buys says nothing about who bought.
class GoodsFrequency {
 public:
  /// Each name once; counts are halved now and then, so that the season may change.
  void add_ticket(const std::set<std::string>& names);
  /// Of the other purchases of this shop those that contain it, shrunk towards one in 140; 0 < f <= 1.
  [[nodiscard]] double of(const std::string& name) const;
  void restore(std::vector<std::pair<std::string, std::uint32_t>> counts);

  /// The name of the row that counts purchases; no goods are called so.
  static constexpr const char* kPurchases = "";
  /// What has changed, 0 = gone.
  [[nodiscard]] std::vector<std::pair<std::string, std::uint32_t>> take_changes();
  [[nodiscard]] bool changed() const { return !changed_.empty(); }

 private:
  void count(const std::string& name);
  void halve();
  std::map<std::string, std::uint32_t> counts_;
  std::set<std::string> changed_;
};

/// Weights of evidence, each m/u with counts that are shrunk towards the start values of the facts.
class MatchWeights {
 public:
  explicit MatchWeights(const MatchLearning& learnt) : learnt_(learnt) {}
  [[nodiscard]] double till(TillTie tie) const;
  [[nodiscard]] double exit(ExitTie tie) const;
  /// The buyer had such an item in mind: how likely it is on his ticket.
  [[nodiscard]] double share_bought(ItemTie tie) const;
  /// Of purchases without a number: nobody whom we know bought it.
  [[nodiscard]] double nobody() const;
  /// Visitors present at a purchase, on average.
  [[nodiscard]] double usual_crowd() const;
  /// `probable` turned out wrong too often: it is withheld until it is right again.
  [[nodiscard]] bool probable_withheld() const;

 private:
  const MatchLearning& learnt_;
};

/// One purchase whose buyer is known by his number, judged as if it had none.
struct JudgedBlind {
  bool buyer_present = false;
  bool any = false;    ///< somebody was the likeliest
  bool right = false;  ///< it was the buyer
  double p = 0;        ///< of the likeliest
  MatchClass cls = MatchClass::none;
  std::int32_t candidates = 0;
};
void note(MatchLearning& learnt, const JudgedBlind& judged);

}  // namespace tg
