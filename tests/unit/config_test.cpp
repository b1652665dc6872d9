// The configuration of contract §2: what loads, what is refused and where, what is printed, what the schema says.
#include "codec/config.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace tg {
namespace {

namespace fs = std::filesystem;

constexpr auto kMinimal =
    R"({"store": {"id": "s1", "gateway": "g1", "timezone": "Europe/Paris", "languages": ["fr"]}})";

std::string read_text(const fs::path& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// A directory of its own with gateway.json and whatever a test puts beside it.
class ConfigTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "config_test.XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    root_ = name;
    unsetenv("CREDENTIALS_DIRECTORY");
  }
  void TearDown() override {
    unsetenv("CREDENTIALS_DIRECTORY");
    fs::remove_all(root_);
  }

  std::string write(const std::string& name, const std::string& text) const {
    const auto path = root_ / name;
    fs::create_directories(path.parent_path());
    std::ofstream(path) << text;
    return path.string();
  }
  [[nodiscard]] std::string main_file() const { return (root_ / "gateway.json").string(); }

  /// gateway.json = the minimal configuration with `patch` merged over it by a drop-in of the lowest name.
  Result<Config, std::vector<ConfigProblem>> load_with(const std::string& patch) const {
    write("gateway.json", kMinimal);
    write("conf.d/00-test.json", patch);
    return load_config(main_file());
  }
  static std::string lines(const std::vector<ConfigProblem>& problems) {
    std::string all;
    for (const auto& problem : problems) all += to_line(problem) + '\n';
    return all;
  }
  /// The problems of `patch`, one a line; "" when it loads.
  [[nodiscard]] std::string problems_of(const std::string& patch) const {
    const auto result = load_with(patch);
    return result ? "" : lines(result.error());
  }

  fs::path root_;
};

// --- what loads ------------------------------------------------------------------------------------------------------

TEST_F(ConfigTest, ContractExampleLoads) {
  const auto result = load_config(TOUCHPOINT_SOURCE_DIR "/config/gateway.example.json");
  ASSERT_TRUE(result) << lines(result.error());
  const auto& config = *result;
  EXPECT_EQ(config.store, "paris-042");
  EXPECT_EQ(config.languages, (std::vector<std::string>{"fr", "en"}));
  ASSERT_EQ(config.zones.size(), 4U);
  EXPECT_EQ(config.zones[3].kind, ZoneKind::till);
  EXPECT_EQ(config.zones[3].workstations, std::vector<std::string>{"POS1"});
  ASSERT_EQ(config.receivers.size(), 2U);
  EXPECT_FALSE(config.receivers[0].remote);
  EXPECT_TRUE(config.receivers[1].remote);
  EXPECT_EQ(config.central.url, "mqtts://cdp.example:8883");
  EXPECT_EQ(config.central_prefix(), "touchpoint/v1/paris-042/");
}

TEST_F(ConfigTest, MinimalGetsTheContractsDefaults) {
  const auto result = load_config(write("gateway.json", kMinimal));
  ASSERT_TRUE(result) << lines(result.error());
  const auto& config = *result;
  EXPECT_EQ(config.admin_socket, "/run/touchpoint/admin.sock");
  EXPECT_EQ(config.central.client_id, "s1-g1");
  EXPECT_EQ(config.local.client_id, "s1-g1-local");
  EXPECT_EQ(config.local.url, "mqtt://127.0.0.1:1883");
  EXPECT_TRUE(config.central.v5);
  EXPECT_EQ(config.presence.enter_dbm, -80);
  EXPECT_EQ(config.presence.enter_adverts, 2);
  EXPECT_EQ(config.presence.exit_after, Seconds{60});
  EXPECT_EQ(config.presence.reentry, Seconds{300});
  EXPECT_EQ(config.presence.lease, Seconds{600});
  EXPECT_EQ(config.suggestion.holdout_percent, 10);
  EXPECT_EQ(config.suggestion.holdout_salt, "s1");
  EXPECT_EQ(config.pos_listen.host, "127.0.0.1");
  EXPECT_EQ(config.pos_listen.port, 8480);
  EXPECT_EQ(config.outbox_max_bytes, 536870912);
  EXPECT_TRUE(config.pos_mqtt);
  EXPECT_FALSE(config.journal_enabled);
}

