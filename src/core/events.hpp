// Everything the core can be told. Each event arrives with its own Stamp (time is data). Plain data, any thread.
// Never a value that has not passed a codec's range check.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/types.hpp"
#include "core/model/checkin.hpp"
#include "core/model/command.hpp"
#include "core/model/fact.hpp"
#include "core/model/figure.hpp"
#include "core/model/match.hpp"
#include "core/model/ticket.hpp"
#include "core/model/visit.hpp"
#include "core/policy.hpp"

namespace tg {

enum class Link : std::uint8_t { central, local };
inline constexpr std::size_t kLinkCount = 2;

/// Another client with our id: the two take the session from each other for ever. A broker may say so (0x8E);
/// mosquitto 2.0 only closes the connection, as a bad line does.
enum class Rival : std::uint8_t { none, suspected, certain };

enum class ClockState : std::uint8_t { synced, unsynced, implausible };

namespace event {

/// First event after a start: what the facts file and the cache file remember.
struct Restored {
  Sequence last_sequence = 0;
  std::uint32_t epoch = 0;
  Sequence first_undelivered = 0;  ///< 0 = none
  std::uint64_t undelivered = 0;
  std::vector<Visit> open_visits;
  std::vector<VisitCards> cards;        ///< of open visits
  std::vector<ConsentChange> consents;  ///< every decision this box has to remember
  std::vector<std::string> action_ids;  ///< taps of the last day, so that none has a second effect
  std::vector<TillNumbers> tills;       ///< of the last days
  std::vector<CommandId> command_ids;   ///< commands of the last day, answered "duplicate" when repeated
  std::vector<VisitTrace> traces;       ///< what the matcher remembers
  std::vector<MatchCase> purchases;
  MatchLearning learnt;
  std::vector<std::pair<std::string, std::uint32_t>> goods;
  std::optional<WallTime> profiles_updated_at;
  std::optional<WallTime> newest_event_at;  ///< of the newest stored event
  std::uint64_t jitter_seed = 0;
  FigureMemory figures;
};

/// Keys of members whose profile grants recognition; may have none (a profile without keys).
struct MemberKeys {
  MemberId member;
  WallTime granted_at{};  ///< of the recognition consent in the profile
  std::optional<WallTime> granted_until;
  std::vector<MemberKey> keys;
};
/// One slice of the answer to LoadKeys; `first` empties what was known, `last` completes it.
struct KeysLoaded {
  std::vector<MemberKeys> members;
  bool first = false;
  bool last = false;
};

struct AdvertSeen {
  std::uint16_t receiver = 0;  ///< index into Policy::receivers
  Eid eid{};
  RssiDbm rssi = kRssiUnavailable;
};
/// From a journal only: an advert that was already resolved.
struct SightingSeen {
  std::uint16_t receiver = 0;
  MemberId member;
  RssiDbm rssi = kRssiUnavailable;
};
/// A receiver does not hear any more, or hears again; until the first word of it, it hears.
struct ReceiverChanged {
  std::uint16_t receiver = 0;  ///< index into Policy::receivers
  bool hears = true;
};
/// A phone wrote to the token characteristic; answered by effect::CheckinAnswered.
struct CheckinOffered {
  std::uint64_t request = 0;   ///< names the waiting phone
  std::uint16_t receiver = 0;  ///< index into Policy::receivers: the adapter written to
  CheckinToken token;
  std::vector<Challenge> challenges;  ///< of that adapter, valid now: one or two
};
/// A proven GATT check-in; in a journal, one that was proven when it was recorded.
struct CheckinSeen {
  std::uint16_t receiver = 0;
  MemberId member;
  CheckinKind kind = CheckinKind::arrive;
};

struct TicketArrived {
  std::uint64_t token = 0;  ///< names the waiting sender; 0 = nobody waits
  std::uint32_t index = 0;  ///< position within the sender's request
  Ticket ticket;
};
/// What a till handed in cannot be understood. The doors tell of one in ten minutes at most.
struct BodyRefused {
  std::string workstation;  ///< empty where only the body would have said it
  std::string cause;        ///< the place and what is allowed there, never a value
};
struct TicketFactsLoaded {
  std::uint64_t request = 0;
  std::optional<TicketRecord> known;      ///< the same key, if it was stored before
  std::optional<TicketRecord> voided_by;  ///< a stored void that names this ticket
  std::optional<TicketRecord> target;     ///< the ticket that this one voids, if stored
  std::optional<TicketRecord> original;   ///< the ticket that this one returns goods of, if stored
  std::optional<TicketRecord> resumed;    ///< the ticket that this one goes on with, if stored
  bool resumed_later = false;             ///< a stored ticket goes on with this one
  std::vector<TicketRecord> siblings;     ///< stored returns of `original`
  std::vector<TicketRecord> returned_by;  ///< stored returns of this ticket, or of `target`
  std::vector<Profile> members;           ///< whom the records above name
  std::optional<Profile> holder;          ///< of the loyalty number, or of the order
  std::optional<Profile> member;          ///< who was asked for
  std::vector<MemberId> rejected;         ///< who did not buy it, as a person said
  std::vector<CatalogItem> items;         ///< variants on the lines, by sku or GTIN
  bool catalogue = false;                 ///< there is one: what it does not have is unknown
};

struct DossierLoaded {
  VisitId visit;
  std::optional<Dossier> dossier;  ///< absent when the member is not in the cache
};

struct ActionArrived {
  CardAction action;
};

struct CommandArrived {
  Command command;
};
/// What the cache lane did with a SnapshotPart, Delta or consent change.
struct CacheWritten {
  CommandId command;
  std::string name;
  AckStatus status = AckStatus::applied;
  std::string reason;
  std::optional<std::int64_t> revision;
  std::vector<std::int32_t> missing;  ///< of an accepted part: those that have not come yet
  bool profiles_replaced = false;     ///< a snapshot took effect: keys must be loaded again
  std::vector<MemberKeys> upserted;   ///< by a delta
  std::vector<MemberId> removed;      ///< by a delta
};
/// There are more members than profiles.max_members; these would be the first to go. Answered by EvictMembers.
struct EvictionDue {
  std::uint64_t round = 0;
  std::vector<MemberId> members;
};
/// The answer to ForgetMember.
struct MemberForgotten {
  CommandId command;
  std::string name;
  std::string request_id;
  MemberId member;
};
/// The answer to EraseRows.
struct RowsErased {
  CommandId command;
  std::string name;
  std::string request_id;
  MemberId member;
  std::vector<std::pair<std::string, std::int64_t>> tables;
  std::vector<Sequence> dropped;  ///< perishable events that central never got
};

/// All batches up to this one are on disk.
struct Committed {
  std::uint64_t batch = 0;
};
struct RowsRead {
  std::vector<OutboxRow> rows;  ///< in sequence; fewer than asked = no more
  bool end = false;
};

/// What should die, oldest first, and how much waits in all.
struct OutboxSurveyed {
  std::vector<Sequence> expired;  ///< perishable
  std::vector<Sequence> surplus;  ///< telemetry
  std::int64_t rows = 0;
  std::int64_t bytes = 0;
  bool more = false;
};
struct RowsRevived {
  CommandId command;
  std::string name;
  Sequence first = 0;                               ///< 0 = none is left
  std::vector<std::pair<Sequence, Sequence>> gone;  ///< ranges that are no longer, or never were
};

struct LinkUp {
  Link link = Link::central;
  std::uint16_t receive_maximum = 65535;
};
struct LinkDown {
  Link link = Link::central;
  std::string reason;
  std::uint8_t reason_code = 0;  ///< MQTT 5; 0 = none
  bool by_peer = false;          ///< it was up, and not we ended it
};
/// The broker answered a publish that carried a sequence.
struct Delivered {
  Sequence sequence = 0;
  std::uint8_t reason_code = 0;  ///< MQTT 5; below 0x80 = delivered
};

struct ClockChanged {
  ClockState state = ClockState::synced;
};
struct PolicyChanged {
  Policy policy;
};
/// The answer to PatchConfig: on disk, and PolicyChanged came before, or why not.
struct ConfigPatched {
  CommandId command;
  std::string name;
  std::string refused;  ///< empty: applied
};
/// A deadline of Core::next_deadline() has come, or a journal's tick.
struct DeadlineReached {};

/// The privacy officer or the member at the desk: forget on the spot (`touchpointctl forget`).
struct ForgetAsked {
  CommandId command;
  MemberId member;
};

}  // namespace event

using Event = std::variant<event::Restored, event::KeysLoaded, event::AdvertSeen, event::SightingSeen,
                           event::CheckinSeen, event::CheckinOffered, event::TicketArrived, event::TicketFactsLoaded,
                           event::DossierLoaded, event::ActionArrived, event::CommandArrived, event::CacheWritten,
                           event::EvictionDue, event::MemberForgotten, event::RowsErased, event::Committed,
                           event::RowsRead, event::OutboxSurveyed, event::RowsRevived, event::LinkUp, event::LinkDown,
                           event::Delivered, event::ClockChanged, event::PolicyChanged, event::ConfigPatched,
                           event::DeadlineReached, event::ForgetAsked, event::ReceiverChanged, event::BodyRefused>;

}  // namespace tg
