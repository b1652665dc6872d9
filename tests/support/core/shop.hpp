// One small shop for the tests of the core: its configuration, its members, its goods and its tills.
// Owner thread: the test. Never reads a clock: the day starts at kOpening.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/crypto.hpp"
#include "core/model/catalogue.hpp"
#include "core/model/member.hpp"
#include "core/model/ticket.hpp"
#include "core/model/visit.hpp"
#include "core/policy.hpp"

namespace tg::test {

using namespace std::chrono_literals;

inline constexpr WallTime kOpening = wall_ms(1'763'713'200'000);  // 2025-11-21T08:20:00Z
inline constexpr WallTime kLongAgo = kOpening - 24h * 200;

/// `since` the opening; the monotonic clock has an origin of its own, as in a real box.
constexpr Stamp at(Millis since) { return {MonoTime{Millis{5'000'000} + since}, kOpening + since}; }

// Receivers by index into Policy::receivers.
inline constexpr std::uint16_t kEntrance = 0, kFloor = 1, kFitting = 2, kStreet = 3;

inline Policy shop_policy() {
  Policy p;
  p.store = "paris-042";
  p.gateway = "gw-1";
  p.zones = {{ZoneId{"entrance"}, ZoneKind::entrance, {}, {}},
             {ZoneId{"floor"}, ZoneKind::floor, {}, {}},
             {ZoneId{"fitting"}, ZoneKind::fitting, {}, {}},
             {ZoneId{"till-1"}, ZoneKind::till, {"POS1"}, {}},
             {ZoneId{"street"}, ZoneKind::street, {}, {}}};
  p.receivers = {{ReceiverId{"hci0"}, ZoneId{"entrance"}},
                 {ReceiverId{"rx-floor"}, ZoneId{"floor"}, true},
                 {ReceiverId{"rx-fitting"}, ZoneId{"fitting"}, true},
                 {ReceiverId{"rx-street"}, ZoneId{"street"}, true}};
  p.suggestion.holdout_salt = p.store;
  p.suggestion.holdout_percent = 0;
  return p;
}

inline Key128 key_of(std::string_view digits) {
  Key128 key{};
  if (!unhex(digits, key)) std::abort();
  return key;
}
inline Eid eid_of(std::string_view digits) {
  Eid eid{};
  if (!unhex(digits, eid)) std::abort();
  return eid;
}
/// A key of its own for each number.
inline Key128 numbered_key(std::uint32_t n) {
  Key128 key{};
  for (std::size_t i = 0; i < 4; ++i) key[i] = static_cast<std::uint8_t>(n >> (8 * i));
  key[15] = 0x5A;
  return key;
}

// --- members ---------------------------------------------------------------------------------------------------------

inline void grant(Profile& profile, Purpose purpose, WallTime when = kLongAgo) {
  profile.consent.at(purpose) = ConsentRecord{ConsentStatus::granted, when, std::nullopt, "2026-03"};
}

/// Camille: everything granted, looked at the coat, owns the shirt, wears coats in 42.
inline Profile camille() {
  Profile p;
  p.member = MemberId{"m-7f3a"};
  p.keys = {MemberKey{.eid_key = key_of("00112233445566778899aabbccddeeff")}};
  p.loyalty = {"2990001234567"};
  p.first_name = "Camille";
  p.language = "fr";
  for (const Purpose purpose :
       {Purpose::recognition, Purpose::associate_display, Purpose::suggestion, Purpose::attribution}) {
    grant(p, purpose);
  }
  p.sizes = {SizeEvidence{"coat", std::nullopt, "42", SizeSource::observed, 3, kLongAgo}};
  p.intents = {Intent{"GATE-COAT", "GATE-COAT-NAVY-42", IntentKind::viewed, 3, kOpening - 48h}};
  p.purchases = {Purchase{"OXFORD-SHIRT", "shirt", kOpening - 24h * 30, "web", true}};
  return p;
}
/// Somebody else with the same tastes.
inline Profile member(const std::string& name, std::uint32_t key) {
  Profile p = camille();
  p.member = MemberId{name};
  p.keys = {MemberKey{.eid_key = numbered_key(key)}};
  p.loyalty = {"299" + std::to_string(1'000'000 + key)};
  p.first_name = "Alex";
  return p;
}

// --- goods -----------------------------------------------------------------------------------------------------------

inline CatalogItem coat(const std::string& color = "NAVY", const std::string& size = "42", std::int32_t stock = 2) {
  CatalogItem item;
  item.variant = "GATE-COAT-" + color + "-" + size;
  item.style = "GATE-COAT";
  item.name = "Manteau Gate";
  item.category = "coat";
  item.brand = "Gate";
  item.size = size;
  item.color = color;
  item.price_minor = 24'900;
  item.currency = "EUR";
  item.stock = stock;
  item.location = "Mur B4";
  return item;
}
/// One size only.
inline CatalogItem accessory(const std::string& style, const std::string& category, std::int32_t stock = 4) {
  CatalogItem item;
  item.variant = style + "-RED";
  item.style = style;
  item.name = "Accessoire " + style;
  item.category = category;
  item.color = "RED";
  item.price_minor = 3'900;
  item.currency = "EUR";
  item.stock = stock;
  return item;
}
inline CatalogItem shirt() {
  CatalogItem item = accessory("OXFORD-SHIRT", "shirt");
  item.variant = "OXFORD-SHIRT-WHITE-40";
  item.size = "40";
  item.color = "WHITE";
  item.name = "Chemise Oxford";
  return item;
}
inline std::vector<CatalogItem> shelf() {
  return {coat(), coat("CAMEL", "42", 5), coat("NAVY", "44", 3), shirt(), accessory("SCARF", "scarf")};
}
inline std::vector<ComplementRule> rules() { return {{"OXFORD-SHIRT", "SCARF", 310, 120}}; }
inline Dossier dossier_of(Profile profile) { return {std::move(profile), shelf(), rules()}; }

// --- tickets ---------------------------------------------------------------------------------------------------------

/// A coat at POS1, paid by card, Camille's number scanned; `sequence` makes the key. Call seal() after a change.
inline void seal(Ticket& ticket) {
  std::string content = std::to_string(static_cast<int>(ticket.type)) + '|' + std::to_string(ticket.total_minor) + '|' +
                        std::to_string(unix_ms(ticket.ended_at));
  for (const auto& line : ticket.lines) content += '|' + line.sku + std::to_string(line.net_minor);
  ticket.content = sha256(as_bytes(content));
}
inline Ticket coat_ticket(WallTime ended_at, const std::string& sequence = "118") {
  Ticket t;
  t.key = {"paris-042", "POS1", "2025-11-21", sequence};
  t.ended_at = ended_at;
  t.currency = "EUR";
  t.total_minor = 24'900;
  t.loyalty = LoyaltyScan{"2990001234567", LoyaltyEntry::scanned};
  t.lines = {TicketLine{1, LineKind::sale, "GATE-COAT-NAVY-42", "", 1000, 24'900, 24'900}};
  t.tenders = {Tender{"card", 24'900}};
  seal(t);
  return t;
}
inline Ticket void_of(const Ticket& original, const std::string& sequence, WallTime ended_at) {
  Ticket t;
  t.key = original.key;
  t.key.sequence = sequence;
  t.type = TicketType::void_;
  t.ended_at = ended_at;
  t.currency = "EUR";
  t.voids = original.key;
  seal(t);
  return t;
}

}  // namespace tg::test