// A struct that is made without a file (tests, replay) must not differ from what an empty file gives.
TEST_F(ConfigTest, DefaultsOfTheStructsAreThoseOfTheTable) {
  Config by_hand;
  by_hand.store = "s1", by_hand.gateway = "g1", by_hand.timezone = "Europe/Paris", by_hand.languages = {"fr"};
  by_hand.admin_socket = "/run/touchpoint/admin.sock";
  by_hand.central.url = "mqtts://cdp.example:8883", by_hand.central.client_id = "s1-g1";
  by_hand.local.url = "mqtt://127.0.0.1:1883", by_hand.local.client_id = "s1-g1-local";
  by_hand.suggestion.holdout_salt = "s1";
  const auto loaded = load_config(write("gateway.json", kMinimal));
  ASSERT_TRUE(loaded);
  EXPECT_EQ(print_config(by_hand), print_config(*loaded));
}

TEST_F(ConfigTest, CommentsAreAllowed) {
  const auto text = std::string("// a store\n") + kMinimal + " // the end\n";
  EXPECT_TRUE(load_config(write("gateway.json", text)));
}

TEST_F(ConfigTest, PolicyCarriesWhatDecisionsNeed) {
  const auto result = load_with(R"({
    "zones": [{"id": "a", "kind": "street", "area": [[0, 0], [4.5, 0], [4.5, -3.25]]}],
    "radio": {"receivers": [{"id": "r", "zone": "a", "offset_db": -4}]},
    "pos": {"workstations": [{"id": "POS1", "dialect": "ncr-acs-2.1"}, {"id": "POS2"}]},
    "central": {"max_rate": 50}, "profiles": {"stale_after_h": 2}, "outbox": {"retain_delivered_h": 1},
    "suggestions": {"holdout_salt": "pepper"}})");
  ASSERT_TRUE(result) << lines(result.error());
  const auto policy = result->policy();
  EXPECT_EQ(policy.source(), "/stores/s1/gateways/g1");
  ASSERT_NE(policy.zone(ZoneId{"a"}), nullptr);
  EXPECT_EQ(policy.zone(ZoneId{"a"})->kind, ZoneKind::street);
  const std::vector<std::pair<std::int32_t, std::int32_t>> corners{{0, 0}, {4500, 0}, {4500, -3250}};
  EXPECT_EQ(policy.zone(ZoneId{"a"})->area_mm, corners);
  ASSERT_EQ(policy.receivers.size(), 1U);
  EXPECT_EQ(policy.receivers[0].zone, ZoneId{"a"});
  EXPECT_EQ(policy.receivers[0].offset_db, -4);
  EXPECT_EQ(policy.workstations, (std::set<std::string>{"POS1", "POS2"}));
  EXPECT_EQ(policy.central_max_rate, 50);
  EXPECT_EQ(policy.profiles_stale_after, Seconds{7200});
  EXPECT_EQ(policy.retain_delivered, Seconds{3600});
  EXPECT_EQ(policy.suggestion.holdout_salt, "pepper");
}

TEST_F(ConfigTest, ListenersTakeIpv6AndPortZero) {
  const auto result = load_with(R"({"http": {"listen": "[::1]:0"}, "tablet": {"listen": "tills.lan:65535"}})");
  ASSERT_TRUE(result) << lines(result.error());
  EXPECT_EQ(result->http_listen.host, "::1");
  EXPECT_EQ(result->http_listen.port, 0);
  EXPECT_EQ(result->tablet_listen.host, "tills.lan");
  EXPECT_EQ(result->tablet_listen.port, 65535);
}

// --- what is refused -------------------------------------------------------------------------------------------------

struct Refused {
  const char* name;
  const char* patch;
  const char* pointer;
  const char* told;  ///< part of the sentence
};

class ConfigRefusesTest : public ConfigTest, public ::testing::WithParamInterface<Refused> {};

