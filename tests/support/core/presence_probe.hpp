// The presence room alone, with one member under the eye of the test. Owner thread: the test.
// Never fires a deadline by itself: advance() does, at the instant it is given.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/presence.hpp"
#include "support/core/shop.hpp"

namespace tg::test {

struct PresenceProbe {
  Policy policy = shop_policy();
  int named = 0;
  Presence presence{policy, [this](Visit& visit) { visit.id = VisitId{"visit-" + std::to_string(++named)}; }};
  const MemberId who{"m-1"};

  void hear(Millis when, std::uint16_t receiver, RssiDbm rssi) {
    presence.heard(who.value, 1, receiver, rssi, at(when));
  }
  void prove(Millis when, const char* zone, RecognitionMethod method, Seconds lease) {
    presence.proven(who, ZoneId{zone}, method, lease, at(when));
  }
  void withdraw(Millis when, EndReason reason) { presence.withdraw(who, reason, at(when)); }
  void advance(Millis when) { presence.advance(at(when)); }
  /// Opens a visit at 200 ms.
  void enter() {
    hear(0ms, kEntrance, -60);
    hear(200ms, kEntrance, -60);
  }
  [[nodiscard]] const Visit* visit() const { return presence.visit_of(who); }

  [[nodiscard]] std::vector<PresenceChange> take() { return presence.take_changes(); }
  [[nodiscard]] std::vector<PresenceChange::Kind> changes() {
    std::vector<PresenceChange::Kind> kinds;
    for (const auto& change : take()) kinds.push_back(change.kind);
    return kinds;
  }
  [[nodiscard]] std::vector<PresenceChange::Kind> kinds_but_refreshed() {
    auto kinds = changes();
    std::erase(kinds, PresenceChange::Kind::refreshed);
    return kinds;
  }
};

}  // namespace tg::test
