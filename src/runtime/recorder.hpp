// Records what the core is told as a journal that `touchpointctl replay` understands (contract §8), without telling
// who: adverts as sightings, members by an alias of this recording, loyalty numbers, associates and command ids
// likewise; keys and first names not at all. Owner thread: the loop. Never changes what the core decides, never waits:
// lines about a member who is not yet in the recording stand in line until the cache lane has answered, at most
// kMostWaiting of them.
//
// A recording begins with an empty shop. When a line names a member, his profile and the goods and rules that a card
// for him needs are written before it, and again when central changed them; the data commands themselves are not. A tap
// names its visit as "@<alias>", the open visit of that member, and its suggestion as "@<rank>" on that visit's card.
// An alias is in the same hold-out arm as its member, and goes with a withdrawal or an erasure.
// Lost: visits and tickets from before the start, which scenarios were switched off, how old the cache was
// (`cache_age_s`, `stale_cache`), which of a member's phones was heard, changes of the configuration, and jumps of the
// clock.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/crypto.hpp"
#include "core/core.hpp"

namespace tg {

class Recorder {
 public:
  /// One line without its end; false when no more can be written.
  using Write = std::function<bool(std::string_view line)>;
  /// Carries out a LoadDossier or LoadTicketFacts; its answer comes back through see().
  using Ask = std::function<void(Effect)>;

  /// `core` is only read. Call see() before each step of it.
  Recorder(const Core& core, Ask ask, Write write);

  /// True when the event answers a question of the recorder's own: then the core must not see it.
  bool see(const Event& event, Stamp now);
  /// What the event last seen was resolved to.
  void sighted(const effect::Sighted& sighting);
  void checked_in(const effect::CheckedIn& checkin);
  /// Writes a tick when nothing was written for a minute. Call a few times a second.
  void tick(WallTime now);
  /// The last line: up to here time has passed. What still waits for an answer is left out.
  void finish(WallTime now);

 private:
  struct Known {
    std::string alias;
    bool up_to_date = false;                     ///< the profile is written, or its question is under way
    std::map<std::string, std::string> numbers;  ///< loyalty number -> its alias
  };
  using Members = std::map<MemberId, Known>;
  struct Entry {
    Entry(WallTime when, bool for_an_answer) : at(when), waits(for_an_answer) {}
    WallTime at;
    bool waits;
    std::optional<Profile> profile;  ///< under its alias
    std::vector<CatalogItem> items;
    std::vector<ComplementRule> rules;
    std::string removed;  ///< alias of a member who is in the cache no more
    std::string line;
  };
  using Place = std::list<Entry>::iterator;
  struct MemberQuestion {
    MemberId member;
    std::string alias;
    Place place;
  };
  struct TicketQuestion {
    Ticket ticket;
    Place place;
  };

  // What of each event belongs into a journal; most do not.
  template <class E>
  void on(const E&) {}
  void on(const event::Restored& e);
  void on(const event::ReceiverChanged& e);
  void on(const event::TicketArrived& e);
  void on(const event::ActionArrived& e);
  void on(const event::CommandArrived& e);
  void on(const event::CacheWritten& e);
  void on(const event::ForgetAsked& e);

  template <class Body>
  void run(const CommandId&, const Body&) {}
  void run(const CommandId& id, const ConsentChange& change);
  void run(const CommandId& id, const EraseRequest& request);

  bool is_answer(const Event& event);
  void answer(const event::DossierLoaded& e);
  void answer(const event::TicketFactsLoaded& e);

  Place add(std::string line, bool waits = false);
  Known& know(const MemberId& member, Place before);
  [[nodiscard]] std::string new_alias(const MemberId& member);
  [[nodiscard]] std::string alias_once(const MemberId& member);
  [[nodiscard]] static std::string number_of(Known& known, const std::string& number);
  [[nodiscard]] std::string salted(std::string_view id) const;
  [[nodiscard]] Profile disguise(Profile profile, Known& known) const;
  void disguise(Ticket& ticket, Known* holder);
  void drop_withdrawn(WallTime now);

  void write_what_is_known();
  void write(const Entry& entry);
  void write_items(const Entry& entry);
  void write_rules(const Entry& entry);
  void write_profile(const Entry& entry);
  void put(WallTime at, std::string_view line);
  void end();

  const Core& core_;
  const Ask ask_;
  const Write write_;
  std::string salt_;
  bool over_ = false;
  WallTime at_{};  ///< of the event last seen; never decreases
  WallTime written_at_{};
  std::uint64_t questions_ = 0, aliases_ = 0;

  Members members_;
  std::vector<MemberId> maybe_withdrawn_;
  std::map<std::string, std::string> associates_;
  std::map<Sha256, std::string> ticket_numbers_;  ///< content -> alias: a ticket sent again stays the same
  std::deque<Sha256> ticket_order_;

  std::list<Entry> entries_;  ///< in the order of the journal
  std::map<VisitId, MemberQuestion> asked_members_;
  std::map<std::uint64_t, TicketQuestion> asked_tickets_;

  // What the journal holds so far.
  std::int64_t profiles_revision_ = 0, items_revision_ = 0, rules_revision_ = 0;
  std::map<std::string, Sha256> profiles_written_;  ///< by alias
  struct ItemWritten {
    std::string style;
    Sha256 content{};
  };
  std::map<std::string, ItemWritten> items_written_;  ///< by variant
  std::map<std::pair<std::string, std::string>, std::string> rules_written_;
};

}  // namespace tg