TEST_P(ConfigRefusesTest, WithItsPointerAndWhatIsAllowed) {
  const auto result = load_with(GetParam().patch);
  ASSERT_FALSE(result);
  ASSERT_EQ(result.error().size(), 1U) << lines(result.error());
  const auto& problem = result.error().front();
  EXPECT_EQ(problem.pointer, GetParam().pointer);
  EXPECT_NE(problem.what.find(GetParam().told), std::string::npos) << problem.what;
}

// clang-format off
const Refused kRefused[] = {
    {"UnknownSection", R"({"scenarios": []})", "/scenarios", "unknown key"},
    {"MisspeltSection", R"({"presense": {}})", "/presense", "nearest known key is /presence"},
    {"MisspeltKey", R"({"presence": {"enter_dbn": -70}})", "/presence/enter_dbn", "nearest known key is /presence/enter_dbm"},
    {"KeyOfAnotherSection", R"({"exit_after_s": 5})", "/exit_after_s", "nearest known key is /presence/exit_after_s"},
    {"UnknownKeyInAList", R"({"zones": [{"id": "a", "kind": "till", "workstation": []}]})", "/zones/0/workstation", "nearest known key is /zones/0/workstations"},
    {"OddKey", R"({"http": {"a/b~\n": 1}})", "/http/a~1b~0?", "unknown key"},
    {"SectionOfAnotherShape", R"({"http": 8481})", "/http", "must be an object"},
    {"MissingInAList", R"({"zones": [{"id": "a"}]})", "/zones/0/kind", "is missing"},
    {"StoreId", R"({"store": {"id": "_s"}})", "/store/id", "1-32 of"},
    {"LongId", R"({"store": {"gateway": "a23456789012345678901234567890123"}})", "/store/gateway", "1-32 of"},
    {"Timezone", R"({"store": {"timezone": "Europe/ Paris"}})", "/store/timezone", "Europe/Paris"},
    {"Language", R"({"store": {"languages": ["fr", "French"]}})", "/store/languages/1", "language tag"},
    {"NoLanguage", R"({"store": {"languages": []}})", "/store/languages", "is a list of 0; must be a list of 1 to 16"},
    {"ZoneKind", R"({"zones": [{"id": "a", "kind": "shop"}]})", "/zones/0/kind", R"("entrance", "floor", "fitting", "till", "street")"},
    {"ZoneTwice", R"({"zones": [{"id": "a", "kind": "till"}, {"id": "a", "kind": "floor"}]})", "/zones/1/id", "must be unique"},
    {"TillInTwoZones", R"({"zones": [{"id": "a", "kind": "till", "workstations": ["P"]}, {"id": "b", "kind": "till", "workstations": ["P"]}]})", "/zones/1/workstations/0", "one zone only"},
    {"AreaOfTwoPoints", R"({"zones": [{"id": "a", "kind": "till", "area": [[0, 0], [1, 1]]}]})", "/zones/0/area", "3 to 256 points"},
    {"AreaWithText", R"({"zones": [{"id": "a", "kind": "till", "area": [[0, 0], [1, 1], [2, "3"]]}]})", "/zones/0/area/2", "[x, y] in metres"},
    {"ItemOfAnotherShape", R"({"zones": ["entrance"]})", "/zones/0", "must be an object"},
    {"Bus", R"({"radio": {"bus": "user"}})", "/radio/bus", "D-Bus address"},
    {"ReceiverWithoutZone", R"({"zones": [{"id": "a", "kind": "till"}], "radio": {"receivers": [{"id": "r", "zone": "b"}]}})", "/radio/receivers/0/zone", "must be one of: a"},
    {"Adapter", R"({"zones": [{"id": "a", "kind": "till"}], "radio": {"receivers": [{"id": "r", "zone": "a", "adapter": "hci0"}]}})", "/radio/receivers/0/adapter", "AA:BB:CC:DD:EE:FF"},
    {"AdapterTwice", R"({"zones": [{"id": "a", "kind": "till"}], "radio": {"receivers": [{"id": "r", "zone": "a", "adapter": "aa:bb:cc:dd:ee:ff"}, {"id": "q", "zone": "a", "adapter": "AA:BB:CC:DD:EE:FF"}]}})", "/radio/receivers/1/adapter", "must be unique"},
    {"ForeignReceiverWithoutTopic", R"({"zones": [{"id": "a", "kind": "till"}], "radio": {"receivers": [{"id": "r", "zone": "a", "remote": true, "format": "omg"}]}})", "/radio/receivers/0/topic", "is missing"},
    {"HalfAPlace", R"({"zones": [{"id": "a", "kind": "till"}], "radio": {"receivers": [{"id": "r", "zone": "a", "x_m": 2.5}]}})", "/radio/receivers/0/y_m", "together with x_m"},
    {"Uuid", R"({"radio": {"beacon": {"uuid": "64146e8c"}}})", "/radio/beacon/uuid", "a UUID"},
    {"Major", R"({"radio": {"beacon": {"major": 65536}}})", "/radio/beacon/major", "is 65536; must be a whole number from 0 to 65535"},
    {"Scan", R"({"radio": {"scan": "active"}})", "/radio/scan", R"("auto", "monitor", "discovery")"},
    {"Flag", R"({"radio": {"checkin": {"enabled": "yes"}}})", "/radio/checkin/enabled", "is a text; must be true or false"},
    {"Fraction", R"({"presence": {"exit_after_s": 1.5}})", "/presence/exit_after_s", "is 1.5; must be a whole number"},
    {"TooLarge", R"({"presence": {"exit_after_s": 18446744073709551615}})", "/presence/exit_after_s", "from 1 to 86400"},
    {"Rssi", R"({"presence": {"enter_dbm": -128}})", "/presence/enter_dbm", "from -127 to 20"},
    {"UrlScheme", R"({"central": {"url": "tcp://cdp.example:1883"}})", "/central/url", "mqtts://host[:port]"},
    {"UrlWithUser", R"({"local": {"url": "mqtt://till:hunter2@127.0.0.1"}})", "/local/url", "keys of their own"},
    {"TabletUrl", R"({"tablet": {"mqtt_url": "mqtt://127.0.0.1"}})", "/tablet/mqtt_url", "wss://"},
    {"TopicRoot", R"({"central": {"topic_root": "/touchpoint"}})", "/central/topic_root", "without + and #"},
    {"TopicWildcard", R"({"local": {"topic_root": "touchpoint/+"}})", "/local/topic_root", "without + and #"},
    {"TopicNul", R"({"local": {"topic_root": "touch\u0000point"}})", "/local/topic_root", "without + and #"},
    {"Protocol", R"({"central": {"protocol": 5}})", "/central/protocol", R"("5", "3.1.1")"},
    {"HalfACertificate", R"({"central": {"cert_file": ")" TOUCHPOINT_SOURCE_DIR R"(/LICENSE"}})", "/central/key_file", "must go with cert_file"},
    {"Listen", R"({"pos": {"http": {"listen": ":8480"}}})", "/pos/http/listen", "host:port"},
    {"ListenPort", R"({"tablet": {"listen": "127.0.0.1:65536"}})", "/tablet/listen", "0-65535"},
    {"TlsWithoutKey", R"({"tablet": {"tls": {"cert_file": ")" TOUCHPOINT_SOURCE_DIR R"(/LICENSE"}}})", "/tablet/tls/key_file", "is missing"},
    {"KeyWithoutSecret", R"({"pos": {"http": {"keys": [{"id": "k1"}]}}})", "/pos/http/keys/0/secret_file", "is missing"},
    {"NoSuchFile", R"({"profiles": {"at_rest_key_file": "/nowhere/at-rest"}})", "/profiles/at_rest_key_file", "/nowhere/at-rest"},
    {"NoKey", R"({"profiles": {"at_rest_key_file": ")" TOUCHPOINT_SOURCE_DIR R"(/LICENSE"}})", "/profiles/at_rest_key_file", "64 hexadecimal digits"},
    {"UnknownDialect", R"({"pos": {"workstations": [{"id": "P", "dialect": "babel"}]}})", "/pos/workstations/0/dialect", "ncr-acs-2.1"},
    {"DialectFolderAbsent", R"({"pos": {"dialect_dir": "/nowhere/at/all"}})", "/pos/dialect_dir", "readable folder"},
    {"WorkstationTwice", R"({"pos": {"workstations": [{"id": "P"}, {"id": "P"}]}})", "/pos/workstations/1/id", "must be unique"},
    {"Percent", R"({"suggestions": {"holdout_percent": 101}})", "/suggestions/holdout_percent", "from 0 to 100"},
    {"LogLevel", R"({"log": {"level": "trace"}})", "/log/level", R"("debug")"},
    {"KeyTwice", R"({"log": {"level": "info", "level": "debug"}})", "/log/level", "must be given once"},
    {"KeyTwiceInAList", R"({"zones": [{"id": "a"}, {"id": "b", "id": "c"}]})", "/zones/1/id", "must be given once"},
    {"NotAnObject", "[]", "/", "must be an object"},
};
// clang-format on
INSTANTIATE_TEST_SUITE_P(Each, ConfigRefusesTest, ::testing::ValuesIn(kRefused),
                         [](const auto& row) { return std::string(row.param.name); });

TEST_F(ConfigTest, AllProblemsAreToldAtOnce) {
  const auto told =
      problems_of(R"({"presence": {"lease_s": 0, "reentry_s": "x"}, "log": {"format": 1}, "zones": [7, {}]})");
  for (const auto* pointer :
       {"/presence/lease_s", "/presence/reentry_s", "/log/format", "/zones/0", "/zones/1/id", "/zones/1/kind"}) {
    EXPECT_NE(told.find(std::string(": ") + pointer + ": "), std::string::npos) << pointer << " not in\n" << told;
  }
  EXPECT_EQ(std::count(told.begin(), told.end(), '\n'), 6) << told;
}

TEST_F(ConfigTest, EveryRequiredKeyIsMissed) {
  const auto result = load_config(write("gateway.json", "{}"));
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().size(), 4U) << lines(result.error());
  EXPECT_EQ(to_line(result.error().front()).find(main_file() + ": /store/id: is missing; must be "), 0U);
}

TEST_F(ConfigTest, BrokenJsonNamesLineAndColumnButNotTheText) {
  const auto result = load_config(write("gateway.json", "{\n  \"a\": 1,\n  \"b\": hunter2\n}"));
  ASSERT_FALSE(result);
  const auto told = lines(result.error());
  EXPECT_NE(told.find("/gateway.json: /: line 3, column 8: "), std::string::npos) << told;
  EXPECT_EQ(told.find("hunter"), std::string::npos);
}

TEST_F(ConfigTest, EndlessNestingIsRefused) {
  std::string deep;
  for (int i = 0; i < 200000; ++i) deep += "{\"a\":";
  deep += '1';
  deep.append(200000, '}');
  EXPECT_NE(problems_of(deep).find("cannot be read"), std::string::npos);  // over 1 MiB
  EXPECT_NE(problems_of(std::string(100000, '[') + std::string(100000, ']')).find("nested too deeply"),
            std::string::npos);
}

TEST_F(ConfigTest, MissingFileIsNamed) {
  const auto result = load_config("/nowhere/gateway.json");
  ASSERT_FALSE(result);
  EXPECT_EQ(lines(result.error()).find("/nowhere/gateway.json: /: cannot be read"), 0U) << lines(result.error());
}

// --- drop-ins --------------------------------------------------------------------------------------------------------

TEST_F(ConfigTest, DropInsMergeInTheOrderOfTheirNames) {
  write("conf.d/20.json", R"({"presence": {"exit_after_s": 20}})");
  write("conf.d/10.json", R"({"presence": {"exit_after_s": 10, "lease_s": 11}})");
  write("conf.d/30.json.off", "broken");
  write("conf.d/.hidden.json", "broken");
  const auto result = load_config(write("gateway.json", kMinimal));
  ASSERT_TRUE(result) << lines(result.error());
  EXPECT_EQ(result->presence.exit_after, Seconds{20});
  EXPECT_EQ(result->presence.lease, Seconds{11});
}

TEST_F(ConfigTest, NullInADropInGivesTheDefaultBack) {
  write("conf.d/10.json", R"({"presence": {"exit_after_s": 10, "lease_s": 11}, "log": {"level": "debug"}})");
  write("conf.d/20.json", R"({"presence": {"exit_after_s": null}, "log": null})");
  const auto result = load_config(write("gateway.json", kMinimal));
  ASSERT_TRUE(result) << lines(result.error());
  EXPECT_EQ(result->presence.exit_after, Seconds{60});
  EXPECT_EQ(result->presence.lease, Seconds{11});
  EXPECT_EQ(result->log_level, "info");
}

TEST_F(ConfigTest, AProblemNamesTheFileThatSetTheValueLast) {
  write("conf.d/10.json", R"({"presence": {"exit_after_s": 0}, "zones": [{"id": "a", "kind": "x"}]})");
  write("conf.d/20.json", R"({"presence": {"lease_s": 0}, "store": {"timezone": null}})");
  write("gateway.json", R"({"store": {"id": "s1", "gateway": "g1", "timezone": "Europe/Paris", "languages": 7},
                            "presence": {"exit_after_s": -5}})");
  const auto result = load_config(main_file());
  ASSERT_FALSE(result);
  std::map<std::string, std::string> file;
  for (const auto& problem : result.error()) file[problem.pointer] = fs::path(problem.file).filename();
  const std::map<std::string, std::string> expected{{"/store/timezone", "20.json"},
                                                    {"/store/languages", "gateway.json"},
                                                    {"/zones/0/kind", "10.json"},
                                                    {"/presence/exit_after_s", "10.json"},
                                                    {"/presence/lease_s", "20.json"}};
  EXPECT_EQ(file, expected);
}

// --- secrets ---------------------------------------------------------------------------------------------------------

TEST_F(ConfigTest, SecretsComeFromFilesAndAreNeverPrinted) {
  const auto password = write("mqtt-password", "hunter2\n");
  const auto key = write("pos-k1", "correct horse\n\n");
  const auto result = load_with(R"({"central": {"username": "gw", "password_file": ")" + password +
                                R"("}, "pos": {"http": {"keys": [{"id": "k1", "secret_file": ")" + key + R"("}]}}})");
  ASSERT_TRUE(result) << lines(result.error());
  EXPECT_EQ(result->central.password, "hunter2");
  ASSERT_EQ(result->pos_keys.size(), 1U);
  EXPECT_EQ(result->pos_keys[0].secret, "correct horse\n");  // one newline is ignored, not all
  const auto printed = print_config(*result);
  EXPECT_EQ(printed.find("hunter2"), std::string::npos);
  EXPECT_EQ(printed.find("horse"), std::string::npos);
  EXPECT_NE(printed.find(password), std::string::npos);
}

