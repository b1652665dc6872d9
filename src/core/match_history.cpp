#include "core/match_history.hpp"

#include <algorithm>
#include <utility>

namespace tg {
namespace {

constexpr Millis kSlot{5'000};          // the strongest of so long: fading weakens single adverts, nothing strengthens
constexpr Millis kBridge{20'000};       // a pause in one zone, with nothing heard elsewhere
constexpr RssiDbm kWeakest = -80;       // a lone receiver proves its zone only above this (presence.enter_dbm)
constexpr std::int32_t kAlone = 20;     // dB: no other zone heard him
constexpr std::int32_t kMapMargin = 6;  // dB: the position filter has weighed the receivers already
constexpr std::size_t kMostStays = 96;
constexpr std::size_t kMostItems = 64;
constexpr std::size_t kMostTraces = 8'192;
constexpr std::size_t kMostSilences = 256;

}  // namespace

// --- a visit ---------------------------------------------------------------------------------------------------------

void VisitHistory::opened(const Visit& visit) {
  if (entries_.size() >= kMostTraces) {
    const auto oldest = std::min_element(entries_.begin(), entries_.end(), [](const auto& a, const auto& b) {
      return a.second.trace.last_heard < b.second.trace.last_heard;
    });
    open_.erase(oldest->second.trace.member.value);
    drop(oldest);
  }
  Entry& entry = entries_[visit.id];
  entry.trace.visit = visit.id;
  entry.trace.member = *visit.member;
  entry.trace.started_at = entry.trace.last_heard = visit.started_at;
  open_.insert_or_assign(visit.member->value, visit.id);
}

VisitHistory::Entry* VisitHistory::open_entry(const VisitId& visit) {
  const auto it = entries_.find(visit);
  return it == entries_.end() ? nullptr : &it->second;
}

bool VisitHistory::has_map() const {
  const bool areas =
      std::any_of(policy_.zones.begin(), policy_.zones.end(), [](const Zone& z) { return !z.area_mm.empty(); });
  return areas && std::any_of(policy_.receivers.begin(), policy_.receivers.end(),
                              [](const Receiver& r) { return r.place.has_value(); });
}

ZoneId VisitHistory::till_or_elsewhere(const ZoneId& zone) const {
  const Zone* known = policy_.zone(zone);
  return known != nullptr && known->kind == ZoneKind::till ? zone : ZoneId{};
}

void VisitHistory::heard(std::string_view member, const ZoneId& zone, std::uint16_t receiver, RssiDbm rssi,
                         WallTime now) {
  const auto open = open_.find(member);
  if (open == open_.end() || rssi == kRssiUnavailable || receiver >= policy_.receivers.size()) return;
  Entry& entry = entries_.find(open->second)->second;
  const Receiver& by = policy_.receivers[receiver];
  const Zone* at = policy_.zone(by.zone);
  if (at == nullptr || at->kind == ZoneKind::street) return;
  entry.trace.last_heard = std::max(entry.trace.last_heard, now);
  if (!entry.slot.best.empty() && (now - entry.slot.from >= kSlot || now < entry.slot.from)) close_slot(entry);
  if (entry.slot.best.empty()) entry.slot.from = now;
  entry.slot.by_map = zone;
  const auto strength = static_cast<RssiDbm>(rssi + by.offset_db);
  const auto [best, fresh] = entry.slot.best.emplace(till_or_elsewhere(by.zone), strength);
  if (!fresh) best->second = std::max(best->second, strength);
}

void VisitHistory::settle(WallTime now) {
  for (const auto& [member, visit] : open_) {
    Entry& entry = entries_.find(visit)->second;
    if (now - entry.slot.from >= kSlot) close_slot(entry);
  }
}

void VisitHistory::close_slot(Entry& entry) const {
  Slot slot = std::exchange(entry.slot, {});
  if (slot.best.empty()) return;
  const WallTime to = slot.from + kSlot;
  if (has_map()) return extend(entry.trace, till_or_elsewhere(slot.by_map), slot.from, to, kMapMargin);
  const auto louder = [](const auto& a, const auto& b) { return a.second < b.second; };
  const auto best = *std::max_element(slot.best.begin(), slot.best.end(), louder);
  slot.best.erase(best.first);
  std::int32_t margin = kAlone;
  if (!slot.best.empty()) margin = best.second - std::max_element(slot.best.begin(), slot.best.end(), louder)->second;
  margin = std::clamp<std::int32_t>(best.second - kWeakest, 0, margin);
  extend(entry.trace, best.first, slot.from, to, margin);
}

void VisitHistory::extend(VisitTrace& trace, const ZoneId& zone, WallTime from, WallTime to, std::int32_t margin) {
  auto& stays = trace.stays;
  if (!stays.empty() && stays.back().zone == zone && from - stays.back().to <= kBridge) {
    TraceStay& stay = stays.back();
    const auto old = std::max<std::int64_t>(1, (stay.to - stay.from) / kSlot);
    stay.margin_db = static_cast<std::int32_t>((stay.margin_db * old + margin) / (old + 1));
    stay.to = std::max(stay.to, to);
    return;
  }
  if (stays.size() >= kMostStays) {
    const auto dull = std::find_if(stays.begin(), stays.end(), [](const TraceStay& s) { return s.zone.empty(); });
    stays.erase(dull == stays.end() ? stays.begin() : dull);
  }
  stays.push_back({zone, from, to, margin});
}

void VisitHistory::ended(const Visit& visit) {
  const auto it = entries_.find(visit.id);
  if (it == entries_.end()) return;
  VisitTrace& trace = it->second.trace;
  close_slot(it->second);
  trace.ended = true;
  open_.erase(trace.member.value);
  if (!trace.consented || visit.end_reason != EndReason::left) {
    if (visit.end_reason != EndReason::short_ || !trace.consented) return drop(it);
  }
  dirty_.insert(visit.id);
}

void VisitHistory::learn_profile(const VisitId& visit, const Profile& profile, bool consented) {
  Entry* entry = open_entry(visit);
  if (entry == nullptr) return;
  entry->trace.consented = consented;
  if (!consented) return;
  for (const auto& intent : profile.intents) {
    tie(visit,
        {intent.variant.value_or(""), intent.style, intent.variant ? ItemTie::intent : ItemTie::style, {}, false});
  }
  entry->trace.orders.clear();
  for (const auto& collect : profile.collect) entry->trace.orders.push_back(collect.order);
  dirty_.insert(visit);
}

void VisitHistory::tie(const VisitId& visit, TiedItem item) {
  Entry* entry = open_entry(visit);
  if (entry == nullptr) return;
  auto& items = entry->trace.items;
  const auto known = std::find_if(items.begin(), items.end(), [&](const TiedItem& i) {
    return i.variant == item.variant && (!item.variant.empty() || i.style == item.style);
  });
  if (known == items.end()) {
    if (items.size() < kMostItems) items.push_back(std::move(item));
  } else {
    known->tie = std::max(known->tie, item.tie);
    if (item.suggestion) known->suggestion = item.suggestion;
    if (!item.style.empty()) known->style = item.style;
  }
  dirty_.insert(visit);
}

void VisitHistory::sold(const VisitId& visit, const std::string& variant) {
  Entry* entry = open_entry(visit);
  if (entry == nullptr) return;
  for (auto& item : entry->trace.items) item.sold = item.sold || item.variant == variant;
  dirty_.insert(visit);
}

void VisitHistory::unlink(const VisitId& visit) {
  if (Entry* entry = open_entry(visit)) {
    entry->trace.unlinked = true;
    dirty_.insert(visit);
  }
}

void VisitHistory::add_ticket(const VisitId& visit, const TicketId& ticket) {
  Entry* entry = open_entry(visit);
  if (entry == nullptr) return;
  auto& tickets = entry->trace.tickets;
  if (std::find(tickets.begin(), tickets.end(), ticket) == tickets.end()) tickets.push_back(ticket);
  dirty_.insert(visit);
}

// --- who may be remembered -------------------------------------------------------------------------------------------

void VisitHistory::consent(const MemberId& member, bool granted) {
  if (!granted) {
    for (auto it = entries_.begin(); it != entries_.end();) {
      const auto next = std::next(it);
      if (it->second.trace.member == member && it->second.trace.ended) drop(it);
      it = next;
    }
  }
  const auto open = open_.find(member.value);
  if (open == open_.end()) return;
  Entry& entry = entries_.find(open->second)->second;
  entry.trace.consented = granted;
  if (granted) {
    dirty_.insert(open->second);
    return;
  }
  entry.trace.items.clear();
  entry.trace.orders.clear();
  dirty_.erase(open->second);
  if (std::exchange(entry.written, false)) dropped_.push_back(open->second);
}

void VisitHistory::forget(const MemberId& member) {
  open_.erase(member.value);
  for (auto it = entries_.begin(); it != entries_.end();) {
    const auto next = std::next(it);
    if (it->second.trace.member == member) drop(it);
    it = next;
  }
}

void VisitHistory::drop(Entries::iterator it) {
  dirty_.erase(it->first);
  if (it->second.written) dropped_.push_back(it->first);
  entries_.erase(it);
}

void VisitHistory::restore(VisitTrace trace, WallTime now) {
  if (now - trace.last_heard > kTraceMemory) return;
  const VisitId visit = trace.visit;
  if (!trace.ended) open_.insert_or_assign(trace.member.value, visit);
  entries_.insert_or_assign(visit, Entry{std::move(trace), {}, true});
}

void VisitHistory::purge(WallTime now) {
  for (auto it = entries_.begin(); it != entries_.end();) {
    const auto next = std::next(it);
    if (it->second.trace.ended && now - it->second.trace.last_heard > kTraceMemory) drop(it);
    it = next;
  }
  std::erase_if(silences_, [&](const Silence& s) { return s.to && now - *s.to > kTraceMemory; });
}

void VisitHistory::clock_set(Millis step) {
  for (const auto& [member, visit] : open_) {
    Entry& entry = entries_.find(visit)->second;
    for (WallTime* at : {&entry.trace.started_at, &entry.trace.last_heard, &entry.slot.from}) *at += step;
    for (auto& stay : entry.trace.stays) stay.from += step, stay.to += step;
  }
}

void VisitHistory::receiver_changed(std::uint16_t receiver, bool hears, WallTime now) {
  const auto open = std::find_if(silences_.begin(), silences_.end(),
                                 [&](const Silence& s) { return s.receiver == receiver && !s.to; });
  if (hears && open != silences_.end()) open->to = now;
  if (hears || open != silences_.end()) return;
  if (silences_.size() >= kMostSilences) silences_.erase(silences_.begin());
  silences_.push_back({receiver, now, std::nullopt});
}

// --- reading ---------------------------------------------------------------------------------------------------------

const VisitTrace* VisitHistory::find(const VisitId& visit) const {
  const auto it = entries_.find(visit);
  return it == entries_.end() ? nullptr : &it->second.trace;
}

std::vector<const VisitTrace*> VisitHistory::present(WallTime from, WallTime to) const {
  std::vector<const VisitTrace*> out;
  for (const auto& [id, entry] : entries_) {
    const VisitTrace& t = entry.trace;
    if (t.consented && !t.unlinked && t.started_at <= to && t.last_heard >= from) out.push_back(&t);
  }
  return out;
}

const VisitTrace* VisitHistory::of(const MemberId& member, WallTime at) const {
  for (const auto& [id, entry] : entries_) {
    const VisitTrace& t = entry.trace;
    if (t.member == member && t.started_at - kBridge <= at && at <= t.last_heard + kBridge) return &t;
  }
  return nullptr;
}

const Zone* VisitHistory::till_of(const std::string& workstation) const {
  const auto till = std::find_if(policy_.zones.begin(), policy_.zones.end(), [&](const Zone& zone) {
    const auto& tills = zone.workstations;
    return zone.kind == ZoneKind::till && std::find(tills.begin(), tills.end(), workstation) != tills.end();
  });
  return till == policy_.zones.end() ? nullptr : &*till;
}

bool VisitHistory::observed(const ZoneId& zone) const {
  return has_map() || std::any_of(policy_.receivers.begin(), policy_.receivers.end(),
                                  [&](const Receiver& r) { return r.zone == zone; });
}

bool VisitHistory::listened(const ZoneId& zone, WallTime from, WallTime to) const {
  bool any = false;
  for (std::size_t i = 0; i < policy_.receivers.size(); ++i) {
    if (policy_.receivers[i].zone != zone) continue;
    any = true;
    const bool deaf = std::any_of(silences_.begin(), silences_.end(), [&](const Silence& s) {
      return s.receiver == i && s.from <= to && (!s.to || *s.to >= from);
    });
    if (!deaf) return true;
  }
  return !any;
}

VisitHistory::Changes VisitHistory::take_changes() {
  Changes out;
  for (const auto& visit : std::exchange(dirty_, {})) {
    const auto it = entries_.find(visit);
    if (it == entries_.end()) continue;
    Entry& entry = it->second;
    if (!entry.trace.consented) continue;
    entry.written = true;
    out.put.push_back(entry.trace);
  }
  out.drop = std::exchange(dropped_, {});
  return out;
}

void VisitHistory::describe(const std::function<void(std::string_view)>& sink) const {
  for (const auto& [id, entry] : entries_) {
    sink(id.value);
    sink(std::to_string(entry.trace.stays.size()) + ' ' + std::to_string(entry.trace.items.size()) + ' ' +
         std::to_string(entry.trace.consented) + ' ' + std::to_string(unix_ms(entry.trace.last_heard)));
  }
}

}  // namespace tg
