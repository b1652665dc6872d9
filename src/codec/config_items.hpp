// The tables of the objects that stand in lists or may be null: zones, receivers, keys, workstations, certificates.
// Private to config_table.cpp. Owner thread: any (constant after first use).
#pragma once

#include "codec/config_table.hpp"

namespace tg::config {

[[nodiscard]] const Table& zone_table();         ///< Zone
[[nodiscard]] const Table& receiver_table();     ///< ReceiverConfig
[[nodiscard]] const Table& key_table();          ///< PosKey
[[nodiscard]] const Table& workstation_table();  ///< WorkstationConfig
[[nodiscard]] const Table& tls_table();          ///< TlsConfig

}  // namespace tg::config