TEST_F(ConfigTest, SecretsAreFoundInTheCredentialsDirectory) {
  write("credentials/mqtt-key", "hunter2");
  const std::string key(64, '7');
  write("credentials/at-rest", key + "\r\n");
  setenv("CREDENTIALS_DIRECTORY", (root_ / "credentials").c_str(), 1);
  const auto result = load_with(R"({"local": {"password_file": "mqtt-key"},
                                    "profiles": {"at_rest_key_file": "/etc/touchpoint/nowhere/at-rest"}})");
  ASSERT_TRUE(result) << lines(result.error());
  EXPECT_EQ(result->local.password, "hunter2");
  EXPECT_EQ(result->at_rest_key, key);
}

TEST_F(ConfigTest, AnEmptySecretIsRefused) {
  const auto told = problems_of(R"({"central": {"password_file": ")" + write("empty", "\n") + R"("}})");
  EXPECT_NE(told.find(": /central/password_file: "), std::string::npos) << told;
}

TEST_F(ConfigTest, NoProblemQuotesAText) {
  const auto key = write("pos-k1", "hunter2");
  const auto told = problems_of(R"({
    "store": {"id": "hunter2!", "languages": ["hunter2"]}, "log": {"level": "hunter2"}, "http": "hunter2",
    "central": {"password": "hunter2", "url": "mqtt://u:hunter2@h", "max_rate": "hunter2", "password_file": {"hunter2": 1}},
    "pos": {"http": {"keys": [{"id": "k", "secret": "hunter2", "secret_file": ")" +
                                key + R"("}, "hunter2"]}}})");
  EXPECT_GE(std::count(told.begin(), told.end(), '\n'), 10) << told;
  EXPECT_EQ(told.find("hunter2"), std::string::npos) << told;
}

