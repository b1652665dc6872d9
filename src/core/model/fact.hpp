// Facts for the central platform (contract §4.1): one struct per event type, and the envelope around it.
// Plain data, any thread. Never a member identifier outside `Fact::data`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/types.hpp"
#include "core/model/command.hpp"
#include "core/model/ticket.hpp"
#include "core/model/visit.hpp"

namespace tg {

/// How an event may die (contract §4.5).
enum class DeliveryClass : std::uint8_t { keep, perishable, telemetry };

/// Why an event never reaches central (contract §4.1, outbox.dropped).
enum class DropReason : std::uint8_t { expired, limit, refused, erased, damaged };

namespace fact {

struct VisitStarted {
  VisitId visit;
  std::optional<MemberId> member;
  RecognitionMethod method = RecognitionMethod::eid;
  std::int32_t confidence_permille = 1000;
  ZoneId zone;
  WallTime detected_at{};
  bool holdout = false;
  std::optional<Seconds> cache_age;  ///< absent when no profile was ever received
};
struct VisitZoneChanged {
  VisitId visit;
  std::optional<MemberId> member;
  ZoneId zone;  ///< the one left
  WallTime from{}, to{};
  ZoneId next_zone;
};
struct VisitEnded {
  VisitId visit;
  std::optional<MemberId> member;
  WallTime started_at{}, ended_at{};
  std::vector<ZoneStay> zones;
  std::vector<TicketId> tickets;
  EndReason reason = EndReason::left;
};
enum class LinkBasis : std::uint8_t { live, card, claim, associate, retro };
struct IdentityLinked {
  VisitId visit;
  std::optional<MemberId> member;
  LinkBasis basis = LinkBasis::live;
  std::string reason;
};
struct IdentityUnlinked {
  VisitId visit;
  std::optional<MemberId> member;
  LinkBasis basis = LinkBasis::associate;
  std::string reason;
};
struct SuggestionCreated {
  SuggestionId suggestion;  ///< of the card; each item carries its own rank
  VisitId visit;
  std::optional<MemberId> member;
  std::string scenario;
  std::vector<CardSuggestion> items;
  WallTime expires_at{};
};
struct SuggestionOutcome {
  SuggestionId suggestion;
  VisitId visit;
  std::string variant;
  Outcome outcome = Outcome::seen;
  std::string reason;
  std::int32_t rank = 0;          ///< of the item on its card; not told to central
  std::optional<Outcome> undone;  ///< what an undo took back, where one tap says it; not told to central
};
struct SuggestionSuppressed {
  VisitId visit;
  SuppressReason reason = SuppressReason::nothing_to_say;
};
struct TicketRecorded {
  TicketId id;
  Ticket ticket;
  Seconds late{0};
  std::int64_t unknown_products = 0;
};
struct TicketRevised {
  TicketId id;
  Ticket ticket;
  Seconds late{0};
  std::int64_t unknown_products = 0;
};
struct TicketVoided {
  TicketId id;
  TicketKey key;
  TicketKey by;
};
struct AttributionCreated {
  Attribution attribution;
};
struct AttributionRevised {
  Attribution attribution;
};
struct AttributionRetracted {
  Attribution attribution;
};
struct CollectPickedUp {
  std::string order;
  std::optional<VisitId> visit;
  TicketId ticket;
};
struct ConsentApplied {
  ConsentChange change;
  CommandId command;
};
struct EraseCompleted {
  std::string request_id;
  std::vector<std::pair<std::string, std::int64_t>> tables;  ///< name, rows
  CommandId command;
};
struct OutboxDropped {
  DeliveryClass cls = DeliveryClass::keep;
  DropReason reason = DropReason::expired;
  std::vector<std::pair<Sequence, Sequence>> ranges;
};
/// Anonymous counts of what was learnt in an interval; absent: too small to show.
struct StatsInterval {
  WallTime from{}, to{};
  std::optional<ZoneId> zone;  ///< absent: the store as a whole
  std::optional<std::int64_t> recognised_visits = 0;
  std::optional<std::int64_t> tickets = 0;
  std::optional<std::int64_t> recognised_tickets = 0;
  std::optional<std::int64_t> late_tickets = 0;  ///< of `tickets`: more than an hour old
  std::optional<MinorUnits> net_minor;           ///< of `tickets`; absent also when there were several currencies
  std::string currency;
};
struct DqAlert {
  std::string code;
  std::string workstation;  ///< empty when none is concerned
  std::string detail;
};

}  // namespace fact

using FactData =
    std::variant<fact::VisitStarted, fact::VisitZoneChanged, fact::VisitEnded, fact::IdentityLinked,
                 fact::IdentityUnlinked, fact::SuggestionCreated, fact::SuggestionOutcome, fact::SuggestionSuppressed,
                 fact::TicketRecorded, fact::TicketRevised, fact::TicketVoided, fact::AttributionCreated,
                 fact::AttributionRevised, fact::AttributionRetracted, fact::CollectPickedUp, fact::ConsentApplied,
                 fact::EraseCompleted, fact::OutboxDropped, fact::DqAlert, fact::StatsInterval>;

/// One outbox row before it becomes bytes: numbered and dated by the core, serialised by codec/facts.
struct Fact {
  Sequence sequence = 0;
  std::uint32_t epoch = 0;
  std::string id;          ///< UUIDv7, fixed here
  WallTime time{};         ///< when it happened
  WallTime recorded_at{};  ///< when it entered the outbox
  bool clock_synced = true;
  std::optional<VisitId> correlation;  ///< for ticket families that belong to a visit
  std::optional<WallTime> expires_at;  ///< perishable only
  FactData data;
};

/// A committed row as the link sends it.
struct OutboxRow {
  Sequence sequence = 0;
  std::string topic;
  std::string payload;
  std::optional<WallTime> expires_at;
  DeliveryClass cls = DeliveryClass::keep;
  Sequence behind = 0;    ///< the newest earlier row of its partition that waits; 0 = none, or not asked for
  bool explains = false;  ///< it is an outbox.dropped: nothing explains its own end
  bool damaged = false;   ///< the payload is not what was written
};

/// An event that central will never get.
struct Drop {
  Sequence sequence = 0;
  DeliveryClass cls = DeliveryClass::keep;
  DropReason reason = DropReason::expired;
  std::uint8_t mqtt_reason = 0;  ///< of a refusal
  bool explains = false;
};

}  // namespace tg
