// Visits, cards and suggestions as values (contract §2 Presence, §4.4). Plain data, any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/types.hpp"
#include "core/model/catalogue.hpp"

namespace tg {

enum class ZoneKind : std::uint8_t { entrance, floor, fitting, till, street };
enum class RecognitionMethod : std::uint8_t { eid, checkin, card };
enum class EndReason : std::uint8_t { left, short_, consent, erased, removed };

struct ZoneStay {
  ZoneId zone;
  Seconds dwell{0};
};

enum class VisitState : std::uint8_t { present, away, ended };

/// Everything about a visit that must survive a restart.
struct Visit {
  VisitId id;
  std::optional<MemberId> member;  ///< absent after an erasure
  RecognitionMethod method = RecognitionMethod::eid;
  VisitState state = VisitState::present;
  WallTime started_at{};
  WallTime last_sighting{};
  WallTime zone_since{};
  ZoneId zone;
  std::vector<ZoneStay> zones;  ///< finished stays, summed per zone
  std::optional<WallTime> lease_until;
  std::optional<WallTime> away_since;
  bool holdout = false;
  std::vector<TicketId> tickets;
  std::optional<WallTime> ended_at;
  EndReason end_reason = EndReason::left;
};

enum class CardState : std::uint8_t { fresh, claimed, done };  // "new", "claimed", "done"
enum class ReasonCode : std::uint8_t { viewed_recently, wished, in_cart, goes_with_owned };

struct CardSuggestion {
  SuggestionId id;  ///< the decision's UUID; "-2", "-3" appended from rank 2 on
  CatalogItem item;
  std::string size;  ///< as shown; "" for one size
  std::int32_t size_confidence_permille = 1000;
  ReasonCode reason = ReasonCode::viewed_recently;
  std::string anchor;    ///< name of the owned product, for goes_with_owned
  std::string scenario;  ///< e.g. "viewed_not_bought"
  std::int32_t score_permille = 0;
  std::int32_t rank = 0;  ///< 1..3

  /// The decision that this item belongs to: `suggestion_id` of the events.
  [[nodiscard]] SuggestionId decision() const { return SuggestionId{id.value.substr(0, 36)}; }
};

enum class Outcome : std::uint8_t { seen, proposed, tried, sold, refused, expired, withdrawn };

/// What a tablet shows for one visit, with what the rules need to remember about it.
struct Card {
  VisitId visit;
  ZoneId zone;
  WallTime since{};
  WallTime expires_at{};
  CardState state = CardState::fresh;
  std::optional<std::string> claimed_by;
  std::optional<std::string> first_name;  ///< only after a claim and with associate_display
  std::optional<std::string> purpose;
  std::vector<CollectOrder> collect;
  std::optional<std::string> notice;
  std::vector<CardSuggestion> suggestions;
};

enum class SuppressReason : std::uint8_t {
  holdout,
  consent,
  do_not_disturb,
  cap,
  no_stock,
  no_size,
  stale_cache,
  open_case,
  bought,
  nothing_to_say
};

/// The suggestion room's memory of one visit; survives a restart beside the visit.
struct VisitCards {
  VisitId visit;
  std::optional<Card> card;  ///< absent when nothing is to be shown
  bool shown = false;        ///< false while the member is away: the tablet has no card
  std::int32_t created = 0;  ///< suggestion.created so far, against cards_per_visit
  bool silenced = false;     ///< do_not_disturb or not_this_customer was tapped
  std::set<SuppressReason> suppressed;
  std::set<std::string> closed_styles;  ///< sold or refused during this visit: never suggested again in it
};

enum class ActionKind : std::uint8_t {
  claim,
  release,
  purpose,
  seen,
  proposed,
  tried,
  sold,
  refused,
  other_size,
  do_not_disturb,
  not_this_customer,
  undo
};
/// A tap on a tablet (contract §4.4).
struct CardAction {
  std::string device;
  std::string id;  ///< UUID; a repeated one has no second effect
  VisitId visit;
  std::optional<SuggestionId> suggestion;
  ActionKind kind = ActionKind::seen;
  std::optional<std::string> undoes;
  std::optional<std::string> reason;
  std::string associate;
  WallTime at{};
};

}  // namespace tg