// --- print, patch, schema --------------------------------------------------------------------------------------------

TEST_F(ConfigTest, WhatIsPrintedCanBeLoadedAgain) {
  const auto file = write("secret", "hunter2");
  const auto first = load_with(R"({
    "zones": [{"id": "a", "kind": "till", "workstations": ["P"], "area": [[0, 0], [4.125, 0], [0, 3]]}],
    "radio": {"bus": "unix:path=/run/bus", "receivers": [{"id": "r", "zone": "a", "x_m": 1.5, "y_m": 0, "offset_db": 3}]},
    "central": {"protocol": "3.1.1", "password_file": ")" +
                               file + R"("}, "http": {"listen": "[::1]:9"},
    "pos": {"http": {"tls": {"cert_file": ")" +
                               file + R"(", "key_file": ")" + file + R"("},
                     "keys": [{"id": "k", "secret_file": ")" +
                               file + R"("}]}, "workstations": [{"id": "P", "dialect": "kivra"}]}})");
  ASSERT_TRUE(first) << lines(first.error());
  const auto printed = print_config(*first);
  fs::remove_all(root_ / "conf.d");
  const auto second = load_config(write("gateway.json", printed));
  ASSERT_TRUE(second) << lines(second.error());
  EXPECT_EQ(print_config(*second), printed);
  EXPECT_EQ(second->central.password, "hunter2");
  EXPECT_FALSE(second->central.v5);
}

