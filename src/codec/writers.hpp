// The counterparts of readers.hpp that more than one file needs. Owner thread: any. For .cpp files of codec/ only.
#pragma once

#include "codec/json_write.hpp"
#include "core/model/catalogue.hpp"
#include "core/model/member.hpp"
#include "core/model/ticket_share.hpp"

namespace tg {

[[nodiscard]] Json item_json(const CatalogItem& item);
[[nodiscard]] Json collect_json(const std::vector<CollectOrder>& orders);
[[nodiscard]] Json sums_json(const TicketSums& sums);
[[nodiscard]] Json share_json(const TicketShare& share);

}  // namespace tg
