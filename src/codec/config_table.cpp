#include "codec/config_table.hpp"

#include <algorithm>
#include <utility>

#include "codec/config_access.hpp"

namespace tg::config {
namespace {

// --- formats of text -------------------------------------------------------------------------------------------------
const Format kPlainId{"^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$", "1-32 of A-Z a-z 0-9 _ -, not starting with _ or -"};
const Format kTimezone{"^[A-Za-z][A-Za-z0-9_+-]{0,31}(/[A-Za-z0-9_+-]{1,31}){0,2}$",
                       "an IANA name such as Europe/Paris"};
const Format kLanguage{"^[a-z]{2,3}(-[A-Z]{2})?$", "a language tag such as fr or fr-CH"};
const Format kPath{"^[^\\x00-\\x1f]+$", "a path"};
const Format kBus{"^(system|session|[^=\\s]+=[^\\s]+)$",
                  "\"system\", \"session\" or a D-Bus address such as unix:path=/run/bus"};
const Format kAdapter{"^(auto|[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5})$",
                      "\"auto\" or a Bluetooth address AA:BB:CC:DD:EE:FF"};
const Format kUuid{"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$", "a UUID"};
const std::string kHost = "([A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.]+\\])";
const std::string kPort = ":([0-9]{1,4}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])";
const Format kMqttUrl{"^mqtts?://" + kHost + "(" + kPort + ")?/?$",
                      "mqtt://host[:port] or mqtts://host[:port] (user name and password have keys of their own)"};
const Format kWebSocketUrl{"^wss?://" + kHost + "(" + kPort + ")?(/[^\\s@]*)?$",
                           "ws://host[:port][/path] or wss://host[:port][/path]"};
const Format kListen{"^" + kHost + kPort + "$",
                     "host:port with a port of 0-65535 (0 = any free one), IPv6 in brackets"};
const Format kTopic{"^[^/+#\\x00-\\x1f]+(/[^/+#\\x00-\\x1f]+)*$",
                    "topic levels joined by /, none empty, without + and #"};
const Format kTopicFilter{"^[^\\x00-\\x1f]+$", "an MQTT topic filter"};
const Format kLine{"^[^\\x00-\\x1f]+$", "text of one line"};
const Format kDialect{"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", "the name of a dialect such as ncr-acs-2.1"};

// --- rows ------------------------------------------------------------------------------------------------------------
const std::optional<Json> kRequired;  // in the place of a default
struct Range {
  std::int64_t min, max;
};

Rule flag(std::string pointer, bool initial, Access access, std::string doc) {
  return {std::move(pointer), Shape::boolean, Json(initial), std::move(doc), access};
}
Rule integer(std::string pointer, std::int64_t initial, Range range, Access access, std::string doc) {
  return {std::move(pointer), Shape::integer, Json(initial), std::move(doc), access, range.min, range.max};
}
/// Metres in the plan of the store, or null.
Rule metres(std::string pointer, Access access, std::string doc) {
  return {std::move(pointer), Shape::number, Json(nullptr), std::move(doc), access, -10000, 10000};
}
Rule choice(std::string pointer, std::optional<Json> initial, std::vector<std::string> words, Access access,
            std::string doc) {
  return {std::move(pointer), Shape::choice, std::move(initial), std::move(doc), access, 0, 0, std::move(words)};
}
Rule text(std::string pointer, std::optional<Json> initial, const Format& format, Access access, std::string doc) {
  return {std::move(pointer), Shape::text, std::move(initial), std::move(doc), access, 0, 0, {}, &format};
}
Rule texts(std::string pointer, std::optional<Json> initial, Range count, const Format& format, Access access,
           std::string doc) {
  return {std::move(pointer),
          Shape::text_list,
          std::move(initial),
          std::move(doc),
          access,
          count.min,
          count.max,
          {},
          &format};
}
Rule readable(std::string pointer, std::optional<Json> initial, Access access, std::string doc) {
  auto rule = text(std::move(pointer), std::move(initial), kPath, access, std::move(doc));
  rule.file = FileUse::readable;
  return rule;
}
Rule secret(std::string pointer, std::optional<Json> initial, Access path, Access content, std::string doc) {
  auto rule = text(std::move(pointer), std::move(initial), kPath, path, std::move(doc));
  rule.file = FileUse::secret;
  rule.secret = content;
  return rule;
}
Rule objects(std::string pointer, Range count, const Table& items, Access access, std::string doc) {
  return {std::move(pointer),
          Shape::object_list,
          Json::array(),
          std::move(doc),
          access,
          count.min,
          count.max,
          {},
          nullptr,
          FileUse::none,
          {},
          &items};
}

// --- values that are another type in C++ -----------------------------------------------------------------------------
const std::vector<std::string> kZoneKinds{"entrance", "floor", "fitting", "till",
                                          "street"};  // in the order of ZoneKind

Access zone_kind() {
  return {[](void* zone, const Json& word) {
            const auto found = std::find(kZoneKinds.begin(), kZoneKinds.end(), word.get<std::string>());
            static_cast<Zone*>(zone)->kind = static_cast<ZoneKind>(found - kZoneKinds.begin());
          },
          [](const void* zone) -> Json {
            return kZoneKinds[static_cast<std::size_t>(static_cast<const Zone*>(zone)->kind)];
          }};
}

template <LinkConfig Config::*Link>
Access protocol() {
  return {[](void* config, const Json& word) { (static_cast<Config*>(config)->*Link).v5 = word == "5"; },
          [](const void* config) -> Json { return (static_cast<const Config*>(config)->*Link).v5 ? "5" : "3.1.1"; }};
}

// --- objects in lists ------------------------------------------------------------------------------------------------
const Table& zone_table() {
  static const Table kTable{
      text("/id", kRequired, kPlainId, at<&Zone::id>(), "Name in events and on cards; unique."),
      choice("/kind", kRequired, kZoneKinds, zone_kind(),
             "What happens here. A street is outside and is never reported."),
      texts("/workstations", Json::array(), {0, 256}, kPlainId, at<&Zone::workstations>(),
            "Tills that stand here; each in one zone only."),
      {"/area", Shape::polygon, Json(nullptr), "Corners [x, y] in metres in the plan of the store.",
       at<&Zone::area_mm>(), 3, 256},
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

Rule tls(std::string pointer, Access access) {
  Rule rule{std::move(pointer), Shape::object, Json(nullptr), "Certificate of the listener; null: plain text.", access};
  rule.items = &tls_table();
  return rule;
}

// --- sections --------------------------------------------------------------------------------------------------------
constexpr std::int64_t kDay = 86400;       // s
constexpr std::int64_t kYear = 8784;       // h
constexpr std::int64_t kTebi = 1LL << 40;  // bytes

Table place_rules() {
  return {
      text("/store/id", kRequired, kPlainId, at<&Config::store>(), "The store, as central knows it."),
      text("/store/gateway", kRequired, kPlainId, at<&Config::gateway>(), "This box; unique in the store."),
      text("/store/timezone", kRequired, kTimezone, at<&Config::timezone>(), "Where a business day ends."),
      texts("/store/languages", kRequired, {1, 16}, kLanguage, at<&Config::languages>(),
            "Languages of the associates, best first."),
      text("/state_dir", "/var/lib/touchpoint", kPath, at<&Config::state_dir>(), "Databases."),
      text("/runtime_dir", "/run/touchpoint", kPath, at<&Config::runtime_dir>(), "Sockets and the journal."),
      text("/admin_socket", nullptr, kPath, at<&Config::admin_socket>(),
           "Unix socket of touchpointctl; null: <runtime_dir>/admin.sock."),
      objects("/zones", {0, 256}, zone_table(), each<zone_table, &Config::zones>(), "Named areas of the store."),
  };
}

Table radio_rules() {
  return {
      text("/radio/bus", "system", kBus, at<&Config::radio_bus>(), "D-Bus on which BlueZ is found."),
      objects("/radio/receivers", {0, 64}, receiver_table(), each<receiver_table, &Config::receivers>(),
              "Radios with a place; none: radio disabled."),
      choice("/radio/scan", "auto", {"auto", "monitor", "discovery"}, at<&Config::scan>(),
             "How adverts are asked of BlueZ."),
      flag("/radio/beacon/enabled", true, at<&Config::beacon_enabled>(), "Send the iBeacon that wakes the app."),
      text("/radio/beacon/uuid", "64146e8c-c398-49d4-aa6d-eea7e3e0755d", kUuid, at<&Config::beacon_uuid>(),
           "The iBeacon's UUID, as in the app."),
      integer("/radio/beacon/major", 0, {0, 65535}, at<&Config::beacon_major>(),
              "The iBeacon's major, e.g. the store."),
      integer("/radio/beacon/minor", 0, {0, 65535}, at<&Config::beacon_minor>(), "The iBeacon's minor."),
      flag("/radio/checkin/enabled", true, at<&Config::checkin_enabled>(), "Offer the GATT check-in."),
  };
}

Table presence_rules() {
  return {
      integer("/presence/enter_dbm", -80, {-127, 20}, at<&Config::presence, &PresencePolicy::enter_dbm>(),
              "Weakest advert that counts for an entry."),
      integer("/presence/enter_adverts", 2, {1, 100}, at<&Config::presence, &PresencePolicy::enter_adverts>(),
              "Adverts within 10 s that open a visit."),
      integer("/presence/exit_after_s", 60, {1, kDay}, at<&Config::presence, &PresencePolicy::exit_after>(),
              "Silence after which the member is away."),
      integer("/presence/reentry_s", 300, {0, kDay}, at<&Config::presence, &PresencePolicy::reentry>(),
              "Back within this time: the same visit goes on."),
      integer("/presence/lease_s", 600, {1, kDay}, at<&Config::presence, &PresencePolicy::lease>(),
              "How long a check-in holds a visit."),
      integer("/presence/zone_margin_db", 3, {0, 60}, at<&Config::presence, &PresencePolicy::zone_margin_db>(),
              "How much better another zone must be heard."),
      integer("/presence/zone_hold_s", 2, {0, 3600}, at<&Config::presence, &PresencePolicy::zone_hold>(),
              "How long it must be so."),
      integer("/presence/visit_min_s", 60, {0, kDay}, at<&Config::presence, &PresencePolicy::visit_min>(),
              "Shorter visits stay out of the figures."),
      flag("/clock/require_sync", false, at<&Config::require_sync>(), "Recognise only with a synchronised clock."),
  };
}

template <LinkConfig Config::*Link>
Table link_rules(const std::string& section, const std::string& url, const std::string& client_id) {
  return {
      text(section + "/url", url, kMqttUrl, at<Link, &LinkConfig::url>(), "The broker."),
      text(section + "/topic_root", "touchpoint/v1", kTopic, at<Link, &LinkConfig::topic_root>(),
           "First levels of every topic."),
      text(section + "/client_id", nullptr, kLine, at<Link, &LinkConfig::client_id>(),
           "MQTT client id; null: " + client_id + "."),
      choice(section + "/protocol", "5", {"5", "3.1.1"}, protocol<Link>(),
             "MQTT version; 3.1.1 cannot see refused messages."),
      text(section + "/username", nullptr, kLine, at<Link, &LinkConfig::username>(), "MQTT user name."),
      secret(section + "/password_file", nullptr, at<Link, &LinkConfig::password_file>(),
             at<Link, &LinkConfig::password>(), "File with the MQTT password."),
      readable(section + "/ca_file", nullptr, at<Link, &LinkConfig::ca_file>(),
               "Trusted authorities, PEM; null: the system's."),
      readable(section + "/cert_file", nullptr, at<Link, &LinkConfig::cert_file>(), "Client certificate chain, PEM."),
      readable(section + "/key_file", nullptr, at<Link, &LinkConfig::key_file>(),
               "Private key of the client certificate, PEM."),
      integer(section + "/max_rate", 0, {0, 100000}, at<Link, &LinkConfig::max_rate>(),
              "Events per second; 0: no limit."),
  };
}

Table pos_rules() {
  return {
      text("/pos/http/listen", "127.0.0.1:8480", kListen, at<&Config::pos_listen>(), "Where tills post tickets."),
      objects("/pos/http/keys", {0, 16}, key_table(), each<key_table, &Config::pos_keys>(),
              "Signing keys of the tills; none: loopback only."),
      tls("/pos/http/tls", maybe<tls_table, &Config::pos_tls>()),
      text("/pos/inbox/directory", nullptr, kPath, at<&Config::inbox_directory>(),
           "Folder in which tickets are dropped; null: none."),
      integer("/pos/inbox/keep_h", 24, {0, kYear}, at<&Config::inbox_keep_h>(),
              "How long its files stay in done/ and bad/."),
      flag("/pos/mqtt", true, at<&Config::pos_mqtt>(), "Take tickets from the local broker."),
      integer("/pos/clock_skew_s", 300, {1, kDay}, at<&Config::pos_clock_skew>(),
              "How far a till's signature may be off in time."),
      text("/pos/dialect_dir", nullptr, kPath, at<&Config::dialect_dir>(),
           "Folder of POSLog dialects; null: the built-in ones."),
      objects("/pos/workstations", {0, 256}, workstation_table(), each<workstation_table, &Config::workstations>(),
              "Known tills; none: every till is welcome."),
  };
}

Table page_rules() {
  return {
      text("/http/listen", "127.0.0.1:8481", kListen, at<&Config::http_listen>(), "/healthz, /readyz and /metrics."),
      text("/tablet/listen", "127.0.0.1:8482", kListen, at<&Config::tablet_listen>(),
           "The associates' page, /tablet/."),
      tls("/tablet/tls", maybe<tls_table, &Config::tablet_tls>()),
      text("/tablet/mqtt_url", "ws://127.0.0.1:9001", kWebSocketUrl, at<&Config::tablet_mqtt_url>(),
           "The local broker as the tablet's browser sees it."),
      text("/tablet/assets", nullptr, kPath, at<&Config::tablet_assets>(),
           "Folder of the page; null: the installed one."),
  };
}

Table storage_rules() {
  return {
      integer("/outbox/max_rows", 400000, {1, 100000000}, at<&Config::outbox_max_rows>(),
              "Events waiting for central."),
      integer("/outbox/max_bytes", 536870912, {1, kTebi}, at<&Config::outbox_max_bytes>(), "Their bytes on disk."),
      integer("/outbox/retain_delivered_h", 72, {0, kYear}, at<&Config::retain_delivered_h>(),
              "How long delivered events can be replayed."),
      integer("/profiles/max_members", 1000000, {1, 10000000}, at<&Config::profiles_max_members>(),
              "Largest membership that is accepted."),
      integer("/profiles/stale_after_h", 24, {1, kYear}, at<&Config::profiles_stale_after_h>(),
              "Age from which profiles give no suggestions."),
      secret("/profiles/at_rest_key_file", nullptr, at<&Config::at_rest_key_file>(), at<&Config::at_rest_key>(),
             "File with the key that encrypts profiles on disk."),
      integer("/suggestions/holdout_percent", 10, {0, 100},
              at<&Config::suggestion, &SuggestionPolicy::holdout_percent>(),
              "Members who get no suggestions, for comparison."),
      text("/suggestions/holdout_salt", nullptr, kLine, at<&Config::suggestion, &SuggestionPolicy::holdout_salt>(),
           "Decides who they are; null: store.id."),
      integer("/suggestions/cards_per_visit", 2, {0, 100},
              at<&Config::suggestion, &SuggestionPolicy::cards_per_visit>(), "Suggestions created in one visit."),
      integer("/suggestions/expire_s", 1200, {1, kDay}, at<&Config::suggestion, &SuggestionPolicy::expire>(),
              "How long a suggestion lives."),
      flag("/journal/enabled", false, at<&Config::journal_enabled>(), "Record the inputs for touchpointctl replay."),
      integer("/journal/max_bytes", 67108864, {4096, kTebi}, at<&Config::journal_max_bytes>(), "Size of that record."),
      choice("/log/level", "info", {"error", "warning", "info", "debug"}, at<&Config::log_level>(),
             "Most verbose level that is written."),
      choice("/log/format", "auto", {"auto", "journal", "text"}, at<&Config::log_format>(),
             "With priorities for a journal, or for a person."),
  };
}

}  // namespace

const Table& root_table() {
  static const Table kTable = [] {
    Table all;
    for (auto& part : {place_rules(), radio_rules(), presence_rules(),
                       link_rules<&Config::central>("/central", "mqtts://cdp.example:8883", "<store>-<gateway>"),
                       link_rules<&Config::local>("/local", "mqtt://127.0.0.1:1883", "<store>-<gateway>-local"),
                       pos_rules(), page_rules(), storage_rules()}) {
      all.insert(all.end(), part.begin(), part.end());
    }
    return all;
  }();
  return kTable;
}

}  // namespace tg::config