TEST_F(ConfigTest, EveryKeyIsPrintedInTheContractsOrder) {
  const auto result = load_config(write("gateway.json", kMinimal));
  ASSERT_TRUE(result);
  const auto printed = print_config(*result);
  std::size_t position = 0;
  // clang-format off
  constexpr const char* kOrder[] = {
      "store", "id", "gateway", "timezone", "languages", "state_dir", "runtime_dir", "admin_socket", "zones",
      "radio", "bus", "receivers", "scan", "beacon", "enabled", "uuid", "major", "minor", "checkin", "enabled",
      "presence", "enter_dbm", "enter_adverts", "exit_after_s", "reentry_s", "lease_s", "zone_margin_db",
      "zone_hold_s", "visit_min_s", "clock", "require_sync", "central", "url", "topic_root", "client_id",
      "protocol", "username", "password_file", "ca_file", "cert_file", "key_file", "max_rate", "local", "url",
      "topic_root", "client_id", "protocol", "username", "password_file", "ca_file", "cert_file", "key_file",
      "max_rate", "pos", "http", "listen", "keys", "tls", "inbox", "directory", "keep_h", "mqtt", "clock_skew_s",
      "dialect_dir", "workstations", "http", "listen", "tablet", "listen", "tls", "mqtt_url", "assets", "outbox",
      "max_rows", "max_bytes", "retain_delivered_h", "profiles", "max_members", "stale_after_h", "at_rest_key_file",
      "suggestions", "holdout_percent", "holdout_salt", "cards_per_visit", "expire_s", "journal", "enabled",
      "max_bytes", "log", "level", "format"};
  // clang-format on
  for (const auto* key : kOrder) {
    const auto next = printed.find('"' + std::string(key) + "\":", position);
    ASSERT_NE(next, std::string::npos) << key << " is not after position " << position << " of\n" << printed;
    position = next + 1;
  }
}

