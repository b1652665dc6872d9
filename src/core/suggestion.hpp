// Cards on the associates' tablets: when one appears, what taps do to it, when it goes (contract §4.4).
// Owner thread: the loop. Never a card after its end, never one without a reason, never an owned item.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/types.hpp"
#include "core/model/fact.hpp"
#include "core/model/visit.hpp"
#include "core/policy.hpp"

namespace tg {

/// What changed on one visit's card: facts for central, and what the tablets must show now.
struct CardChange {
  enum class Show : std::uint8_t { unchanged, publish, withdraw };
  VisitId visit;
  Show show = Show::unchanged;
  std::vector<FactData> facts;
};

class Suggestions {
 public:
  Suggestions(const Policy& policy, std::function<std::string()> new_id)
      : policy_(policy), new_id_(std::move(new_id)) {}

  /// True when a card could be created for this visit now, so that its dossier is worth loading.
  [[nodiscard]] bool wants_dossier(const VisitId& visit) const;
  /// The member is in a fitting zone and `dossier` is fresh: a card, or a suppression with its reason.
  void decide(const Visit& visit, Dossier dossier, bool stale_cache, Stamp now);
  /// No dossier to be had: the member is not in the cache (any more).
  void decide_unknown(const Visit& visit, Stamp now);

  void zone_changed(const Visit& visit);
  void went_away(const VisitId& visit);
  void came_back(const Visit& visit, Stamp now);
  /// The visit is over: everything known about it goes.
  void ended(const VisitId& visit, const std::string& why);
  /// Consent for suggestions or the name is gone.
  void consent_lost(const VisitId& visit, Purpose purpose);

  /// A ticket of this visit; `skus`, `gtins` and `styles` are those it sold. Returns the decision it fulfils.
  std::optional<SuggestionId> sold(const VisitId& visit, const std::set<std::string>& skus,
                                   const std::set<std::string>& gtins, const std::set<std::string>& styles);
  /// The visit's only ticket was voided: what it sold may be suggested again. A style that was also refused may be,
  /// too.
  void unsold(const VisitId& visit, const std::set<std::string>& styles);
  /// False when the visit is unknown or the tap is a repetition: nothing happened.
  bool act(const CardAction& action, Stamp now);

  void restore(VisitCards cards, Stamp now);
  void remember_actions(const std::vector<std::string>& ids);
  void advance(Stamp now);
  [[nodiscard]] std::optional<MonoTime> next_deadline() const;

  [[nodiscard]] std::vector<CardChange> take_changes();
  [[nodiscard]] const VisitCards* cards(const VisitId& visit) const;
  /// Every card that a tablet should show now.
  [[nodiscard]] std::vector<const Card*> shown() const;
  void describe(const std::function<void(std::string_view)>& sink) const;

 private:
  struct Undoable {
    std::string action;
    MonoTime at;
    VisitCards before;
    std::optional<MonoTime> expires;
    ActionKind kind;
    std::optional<SuggestionId> suggestion;
  };
  struct Entry {
    VisitCards cards;
    std::optional<Dossier> dossier;
    std::optional<MonoTime> expires;
    std::optional<Undoable> last;
  };
  using Handler = bool (Suggestions::*)(Entry&, const CardAction&, CardChange&);

  Entry& entry(const VisitId& visit);
  CardChange& change(const VisitId& visit);
  void suppress(Entry& entry, SuppressReason reason);
  [[nodiscard]] std::optional<SuppressReason> gate(const Entry& entry, const Visit& visit, bool stale_cache,
                                                   WallTime now) const;
  void create(Entry& entry, const Visit& visit, std::vector<CardSuggestion> items, Stamp now);
  static std::vector<CollectOrder> ready_orders(const Profile& profile);
  void close_item(Entry& entry, std::size_t index, Outcome outcome, const std::string& reason);
  void close_all(Entry& entry, Outcome outcome, const std::string& reason);
  void drop_if_empty(Entry& entry);
  static void move(Entry& entry, const Visit& visit);
  void show(Entry& entry);
  void hide(Entry& entry);

  bool on_claim(Entry&, const CardAction&, CardChange&);
  bool on_release(Entry&, const CardAction&, CardChange&);
  bool on_purpose(Entry&, const CardAction&, CardChange&);
  bool on_outcome(Entry&, const CardAction&, CardChange&);
  bool on_other_size(Entry&, const CardAction&, CardChange&);
  bool on_do_not_disturb(Entry&, const CardAction&, CardChange&);
  bool on_not_this_customer(Entry&, const CardAction&, CardChange&);
  bool on_undo(Entry&, const CardAction&, CardChange&);
  static Handler handler(ActionKind kind);
  [[nodiscard]] std::optional<std::size_t> find_item(const Entry& entry, const std::optional<SuggestionId>& id) const;

  const Policy& policy_;
  std::function<std::string()> new_id_;
  std::map<VisitId, Entry> entries_;
  std::set<std::string> seen_actions_;
  std::deque<std::string> seen_order_;
  Stamp now_{};  ///< of the tap under way
  std::vector<CardChange> changes_;
};

}  // namespace tg
