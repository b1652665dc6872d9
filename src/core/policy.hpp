// The part of the configuration that decisions depend on (contract §2). Plain data, any thread.
// Never read from a file here: codec/config makes it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/types.hpp"
#include "core/model/calendar.hpp"
#include "core/model/visit.hpp"

namespace tg {

struct Zone {
  ZoneId id;
  ZoneKind kind = ZoneKind::floor;
  std::vector<std::string> workstations;                       ///< tills that stand here
  std::vector<std::pair<std::int32_t, std::int32_t>> area_mm;  ///< polygon in millimetres, empty without a map
};

/// A point in the plan of the store.
struct Place {
  std::int32_t x_mm = 0, y_mm = 0;
  std::optional<std::int32_t> z_mm = {};  ///< above the floor
};

struct Receiver {
  ReceiverId id;
  ZoneId zone;
  bool remote = false;
  std::int32_t offset_db = 0;
  std::optional<Place> place = {};
};

struct PresencePolicy {
  RssiDbm enter_dbm = -80;
  std::int32_t enter_adverts = 2;
  Seconds exit_after{60};
  Seconds reentry{300};
  Seconds lease{600};
  std::int32_t zone_margin_db = 3;
  Seconds zone_hold{2};
  Seconds visit_min{60};
};

struct SuggestionPolicy {
  std::int32_t holdout_percent = 10;  ///< 0..100
  std::string holdout_salt;           ///< never empty: the store id unless configured
  std::int32_t cards_per_visit = 2;
  Seconds expire{1200};
};

struct Policy {
  std::string store;
  std::string gateway;
  std::vector<Zone> zones;
  std::vector<Receiver> receivers;
  Calendar calendar = {};              ///< of store.timezone
  std::set<std::string> workstations;  ///< listed tills; empty = every till is welcome
  PresencePolicy presence;
  SuggestionPolicy suggestion;
  Seconds profiles_stale_after{24 * 3600};
  std::int32_t central_max_rate = 0;  ///< events/s, 0 = no limit
  std::int64_t outbox_max_rows = 400'000;
  std::int64_t outbox_max_bytes = 536'870'912;
  Seconds retain_delivered{72 * 3600};
  bool record_sightings = false;  ///< effect::Sighted for every advert of a member

  [[nodiscard]] std::string source() const { return "/stores/" + store + "/gateways/" + gateway; }
  [[nodiscard]] const Zone* zone(const ZoneId& id) const {
    for (const auto& z : zones) {
      if (z.id == id) return &z;
    }
    return nullptr;
  }
};

}  // namespace tg