TEST_F(ConfigTest, APatchChangesWhatNeedsNoRestart) {
  write("conf.d/10.json", R"({"presence": {"lease_s": 5}})");
  write("gateway.json", kMinimal);
  const auto result =
      patch_config(main_file(), R"({"presence": {"exit_after_s": 90}, "suggestions": {"cards_per_visit": 0},
                                                    "zones": [{"id": "z", "kind": "floor"}]})");
  ASSERT_TRUE(result) << lines(result.error());
  EXPECT_EQ(result->config.presence.exit_after, Seconds{90});
  EXPECT_EQ(result->config.presence.lease, Seconds{5});
  EXPECT_EQ(result->config.suggestion.cards_per_visit, 0);
  EXPECT_EQ(result->config.zones.size(), 1U);
}

TEST_F(ConfigTest, PatchesAddUpAndEveryLoadLaysThemOverTheFiles) {
  write("gateway.json", kMinimal);
  write("conf.d/10.json", R"({"presence": {"lease_s": 5}})");
  write("conf.d/20.json", R"({"state_dir": ")" + root_.string() + "\"}");
  const auto first = patch_config(main_file(), R"({"presence": {"exit_after_s": 90, "lease_s": 6}})");
  ASSERT_TRUE(first) << lines(first.error());
  write("config.patch.json", first->stored);
  const auto second = patch_config(main_file(), R"({"presence": {"lease_s": null}, "suggestions": {"expire_s": 60}})");
  ASSERT_TRUE(second) << lines(second.error());
  write("config.patch.json", second->stored);
  const auto loaded = load_config(main_file());
  ASSERT_TRUE(loaded) << lines(loaded.error());
  EXPECT_EQ(loaded->presence.exit_after, Seconds{90});
  EXPECT_EQ(loaded->presence.lease, Config{}.presence.lease) << "null is the default, not the drop-in's value";
  EXPECT_EQ(loaded->suggestion.expire, Seconds{60});
  EXPECT_EQ(print_config(*loaded), print_config(second->config));
  EXPECT_TRUE(loaded->patch_problems.empty());
}

