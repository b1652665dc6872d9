// What the matcher remembers: traces of visits, purchases that wait for a decision, and what it has learnt.
// Plain data, any thread. Never a loyalty number; of a member only while his consent to `attribution` holds.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/types.hpp"
#include "core/model/ticket.hpp"

namespace tg {

inline constexpr Millis kTraceMemory{72 * 3'600'000};  ///< how long a late ticket can still find who was there
inline constexpr const char* kMatchModel = "m2";       ///< changes with the meaning of an evidence

/// A while in which a visitor was heard best in one zone.
struct TraceStay {
  ZoneId zone;  ///< a till's zone; empty: anywhere else in the shop
  WallTime from{}, to{};
  std::int32_t margin_db = 0;  ///< over the best other zone, on average
  friend auto operator<=>(const TraceStay&, const TraceStay&) = default;
};

/// Why an item says something about a visitor, the weakest first.
enum class ItemTie : std::uint8_t { style, intent, suggested, tried };
inline constexpr std::size_t kItemTieCount = 4;

struct TiedItem {
  std::string variant;  ///< empty: any of the style
  std::string style;
  ItemTie tie = ItemTie::intent;
  std::optional<SuggestionId> suggestion;
  bool sold = false;  ///< an associate said so
};

/// Where a visitor was and what he looked for: what a purchase is compared with.
struct VisitTrace {
  VisitId visit;
  MemberId member;
  WallTime started_at{}, last_heard{};
  bool ended = false;
  bool consented = false;  ///< to `attribution`, as far as known; without it he is no candidate and nothing is written
  bool unlinked = false;   ///< an associate said that it is not this customer
  std::vector<TraceStay> stays;
  std::vector<TiedItem> items;
  std::vector<std::string> orders;  ///< click and collect
  std::vector<TicketId> tickets;    ///< certain or probable purchases of this visit
};

/// Why a purchase is nobody's, as far as evidence goes (facts on retail §3.2).
enum class Refusal : std::uint8_t {
  none,
  not_final,
  totals_mismatch,
  employee,
  not_a_sale,
  gift_card_only,
  other_loyalty,
  ambiguous_hour,
  too_late,
  till_radio,
  crowd,
  consent,
  rejected,
  voided,
  erased
};
inline constexpr std::size_t kRefusalCount = 15;
/// Their words, in events and in rows.
inline constexpr std::array<const char*, kRefusalCount> kRefusalWords{
    "none",           "not_final",     "totals_mismatch", "employee", "not_a_sale",
    "gift_card_only", "other_loyalty", "ambiguous_hour",  "too_late", "till_radio",
    "crowd",          "consent",       "rejected",        "voided",   "erased"};

enum class CaseStage : std::uint8_t { first, last, closed };

/// A purchase and what is known of its buyer so far.
struct MatchCase {
  Ticket ticket;  ///< without loyalty number, tenders and amounts of lines
  CaseStage stage = CaseStage::first;
  WallTime due{};  ///< of the next look; when closed, of its end
  Refusal refusal = Refusal::none;
  bool has_number = false;        ///< a loyalty number was on it: it teaches, and is nobody else's
  std::optional<MemberId> truth;  ///< who holds that number and consented
  std::optional<MemberId> given;  ///< whom it is attributed to now
  std::optional<VisitId> visit;   ///< of that member
  bool certain = false;
};

/// Where a visitor was while a purchase was paid, from the strongest contradiction to the strongest support.
enum class TillTie : std::uint8_t {
  elsewhere,
  unheard,
  brief_weak,
  brief_clear,
  stays_weak,
  stays_clear,
  leaves_weak,
  leaves_clear
};
inline constexpr std::size_t kTillTieCount = 8;
/// When he left the shop, seen from the purchase.
enum class ExitTie : std::uint8_t { soon, later, much_later };
inline constexpr std::size_t kExitTieCount = 3;

/// What evidence alone can say: of more than the runner-up, and enough.
enum class MatchClass : std::uint8_t { none, possible, probable };

/// Counts of purchases with a loyalty number: of the buyer (m) and of other visitors (u).
template <std::size_t N>
struct TieCounts {
  std::array<std::uint32_t, N> m{}, u{};
};

inline constexpr std::size_t kReliabilityBins = 10;
inline constexpr std::size_t kCandidateBins = 6;  ///< 1, 2, 3, 4, 5, more

/// What a class was worth where the truth was known.
struct ClassScore {
  std::uint32_t right = 0, wrong = 0;
};

struct MatchLearning {
  TieCounts<kTillTieCount> till;
  TieCounts<kExitTieCount> exit;
  std::array<std::uint32_t, kItemTieCount> tied{};  ///< purchases of buyers with such an item in mind that had it
  std::array<std::uint32_t, kItemTieCount> untied{};
  std::uint32_t anonymous = 0;               ///< purchases without a number
  std::uint64_t nobody_permille = 0;         ///< of them: sum of the chance that no visitor we know was the buyer
  std::uint64_t risk_permille = 0;           ///< persons who may be wrong in what was published: sum of 1 - p
  std::uint32_t probable_told = 0;           ///< of what was published, as probable
  std::uint64_t probable_risk_permille = 0;  ///< sum of 1 - p of these
  std::uint32_t crowds = 0;
  std::uint64_t present = 0;  ///< over `crowds` purchases: visitors who may have been the buyer
  // Of purchases with a number, judged as if they had none:
  std::uint32_t judged = 0, buyers_present = 0;
  std::uint64_t squared_error_ppm = 0;  ///< sum of (p - truth)^2 of the likeliest, in millionths
  std::uint32_t with_candidate = 0;     ///< of those with a likeliest one
  ClassScore probable, possible;
  std::array<ClassScore, kCandidateBins> by_candidates{};  ///< probable, by the number of candidates
  struct Bin {
    std::uint32_t n = 0, right = 0;
    std::uint64_t p_permille = 0;
  };
  std::array<Bin, kReliabilityBins> bins{};
};

}  // namespace tg
