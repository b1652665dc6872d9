#include "core/identity.hpp"

#include <algorithm>
#include <functional>
#include <limits>

namespace tg {
namespace {

constexpr std::size_t kMinimumSlots = 16;
constexpr std::uint32_t kForever = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint64_t kEmptySlot = std::numeric_limits<std::uint64_t>::max();
constexpr Seconds kPrepareAhead{kEidWindow / 4};  ///< the window after next is built in the last quarter

/// A clock that stands in the first window of 1970, or before, is taken for one in the second: the window before is
/// looked at as well, and -1 is a table without one.
std::int64_t window_of(WallTime t) { return std::max<std::int64_t>(1, unix_s(t) / kEidWindow.count()); }
WallTime window_start(std::int64_t window) { return WallTime{Seconds{window * kEidWindow.count()}}; }

std::uint64_t to_u64(const Eid& eid) {
  std::uint64_t value = 0;
  for (const std::uint8_t byte : eid) value = (value << 8) | byte;
  return value;
}
std::uint32_t tag_of(std::uint64_t eid) { return static_cast<std::uint32_t>(eid); }
/// Maps the upper half of the token onto [0, slots) without a division.
std::size_t home_of(std::uint64_t eid, std::size_t slots) { return ((eid >> 32) * slots) >> 32; }
std::uint64_t slot_of(std::uint32_t tag, std::uint32_t key) { return (std::uint64_t{tag} << 32) | key; }

/// TK: changes every 65,536 s.
Key128 temporary_key(Aes128& aes, const Key128& key, std::uint32_t unix_seconds) {
  Key128 block{};
  block[11] = 0xFF;
  block[14] = static_cast<std::uint8_t>(unix_seconds >> 24);
  block[15] = static_cast<std::uint8_t>(unix_seconds >> 16);
  return aes.encrypt(key, block);
}

Eid token_of(Aes128& aes, const Key128& temporary, std::uint32_t unix_seconds, std::uint8_t k) {
  const std::uint32_t masked = unix_seconds & ~((std::uint32_t{1} << k) - 1);
  Key128 block{};
  block[11] = k;
  for (std::size_t i = 0; i < 4; ++i) block[12 + i] = static_cast<std::uint8_t>(masked >> (8 * (3 - i)));
  const Key128 token = aes.encrypt(temporary, block);
  Eid eid{};
  std::copy_n(token.begin(), eid.size(), eid.begin());
  return eid;
}

}  // namespace

Eid compute_eid(Aes128& aes, const Key128& key, std::uint32_t unix_seconds, std::uint8_t k) {
  return token_of(aes, temporary_key(aes, key, unix_seconds), unix_seconds, k);
}

// --- members ---------------------------------------------------------------------------------------------------------

void Identity::clear() {
  for (auto& key : keys_) wipe(key);
  std::fill(arena_.begin(), arena_.end(), '\0');
  keys_.clear();
  owner_.clear();
  next_key_.clear();
  validity_.clear();
  validities_.clear();
  validity_index_.clear();
  granted_until_.clear();
  free_keys_.clear();
  arena_.clear();
  name_at_.clear();
  name_size_.clear();
  first_key_.clear();
  by_name_.clear();
  known_ = 0;
  for (auto& table : tables_) table = Table{};
}

void Identity::put(const MemberId& member, std::span<const MemberKey> keys, std::optional<WallTime> granted_until) {
  MemberIndex index = lookup(member.value);
  if (index == kNone) index = intern(member.value);
  drop_keys(index);
  grant_until(index, granted_until);
  for (const auto& key : keys) add_key(index, key);
}

void Identity::remove(const MemberId& member) {
  const MemberIndex index = lookup(member.value);
  if (index == kNone) return;
  drop_keys(index);
  std::fill_n(arena_.begin() + name_at_[index], name_size_[index], '\0');
  name_size_[index] = 0;
  --known_;
}

bool Identity::knows(const MemberId& member, WallTime now) const {
  const MemberIndex index = lookup(member.value);
  return index != kNone && !lapsed(index, now);
}

std::optional<WallTime> Identity::granted_until(const MemberId& member) const {
  const MemberIndex index = lookup(member.value);
  if (index >= granted_until_.size() || granted_until_[index] == kForever) return std::nullopt;
  return WallTime{Seconds{granted_until_[index]}};
}

void Identity::grant_until(MemberIndex member, std::optional<WallTime> until) {
  if (!until && member >= granted_until_.size()) return;
  if (member >= granted_until_.size()) granted_until_.resize(member + std::size_t{1}, kForever);
  granted_until_[member] =
      until ? static_cast<std::uint32_t>(std::clamp<std::int64_t>(unix_s(*until), 0, kForever - 1)) : kForever;
}

bool Identity::lapsed(MemberIndex member, WallTime now) const {
  return member < granted_until_.size() && granted_until_[member] != kForever && unix_s(now) >= granted_until_[member];
}

std::string_view Identity::name(MemberIndex member) const {
  return {arena_.data() + name_at_[member], name_size_[member]};
}

Identity::MemberIndex Identity::lookup(std::string_view member) const {
  if (by_name_.empty()) return kNone;
  for (std::size_t at = std::hash<std::string_view>{}(member) % by_name_.size();; at = (at + 1) % by_name_.size()) {
    if (by_name_[at] == kNone) return kNone;
    if (name(by_name_[at]) == member && !member.empty()) return by_name_[at];
  }
}

Identity::MemberIndex Identity::intern(std::string_view member) {
  const auto index = static_cast<MemberIndex>(name_at_.size());
  name_at_.push_back(static_cast<std::uint32_t>(arena_.size()));
  name_size_.push_back(static_cast<std::uint8_t>(member.size()));
  first_key_.push_back(kNone);
  arena_ += member;
  ++known_;
  if (name_at_.size() * 3 > by_name_.size() * 2) {  // at most two thirds full
    by_name_.assign(std::max(kMinimumSlots, name_at_.size() * 2), kNone);
    for (MemberIndex each = 0; each < index; ++each) index_name(each);
  }
  index_name(index);
  return index;
}

void Identity::index_name(MemberIndex member) {
  if (name_size_[member] == 0) return;
  std::size_t at = std::hash<std::string_view>{}(name(member)) % by_name_.size();
  while (by_name_[at] != kNone) at = (at + 1) % by_name_.size();
  by_name_[at] = member;
}

// --- keys ------------------------------------------------------------------------------------------------------------

void Identity::add_key(MemberIndex member, const MemberKey& key) {
  KeyIndex index;
  if (free_keys_.empty()) {
    index = static_cast<KeyIndex>(keys_.size());
    keys_.push_back(key.eid_key);
    owner_.push_back(member);
    next_key_.push_back(first_key_[member]);
    validity_.push_back(validity(key));
  } else {
    index = free_keys_.back();
    free_keys_.pop_back();
    keys_[index] = key.eid_key;
    owner_[index] = member;
    next_key_[index] = first_key_[member];
    validity_[index] = validity(key);
  }
  first_key_[member] = index;
  for (auto& table : tables_) {  // a table that is complete stays complete
    if (table.window < 0 || index > table.done) continue;
    if (index == table.done) ++table.done;
    insert(table, index);
  }
}

void Identity::drop_keys(MemberIndex member) {
  for (KeyIndex key = first_key_[member]; key != kNone;) {
    wipe(keys_[key]);
    owner_[key] = kNone;
    free_keys_.push_back(key);
    key = next_key_[key];
  }
  first_key_[member] = kNone;
}

/// A key is valid in the windows that overlap [from, until), so that all keys of an epoch share one entry.
std::uint16_t Identity::validity(const MemberKey& key) {
  if (validities_.empty()) validities_.emplace_back(0, 0);
  const std::int64_t last_second = unix_ms(key.until) <= 0 ? -1 : (unix_ms(key.until) - 1) / 1000;
  const Validity wanted{window_of(key.from), last_second < 0 ? 0 : last_second / kEidWindow.count() + 1};
  const auto known = validity_index_.find(wanted);
  if (known != validity_index_.end()) return known->second;
  if (validities_.size() > std::numeric_limits<std::uint16_t>::max()) return 0;
  validities_.push_back(wanted);
  return validity_index_[wanted] = static_cast<std::uint16_t>(validities_.size() - 1);
}

bool Identity::valid_in(KeyIndex key, std::int64_t window) const {
  const auto& [first, end] = validities_[validity_[key]];
  return first <= window && window < end;
}

Eid Identity::eid_of(KeyIndex key, std::int64_t window) {
  return compute_eid(aes_, keys_[key], static_cast<std::uint32_t>(window * kEidWindow.count()));
}

// --- tables ----------------------------------------------------------------------------------------------------------

bool Identity::complete(std::int64_t window) const {
  return std::any_of(tables_.begin(), tables_.end(),
                     [&](const Table& t) { return t.window == window && t.done == keys_.size(); });
}

bool Identity::ready(WallTime now) const {
  const std::int64_t w = window_of(now);
  return keys_.empty() || (complete(w - 1) && complete(w) && complete(w + 1));
}

WallTime Identity::next_build(WallTime now) const {
  const WallTime prepare = window_start(window_of(now) + 1) - kPrepareAhead;
  return now < prepare ? prepare : prepare + kEidWindow;
}

bool Identity::build(WallTime now, std::size_t most_keys) {
  while (Table* table = unfinished(now)) {
    if (most_keys == 0) return true;
    const std::size_t end = std::min(keys_.size(), table->done + most_keys);
    most_keys -= end - table->done;
    while (table->done < end) insert(*table, table->done++);
  }
  return false;
}

Identity::Table* Identity::unfinished(WallTime now) {
  if (keys_.empty()) return nullptr;
  const std::int64_t w = window_of(now);
  std::vector<std::int64_t> wanted{w, w - 1, w + 1};
  if (now >= window_start(w + 1) - kPrepareAhead) wanted.push_back(w + 2);
  for (const std::int64_t window : wanted) {
    if (complete(window)) continue;
    const auto begun = std::find_if(tables_.begin(), tables_.end(), [&](const Table& t) { return t.window == window; });
    return begun != tables_.end() ? &*begun : &recycle(window, w);
  }
  return nullptr;
}

Identity::Table& Identity::recycle(std::int64_t window, std::int64_t now_window) {
  const auto in_use = [&](const Table& t) { return t.window >= now_window - 1 && t.window <= now_window + 2; };
  const auto spare = std::find_if_not(tables_.begin(), tables_.end(), in_use);
  Table& table = *spare;  // four tables, at most three other windows in use
  table.window = window;
  restart(table);
  return table;
}

void Identity::restart(Table& table) const {
  table.done = 0;
  table.used = 0;
  table.slots.assign(std::max(kMinimumSlots, keys_.size() * 5 / 3), kEmptySlot);  // 60 % full
}

void Identity::insert(Table& table, KeyIndex key) {
  if (owner_[key] == kNone || !valid_in(key, table.window)) return;
  if (table.used * 4 >= table.slots.size() * 3) {  // grown by deltas beyond 75 %: build it anew, larger
    restart(table);
    return;
  }
  const std::uint64_t eid = to_u64(eid_of(key, table.window));
  std::size_t at = home_of(eid, table.slots.size());
  while (table.slots[at] != kEmptySlot) at = at + 1 == table.slots.size() ? 0 : at + 1;
  table.slots[at] = slot_of(tag_of(eid), key);
  ++table.used;
}

Match Identity::find(const Eid& eid, WallTime now) {
  Match match;
  if (!ready(now)) {
    match.kind = MatchKind::waiting;
    return match;
  }
  const std::int64_t w = window_of(now);
  for (const auto& table : tables_) {
    if (table.window >= w - 1 && table.window <= w + 1) probe(table, eid, now, match);
  }
  return match;
}

Sha256 Identity::sign(const Match& match, Bytes message) const {
  static constexpr Key128 kNobody{};
  return hmac_sha256(match.kind == MatchKind::member ? keys_[match.phone] : kNobody, message);
}

void Identity::probe(const Table& table, const Eid& eid, WallTime now, Match& match) {
  if (table.slots.empty()) return;
  const std::uint64_t value = to_u64(eid);
  for (std::size_t at = home_of(value, table.slots.size()); table.slots[at] != kEmptySlot;
       at = at + 1 == table.slots.size() ? 0 : at + 1) {
    if (static_cast<std::uint32_t>(table.slots[at] >> 32) != tag_of(value)) continue;
    const auto key = static_cast<KeyIndex>(table.slots[at]);
    if (owner_[key] == kNone || lapsed(owner_[key], now)) continue;
    if (!valid_in(key, table.window) || eid_of(key, table.window) != eid) continue;
    const std::string_view member = name(owner_[key]);
    if (match.kind == MatchKind::foreign) {
      match = {MatchKind::member, member, key};
    } else if (match.member != member) {
      match = {MatchKind::ambiguous, {}, 0};
      return;
    }
  }
}

}  // namespace tg
