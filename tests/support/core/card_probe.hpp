// The suggestion room alone, with one visit under the eye of the test. Owner thread: the test.
// Never fires a deadline by itself.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "core/suggestion.hpp"
#include "support/core/shop.hpp"

namespace tg::test {

class CardProbe : public testing::Test {
 protected:
  Policy policy = shop_policy();
  int ids = 0;
  Suggestions room{policy, [this] { return "00000000-0000-7000-8000-00000000000" + std::to_string(++ids); }};
  Visit visit = [] {
    Visit v;
    v.id = VisitId{"v-1"};
    v.member = camille().member;
    v.zone = ZoneId{"fitting"};
    v.zone_since = kOpening - 5s;
    return v;
  }();

  void decide(Profile profile = camille(), Millis when = 0ms, bool stale = false) {
    room.decide(visit, dossier_of(std::move(profile)), stale, at(when));
  }
  [[nodiscard]] const Card* card() const {
    const VisitCards* cards = room.cards(visit.id);
    return cards != nullptr && cards->card ? &*cards->card : nullptr;
  }
  [[nodiscard]] SuggestionId coat_id() const { return card()->suggestions.at(0).id; }

  bool tap(ActionKind kind, const std::string& id, Millis when = 1s, std::optional<SuggestionId> suggestion = {},
           const std::string& associate = "A12", std::optional<std::string> reason = {}) {
    return room.act({"t1", id, visit.id, std::move(suggestion), kind, {}, std::move(reason), associate, {}}, at(when));
  }
  bool undo(const std::string& id, const std::string& undoes, Millis when) {
    return room.act({"t1", id, visit.id, {}, ActionKind::undo, undoes, {}, "A12", {}}, at(when));
  }
  /// What the tablets must do, and every fact, since the last call.
  CardChange::Show shown() {
    auto last = CardChange::Show::unchanged;
    for (auto& change : room.take_changes()) {
      if (change.show != CardChange::Show::unchanged) last = change.show;
      for (auto& f : change.facts) facts.push_back(std::move(f));
    }
    return last;
  }
  template <class F>
  std::vector<F> all() {
    (void)shown();
    std::vector<F> out;
    for (const auto& f : facts) {
      if (const auto* one = std::get_if<F>(&f)) out.push_back(*one);
    }
    return out;
  }
  std::vector<std::string> outcomes() {
    static constexpr const char* kNames[] = {"seen", "proposed", "tried", "sold", "refused", "expired", "withdrawn"};
    std::vector<std::string> out;
    for (const auto& o : all<fact::SuggestionOutcome>()) {
      out.push_back(o.variant + ' ' + kNames[static_cast<std::size_t>(o.outcome)] + ' ' + o.reason);
    }
    return out;
  }
  std::vector<SuppressReason> suppressed() {
    std::vector<SuppressReason> out;
    for (const auto& s : all<fact::SuggestionSuppressed>()) out.push_back(s.reason);
    return out;
  }
  std::vector<FactData> facts;
};

}  // namespace tg::test
