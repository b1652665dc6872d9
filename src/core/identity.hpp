// Identity: which member does a token belong to? (contract §3.1)
// Owner thread: the loop. Never guesses: a token of two members, of a withdrawn one or of another window is nobody's.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/crypto.hpp"
#include "base/types.hpp"
#include "core/model/member.hpp"

namespace tg {

inline constexpr std::uint8_t kEidExponent = 9;          ///< K: a token lives 2^9 s
inline constexpr Seconds kEidWindow{1 << kEidExponent};  ///< 512 s

/// Eddystone-EID of `key` at Unix time `unix_seconds` for exponent `k` (0..15).
[[nodiscard]] Eid compute_eid(Aes128& aes, const Key128& key, std::uint32_t unix_seconds,
                              std::uint8_t k = kEidExponent);

enum class MatchKind : std::uint8_t { member, foreign, ambiguous, waiting };
struct Match {
  MatchKind kind = MatchKind::foreign;
  std::string_view member;  ///< valid until the next call that changes members
  std::uint32_t phone = 0;  ///< index of the key: tells a member's phones apart
};

class Identity {
 public:
  /// Forgets everybody; lookups wait until the tables are built again.
  void clear();
  /// A member whose recognition is granted, until `granted_until`; replaces what was known of him. Amortised O(keys).
  void put(const MemberId& member, std::span<const MemberKey> keys, std::optional<WallTime> granted_until = {});
  /// From this call on no token finds the member; key material is wiped. O(keys).
  void remove(const MemberId& member);
  [[nodiscard]] bool knows(const MemberId& member, WallTime now) const;
  /// When the consent of a known member runs out by itself; to the second, rounded down.
  [[nodiscard]] std::optional<WallTime> granted_until(const MemberId& member) const;
  [[nodiscard]] std::size_t members() const { return known_; }

  /// Works on the tables for at most `most_keys` keys (about 0.4 us each); true while more is to do.
  /// Call whenever the loop has time and after each change of the clock.
  bool build(WallTime now, std::size_t most_keys);
  [[nodiscard]] bool ready(WallTime now) const;
  /// When build() has work again although nothing changed: the preparation of the window after next.
  [[nodiscard]] WallTime next_build(WallTime now) const;

  /// O(1), three probes: the windows before, of and after `now`. `waiting` while their tables are not complete.
  [[nodiscard]] Match find(const Eid& eid, WallTime now);
  /// HMAC-SHA256 of `message` under the key that `match` found, which stays here. What found no member is signed with a
  /// key of zeros: the same work, for a result that must not count.
  [[nodiscard]] Sha256 sign(const Match& match, Bytes message) const;

 private:
  using MemberIndex = std::uint32_t;
  using KeyIndex = std::uint32_t;
  static constexpr std::uint32_t kNone = 0xFFFFFFFF;

  /// Windows [first, end) in which a key is valid.
  using Validity = std::pair<std::int64_t, std::int64_t>;
  /// Open addressing, 8 bytes a slot: 32 bits of the token and the key. A hit is confirmed by computing the token.
  struct Table {
    std::int64_t window = -1;  ///< Unix seconds / 512
    KeyIndex done = 0;         ///< keys below this one are in
    std::size_t used = 0;
    std::vector<std::uint64_t> slots;
  };

  [[nodiscard]] MemberIndex lookup(std::string_view member) const;
  MemberIndex intern(std::string_view member);
  void index_name(MemberIndex member);
  [[nodiscard]] std::string_view name(MemberIndex member) const;
  void add_key(MemberIndex member, const MemberKey& key);
  void drop_keys(MemberIndex member);
  std::uint16_t validity(const MemberKey& key);
  void grant_until(MemberIndex member, std::optional<WallTime> until);
  [[nodiscard]] bool lapsed(MemberIndex member, WallTime now) const;

  [[nodiscard]] bool complete(std::int64_t window) const;
  Table* unfinished(WallTime now);
  Table& recycle(std::int64_t window, std::int64_t now_window);
  void restart(Table& table) const;
  void insert(Table& table, KeyIndex key);
  void probe(const Table& table, const Eid& eid, WallTime now, Match& match);
  [[nodiscard]] bool valid_in(KeyIndex key, std::int64_t window) const;
  [[nodiscard]] Eid eid_of(KeyIndex key, std::int64_t window);

  Aes128 aes_;
  // Keys as a structure of arrays, 26 bytes each; a key without owner is free and wiped.
  std::vector<Key128> keys_;
  std::vector<MemberIndex> owner_;
  std::vector<KeyIndex> next_key_;  ///< of the same member
  std::vector<std::uint16_t> validity_;
  std::vector<Validity> validities_;  ///< members share few epochs; the first is "never", for what finds no room
  std::map<Validity, std::uint16_t> validity_index_;
  std::vector<KeyIndex> free_keys_;
  // Members: names in one arena, wiped at removal; the gaps go with the next clear().
  std::string arena_;
  std::vector<std::uint32_t> name_at_;
  std::vector<std::uint8_t> name_size_;  ///< 0 = removed
  std::vector<KeyIndex> first_key_;
  std::vector<std::uint32_t> granted_until_;  ///< Unix seconds; shorter than the members while nobody's consent ends
  std::vector<MemberIndex> by_name_;          ///< open addressing over names
  std::size_t known_ = 0;
  std::array<Table, 4> tables_;  ///< three in use and the one that is being prepared
};

}  // namespace tg
