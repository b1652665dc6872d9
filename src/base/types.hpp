// The words every room shares: instants, identifiers, small quantities.
// Owner thread: any (plain values). Never reads a clock: an instant always comes from an event.
#pragma once

#include <array>
#include <chrono>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace tg {

using Millis = std::chrono::milliseconds;
using Seconds = std::chrono::seconds;

/// Milliseconds since an arbitrary start; only differences mean something. Never goes back.
struct MonoClock {
  using duration = Millis;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<MonoClock>;
  static constexpr bool is_steady = true;
};
/// Milliseconds since 1970-01-01T00:00:00Z; may jump both ways.
struct WallClock {
  using duration = Millis;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<WallClock>;
  static constexpr bool is_steady = false;
};
using MonoTime = MonoClock::time_point;
using WallTime = WallClock::time_point;

constexpr WallTime wall_ms(std::int64_t unix_ms) { return WallTime{Millis{unix_ms}}; }
constexpr std::int64_t unix_ms(WallTime t) { return t.time_since_epoch().count(); }
constexpr std::int64_t unix_s(WallTime t) { return unix_ms(t) / 1000; }

/// When something happened, on both clocks. Durations come from `mono`, dates from `wall`.
struct Stamp {
  MonoTime mono;
  WallTime wall;
};

/// A string that names one kind of thing and cannot be passed for another.
template <class Tag>
struct Id {
  std::string value;
  Id() = default;
  explicit Id(std::string v) : value(std::move(v)) {}
  explicit Id(std::string_view v) : value(v) {}
  explicit Id(const char* v) : value(v) {}
  [[nodiscard]] bool empty() const { return value.empty(); }
  friend auto operator<=>(const Id&, const Id&) = default;
};
using MemberId = Id<struct MemberTag>;          ///< opaque, 1-60 of `A-Z a-z 0-9 . _ - @`
using VisitId = Id<struct VisitTag>;            ///< UUID
using TicketId = Id<struct TicketTag>;          ///< UUIDv5, contract §6
using SuggestionId = Id<struct SuggestionTag>;  ///< UUID
using AttributionId = Id<struct AttributionTag>;
using CommandId = Id<struct CommandTag>;
using ZoneId = Id<struct ZoneTag>;
using ReceiverId = Id<struct ReceiverTag>;

using RssiDbm = std::int16_t;              ///< dBm, -127..20
constexpr RssiDbm kRssiUnavailable = 127;  ///< what a controller reports when it could not measure
using MinorUnits = std::int64_t;           ///< money in the minor unit of its currency
using MilliQuantity = std::int64_t;        ///< a quantity in thousandths
using Sequence = std::uint64_t;            ///< contract §4.1: starts at 1, contiguous

using Eid = std::array<std::uint8_t, 8>;
using Key128 = std::array<std::uint8_t, 16>;

template <class... F>
struct Overload : F... {
  using F::operator()...;
};
template <class... F>
Overload(F...) -> Overload<F...>;

}  // namespace tg
