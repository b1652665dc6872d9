// Presence: from sightings to visits and zones (contract §2, "Presence").
// Owner thread: the loop. Never two open visits of one member; never a close before its open.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/types.hpp"
#include "core/model/visit.hpp"
#include "core/policy.hpp"
#include "core/position.hpp"
#include "core/radio_map.hpp"

namespace tg {

/// What happened to a visit; `visit` is its state afterwards.
struct PresenceChange {
  enum class Kind : std::uint8_t { opened, zone_changed, went_away, came_back, ended, refreshed };
  Kind kind = Kind::refreshed;
  Visit visit;
  // zone_changed only: the stay that ended.
  ZoneId left;
  WallTime from{}, to{};
  // opened only: since the first advert that led to it.
  Millis noticed_for{0};
};

class Presence {
 public:
  /// `name_visit` gives a new visit its id and its hold-out group.
  Presence(const Policy& policy, std::function<void(Visit&)> name_visit)
      : policy_(policy), name_visit_(std::move(name_visit)), map_(policy), errors_(policy.receivers.size()) {
    sort_receivers();
  }

  /// One advert of a recognised member. `rssi` 127 counts as a sighting without strength.
  void heard(std::string_view member, std::uint32_t phone, std::uint16_t receiver, RssiDbm rssi, Stamp now);
  /// A receiver does not hear any more, or hears again. While none that heard a member last does, his silence is no
  /// news and holds the visit, for a quarter of an hour at most.
  void receiver_changed(std::uint16_t receiver, bool hears, Stamp now);
  /// A proof of being there: opens or holds the visit; with `lease` for that long whatever the radio hears.
  void proven(const MemberId& member, const ZoneId& zone, RecognitionMethod method, Seconds lease, Stamp now);
  /// Ends what there is of the member, at once.
  void withdraw(const MemberId& member, EndReason reason, Stamp now);
  /// Notes a ticket of the visit, for visit.ended; false when the visit is not open.
  bool add_ticket(const VisitId& visit, const TicketId& ticket);

  void restore(Visit visit, Stamp now);
  /// The wall clock was set by `step`: what is open keeps its age.
  void clock_set(Millis step);
  /// Restored visits are held until this is called, then have exit_after before they go away.
  void release(Stamp now);

  /// Deadlines that have come. Call at next_deadline().
  void advance(Stamp now);
  [[nodiscard]] std::optional<MonoTime> next_deadline() const;

  /// The policy has changed in place: deadlines are those of the new one.
  void policy_changed();

  /// What happened since the last call, in order.
  [[nodiscard]] std::vector<PresenceChange> take_changes();

  [[nodiscard]] const Visit* visit(const VisitId& id) const;
  [[nodiscard]] const Visit* visit_of(const MemberId& member) const;
  /// Of a visit that is open; nothing else allocates on the way of an advert.
  [[nodiscard]] const ZoneId* zone_of(std::string_view member) const;
  [[nodiscard]] std::vector<const Visit*> open_visits() const;
  /// All state, in a fixed order, for Core::digest().
  void describe(const std::function<void(std::string_view)>& sink) const;

 private:
  static constexpr std::size_t kMaxSamples = 128;
  enum class State : std::uint8_t { absent, candidate, present, away };
  enum class Input : std::uint8_t { heard, entered, proof, silence, withdrawn };
  struct Sample {
    MonoTime at;
    std::uint32_t phone;
    std::uint16_t receiver;
    RssiDbm rssi;
  };
  /// What the position filter needs to know of a member; only with a map.
  struct Located {
    Position position;
    std::uint32_t phone;  ///< whose adverts it is fed with
    MonoTime stepped;
    MonoTime due;  ///< of the next step, when there is news
  };
  using Deadlines = std::multimap<MonoTime, MemberId>;
  struct Hearer {
    std::uint16_t receiver;
    MonoTime at;
  };
  struct Track {
    State state = State::absent;
    std::deque<Sample> samples;   ///< of the last 10 s, at most kMaxSamples
    std::vector<Hearer> hearers;  ///< receivers inside that heard the member in the 10 s before the last of them did
    MonoTime last_heard{};
    MonoTime away_since{};
    std::optional<MonoTime> lease_until;
    bool held = false;            ///< restored, not yet released
    std::optional<ZoneId> rival;  ///< zone that has been better by the margin since rival_since
    MonoTime rival_since{};
    MonoTime persisted{};
    std::unique_ptr<Located> located;
    std::optional<Deadlines::iterator> deadline;
    Visit visit;
  };
  struct Less {
    using is_transparent = void;
    bool operator()(const MemberId& a, const MemberId& b) const { return a.value < b.value; }
    bool operator()(const MemberId& a, std::string_view b) const { return a.value < b; }
    bool operator()(std::string_view a, const MemberId& b) const { return a < b.value; }
  };
  using Tracks = std::map<MemberId, Track, Less>;
  /// What triggered a transition, for the actions.
  struct Cause {
    Stamp now;
    ZoneId zone;
    RecognitionMethod method = RecognitionMethod::eid;
    Seconds lease{0};
    EndReason reason = EndReason::left;
  };
  using Action = void (Presence::*)(const MemberId&, Track&, const Cause&);
  struct Transition {
    State next;
    Action action;
  };
  static const Transition& transition(State state, Input input);
  void apply(Tracks::iterator track, Input input, const Cause& cause);

