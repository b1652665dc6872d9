// The `data` attribute of each event type (contract §4.1), for codec/facts. Owner thread: any.
// For .cpp files of codec/ only. The one place of an event where a member may be named.
#pragma once

#include "codec/json_write.hpp"
#include "core/model/fact.hpp"

namespace tg {

[[nodiscard]] Json fact_data(const Fact& fact);
/// `{"store","workstation","business_day","sequence"}`.
[[nodiscard]] Json key_json(const TicketKey& key);

}  // namespace tg
