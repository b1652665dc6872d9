#include "codec/config_items.hpp"

#include <algorithm>

#include "codec/config_access.hpp"
#include "codec/config_rows.hpp"

namespace tg::config {
namespace {

// In the order of ZoneKind.
const std::vector<std::string> kZoneKinds{"entrance", "floor", "fitting", "till", "street"};

Access zone_kind() {
  return {[](void* zone, const Json& word) {
            const auto found = std::find(kZoneKinds.begin(), kZoneKinds.end(), word.get<std::string>());
            static_cast<Zone*>(zone)->kind = static_cast<ZoneKind>(found - kZoneKinds.begin());
          },
          [](const void* zone) -> Json {
            return kZoneKinds[static_cast<std::size_t>(static_cast<const Zone*>(zone)->kind)];
          }};
}

}  // namespace

const Table& zone_table() {
  static const Table kTable{
      text("/id", kRequired, kPlainId, at<&Zone::id>(), "Name in events and on cards; unique."),
      choice("/kind", kRequired, kZoneKinds, zone_kind(),
             "What happens here. A street is outside and is never reported."),
      texts("/workstations", Json::array(), {0, 256}, kPlainId, at<&Zone::workstations>(),
            "Tills that stand here; each in one zone only."),
      area("/area", at<&Zone::area_mm>(), "Corners [x, y] in metres in the plan of the store."),
  };
  return kTable;
}

const Table& receiver_table() {
  static const Table kTable{
      text("/id", kRequired, kPlainId, at<&ReceiverConfig::id>(), "Name in status, metrics and topics; unique."),
      text("/adapter", "auto", kAdapter, at<&ReceiverConfig::adapter>(),
           "The radio of this box; auto takes the only one."),
      flag("/remote", false, at<&ReceiverConfig::remote>(), "True: it reports over the local broker."),
      text("/zone", kRequired, kPlainId, at<&ReceiverConfig::zone>(), "The zone it stands in."),
      integer("/offset_db", 0, {-60, 60}, at<&ReceiverConfig::offset_db>(), "Added to each of its RSSI values."),
      choice("/format", "touchpoint", {"touchpoint", "omg", "theengs"}, at<&ReceiverConfig::format>(),
             "What a remote receiver publishes."),
      text("/topic", nullptr, kTopicFilter, at<&ReceiverConfig::topic>(),
           "Where an omg or theengs receiver publishes."),
      metres("/x_m", at<&ReceiverConfig::x_m>(), "Place in the plan of the store."),
      metres("/y_m", at<&ReceiverConfig::y_m>(), "Place in the plan of the store."),
      metres("/z_m", at<&ReceiverConfig::z_m>(), "Height above the floor."),
  };
  return kTable;
}

const Table& key_table() {
  static const Table kTable{
      text("/id", kRequired, kPlainId, at<&PosKey::id>(), "What a till sends as X-Pos-Key-Id; unique."),
      secret("/secret_file", kRequired, at<&PosKey::secret_file>(), at<&PosKey::secret>(),
             "File with the HMAC secret."),
  };
  return kTable;
}

const Table& workstation_table() {
  static const Table kTable{
      text("/id", kRequired, kPlainId, at<&WorkstationConfig::id>(), "The till's number; unique."),
      text("/dialect", nullptr, kDialect, at<&WorkstationConfig::dialect>(),
           "How its POSLog is read; null: by namespace."),
  };
  return kTable;
}

const Table& tls_table() {
  static const Table kTable{
      readable("/cert_file", kRequired, at<&TlsConfig::cert_file>(), "Certificate chain, PEM."),
      readable("/key_file", kRequired, at<&TlsConfig::key_file>(), "Private key, PEM."),
  };
  return kTable;
}

}  // namespace tg::config
