#include "core/figures.hpp"

#include <algorithm>

#include "core/figures_shares.hpp"
#include "core/figures_statistics.hpp"
#include "core/model/figure_names.hpp"

namespace tg {
namespace {

// An hour: in a shop of 500 visits a day a quarter of an hour is mostly cells that are too small to show.
constexpr Millis kIntervalLength{3'600'000};
constexpr Day kMostDaysBack = 400;           // as long as the facts file keeps the figures
constexpr std::size_t kMostVisits = 50'000;  // with a share in memory, about 300 bytes each
constexpr std::size_t kMostTold = 1'000;     // visits on their way to central whose delay is measured

WallTime interval_start(WallTime now) {
  const auto since = now.time_since_epoch();
  return WallTime{since - since % kIntervalLength};
}

bool is_kept(Day day, std::optional<Day> today) {
  return !today || (day <= *today + 1 && day >= *today - kMostDaysBack);
}

/// FNV-1a: items are told apart within one visit, and the suggestion's id is not kept.
std::uint32_t hash_of(std::string_view text) {
  std::uint32_t hash = 2'166'136'261U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 16'777'619U;
  return hash;
}

void add_items(VisitShare& share, const fact::SuggestionCreated& created) {
  share.eligible = true;
  ++share.cards;
  for (const auto& item : created.items) {
    share.items.push_back({hash_of(created.suggestion.value), item.rank, item.scenario, {}});
  }
}

void add_tap(VisitShare& share, const fact::SuggestionOutcome& f) {
  const auto item = std::find_if(share.items.begin(), share.items.end(), [&](const ItemShare& i) {
    return i.decision == hash_of(f.suggestion.value) && i.rank == f.rank;
  });
  if (item == share.items.end()) return;
  if (f.undone) {
    --item->taps[static_cast<std::size_t>(*f.undone)];
  } else if (f.reason != "undo") {
    ++item->taps[static_cast<std::size_t>(f.outcome)];
  }
}

/// Of each zone, and of what belongs to none.
std::vector<std::int64_t> parts_of(const fact::StatsInterval& store, const std::vector<fact::StatsInterval>& zones,
                                   std::optional<std::int64_t> fact::StatsInterval::*field) {
  std::vector<std::int64_t> out;
  std::int64_t rest = (store.*field).value_or(0);
  for (const auto& zone : zones) {
    out.push_back((zone.*field).value_or(0));
    rest -= out.back();
  }
  out.push_back(rest);
  return out;
}

/// Hides what is too small, and with it what would give that away beside the store's total. A visit counts in every
/// zone that it went through, so visits of zones are no parts of a whole.
void hide_small(fact::StatsInterval& store, std::vector<fact::StatsInterval>& zones) {
  using Cell = fact::StatsInterval;
  for (auto& zone : zones) zone.recognised_visits = unless_small(*zone.recognised_visits);
  for (const auto field : {&Cell::tickets, &Cell::recognised_tickets, &Cell::late_tickets}) {
    const auto shown = shown_parts(parts_of(store, zones, field));
    for (std::size_t i = 0; i < zones.size(); ++i) {
      if (!shown[i]) (zones[i].*field).reset();
    }
    store.*field = unless_small((store.*field).value_or(0));
  }
  store.recognised_visits = unless_small(*store.recognised_visits);
  const auto hide_money = [](Cell& cell) {
    if (!cell.tickets) cell.net_minor.reset();
  };
  hide_money(store);
  std::for_each(zones.begin(), zones.end(), hide_money);
}

fact::StatsInterval cell_of(const Interval& interval, const std::string& zone, const IntervalCounts& c) {
  fact::StatsInterval cell;
  cell.from = interval.from;
  cell.to = interval.from + kIntervalLength;
  if (!zone.empty()) cell.zone = ZoneId{zone};
  cell.recognised_visits = c.visits;
  cell.tickets = c.tickets;
  cell.recognised_tickets = c.recognised_tickets;
  cell.late_tickets = c.late_tickets;
  if (c.net_minor.size() == 1) std::tie(cell.currency, cell.net_minor) = *c.net_minor.begin();
  return cell;
}

}  // namespace

void Figures::restore(FigureMemory memory) {
  interval_ = std::move(memory.interval);
  for (auto& [visit, share] : memory.visits) visits_.insert_or_assign(std::move(visit), std::move(share));
}

// --- visits ----------------------------------------------------------------------------------------------------------

VisitShare& Figures::share(const Visit& visit) {
  const auto [it, fresh] = visits_.try_emplace(visit.id);
  if (fresh) {
    it->second.day = policy_.calendar.day_of(visit.started_at);
    it->second.method = visit.method;
    it->second.holdout = visit.holdout;
    changed_visits_.insert(visit.id);
    make_room();
  }
  return it->second;
}

/// Ids begin with the time: the first one that is over is the oldest.
void Figures::make_room() {
  if (visits_.size() <= kMostVisits) return;
  const auto oldest = std::find_if(visits_.begin(), visits_.end(),
                                   [](const auto& entry) { return entry.second.state != VisitShare::State::open; });
  if (oldest != visits_.end()) visits_.erase(oldest);
}

template <class Change>
void Figures::change(const VisitId& visit, const Change& change) {
  const auto it = visits_.find(visit);
  if (it == visits_.end()) return;
  put_cells(it->second, -1, differences_);
  change(it->second);
  put_cells(it->second, 1, differences_);
  changed_visits_.insert(visit);
}

void Figures::opened(const Visit& visit, Millis took) { share(visit).recognised_ms = took.count(); }

void Figures::ended(const Visit& visit, WallTime now) {
  share(visit);
  const WallTime ended_at = visit.ended_at.value_or(visit.last_sighting);
  const bool brief = visit.end_reason == EndReason::short_ || ended_at - visit.started_at < policy_.presence.visit_min;
  change(visit.id, [&](VisitShare& s) {
    s.state = brief ? VisitShare::State::left_out : VisitShare::State::counted;
    s.ended_at = ended_at;
    s.zones = visit.zones;
  });
  if (brief) return;
  std::vector<std::string> zones;
  for (const auto& stay : visit.zones) zones.push_back(stay.zone.value);
  learn(zones, now, [](IntervalCounts& counts) { ++counts.visits; });
}

void Figures::card(const VisitId& visit, const FactData& fact, WallTime now) {
  if (const auto* created = std::get_if<fact::SuggestionCreated>(&fact)) {
    change(visit, [&](VisitShare& s) {
      add_items(s, *created);
      if (!s.suggested_at) s.suggested_at = now;
    });
  } else if (const auto* outcome = std::get_if<fact::SuggestionOutcome>(&fact)) {
    change(visit, [&](VisitShare& s) { add_tap(s, *outcome); });
  } else if (const auto* suppressed = std::get_if<fact::SuggestionSuppressed>(&fact)) {
    change(visit, [&](VisitShare& s) {
      s.suppressed |= 1U << static_cast<unsigned>(suppressed->reason);
      s.eligible = s.eligible || suppressed->reason == SuppressReason::holdout;
    });
  } else if (std::holds_alternative<fact::IdentityUnlinked>(fact)) {
    change(visit, [](VisitShare& s) { s.unlinked = true; });
  }
}

void Figures::delivered(const VisitId& visit, WallTime now) {
  const auto it = visits_.find(visit);
  if (it == visits_.end() || it->second.delivered) return;
  change(visit, [&](VisitShare& s) {
    s.delivered = true;
    if (s.suggested_at) s.delivered_ms = std::max<std::int64_t>(0, (now - *s.suggested_at).count());
  });
}

void Figures::telling(Sequence fact, WallTime now) {
  telling_.emplace(fact, now);
  if (telling_.size() > kMostTold) telling_.erase(telling_.begin());
}

void Figures::told(Sequence fact, WallTime now) {
  const auto begun = telling_.extract(fact);
  if (begun.empty()) return;
  const auto took = std::max<std::int64_t>(0, (now - begun.mapped()).count());
  ++differences_[CellKey{
      policy_.calendar.day_of(begun.mapped()), {}, std::string(figure::kPublishedAfter), histogram_slot(took)}];
}

// --- tickets ---------------------------------------------------------------------------------------------------------

void Figures::ticket(TicketRecord& record, WallTime now) {
  const std::optional<TicketShare> before = record.counted;
  const std::optional<TicketShare> after = share_of(record, now);
  record.counted = after;
  if (before == after) return;
  if (before) put_cells(*before, -1, differences_);
  if (after) put_cells(*after, 1, differences_);
  const bool moved = before && before->visit && (!after || after->visit != before->visit);
  if (moved) change(*before->visit, [&](VisitShare& s) { s.purchases.erase(record.id); });
  if (after && after->visit) {
    change(*after->visit, [&](VisitShare& s) { s.purchases[record.id] = purchase_of(*after, record.ended_at); });
  }
  const bool news = !before && after && !after->voided && after->sums.adds_up && after->sums.sale;
  if (!news) return;
  learn({after->sums.zone}, now, [&](IntervalCounts& counts) {
    ++counts.tickets;
    counts.recognised_tickets += after->cls == static_cast<int>(AttributionClass::certain) ? 1 : 0;
    counts.late_tickets += after->sums.late ? 1 : 0;
    counts.net_minor[after->sums.currency] += net_minor(after->sums);
  });
}

void Figures::count(const std::string& name, WallTime now) {
  ++differences_[CellKey{policy_.calendar.day_of(now), {}, name, 0}];
}

Day Figures::day_of(const Ticket& ticket, std::optional<Day> today) const {
  if (const auto business = origin_day(ticket.key, today)) return *business;
  const Day ended = policy_.calendar.day_of(ticket.ended_at);
  return is_kept(ended, today) ? ended : *today;
}

std::optional<Day> Figures::origin_day(const TicketKey& original, std::optional<Day> today) {
  const auto day = day_from(original.business_day);
  return day && is_kept(*day, today) ? day : std::nullopt;
}

std::string Figures::zone_of(const std::string& workstation) const {
  for (const Zone& zone : policy_.zones) {
    if (std::find(zone.workstations.begin(), zone.workstations.end(), workstation) != zone.workstations.end()) {
      return zone.id.value;
    }
  }
  return {};
}

// --- the interval ----------------------------------------------------------------------------------------------------

std::optional<WallTime> Figures::interval_end() const {
  if (!interval_) return std::nullopt;
  return interval_->from + kIntervalLength;
}

/// Also when the clock was set back behind its beginning.
void Figures::advance(WallTime now) {
  if (!interval_ || in_interval(now)) return;
  closed_.push_back(*std::exchange(interval_, std::nullopt));
  interval_changed_ = true;
}

void Figures::learn(const std::vector<std::string>& zones, WallTime now,
                    const std::function<void(IntervalCounts&)>& add) {
  advance(now);
  if (!interval_) interval_ = Interval{interval_start(now), {}};
  add(interval_->zones[""]);
  for (const auto& zone : zones) {
    if (!zone.empty()) add(interval_->zones[zone]);
  }
  interval_changed_ = true;
}

std::vector<fact::StatsInterval> Figures::take_intervals() {
  std::vector<fact::StatsInterval> out;
  for (const Interval& interval : std::exchange(closed_, {})) {
    std::vector<fact::StatsInterval> zones;
    fact::StatsInterval store;
    for (const auto& [zone, counts] : interval.zones) {
      if (zone.empty()) {
        store = cell_of(interval, zone, counts);
      } else {
        zones.push_back(cell_of(interval, zone, counts));
      }
    }
    hide_small(store, zones);
    out.push_back(std::move(store));
    std::move(zones.begin(), zones.end(), std::back_inserter(out));
  }
  return out;
}

// --- rows ------------------------------------------------------------------------------------------------------------

std::optional<FigureRows> Figures::take_rows() {
  FigureRows rows;
  rows.differences = std::exchange(differences_, {});
  std::erase_if(rows.differences, [](const auto& cell) { return cell.second == 0; });
  for (const VisitId& id : std::exchange(changed_visits_, {})) {
    if (const auto it = visits_.find(id); it != visits_.end()) rows.visits.emplace_back(id, it->second);
  }
  if (std::exchange(interval_changed_, false)) rows.interval = interval_.value_or(Interval{});
  if (rows.differences.empty() && rows.visits.empty() && !rows.interval) return std::nullopt;
  return rows;
}

void Figures::forget_before(WallTime ended_before) {
  std::erase_if(visits_, [&](const auto& entry) {
    return entry.second.state != VisitShare::State::open && entry.second.ended_at.value_or(WallTime{}) < ended_before;
  });
}

void Figures::describe(const std::function<void(std::string_view)>& sink) const {
  for (const auto& [visit, share] : visits_) {
    sink(visit.value);
    Cells cells;
    put_cells(share, 1, cells);
    for (const auto& [key, value] : cells) sink(key.part + key.name + std::to_string(key.slot) + std::to_string(value));
  }
  if (interval_) sink(std::to_string(unix_ms(interval_->from)) + ' ' + std::to_string(interval_->zones.size()));
}

}  // namespace tg
