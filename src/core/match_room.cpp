#include "core/match_room.hpp"

#include <algorithm>
#include <utility>

#include "core/matching.hpp"

namespace tg {
namespace {

constexpr Millis kUsualTender{60'000};  // from the first item to the receipt, where the till does not say
constexpr Millis kLongestTender{600'000};
constexpr Millis kAround{20'000};
constexpr Millis kFirstLook{90'000};      // whoever leaves with the receipt has left by then
constexpr Millis kLastLook{21 * 60'000};  // "the visit goes on for more than 20 minutes" is known then
constexpr Millis kPresentAround{60'000};  // missed adverts: somebody heard a minute before may have been there
constexpr Millis kLearntEvery{30'000};
constexpr std::size_t kMostCases = 4'096;
constexpr double kComparable = 20;  // a candidate: not twenty times less likely than the likeliest
constexpr double kFirstRisk = 0.3;  // persons, before there are purchases to compare with
constexpr double kMostRisk = 0.004;
constexpr double kLeastProbable = 0.85;
constexpr double kRiskOfProbable = 0.045;  // of the class, where 0.05 is allowed
constexpr double kFirstProbable = 5;       // purchases: what a class that is still empty may rest on
constexpr std::size_t kMostWeighed = 256;

/// The till's own word for the beginning is used where the ticket has one.
WallTime begun_at(const Ticket& ticket) {
  if (!ticket.begun_at || *ticket.begun_at > ticket.ended_at) return ticket.ended_at - kUsualTender;
  return std::max<WallTime>(*ticket.begun_at, ticket.ended_at - kLongestTender);
}

bool only_gift_cards(const Ticket& ticket) {
  return std::none_of(ticket.lines.begin(), ticket.lines.end(), [](const TicketLine& line) {
    return line.kind == LineKind::sale || line.kind == LineKind::service;
  });
}

/// What the ticket itself forbids, whoever was there.
Refusal refusal_of(const Ticket& ticket, const std::optional<MemberId>& truth, WallTime received_at) {
  const struct {
    bool holds;
    Refusal refusal;
  } rules[] = {{!is_recorded(ticket), Refusal::not_final},
               {!ticket.adds_up(), Refusal::totals_mismatch},
               {ticket.employee, Refusal::employee},
               {ticket.loyalty && !truth, Refusal::other_loyalty},
               {ticket.type != TicketType::sale, Refusal::not_a_sale},
               {only_gift_cards(ticket), Refusal::gift_card_only},
               {ticket.time_quality == TimeQuality::ambiguous_hour, Refusal::ambiguous_hour},
               {received_at - ticket.ended_at > kTraceMemory, Refusal::too_late}};
  const auto* rule = std::find_if(std::begin(rules), std::end(rules), [](const auto& r) { return r.holds; });
  return rule == std::end(rules) ? Refusal::none : rule->refusal;
}

/// Only what the matcher compares: no number, no money, no means of payment. A style takes the place of a name.
Ticket stripped(const Ticket& ticket, const std::vector<CatalogItem>& items) {
  Ticket out;
  out.key = ticket.key;
  out.type = ticket.type;
  out.ended_at = ticket.ended_at;
  out.begun_at = ticket.begun_at;
  std::set<std::string> names;
  for (const auto& line : ticket.lines) {
    if (line.kind != LineKind::sale || line.qty_milli <= 0) continue;
    if (!line.sku.empty()) names.insert(line.sku);
    for (const auto& item : items) {
      if (line.sku != item.variant && (line.gtin.empty() || line.gtin != item.gtin)) continue;
      names.insert(item.variant);
      names.insert(style_name(item.style));
    }
  }
  for (const auto& name : names) {
    TicketLine line;
    line.sku = name;
    out.lines.push_back(std::move(line));
  }
  return out;
}

std::set<std::string> names_of(const Ticket& stripped) {
  std::set<std::string> names;
  for (const auto& line : stripped.lines) names.insert(line.sku);
  return names;
}

std::uint32_t permille(double share) { return static_cast<std::uint32_t>(share * 1'000 + 0.5); }

}  // namespace

// --- cases -----------------------------------------------------------------------------------------------------------

void MatchRoom::opened(const Ticket& ticket, const std::vector<CatalogItem>& items,
                       const std::optional<MemberId>& truth, const std::optional<Attribution>& given,
                       WallTime received_at) {
  MatchCase c;
  c.ticket = stripped(ticket, items);
  const TicketId id = ticket_id(ticket.key);
  const bool known = cases_.contains(id);
  if (!known && is_recorded(ticket) && ticket.type == TicketType::sale) goods_.add_ticket(names_of(c.ticket));
  c.has_number = ticket.loyalty.has_value();
  c.truth = truth;
  c.refusal = refusal_of(ticket, truth, received_at);
  if (given && !given->retracted) {
    c.given = given->member;
    c.visit = given->visit;
    c.certain = given->cls == AttributionClass::certain;
  }
  if (c.refusal != Refusal::none && c.refusal != Refusal::other_loyalty && !c.given) return drop(id);
  const bool anybody = !history_.present(begun_at(ticket) - kPresentAround, ticket.ended_at + kAround).empty();
  if (!anybody && !c.given && !known && received_at >= ticket.ended_at) {
    ++learnt_.crowds;
    if (!c.has_number) ++learnt_.anonymous, learnt_.nobody_permille += 1000;
    learnt_changed_ = true;
    return;
  }
  c.due = std::max(received_at, ticket.ended_at + kFirstLook);
  put(std::move(c));
}

void MatchRoom::put(MatchCase c) {
  const TicketId id = ticket_id(c.ticket.key);
  if (const auto old = cases_.find(id); old != cases_.end()) due_.erase({old->second.due, id});
  if (!cases_.contains(id)) make_room();
  due_.emplace(c.due, id);
  cases_.insert_or_assign(id, std::move(c));
  dirty_.insert(id);
}

void MatchRoom::drop(const TicketId& ticket) {
  const auto it = cases_.find(ticket);
  if (it == cases_.end()) return;
  due_.erase({it->second.due, ticket});
  cases_.erase(it);
  dirty_.erase(ticket);
  dropped_.push_back(ticket);
}

/// Those that are decided go first.
void MatchRoom::make_room() {
  if (cases_.size() < kMostCases) return;
  const auto least = std::min_element(cases_.begin(), cases_.end(), [](const auto& a, const auto& b) {
    const auto worth = [](const MatchCase& c) { return std::pair{c.stage != CaseStage::closed, c.ticket.ended_at}; };
    return worth(a.second) < worth(b.second);
  });
  drop(TicketId{least->first});
}

void MatchRoom::voided(const TicketId& ticket) { drop(ticket); }

const MatchCase* MatchRoom::find(const TicketId& ticket) const {
  const auto it = cases_.find(ticket);
  return it == cases_.end() ? nullptr : &it->second;
}

std::optional<WallTime> MatchRoom::next_due() const {
  return due_.empty() ? std::nullopt : std::optional{due_.begin()->first};
}

std::vector<TicketId> MatchRoom::take_due(WallTime now) {
  std::vector<TicketId> out;
  while (!due_.empty() && due_.begin()->first <= now) {
    const TicketId id = due_.begin()->second;
    MatchCase c = cases_.find(id)->second;
    if (c.stage == CaseStage::closed) {
      drop(id);
      continue;
    }
    const WallTime last = c.ticket.ended_at + kLastLook;
    const bool once_more = c.stage == CaseStage::first && now < last;
    c.stage = once_more ? CaseStage::last : CaseStage::closed;
    c.due = once_more ? last : std::max(now, c.ticket.ended_at) + kTraceMemory;
    put(std::move(c));
    out.push_back(id);
  }
  return out;
}

void MatchRoom::given(const TicketId& ticket, const std::optional<Attribution>& attribution) {
  const auto it = cases_.find(ticket);
  if (it == cases_.end()) return;
  MatchCase& c = it->second;
  const bool now = attribution && !attribution->retracted;
  c.given = now ? attribution->member : std::nullopt;
  c.visit = now ? attribution->visit : std::nullopt;
  c.certain = now && attribution->cls == AttributionClass::certain;
  if (c.visit && attribution->cls != AttributionClass::possible) history_.add_ticket(*c.visit, ticket);
  dirty_.insert(ticket);
}

void MatchRoom::hurry(const VisitId& visit, WallTime now) {
  const VisitTrace* trace = history_.find(visit);
  if (trace == nullptr) return;
  std::vector<MatchCase> sooner;
  for (const auto& [id, c] : cases_) {
    const bool there = trace->started_at <= c.ticket.ended_at && c.ticket.ended_at <= trace->last_heard + kLastLook;
    if (c.stage == CaseStage::last && there && c.due > now && c.ticket.ended_at + kFirstLook <= now)
      sooner.push_back(c);
  }
  for (auto& c : sooner) {
    const auto all = history_.present(begun_at(c.ticket) - kPresentAround, c.ticket.ended_at + kAround);
    const bool open = std::any_of(all.begin(), all.end(), [](const VisitTrace* t) { return !t->ended; });
    const bool told = std::any_of(trace->items.begin(), trace->items.end(), [](const TiedItem& i) { return i.sold; });
    if (open && !told) continue;
    if (open) c.stage = CaseStage::first;  // there is a last look as well
    c.due = now;
    put(std::move(c));
  }
}

std::vector<TicketId> MatchRoom::given_to(const MemberId& member) const {
  std::vector<TicketId> out;
  for (const auto& [id, c] : cases_) {
    if (c.given == member) out.push_back(id);
  }
  return out;
}

std::vector<TicketId> MatchRoom::given_to(const VisitId& visit) const {
  std::vector<TicketId> out;
  for (const auto& [id, c] : cases_) {
    if (c.visit == visit && !c.certain) out.push_back(id);
  }
  return out;
}

void MatchRoom::forget(const MemberId& member) {
  history_.forget(member);
  for (auto& [id, c] : cases_) {
    if (c.truth != member && c.given != member) continue;
    if (c.truth == member) {
      c.truth.reset();
      c.refusal = Refusal::erased;
    }
    if (c.given == member) {
      c.given.reset();
      c.refusal = Refusal::erased;
    }
    dirty_.insert(id);
  }
}

// --- judging ---------------------------------------------------------------------------------------------------------

PaidGoods MatchRoom::paid(const MatchCase& c) const {
  const Zone* till = history_.till_of(c.ticket.key.workstation);
  if (till != nullptr && !history_.observed(till->id)) till = nullptr;
  return {c.ticket, till, begun_at(c.ticket), c.ticket.ended_at, names_of(c.ticket)};
}

/// The likeliest first; a tie keeps the order of the visits.
std::vector<Evidence> MatchRoom::weigh_all(const PaidGoods& paid, WallTime now) const {
  const MatchWeights weights(learnt_);
  std::vector<Evidence> all;
  for (const VisitTrace* trace : history_.present(paid.begun_at - kPresentAround, paid.ended_at + kAround)) {
    all.push_back(weigh(*trace, paid, weights, goods_, now));
  }
  const double nobody = weights.nobody();
  const double crowd = std::max(static_cast<double>(all.size()), weights.usual_crowd());
  std::vector<Share> shares;
  double free = 1;
  for (const auto& e : all) {
    shares.push_back({(1 - nobody) / crowd, e.weight});
    free -= shares.back().prior;
  }
  const auto p = posterior(free, shares);
  for (std::size_t i = 0; i < all.size(); ++i) all[i].p = p[i];
  std::stable_sort(all.begin(), all.end(), [](const Evidence& a, const Evidence& b) { return a.p > b.p; });
  if (all.size() > kMostWeighed) all.resize(kMostWeighed);
  return all;
}

/// Of all purchases one in a hundred may be somebody else's; guesses take what the sure ones leave of it.
bool MatchRoom::may_guess(double p) const {
  const double risk = static_cast<double>(learnt_.risk_permille) / 1000 + 1 - p;
  return risk <= kFirstRisk + kMostRisk * learnt_.crowds;
}

/// A class is as right as the mean of what is in it: where most of it is surer than it must be, a little less sure
/// purchases have room beside them (decisions/0021).
bool MatchRoom::may_count_as_probable(double p) const {
  const double risk = static_cast<double>(learnt_.probable_risk_permille) / 1000 + 1 - p;
  return p >= kLeastProbable && risk <= kRiskOfProbable * (learnt_.probable_told + kFirstProbable);
}

Judgement MatchRoom::judge(const MatchCase& c, WallTime now) {
  history_.settle(now);
  Judgement out;
  out.refusal = c.refusal;
  const PaidGoods goods = paid(c);
  const auto all = weigh_all(goods, now);
  out.present = all.size();
  for (const auto& e : all) {
    out.nobody -= e.p;
    if (e.stands_out() && kComparable * e.p >= all.front().p) ++out.candidates;
  }
  if (all.empty()) return out;
  out.best = all.front();
  out.candidates = std::max(out.candidates, 1);
  const bool deaf =
      goods.till != nullptr && !history_.listened(goods.till->id, goods.begun_at - kAround, goods.ended_at + kAround);
  if (out.refusal == Refusal::none && deaf) out.refusal = Refusal::till_radio;
  if (out.refusal == Refusal::none && out.candidates > static_cast<std::int32_t>(kMostCandidates))
    out.refusal = Refusal::crowd;
  const double runner_up = all.size() > 1 ? all[1].p : 0;
  out.earned = out.best->stands_out() ? class_of(out.best->p, runner_up) : MatchClass::none;
  const bool sure = out.earned == MatchClass::possible && c.stage == CaseStage::closed &&
                    far_ahead(out.best->p, runner_up) && may_count_as_probable(out.best->p);
  if (sure) out.earned = MatchClass::probable;
  const bool withheld = out.earned == MatchClass::probable && MatchWeights(learnt_).probable_withheld();
  out.cls = withheld ? MatchClass::possible : out.earned;
  const bool risky = out.cls == MatchClass::possible && !may_guess(out.best->p);
  if (risky && c.given != out.best->trace->member) out.cls = MatchClass::none;
  return out;
}

// --- learning --------------------------------------------------------------------------------------------------------

void MatchRoom::learn(const MatchCase& c, const Judgement& judged, WallTime now) {
  const bool blind = c.refusal == Refusal::none || c.refusal == Refusal::other_loyalty;
  if (!blind || judged.refusal == Refusal::till_radio) return;
  learnt_changed_ = true;
  ++learnt_.crowds;
  learnt_.present += judged.present;
  if (!c.has_number) {
    ++learnt_.anonymous;
    learnt_.nobody_permille += permille(std::clamp(judged.nobody, 0.0, 1.0));
    const bool told = judged.refusal == Refusal::none && judged.cls != MatchClass::none;
    if (told) learnt_.risk_permille += permille(1 - judged.best->p);
    if (told && judged.cls == MatchClass::probable) {
      ++learnt_.probable_told;
      learnt_.probable_risk_permille += permille(1 - judged.best->p);
    }
    return;
  }
  JudgedBlind seen;
  seen.any = judged.best.has_value();
  seen.candidates = judged.candidates;
  if (judged.best) {
    seen.p = judged.best->p;
    seen.right = c.truth == judged.best->trace->member;
    if (judged.refusal != Refusal::crowd) seen.cls = judged.earned;
  }
  for (const auto& e : weigh_all(paid(c), now)) {
    if (e.trace->stays.empty()) continue;  // his card opened the visit: no phone taught where buyers stand
    const bool buyer = c.truth == e.trace->member;
    seen.buyer_present = seen.buyer_present || buyer;
    if (e.till) ++(buyer ? learnt_.till.m : learnt_.till.u).at(static_cast<std::size_t>(*e.till));
    if (e.exit) ++(buyer ? learnt_.exit.m : learnt_.exit.u).at(static_cast<std::size_t>(*e.exit));
    for (const ItemTie tie : e.had_in_mind) {
      if (buyer) ++(e.found.contains(tie) ? learnt_.tied : learnt_.untied).at(static_cast<std::size_t>(tie));
    }
  }
  note(learnt_, seen);
}

// --- memory ----------------------------------------------------------------------------------------------------------

void MatchRoom::restore(std::vector<VisitTrace> traces, std::vector<MatchCase> cases, const MatchLearning& learnt,
                        std::vector<std::pair<std::string, std::uint32_t>> goods, WallTime now) {
  for (auto& trace : traces) history_.restore(std::move(trace), now);
  for (auto& c : cases) put(std::move(c));
  dirty_.clear();
  learnt_ = learnt;
  goods_.restore(std::move(goods));
}

MatchRoom::Changes MatchRoom::take_changes(WallTime now) {
  Changes out;
  out.traces = history_.take_changes();
  for (const auto& id : std::exchange(dirty_, {})) out.put.emplace_back(id, cases_.find(id)->second);
  out.drop = std::exchange(dropped_, {});
  std::erase_if(out.drop, [this](const TicketId& id) { return cases_.contains(id); });
  const bool long_ago = now - written_at_ >= kLearntEvery || now < written_at_;
  if (long_ago && (learnt_changed_ || goods_.changed())) {
    written_at_ = now;
    if (std::exchange(learnt_changed_, false)) out.learnt = learnt_;
    out.goods = goods_.take_changes();
  }
  return out;
}

void MatchRoom::describe(const std::function<void(std::string_view)>& sink) const {
  history_.describe(sink);
  for (const auto& [id, c] : cases_) {
    sink(id.value + ' ' + std::to_string(static_cast<int>(c.stage)) + ' ' + std::to_string(unix_ms(c.due)) +
         (c.given ? " given" : ""));
  }
  sink(std::to_string(learnt_.anonymous) + ' ' + std::to_string(learnt_.judged) + ' ' +
       std::to_string(learnt_.present));
}

}  // namespace tg