  void nothing(const MemberId&, Track&, const Cause&) {}
  void open(const MemberId& member, Track& track, const Cause& cause);
  void refresh(const MemberId& member, Track& track, const Cause& cause);
  void hold(const MemberId& member, Track& track, const Cause& cause);
  void leave(const MemberId& member, Track& track, const Cause& cause);
  void come_back(const MemberId& member, Track& track, const Cause& cause);
  void close(const MemberId& member, Track& track, const Cause& cause);
  void impossible(const MemberId& member, Track& track, const Cause& cause);

  [[nodiscard]] bool inside(std::uint16_t receiver) const { return inside_[receiver]; }
  [[nodiscard]] bool entered(const Track& track, MonoTime now) const;
  /// How strong a receiver hears a phone.
  struct Loud {
    std::uint32_t phone;
    std::uint16_t receiver;
    RssiDbm best;
  };
  class Sources;
  [[nodiscard]] std::vector<Loud> loudest(const Track& track, MonoTime now, bool street) const;
  void follow_zone(Track& track, Stamp now);
  void heard_without_map(Tracks::iterator track, std::uint16_t receiver, Stamp now);
  void heard_with_map(Tracks::iterator track, std::uint16_t receiver, Stamp now);
  void locate(Track& track, const Sample& sample);
  [[nodiscard]] bool on_street(const Track& track) const;
  void settle_position(Tracks::iterator track, Stamp now);
  [[nodiscard]] bool enough_adverts(const Track& track, MonoTime now) const;
  void sort_receivers();
  void forget_a_position();
  void forget_position(Track& track);
  void change_zone(Track& track, const ZoneId& to, Stamp now);
  static void end_stay(Visit& visit, WallTime until);
  void report(PresenceChange::Kind kind, const Track& track) {
    changes_.push_back({kind, track.visit, {}, {}, {}, {}});
  }
  [[nodiscard]] std::optional<MonoTime> deadline_of(const Track& track) const;
  /// When silence ends the present state, or a rival zone has held long enough.
  [[nodiscard]] std::optional<MonoTime> end_of(const Track& track) const;
  static void note_hearer(Track& track, std::uint16_t receiver, MonoTime now);
  [[nodiscard]] MonoTime listening_since(const Track& track) const;
  [[nodiscard]] MonoTime silent_since(const Track& track, MonoTime quiet) const;
  [[nodiscard]] MonoTime leaves_at(const Track& track) const;
  void rearm(Tracks::iterator track);
  void erase(Tracks::iterator track);
  void make_room();

  const Policy& policy_;
  std::function<void(Visit&)> name_visit_;
  RadioMap map_;
  SharedErrors errors_;                ///< of the receivers of map_
  std::vector<bool> inside_;           ///< by receiver: not in the street, nor in a zone that there is not
  std::vector<MonoTime> hears_since_;  ///< by receiver: since ever, since it came back, or kDeaf
  std::size_t positions_ = 0;
  Tracks tracks_;
  Deadlines deadlines_;
  std::map<VisitId, MemberId> by_visit_;
  std::size_t candidates_ = 0;
  std::vector<PresenceChange> changes_;
};

}  // namespace tg
