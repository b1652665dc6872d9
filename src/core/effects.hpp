// Everything the core can ask for. Effects of one step are carried out in order. Plain data, any thread.
// An effect that others can see leaves the core only after the rows it rests on are committed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/types.hpp"
#include "core/events.hpp"
#include "core/model/audit.hpp"
#include "core/model/checkin.hpp"
#include "core/model/command.hpp"
#include "core/model/fact.hpp"
#include "core/model/figure.hpp"
#include "core/model/match.hpp"
#include "core/model/ticket.hpp"
#include "core/model/visit.hpp"

namespace tg {

namespace row {
struct PutVisit {
  Visit visit;  ///< by id; state ended closes it
};
struct PutCards {
  VisitCards cards;  ///< by visit
};
struct PutTicket {
  TicketRecord ticket;  ///< by id; its links are searchable, so that the ticket that they name finds it later
};
struct PutTillNumbers {
  TillNumbers numbers;  ///< by workstation, day and prefix
};
struct PutConsent {
  ConsentChange change;  ///< by member and purpose
};
struct PutFigures {
  FigureRows rows;  ///< differences are added to what is there
};
struct PutAction {
  std::string id;
  WallTime at{};
};
struct PutCommand {
  CommandId id;
  std::string name;
  WallTime at{};
};
struct AppendFact {
  Fact fact;
};
struct MarkDelivered {
  std::vector<Sequence> sequences;
  WallTime at{};
};
/// Undelivered events that died (contract §4.5).
struct DropFacts {
  std::vector<Sequence> sequences;
};
/// An event that the broker refuses for good: kept and never sent again by itself.
struct SetAside {
  Sequence sequence = 0;
  std::uint8_t mqtt_reason = 0;
};
/// What was done to members' data beside what facts of consent and erasure say by themselves.
struct Audit {
  AuditEntry entry;
};
/// What the matcher remembers: by visit, by ticket, by ticket and member, all of it, by name.
struct PutTrace {
  VisitTrace trace;
};
struct DropTrace {
  VisitId visit;
};
struct PutCase {
  TicketId ticket;
  MatchCase purchase;
};
struct DropCase {
  TicketId ticket;
};
/// A person said that this member did not buy it, or did after all.
struct PutVerdict {
  TicketId ticket;
  MemberId member;
  bool rejected = true;
  WallTime at{};
};
struct PutLearning {
  MatchLearning learnt;
};
struct PutGoods {
  std::vector<std::pair<std::string, std::uint32_t>> counts;  ///< 0 = gone
};
/// Delivered facts, facts set aside, ended visits, old actions and commands from before `before`.
struct Purge {
  WallTime before{};
};
}  // namespace row

using RowOp = std::variant<row::PutVisit, row::PutCards, row::PutTicket, row::PutTillNumbers, row::PutConsent,
                           row::PutAction, row::PutCommand, row::AppendFact, row::MarkDelivered, row::DropFacts,
                           row::SetAside, row::Audit, row::Purge, row::PutTrace, row::DropTrace, row::PutCase,
                           row::DropCase, row::PutVerdict, row::PutLearning, row::PutGoods, row::PutFigures>;

namespace effect {

/// One batch for the facts lane: all or nothing, in order of `batch`; answered by Committed.
struct Persist {
  std::uint64_t batch = 0;
  std::vector<RowOp> ops;
};

/// Facts lane: waiting rows from `from` on, at most `limit`; answered by RowsRead.
struct ReadRows {
  Sequence from = 0;
  std::uint32_t limit = 0;
  Sequence backlog = 0;  ///< not 0: `OutboxRow::behind` is wanted, of rows from this one on
};
/// Facts lane: what should die, at most `most` rows of each kind; answered by OutboxSurveyed.
struct SurveyOutbox {
  std::optional<WallTime> now;  ///< nothing expires while the clock is not synchronised
  std::int64_t most_rows = 0;   ///< of all classes; above it telemetry goes, oldest first
  std::int64_t most_bytes = 0;
  std::uint32_t most = 0;
};
/// Facts lane: delivered rows and rows set aside wait again; answered by RowsRevived.
struct ReviveRows {
  CommandId command;
  std::string name;
  Sequence from = 0;
  Sequence to = 0;
};
/// Facts lane: make the member's rows anonymous and answer RowsErased.
struct EraseRows {
  CommandId command;
  std::string name;
  std::string request_id;
  MemberId member;
};
/// Facts lane, then cache lane; answered by TicketFactsLoaded.
struct LoadTicketFacts {
  std::uint64_t request = 0;
  TicketId id;
  TicketKey key;
  std::optional<TicketId> voids;
  std::optional<TicketId> returns;
  std::optional<TicketId> resumes;
  std::optional<std::string> loyalty;
  std::optional<std::string> collect;  ///< an order number: its holder is wanted where no loyalty number is asked for
  std::vector<std::string> skus;
  std::vector<std::string> gtins;
  std::optional<MemberId> member;  ///< whose profile is wanted as well
};
/// Cache lane; answered by DossierLoaded.
struct LoadDossier {
  VisitId visit;
  MemberId member;
};
/// Cache lane; answered by KeysLoaded slices.
struct LoadKeys {};
/// Cache lane; answered by CacheWritten.
struct WriteCache {
  CommandId command;
  std::string name;
  std::variant<SnapshotPart, Delta, ConsentChange> body;
};
/// Cache lane: the profiles of these members go, because there are more than profiles.max_members.
struct EvictMembers {
  std::uint64_t round = 0;  ///< of the question
  std::vector<MemberId> members;
};
/// Cache lane: the member's rows go, to the last byte; answered by MemberForgotten when that is true.
struct ForgetMember {
  CommandId command;
  std::string name;
  std::string request_id;
  MemberId member;
};
/// Lays the patch over the configuration, on disk and in force, or over nothing; answered by ConfigPatched.
struct PatchConfig {
  CommandId command;
  std::string name;
  std::string patch;
};

struct PublishRow {
  OutboxRow row;  ///< central link, QoS 1; answered by Delivered
};
struct PublishAck {
  CommandAck ack;
};
struct PublishCard {
  Card card;
};
struct WithdrawCard {
  VisitId visit;
};
/// Retained "online" on a link that has just come up.
struct PublishState {
  Link link = Link::central;
};

struct ConnectLink {
  Link link = Link::central;
};
struct DropLink {
  Link link = Link::central;
};

struct AnswerTicket {
  std::uint64_t token = 0;
  std::uint32_t index = 0;
  TicketAnswer answer;
};

enum class Counter : std::uint8_t {
  adverts_matched,
  adverts_foreign,
  adverts_ambiguous,
  adverts_waiting,
  checkins_accepted,
  checkins_repeated,
  checkins_refused,
  checkins_waiting,
  visits_opened,
  visits_ended,
  cards_published,
  cards_withdrawn,
  actions_ignored,
  tickets,
  tickets_duplicate,
  tickets_quarantined,
  tickets_training,
  tickets_cancelled,
  commands,
  rows_delivered,
  rows_refused,
  rows_dropped,
  no_subscriber,
  lost_central,
  lost_local
};
inline constexpr std::size_t kCounterCount = 25;
struct Count {
  Counter counter = Counter::adverts_matched;
  std::uint64_t by = 1;
};
/// Whom an advert was resolved to; only with Policy::record_sightings.
struct Sighted {
  std::uint16_t receiver = 0;  ///< index into Policy::receivers
  MemberId member;
  RssiDbm rssi = kRssiUnavailable;
};
/// Whose a check-in was; only with Policy::record_sightings.
struct CheckedIn {
  event::CheckinSeen proof;
};
/// For the phone that waits; `accepted` leaves when what follows from it is on disk.
struct CheckinAnswered {
  std::uint64_t request = 0;
  CheckinVerdict verdict = CheckinVerdict::refused;
};
/// A line for the log; never personal.
struct Note {
  bool alarm = false;
  std::string text;
};

}  // namespace effect

using Effect = std::variant<effect::Persist, effect::ReadRows, effect::SurveyOutbox, effect::ReviveRows,
                            effect::EraseRows, effect::LoadTicketFacts, effect::LoadDossier, effect::LoadKeys,
                            effect::WriteCache, effect::EvictMembers, effect::ForgetMember, effect::PatchConfig,
                            effect::PublishRow, effect::PublishAck, effect::PublishCard, effect::WithdrawCard,
                            effect::PublishState, effect::ConnectLink, effect::DropLink, effect::AnswerTicket,
                            effect::Count, effect::Sighted, effect::CheckedIn, effect::CheckinAnswered, effect::Note>;
using Effects = std::vector<Effect>;

}  // namespace tg
