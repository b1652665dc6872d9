// The configuration (contract §2): files and drop-ins -> one checked value with every default filled in.
// Owner thread: the one that starts. Never puts a secret into an error text or into the printed configuration.
// What each key means, its range and its default: config_table.cpp, from which checks, print-out and schema are made.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "core/policy.hpp"

namespace tg {

struct ReceiverConfig {
  std::string id;
  std::string adapter = "auto";  ///< "auto" or a Bluetooth address; meaningless when remote
  bool remote = false;
  std::string zone;
  std::int32_t offset_db = 0;
  std::string format = "touchpoint";  ///< touchpoint | omg | theengs
  std::optional<std::string> topic;
  std::optional<double> x_m, y_m, z_m;
};

struct LinkConfig {
  std::string url;
  std::string topic_root = "touchpoint/v1";
  std::string client_id;  ///< filled in when null
  bool v5 = true;
  std::optional<std::string> username;
  std::optional<std::string> password_file;
  std::optional<std::string> password;  ///< what password_file holds
  std::optional<std::string> ca_file, cert_file, key_file;
  std::int32_t max_rate = 0;
};

struct PosKey {
  std::string id;
  std::string secret_file;
  std::string secret;  ///< what secret_file holds
};
struct WorkstationConfig {
  std::string id;
  std::optional<std::string> dialect;
};
struct Endpoint {
  std::string host;        ///< name or address; IPv6 without its brackets
  std::uint16_t port = 0;  ///< 0 = any free one
};
struct TlsConfig {
  std::string cert_file, key_file;
};

/// One complaint, without the offending text: a secret may have landed in the wrong key.
struct ConfigProblem {
  std::string file;     ///< the one that set the value last; the main file for a missing key
  std::string pointer;  ///< RFC 6901; "/" for the file as a whole
  std::string what;     ///< what is wrong and what is allowed
};
/// `FILE: /json/pointer: what is wrong and what is allowed`, one line.
[[nodiscard]] std::string to_line(const ConfigProblem& problem);

struct Config {
  std::string store, gateway, timezone;
  std::vector<std::string> languages;
  std::string state_dir = "/var/lib/touchpoint";
  std::string runtime_dir = "/run/touchpoint";
  std::string admin_socket;  ///< filled in when null
  std::vector<Zone> zones;

  std::string radio_bus = "system";
  std::vector<ReceiverConfig> receivers;
  std::string scan = "auto";
  bool beacon_enabled = true;
  std::string beacon_uuid = "64146e8c-c398-49d4-aa6d-eea7e3e0755d";
  std::int32_t beacon_major = 0, beacon_minor = 0;
  bool checkin_enabled = true;

  PresencePolicy presence;
  bool require_sync = false;

  LinkConfig central;
  LinkConfig local;

  Endpoint pos_listen{"127.0.0.1", 8480};
  std::vector<PosKey> pos_keys;
  std::optional<TlsConfig> pos_tls;
  std::optional<std::string> inbox_directory;
  std::int32_t inbox_keep_h = 24;
  bool pos_mqtt = true;
  Seconds pos_clock_skew{300};
  std::optional<std::string> dialect_dir;
  std::vector<WorkstationConfig> workstations;

  Endpoint http_listen{"127.0.0.1", 8481};
  Endpoint tablet_listen{"127.0.0.1", 8482};
  std::optional<TlsConfig> tablet_tls;
  std::string tablet_mqtt_url = "ws://127.0.0.1:9001";
  std::optional<std::string> tablet_assets;

  std::int64_t outbox_max_rows = 400000, outbox_max_bytes = 536870912;
  std::int32_t retain_delivered_h = 72;
  std::int64_t profiles_max_members = 1000000;
  std::int32_t profiles_stale_after_h = 24;
  std::optional<std::string> at_rest_key_file;
  std::optional<std::string> at_rest_key;  ///< what at_rest_key_file holds
  SuggestionPolicy suggestion;
  bool journal_enabled = false;
  std::int64_t journal_max_bytes = 67108864;
  std::string log_level = "info";
  std::string log_format = "auto";

  std::vector<ConfigProblem> patch_problems;  ///< why patch_file() is not in force

  /// `<central.topic_root>/<store>/`
  [[nodiscard]] std::string central_prefix() const { return central.topic_root + '/' + store + '/'; }
  [[nodiscard]] std::string local_prefix() const { return local.topic_root + '/' + store + '/'; }
  [[nodiscard]] Policy policy() const;
};

/// Reads `path`, then `conf.d/*.json` beside it in lexical order (RFC 7396), fills in defaults and checks every value.
/// All problems are returned, not only the first. `//` comments are allowed. Secrets come from `*_file` keys: the path
/// as it is, else $CREDENTIALS_DIRECTORY/<path>, for an absolute one $CREDENTIALS_DIRECTORY/<its last part>. What
/// central patched lies on top; where that does not fit the files any more they count alone, and `patch_problems` says
/// why: a box must start. Blocks on disk.
[[nodiscard]] Result<Config, std::vector<ConfigProblem>> load_config(const std::string& path);

/// What central has changed by its `config` command: `config.patch.json` in the state directory. Every load lays it
/// over the files.
[[nodiscard]] std::string patch_file(const Config& config);

struct PatchedConfig {
  Config config;
  std::string stored;           ///< what patch_file() holds from now on: this patch laid over the former ones
  bool former_useless = false;  ///< it was not in force: nothing is laid over it, and it should lie aside
};
/// As load_config, with one more merge patch on top (the `config` command); only sections that can change
/// without a restart (presence, suggestions, zones) may appear in it. Its problems name the file "patch".
[[nodiscard]] Result<PatchedConfig, std::vector<ConfigProblem>> patch_config(const std::string& path,
                                                                             const std::string& patch);

/// The effective configuration as indented JSON, every contract key in the contract's order. Of a secret only the path
/// of its file is shown, so that the text can be loaded again.
[[nodiscard]] std::string print_config(const Config& config);

/// A drop-in for conf.d with all receivers of `config`: a merge patch replaces a list as a whole (RFC 7396).
[[nodiscard]] std::string print_receivers(const Config& config);

/// The JSON Schema (draft-07) of the configuration, generated from the same table that checks it.
[[nodiscard]] std::string config_schema();

}  // namespace tg
