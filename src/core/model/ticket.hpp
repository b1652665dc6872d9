// The canonical ticket (contract §6): the only form in which the core knows a purchase. Plain data, any thread.
// Never holds a name, an address or a card number: the codec's allow-list ends them at the door.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/crypto.hpp"
#include "base/types.hpp"
#include "core/model/ticket_share.hpp"

namespace tg {

enum class TicketType : std::uint8_t { sale, return_, exchange, void_, control };
enum class TicketStatus : std::uint8_t { final, suspended, cancelled };
enum class LineKind : std::uint8_t { sale, return_, service, deposit, fee };
enum class LoyaltyEntry : std::uint8_t { scanned, keyed, app, none };
/// Where the instant came from: an offset on the ticket, or the store's time zone, whose hour occurs twice in autumn.
enum class TimeQuality : std::uint8_t { zoned, assumed_store_zone, ambiguous_hour };
/// How the goods reach the customer.
enum class SaleChannel : std::uint8_t { store, collect, ship };

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
  MinorUnits discount_minor = 0;  ///< what the till took off the list price; net is after it
  std::string department = {};    ///< as the till names it, else the catalogue's
  std::string style = {};         ///< the catalogue's; empty: it does not know the product
  std::string size = {};          ///< likewise
  bool gtin_valid = true;         ///< false: a code of the house or a mistyped one, kept as it was given

  /// A negative amount lowers the price.
  void add_reward(MinorUnits amount) {
    net_minor += amount;
    discount_minor -= amount;
  }
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
  std::optional<TicketKey> returns;  ///< key.store of another store: nothing of ours
  std::optional<TicketKey> resumes;
  // Not named by the contract: they are no part of `content`.
  std::optional<WallTime> begun_at;
  SaleChannel channel = SaleChannel::store;
  bool other_store = false;  ///< the ticket says that it is another store's
  std::string native_id;     ///< what the till itself calls it or prints on it; empty: nothing beside its key
  std::optional<std::int32_t> utc_offset_min;  ///< of the till's clock at `ended_at`, east is positive
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
  std::vector<std::string> evidence = {};  ///< what spoke for it or against it, of inferred ones
  std::string model = {};                  ///< which made it, of inferred ones
  std::string reason = {};                 ///< of a retraction
};

/// Whom the number on a return names, and what the attribution would be by it alone. Kept because the original, which
/// comes first, may still arrive or be voided. Only of a member who lets purchases be known.
struct NamedBuyer {
  MemberId member;
  std::int32_t p_permille = 1000;
  std::optional<VisitId> visit;
};

/// What is kept of a line: enough for a return, a match or a figure that comes later. Nothing of a person.
struct StoredLine {
  LineKind kind = LineKind::sale;
  std::string sku, gtin, style, department;
  MilliQuantity qty_milli = 0;
  MinorUnits net_minor = 0, discount_minor = 0;
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
  bool superseded = false;  ///< suspended, and another ticket went on with it
  bool employee = false;
  Sha256 content{};
  std::optional<WallTime> begun_at;
  WallTime ended_at{};
  WallTime received_at{};
  MinorUnits total_minor = 0;
  std::string currency;
  bool adds_up = true;
  bool loyalty_present = false;
  TimeQuality time_quality = TimeQuality::zoned;
  SaleChannel channel = SaleChannel::store;
  std::vector<StoredLine> lines;  ///< of a sale, return or exchange only
  std::optional<TicketKey> voids, returns, resumes;
  std::optional<NamedBuyer> named;  ///< of a return or exchange that names its original
  std::optional<Attribution> attribution;
  std::optional<TicketSums> sums;      ///< what it is worth in the figures; absent when it is no fact
  std::optional<TicketShare> counted;  ///< what it has put into the figures so far (core/figures)
};

/// Numbers of one till on one day, in one numbering (what stands before the digits): which are missing.
/// Everything between `low` and `high` has come but for the holes.
struct TillHole {
  enum class State : std::uint8_t {
    open,     ///< the number may still be on its way until `due`
    told,     ///< central knows
    skipped,  ///< the till began to count anew: nothing is missing
  };
  std::int64_t from = 0, to = 0;  ///< both included
  State state = State::open;
  MonoTime due{};  ///< of an open one; not kept over a restart
};
struct TillNumbers {
  std::string workstation;
  std::string business_day;  ///< YYYY-MM-DD
  std::string prefix;        ///< of the sequence, such as a session's; usually empty
  std::int64_t low = 0, high = 0;
  std::vector<TillHole> holes;  ///< ascending, disjoint
  WallTime touched{};           ///< when a number came last
};

enum class TicketVerdict : std::uint8_t { accepted, duplicate, revised, quarantined };
struct TicketAnswer {
  TicketId id;
  TicketVerdict verdict = TicketVerdict::accepted;
  std::string reason;  ///< empty when there is nothing to explain
};

}  // namespace tg
