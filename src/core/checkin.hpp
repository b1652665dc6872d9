// Check-in: is what a phone wrote a proof, and is it the first time? (contract §3.2)
// Owner thread: the loop. Never learns a member or an address; forgets each proof after two lives of a challenge.
#pragma once

#include <cstdint>
#include <deque>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "base/types.hpp"
#include "core/model/checkin.hpp"

namespace tg {

/// What the phone signs with the member's key: `challenge | EID`, and `"forget"` behind it for a withdrawal.
[[nodiscard]] std::vector<std::uint8_t> checkin_message(const Challenge& challenge, const CheckinToken& token);

/// The proofs of the last two minutes. A challenge is valid no longer than that, so a proof cannot outlive its entry.
class ProvenCheckins {
 public:
  static constexpr Seconds kMemory{120};  ///< contract §3.2: a challenge lasts 60 s, and 60 s as the previous one
  static constexpr std::size_t kMost = 1 << 12;  ///< 34 phones a second; each is 25 bytes and a node

  /// True when this very token was accepted before under one of these challenges.
  [[nodiscard]] bool contains(const CheckinToken& token, std::span<const Challenge> challenges) const;
  /// False when there is no room: then the token must not be accepted, or it could be replayed.
  [[nodiscard]] bool remember(const CheckinToken& token, const Challenge& challenge, MonoTime now);
  /// Drops what is too old to be replayed.
  void expire(MonoTime now);
  [[nodiscard]] std::size_t size() const { return proofs_.size(); }

 private:
  using Proof = std::pair<Challenge, CheckinToken>;
  std::set<Proof> proofs_;
  std::deque<std::pair<MonoTime, Proof>> by_age_;
};

}  // namespace tg
