#include "codec/config_table.hpp"

#include <utility>

#include "codec/config_access.hpp"
#include "codec/config_items.hpp"
#include "codec/config_rows.hpp"

namespace tg::config {
namespace {

constexpr std::int64_t kDay = 86400;       // s
constexpr std::int64_t kYear = 8784;       // h
constexpr std::int64_t kTebi = 1LL << 40;  // bytes

template <LinkConfig Config::*Link>
Access protocol() {
  return {[](void* config, const Json& word) { (static_cast<Config*>(config)->*Link).v5 = word == "5"; },
          [](const void* config) -> Json { return (static_cast<const Config*>(config)->*Link).v5 ? "5" : "3.1.1"; }};
}

Rule tls(std::string pointer, Access access) {
  return object(std::move(pointer), tls_table(), access, "Certificate of the listener; null: plain text.");
}

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
             "File with the keys that encrypt the databases on disk, the current one first."),
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
