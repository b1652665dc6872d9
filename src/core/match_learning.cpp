#include "core/match_learning.hpp"

#include <algorithm>

namespace tg {
namespace {

// Start values (facts on retail §3.1, whose weights are the quotients) and what they are worth in purchases.
struct Start {
  double m, u;
};
constexpr std::array<Start, kTillTieCount> kTill{{{0.01, 0.50},  // elsewhere: 0.02
                                                  {0.04, 0.20},  // unheard: a pocket, a dead corner
                                                  {0.02, 0.16},  // there for a part of it
                                                  {0.07, 0.05},
                                                  {0.03, 0.015},  // stays on: perhaps the next in the queue
                                                  {0.06, 0.012},
                                                  {0.17, 0.040},    // leaves with the receipt
                                                  {0.60, 0.018}}};  // about 33
constexpr std::array<Start, kExitTieCount> kExit{{{0.65, 0.40}, {0.30, 0.35}, {0.05, 0.25}}};
constexpr double kTillWorth = 20;
constexpr double kTillWorthOfOthers = 600;
constexpr double kExitWorth = 30;
constexpr std::array<double, kItemTieCount> kBought{0.25, 0.60, 0.60, 0.70};
constexpr double kBoughtWorth = 10;
constexpr double kNobody = 0.95;
constexpr double kNobodyWorth = 30;
constexpr double kLeastNobody = 0.20;
constexpr double kMostNobody = 0.995;
constexpr double kUsualOfGoods = 0.7;  // purchases that contain a product nobody has bought yet
constexpr double kFrequencyWorth = 100;
constexpr std::uint32_t kHalveAt = 20'000;  // purchases: about a month of a busy shop
constexpr std::size_t kMostGoods = 20'000;
constexpr std::uint32_t kEnough = 40;  // blind `probable` judgements before they count against the class

template <std::size_t N>
double weight(const TieCounts<N>& counts, const std::array<Start, N>& start, std::size_t tie, double worth,
              double worth_of_others) {
  double m = 0, u = 0;
  for (std::size_t i = 0; i < N; ++i) {
    m += counts.m[i];
    u += counts.u[i];
  }
  const double of_buyers = (counts.m[tie] + worth * start[tie].m) / (m + worth);
  const double of_others = (counts.u[tie] + worth_of_others * start[tie].u) / (u + worth_of_others);
  return std::clamp(of_buyers / of_others, 0.02, 150.0);
}

std::uint32_t ppm(double share) { return static_cast<std::uint32_t>(share * 1'000'000 + 0.5); }
std::uint32_t permille(double share) { return static_cast<std::uint32_t>(share * 1'000 + 0.5); }

}  // namespace

// --- goods -----------------------------------------------------------------------------------------------------------

void GoodsFrequency::count(const std::string& name) {
  ++counts_[name];
  changed_.insert(name);
}

void GoodsFrequency::add_ticket(const std::set<std::string>& names) {
  count(kPurchases);
  for (const auto& name : names) {
    if (!name.empty() && (counts_.size() < kMostGoods || counts_.contains(name))) count(name);
  }
  if (counts_[kPurchases] >= kHalveAt) halve();
}

void GoodsFrequency::halve() {
  for (auto it = counts_.begin(); it != counts_.end();) {
    changed_.insert(it->first);
    it->second /= 2;
    it = it->second == 0 ? counts_.erase(it) : std::next(it);
  }
}

double GoodsFrequency::of(const std::string& name) const {
  const auto count = [&](const std::string& of) {
    const auto it = counts_.find(of);
    return it == counts_.end() ? 0.0 : static_cast<double>(it->second);
  };
  const double others = std::max(0.0, count(name) - 1);  // the purchase in question is one of them
  return (others + kUsualOfGoods) / (count(kPurchases) + kFrequencyWorth);
}

void GoodsFrequency::restore(std::vector<std::pair<std::string, std::uint32_t>> counts) {
  for (auto& [name, n] : counts) counts_.insert_or_assign(std::move(name), n);
}

std::vector<std::pair<std::string, std::uint32_t>> GoodsFrequency::take_changes() {
  std::vector<std::pair<std::string, std::uint32_t>> out;
  for (const auto& name : std::exchange(changed_, {})) {
    const auto it = counts_.find(name);
    out.emplace_back(name, it == counts_.end() ? 0 : it->second);
  }
  return out;
}

// --- weights ---------------------------------------------------------------------------------------------------------

double MatchWeights::till(TillTie tie) const {
  return weight(learnt_.till, kTill, static_cast<std::size_t>(tie), kTillWorth, kTillWorthOfOthers);
}

double MatchWeights::exit(ExitTie tie) const {
  return weight(learnt_.exit, kExit, static_cast<std::size_t>(tie), kExitWorth, kExitWorth);
}

double MatchWeights::share_bought(ItemTie tie) const {
  const auto i = static_cast<std::size_t>(tie);
  const double all = learnt_.tied.at(i) + learnt_.untied.at(i);
  return (learnt_.tied.at(i) + kBoughtWorth * kBought.at(i)) / (all + kBoughtWorth);
}

double MatchWeights::nobody() const {
  const double sum = static_cast<double>(learnt_.nobody_permille) / 1000;
  const double share = (sum + kNobodyWorth * kNobody) / (learnt_.anonymous + kNobodyWorth);
  return std::clamp(share, kLeastNobody, kMostNobody);
}

double MatchWeights::usual_crowd() const {
  return learnt_.crowds == 0 ? 0 : static_cast<double>(learnt_.present) / learnt_.crowds;
}

/// Two standard deviations above the five per cent that the class allows, in whole numbers.
bool MatchWeights::probable_withheld() const {
  const ClassScore& probable = learnt_.probable;
  const std::int64_t n = probable.right + probable.wrong;
  if (n < kEnough) return false;
  const std::int64_t excess = 20 * std::int64_t{probable.wrong} - n;  // times 20
  return excess > 0 && excess * excess > 4 * 19 * n;
}

// --- the report's figures --------------------------------------------------------------------------------------------

void note(MatchLearning& learnt, const JudgedBlind& judged) {
  ++learnt.judged;
  if (judged.buyer_present) ++learnt.buyers_present;
  if (!judged.any) return;
  ++learnt.with_candidate;
  const double error = judged.p - (judged.right ? 1 : 0);
  learnt.squared_error_ppm += ppm(error * error);
  auto& bin = learnt.bins.at(std::min<std::size_t>(kReliabilityBins - 1, static_cast<std::size_t>(judged.p * 10)));
  ++bin.n;
  bin.right += judged.right ? 1 : 0;
  bin.p_permille += permille(judged.p);
  const auto count = [&](ClassScore& score) { ++(judged.right ? score.right : score.wrong); };
  if (judged.cls == MatchClass::possible) count(learnt.possible);
  if (judged.cls != MatchClass::probable) return;
  count(learnt.probable);
  count(learnt.by_candidates.at(std::clamp<std::size_t>(static_cast<std::size_t>(judged.candidates), 1, 6) - 1));
}

}  // namespace tg
