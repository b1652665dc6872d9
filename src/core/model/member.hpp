// What central tells about a member (contract §5.1), already checked. Plain data, any thread.
// Never holds a surname, an address or spend: fields the contract does not name are dropped by the codec.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/types.hpp"

namespace tg {

enum class Purpose : std::uint8_t { recognition, associate_display, suggestion, attribution, sms, email };
inline constexpr std::size_t kPurposeCount = 6;

enum class ConsentStatus : std::uint8_t { granted, denied, revoked };

struct ConsentRecord {
  ConsentStatus status = ConsentStatus::denied;
  WallTime at{};
  std::optional<WallTime> until;
  std::string version;
};

/// What a member said, per purpose. A purpose without a record is refused (contract §5.1).
class ConsentSet {
 public:
  [[nodiscard]] const std::optional<ConsentRecord>& at(Purpose p) const {
    return records_[static_cast<std::size_t>(p)];
  }
  std::optional<ConsentRecord>& at(Purpose p) { return records_[static_cast<std::size_t>(p)]; }
  [[nodiscard]] bool granted(Purpose p, WallTime now) const {
    const auto& r = at(p);
    return r && r->status == ConsentStatus::granted && (!r->until || now < *r->until);
  }

 private:
  std::array<std::optional<ConsentRecord>, kPurposeCount> records_;
};

/// A phone's Eddystone identity key, valid for windows that overlap [from, until).
struct MemberKey {
  Key128 eid_key{};
  WallTime from = WallTime::min();
  WallTime until = WallTime::max();
};

enum class SizeSource : std::uint8_t { declared, inferred, observed };  // weakest first
struct SizeEvidence {
  std::string category;
  std::optional<std::string> brand;
  std::string size;
  SizeSource source = SizeSource::declared;
  std::int32_t n = 1;
  std::optional<WallTime> last;
};

enum class IntentKind : std::uint8_t { viewed, wishlist, cart };  // weakest first
struct Intent {
  std::string style;
  std::optional<std::string> variant;
  IntentKind kind = IntentKind::viewed;
  std::int32_t count = 1;
  std::optional<WallTime> last;
};

struct Purchase {
  std::string style;
  std::string category;
  std::optional<WallTime> at;
  std::string channel;
  bool kept = true;
};

struct CollectOrder {
  std::string order;
  std::string state;
  std::vector<std::string> styles;
};

struct Affinity {
  std::string department;
  std::int32_t permille = 0;  ///< 0..1000
};
struct Replenishment {
  std::string category;
  WallTime due{};
};
struct RepurchaseRhythm {
  std::int32_t median_gap_days = 0;
  WallTime last{};
};

struct Profile {
  MemberId member;
  std::vector<MemberKey> keys;
  std::vector<std::string> loyalty;  ///< normalised: trimmed, inner spaces removed
  std::optional<std::string> first_name;
  std::string language;
  std::string lifecycle;
  ConsentSet consent;
  std::vector<SizeEvidence> sizes;
  std::vector<Intent> intents;
  std::vector<Purchase> purchases;
  std::vector<Affinity> departments;
  std::optional<std::int32_t> promo_permille;
  std::optional<RepurchaseRhythm> rhythm;
  std::vector<CollectOrder> collect;
  std::vector<Replenishment> replenish;
  std::optional<WallTime> lock_until;
  bool do_not_disturb = false;
  bool open_case = false;
  std::vector<std::string> refused;  ///< styles
};

}  // namespace tg
