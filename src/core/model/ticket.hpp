// The canonical ticket (contract §6): the only form in which the core knows a purchase. Plain data, any thread.
// Never holds a name, an address or a card number: the codec's allow-list ends them at the door.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/crypto.hpp"
#include "base/types.hpp"

namespace tg {

enum class TicketType : std::uint8_t { sale, return_, exchange, void_, control };
enum class TicketStatus : std::uint8_t { final, suspended, cancelled };
enum class LineKind : std::uint8_t { sale, return_, service, deposit, fee };
enum class LoyaltyEntry : std::uint8_t { scanned, keyed, app, none };
/// Where the instant came from: an offset on the ticket, or the store's time zone, whose hour occurs twice in autumn.
enum class TimeQuality : std::uint8_t { zoned, assumed_store_zone, ambiguous_hour };

struct TicketKey {
  std::string store;
  std::string workstation;
  std::string business_day;  ///< YYYY-MM-DD
  std::string sequence;
  friend auto operator<=>(const TicketKey&, const TicketKey&) = default;
};

struct TicketLine {
  std::int32_t n = 0;
  LineKind kind = LineKind::sale;
  std::string sku;
  std::string gtin;
  MilliQuantity qty_milli = 0;
  MinorUnits unit_minor = 0;
  MinorUnits net_minor = 0;
};
struct Tender {
  std::string kind;  ///< cash card giftcard voucher other
  MinorUnits amount_minor = 0;
};
/// What the till took off: counted once and already part of the lines' net.
struct Reward {
  std::string code;
  MinorUnits amount_minor = 0;  ///< negative lowers the price
  std::int32_t line = 0;        ///< TicketLine::n; 0: spread over the ticket
};
struct LoyaltyScan {
  std::string id;  ///< normalised like Profile::loyalty
  LoyaltyEntry entry = LoyaltyEntry::scanned;
};

struct Ticket {
  TicketKey key;
  std::int64_t revision = 0;
  TicketType type = TicketType::sale;
  TicketStatus status = TicketStatus::final;
  WallTime ended_at{};
  TimeQuality time_quality = TimeQuality::zoned;
  std::string currency;
  MinorUnits total_minor = 0;
  MinorUnits tax_minor = 0;  ///< on top of the lines; a tax that they contain is not told apart
  MinorUnits rounding_minor = 0;
  std::optional<LoyaltyScan> loyalty;
  std::optional<std::string> collect_order;
  bool employee = false;
  bool training = false;
  std::vector<TicketLine> lines;
  std::vector<Tender> tenders;
  std::vector<Reward> rewards;
  std::optional<TicketKey> voids;
  std::optional<TicketKey> returns;
  std::optional<TicketKey> resumes;
  Sha256 content{};  ///< of the canonical ticket without fields that the contract does not name

  /// Total = sum of net + tax + rounding = sum of tenders (contract §6).
  [[nodiscard]] bool adds_up() const {
    MinorUnits lines_minor = tax_minor + rounding_minor;
    for (const auto& line : lines) lines_minor += line.net_minor;
    MinorUnits tenders_minor = 0;
    for (const auto& tender : tenders) tenders_minor += tender.amount_minor;
    return lines_minor == total_minor && tenders_minor == total_minor;
  }
};

enum class AttributionClass : std::uint8_t { certain, probable, possible };
struct Ropo {
  bool strict = false;  ///< a style on the ticket was seen online in the last 14 days
  bool broad = false;   ///< its category was
};
struct Attribution {
  AttributionId id;
  std::int32_t version = 1;
  TicketId ticket;
  std::optional<VisitId> visit;
  std::optional<MemberId> member;  ///< absent after an erasure
  AttributionClass cls = AttributionClass::certain;
  std::string method;
  std::int32_t p_permille = 1000;
  std::int32_t candidates = 1;
  Ropo ropo;
  bool collect = false;
  std::optional<SuggestionId> suggestion;
  bool retracted = false;
};

/// A ticket as it stands in the facts file.
struct TicketRecord {
  TicketId id;
  TicketKey key;
  std::int64_t revision = 0;
  TicketType type = TicketType::sale;
  TicketStatus status = TicketStatus::final;
  bool training = false;
  bool voided = false;
  Sha256 content{};
  WallTime ended_at{};
  WallTime received_at{};
  MinorUnits total_minor = 0;
  std::string currency;
  bool adds_up = true;
  bool loyalty_present = false;
  std::optional<Attribution> attribution;
};

enum class TicketVerdict : std::uint8_t { accepted, duplicate, revised, quarantined };
struct TicketAnswer {
  TicketId id;
  TicketVerdict verdict = TicketVerdict::accepted;
  std::string reason;  ///< empty when there is nothing to explain
};

}  // namespace tg
