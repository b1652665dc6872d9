// Local time of a till -> UTC, from the machine's tzdata (TZif, RFC 8536). C++20's own table is missing in GCC 12.
// Owner thread: any once loaded. Never reads the environment; never throws.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "base/types.hpp"
#include "core/model/calendar.hpp"

namespace tg {

class TimeZone {
 public:
  /// UTC all year.
  TimeZone() = default;
  /// `name` is an IANA name such as "Europe/Paris"; reads /usr/share/zoneinfo, blocks on disk.
  [[nodiscard]] static Result<TimeZone> load(const std::string& name);
  [[nodiscard]] static Result<TimeZone> parse(std::string_view tzif);

  struct Instant {
    WallTime at;
    bool ambiguous = false;  ///< the hour occurs twice; `at` is the first one
  };
  /// `local` is the wall clock's face as if it were UTC. A time that the clock skipped counts on from before the skip.
  /// Debian's tables end in 2037; later times use the last offset.
  [[nodiscard]] Instant utc_of(WallTime local) const;
  /// The other direction, for the core.
  [[nodiscard]] Calendar calendar() const { return {spans_}; }

 private:
  [[nodiscard]] std::int64_t offset_at(std::int64_t unix_s) const;

  std::vector<UtcOffset> spans_{{INT64_MIN, 0}};  ///< ascending; the first has no beginning
};

}  // namespace tg
