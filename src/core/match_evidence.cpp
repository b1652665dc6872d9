#include "core/match_evidence.hpp"

#include <algorithm>

#include "core/matching.hpp"

namespace tg {
namespace {

constexpr Millis kAround{20'000};        // facts §3.1: till presence is looked for so long before and after
constexpr Millis kLeavesBefore{20'000};  // clocks of tills are some ten seconds off, a slot has five
constexpr Millis kLeavesWithin{40'000};  // takes bag and receipt
constexpr Millis kBridge{20'000};
constexpr Millis kSeenElsewhere{15'000};
constexpr Millis kSoon{5 * 60'000};
constexpr Millis kMuchLater{20 * 60'000};
constexpr std::int32_t kClearMargin = 6;  // dB; less is within the fading of one slot
constexpr double kMostOfItem = 200;       // facts §3.1
constexpr double kMostOfIntent = 100;
constexpr double kMostOfStyle = 20;
constexpr double kConfirmed = 50;
constexpr double kLeastOfMiss = 0.2;     // a phone list is never the whole of what somebody wants
constexpr double kSecondPurchase = 0.1;  // few buy twice in one visit

Millis overlap(const TraceStay& stay, WallTime from, WallTime to) {
  return std::max(Millis{0}, std::min(stay.to, to) - std::max(stay.from, from));
}

bool on_ticket(const TiedItem& item, const std::set<std::string>& goods) {
  return item.variant.empty() ? goods.contains(style_name(item.style)) : goods.contains(item.variant);
}

/// Either he buys one of the `rivals` goods that he had in mind so, each alike, or he buys as everybody does.
double item_weight(const TiedItem& item, double rivals, const MatchWeights& weights, const GoodsFrequency& goods) {
  const double frequency = goods.of(item.variant.empty() ? style_name(item.style) : item.variant);
  static constexpr std::array<double, kItemTieCount> kMost{kMostOfStyle, kMostOfIntent, kMostOfItem, kMostOfItem};
  const double bought = weights.share_bought(item.tie);
  const double weight = 1 - bought + bought / (rivals * frequency);
  return std::min(weight, kMost.at(static_cast<std::size_t>(item.tie)));
}

/// The item that says most; goods in mind that were not bought speak a little against him.
void weigh_items(Evidence& e, const PaidGoods& purchase, const MatchWeights& weights, const GoodsFrequency& goods) {
  double best = 0, missed = 1;
  std::array<double, kItemTieCount> rivals{};
  for (const auto& item : e.trace->items) ++rivals.at(static_cast<std::size_t>(item.tie));
  for (const auto& item : e.trace->items) {
    e.had_in_mind.insert(item.tie);
    if (!on_ticket(item, purchase.goods)) continue;
    e.found.insert(item.tie);
    e.confirmed = e.confirmed || item.sold;
    const double weight = item_weight(item, rivals.at(static_cast<std::size_t>(item.tie)), weights, goods);
    if (weight <= best) continue;
    best = weight;
    e.item = &item;
  }
  if (e.item == nullptr && !e.had_in_mind.empty()) {
    missed = std::max(kLeastOfMiss, 1 - weights.share_bought(*e.had_in_mind.rbegin()));
  }
  e.weight *= e.item == nullptr ? missed : best;
  if (e.confirmed) e.weight *= kConfirmed;
}

}  // namespace

std::vector<double> posterior(double nobody, const std::vector<Share>& shares) {
  double sum = nobody;
  for (const auto& share : shares) sum += share.prior * share.weight;
  std::vector<double> out;
  for (const auto& share : shares) out.push_back(sum > 0 ? share.prior * share.weight / sum : 0);
  return out;
}

bool far_ahead(double p, double runner_up) { return p >= 10 * runner_up; }

MatchClass class_of(double p, double runner_up) {
  if (p >= 0.95 && far_ahead(p, runner_up)) return MatchClass::probable;
  return p >= 0.5 ? MatchClass::possible : MatchClass::none;
}

std::string style_name(const std::string& style) { return "s:" + style; }

/// The stay that covers most of the payment decides how he left; a short pause in it is none.
TillTie till_tie(const VisitTrace& trace, const ZoneId& till, WallTime begun_at, WallTime ended_at) {
  Millis there{0}, paying{0}, away{0};
  std::int64_t margin = 0;
  WallTime left{};
  for (const auto& stay : trace.stays) {
    if (stay.zone != till) {
      away += overlap(stay, begun_at, ended_at);
      continue;
    }
    const bool goes_on = left != WallTime{} && stay.from - left <= kBridge;
    const Millis here = overlap(stay, begun_at - kAround, ended_at + kAround);
    if (here > Millis{0} || goes_on) left = stay.to;
    there += here;
    margin += stay.margin_db * here.count();
    paying += overlap(stay, begun_at, ended_at);
  }
  if (there == Millis{0}) return away >= kSeenElsewhere ? TillTie::elsewhere : TillTie::unheard;
  const bool clear = margin >= kClearMargin * there.count();
  const bool brief = paying * 2 < ended_at - begun_at && paying < Millis{20'000};
  if (brief || left < ended_at - kLeavesBefore) return clear ? TillTie::brief_clear : TillTie::brief_weak;
  if (left > ended_at + kLeavesWithin) return clear ? TillTie::stays_clear : TillTie::stays_weak;
  return clear ? TillTie::leaves_clear : TillTie::leaves_weak;
}

std::optional<ExitTie> exit_tie(const VisitTrace& trace, WallTime ended_at, WallTime now) {
  const Millis stayed = trace.last_heard - ended_at;
  if (stayed > kMuchLater) return ExitTie::much_later;
  const bool gone = trace.ended || now - trace.last_heard > kSoon;
  if (!gone) return std::nullopt;
  return stayed <= kSoon ? ExitTie::soon : ExitTie::later;
}

bool Evidence::stands_out() const { return (till && *till >= TillTie::brief_clear) || item != nullptr; }

std::vector<std::string> Evidence::names() const {
  std::vector<std::string> out;
  if (till)
    out.emplace_back(*till >= TillTie::brief_weak  ? "till_presence"
                     : *till == TillTie::elsewhere ? "contradiction"
                                                   : "till_unheard");
  if (item != nullptr) out.emplace_back(item->tie >= ItemTie::suggested ? "item_link" : "intent_link");
  if (confirmed) out.emplace_back("associate_confirm");
  if (exit == ExitTie::soon) out.emplace_back("exit_after");
  if (exit == ExitTie::much_later) out.emplace_back("contradiction_later");
  if (bought_before) out.emplace_back("bought_before");
  return out;
}

std::string Evidence::method() const {
  if (confirmed) return "associate_confirm";
  if (item != nullptr) return item->tie >= ItemTie::suggested ? "item_link" : "intent_link";
  return "till_presence";
}

Evidence weigh(const VisitTrace& trace, const PaidGoods& purchase, const MatchWeights& weights,
               const GoodsFrequency& goods, WallTime now) {
  Evidence e;
  e.trace = &trace;
  if (purchase.till != nullptr) {
    e.till = till_tie(trace, purchase.till->id, purchase.begun_at, purchase.ended_at);
    e.weight *= weights.till(*e.till);
  }
  e.exit = exit_tie(trace, purchase.ended_at, now);
  if (e.exit) e.weight *= weights.exit(*e.exit);
  weigh_items(e, purchase, weights, goods);
  const auto ticket = purchase.ticket.key;
  e.bought_before = std::any_of(trace.tickets.begin(), trace.tickets.end(),
                                [id = ticket_id(ticket)](const TicketId& t) { return t != id; });
  if (e.bought_before) e.weight *= kSecondPurchase;
  return e;
}

}  // namespace tg
