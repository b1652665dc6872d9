// The names of the counts in CellKey::name. They lie in the facts file for 400 days: a name keeps its meaning.
// Owner thread: any. Money has its currency appended, after a slash.
#pragma once

#include <string>
#include <string_view>

namespace tg::figure {

inline constexpr std::string_view kVisits = "visits";
inline constexpr std::string_view kVisitsShort = "visits_short";        ///< under visit_min_s, out of everything else
inline constexpr std::string_view kVisitsUnlinked = "visits_unlinked";  ///< "not this customer"
inline constexpr std::string_view kMethod = "method";                   ///< slot: RecognitionMethod
inline constexpr std::string_view kDwell = "dwell_s";                   ///< histogram, gaps taken out
inline constexpr std::string_view kRecognisedAfter = "recognised_ms";   ///< histogram
inline constexpr std::string_view kPublishedAfter = "published_ms";     ///< histogram: recognised until central has it
inline constexpr std::string_view kConverted = "converted";             ///< slot 0: certain, 1: certain or probable
inline constexpr std::string_view kConvertedPermille = "converted_permille";  ///< expectation, "possible" included

inline constexpr std::string_view kTickets = "tickets";                 ///< final sales that add up
inline constexpr std::string_view kTicketClass = "ticket_class";        ///< slot: AttributionClass
inline constexpr std::string_view kTicketPermille = "ticket_permille";  ///< expectation of the recognised ones
inline constexpr std::string_view kUnmatched = "unmatched";             ///< slot: Unmatched
inline constexpr std::string_view kReturnTickets = "return_tickets";
inline constexpr std::string_view kReturnsUnlinked = "returns_unlinked";  ///< netted on their own day
inline constexpr std::string_view kSold = "sold";                         ///< money
inline constexpr std::string_view kReturned = "returned";                 ///< money, on the day of the return
inline constexpr std::string_view kReturnedOf = "returned_of";            ///< money, on the day of the sale
inline constexpr std::string_view kUnits = "units_milli";
inline constexpr std::string_view kUnitsReturned = "units_returned_milli";
inline constexpr std::string_view kUnitsReturnedOf = "units_returned_of_milli";
inline constexpr std::string_view kSoldCertain = "sold_certain";         ///< money
inline constexpr std::string_view kRopoStrict = "ropo_strict";           ///< money
inline constexpr std::string_view kRopoBroad = "ropo_broad";             ///< money
inline constexpr std::string_view kPickups = "pickups";                  ///< tickets that hand over an order
inline constexpr std::string_view kPickupsInVisit = "pickups_in_visit";  ///< of whose visit we know
inline constexpr std::string_view kPickupsAddon = "pickups_addon";       ///< with something else within 60 min
inline constexpr std::string_view kAddon = "addon";                      ///< money

inline constexpr std::string_view kEligible = "eligible";  ///< slot 0: treated, 1: hold-out
inline constexpr std::string_view kEligibleConverted = "eligible_converted";
inline constexpr std::string_view kEligibleNet = "eligible_net";          ///< money
inline constexpr std::string_view kEligibleSquares = "eligible_squares";  ///< of net in hundreds of minor units
inline constexpr std::string_view kCards = "cards";
inline constexpr std::string_view kDeliveredAfter = "card_ms";  ///< histogram: suggested until the tablets have it
inline constexpr std::string_view kItems = "items";             ///< slot: Stage
inline constexpr std::string_view kSuppressed = "suppressed";   ///< slot: SuppressReason

inline constexpr std::string_view kVoided = "tickets_voided";
inline constexpr std::string_view kMismatch = "tickets_mismatch";
inline constexpr std::string_view kLate = "tickets_late";  ///< more than an hour
inline constexpr std::string_view kDuplicate = "tickets_duplicate";
inline constexpr std::string_view kAttributions = "attributions";
inline constexpr std::string_view kRetracted = "attributions_retracted";  ///< but for voids
inline constexpr std::string_view kAttributedAfter = "attributed_ms";     ///< histogram
inline constexpr std::string_view kAlert = "alert";                       ///< its code after a slash

[[nodiscard]] inline std::string of(std::string_view name, std::string_view what) {
  return std::string(name).append("/").append(what);
}

/// How far a suggested item came; slot of kItems.
enum class Stage : int { created, delivered, seen, proposed, tried, accepted, sold, refused, expired, withdrawn };
inline constexpr int kStageCount = 10;

}  // namespace tg::figure
