// The words that stand for our enumerators in JSON, one table per enum, used in both directions.
// Owner thread: any. Never more than one word per enumerator.
#pragma once

#include <array>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "core/model/command.hpp"
#include "core/model/fact.hpp"
#include "core/model/member.hpp"
#include "core/model/ticket.hpp"
#include "core/model/visit.hpp"

namespace tg {

template <class E>
struct Named {
  E value;
  std::string_view name;
};

/// O(length of the table); an enumerator without a row is a broken invariant.
template <class E, std::size_t N>
[[nodiscard]] constexpr std::string_view name_of(const std::array<Named<E>, N>& table, E value) {
  for (const auto& row : table) {
    if (row.value == value) return row.name;
  }
  std::abort();
}

template <class E, std::size_t N>
[[nodiscard]] constexpr std::optional<E> value_of(const std::array<Named<E>, N>& table, std::string_view name) {
  for (const auto& row : table) {
    if (row.name == name) return row.value;
  }
  return std::nullopt;
}

/// `"granted", "denied" or "revoked"`, for error texts.
template <class E, std::size_t N>
[[nodiscard]] std::string names_in(const std::array<Named<E>, N>& table) {
  std::string out;
  for (std::size_t i = 0; i < N; ++i) {
    if (i > 0) out += i + 1 == N ? " or " : ", ";
    out.append("\"").append(table[i].name).append("\"");
  }
  return out;
}

inline constexpr auto kPurposeNames = std::to_array<Named<Purpose>>({{Purpose::recognition, "recognition"},
                                                                     {Purpose::associate_display, "associate_display"},
                                                                     {Purpose::suggestion, "suggestion"},
                                                                     {Purpose::attribution, "attribution"},
                                                                     {Purpose::sms, "sms"},
                                                                     {Purpose::email, "email"}});
inline constexpr auto kConsentStatusNames = std::to_array<Named<ConsentStatus>>(
    {{ConsentStatus::granted, "granted"}, {ConsentStatus::denied, "denied"}, {ConsentStatus::revoked, "revoked"}});
inline constexpr auto kConsentSourceNames = std::to_array<Named<ConsentSource>>(
    {{ConsentSource::central, "central"}, {ConsentSource::device, "device"}, {ConsentSource::local, "local"}});
inline constexpr auto kSizeSourceNames = std::to_array<Named<SizeSource>>(
    {{SizeSource::declared, "declared"}, {SizeSource::inferred, "inferred"}, {SizeSource::observed, "observed"}});
inline constexpr auto kIntentKindNames = std::to_array<Named<IntentKind>>(
    {{IntentKind::viewed, "viewed"}, {IntentKind::wishlist, "wishlist"}, {IntentKind::cart, "cart"}});
inline constexpr auto kDataSetNames = std::to_array<Named<DataSet>>({{DataSet::profiles, "profiles"},
                                                                     {DataSet::catalog, "catalog"},
                                                                     {DataSet::complements, "complements"},
                                                                     {DataSet::scenarios, "scenarios"}});
inline constexpr auto kAckStatusNames = std::to_array<Named<AckStatus>>({{AckStatus::accepted, "accepted"},
                                                                         {AckStatus::applied, "applied"},
                                                                         {AckStatus::rejected, "rejected"},
                                                                         {AckStatus::duplicate, "duplicate"}});
inline constexpr auto kDeliveryClassNames =
    std::to_array<Named<DeliveryClass>>({{DeliveryClass::keep, "keep"},
                                         {DeliveryClass::perishable, "perishable"},
                                         {DeliveryClass::telemetry, "telemetry"}});

inline constexpr auto kRecognitionNames = std::to_array<Named<RecognitionMethod>>(
    {{RecognitionMethod::eid, "eid"}, {RecognitionMethod::checkin, "checkin"}, {RecognitionMethod::card, "card"}});
inline constexpr auto kVisitStateNames = std::to_array<Named<VisitState>>(
    {{VisitState::present, "present"}, {VisitState::away, "away"}, {VisitState::ended, "ended"}});
inline constexpr auto kEndReasonNames = std::to_array<Named<EndReason>>({{EndReason::left, "left"},
                                                                         {EndReason::short_, "short"},
                                                                         {EndReason::consent, "consent"},
                                                                         {EndReason::erased, "erased"},
                                                                         {EndReason::removed, "removed"}});
inline constexpr auto kLinkBasisNames =
    std::to_array<Named<fact::LinkBasis>>({{fact::LinkBasis::live, "live"},
                                           {fact::LinkBasis::card, "card"},
                                           {fact::LinkBasis::claim, "claim"},
                                           {fact::LinkBasis::associate, "associate"},
                                           {fact::LinkBasis::retro, "retro"}});

inline constexpr auto kCardStateNames = std::to_array<Named<CardState>>(
    {{CardState::fresh, "new"}, {CardState::claimed, "claimed"}, {CardState::done, "done"}});
inline constexpr auto kReasonCodeNames =
    std::to_array<Named<ReasonCode>>({{ReasonCode::viewed_recently, "viewed_recently"},
                                      {ReasonCode::wished, "wished"},
                                      {ReasonCode::in_cart, "in_cart"},
                                      {ReasonCode::goes_with_owned, "goes_with_owned"}});
inline constexpr auto kOutcomeNames = std::to_array<Named<Outcome>>({{Outcome::seen, "seen"},
                                                                     {Outcome::proposed, "proposed"},
                                                                     {Outcome::tried, "tried"},
                                                                     {Outcome::sold, "sold"},
                                                                     {Outcome::refused, "refused"},
                                                                     {Outcome::expired, "expired"},
                                                                     {Outcome::withdrawn, "withdrawn"}});
inline constexpr auto kDropReasonNames = std::to_array<Named<DropReason>>({{DropReason::expired, "expired"},
                                                                           {DropReason::limit, "limit"},
                                                                           {DropReason::refused, "refused"},
                                                                           {DropReason::erased, "erased"},
                                                                           {DropReason::damaged, "damaged"}});
inline constexpr auto kSuppressReasonNames =
    std::to_array<Named<SuppressReason>>({{SuppressReason::holdout, "holdout"},
                                          {SuppressReason::consent, "consent"},
                                          {SuppressReason::do_not_disturb, "do_not_disturb"},
                                          {SuppressReason::cap, "cap"},
                                          {SuppressReason::no_stock, "no_stock"},
                                          {SuppressReason::no_size, "no_size"},
                                          {SuppressReason::stale_cache, "stale_cache"},
                                          {SuppressReason::open_case, "open_case"},
                                          {SuppressReason::bought, "bought"},
                                          {SuppressReason::nothing_to_say, "nothing_to_say"}});
inline constexpr auto kActionNames =
    std::to_array<Named<ActionKind>>({{ActionKind::claim, "claim"},
                                      {ActionKind::release, "release"},
                                      {ActionKind::purpose, "purpose"},
                                      {ActionKind::seen, "seen"},
                                      {ActionKind::proposed, "proposed"},
                                      {ActionKind::tried, "tried"},
                                      {ActionKind::sold, "sold"},
                                      {ActionKind::refused, "refused"},
                                      {ActionKind::other_size, "other_size"},
                                      {ActionKind::do_not_disturb, "do_not_disturb"},
                                      {ActionKind::not_this_customer, "not_this_customer"},
                                      {ActionKind::undo, "undo"}});

inline constexpr auto kTicketTypeNames = std::to_array<Named<TicketType>>({{TicketType::sale, "sale"},
                                                                           {TicketType::return_, "return"},
                                                                           {TicketType::exchange, "exchange"},
                                                                           {TicketType::void_, "void"},
                                                                           {TicketType::control, "control"}});
inline constexpr auto kTicketStatusNames = std::to_array<Named<TicketStatus>>(
    {{TicketStatus::final, "final"}, {TicketStatus::suspended, "suspended"}, {TicketStatus::cancelled, "cancelled"}});
inline constexpr auto kLineKindNames = std::to_array<Named<LineKind>>({{LineKind::sale, "sale"},
                                                                       {LineKind::return_, "return"},
                                                                       {LineKind::service, "service"},
                                                                       {LineKind::deposit, "deposit"},
                                                                       {LineKind::fee, "fee"}});
inline constexpr auto kLoyaltyEntryNames = std::to_array<Named<LoyaltyEntry>>({{LoyaltyEntry::scanned, "scanned"},
                                                                               {LoyaltyEntry::keyed, "keyed"},
                                                                               {LoyaltyEntry::app, "app"},
                                                                               {LoyaltyEntry::none, "none"}});
inline constexpr auto kTimeQualityNames =
    std::to_array<Named<TimeQuality>>({{TimeQuality::zoned, "zoned"},
                                       {TimeQuality::assumed_store_zone, "assumed_store_zone"},
                                       {TimeQuality::ambiguous_hour, "ambiguous_hour"}});
inline constexpr auto kSaleChannelNames = std::to_array<Named<SaleChannel>>(
    {{SaleChannel::store, "store"}, {SaleChannel::collect, "collect"}, {SaleChannel::ship, "ship"}});
inline constexpr auto kHoleStateNames = std::to_array<Named<TillHole::State>>(
    {{TillHole::State::open, "open"}, {TillHole::State::told, "told"}, {TillHole::State::skipped, "skipped"}});
inline constexpr auto kTicketVerdictNames =
    std::to_array<Named<TicketVerdict>>({{TicketVerdict::accepted, "accepted"},
                                         {TicketVerdict::duplicate, "duplicate"},
                                         {TicketVerdict::revised, "revised"},
                                         {TicketVerdict::quarantined, "quarantined"}});
inline constexpr auto kAttributionClassNames =
    std::to_array<Named<AttributionClass>>({{AttributionClass::certain, "certain"},
                                            {AttributionClass::probable, "probable"},
                                            {AttributionClass::possible, "possible"}});

}  // namespace tg