TEST_F(ConfigTest, APatchThatDoesNotFitTheFilesAnyMoreIsToldAndTheFilesCount) {
  write("gateway.json", kMinimal);
  write("conf.d/20.json", R"({"state_dir": ")" + root_.string() + "\"}");
  for (const char* stored : {"{", R"({"presence": {"lease_s": -1}})", R"({"central": {}})", "[1]"}) {
    write("config.patch.json", stored);
    const auto loaded = load_config(main_file());
    ASSERT_TRUE(loaded) << lines(loaded.error());
    ASSERT_FALSE(loaded->patch_problems.empty()) << stored;
    EXPECT_TRUE(loaded->patch_problems.front().file.ends_with("/config.patch.json"));
    EXPECT_EQ(loaded->presence.lease, Config{}.presence.lease);
    const auto next = patch_config(main_file(), R"({"presence": {"exit_after_s": 90}})");
    ASSERT_TRUE(next) << lines(next.error());
    EXPECT_TRUE(next->former_useless);
    EXPECT_EQ(next->stored.find("lease_s"), std::string::npos);
  }
}

TEST_F(ConfigTest, APatchOfAnythingElseIsRefused) {
  write("gateway.json", kMinimal);
  const auto result = patch_config(main_file(), R"({"central": {"url": "mqtt://evil"}, "presence": {"lease_s": -1}})");
  ASSERT_FALSE(result);
  const auto told = lines(result.error());
  EXPECT_NE(told.find("patch: /central: cannot change without a restart"), std::string::npos) << told;
  EXPECT_NE(told.find("patch: /presence/lease_s: is -1; must be "), std::string::npos) << told;
  EXPECT_FALSE(patch_config(main_file(), "{"));
  EXPECT_FALSE(patch_config(main_file(), "null"));
}

TEST(ConfigSchemaTest, ThePublishedFileIsTheGeneratedOne) {
  const fs::path file = TOUCHPOINT_SOURCE_DIR "/config/schemas/gateway.schema.json";
  if (std::getenv("TOUCHPOINT_WRITE_SCHEMA") != nullptr) std::ofstream(file) << config_schema();
  EXPECT_EQ(read_text(file), config_schema()) << "run this test once with TOUCHPOINT_WRITE_SCHEMA=1 in the environment";
}

}  // namespace
}  // namespace tg
