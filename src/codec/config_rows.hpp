// How a row of the configuration table is written: the formats of text and one function a kind of value.
// Private to config_table.cpp and config_items.cpp. Owner thread: any.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "codec/config_table.hpp"

namespace tg::config {

// --- formats of text -------------------------------------------------------------------------------------------------
inline const Format kPlainId{"^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$", "1-32 of A-Z a-z 0-9 _ -, not starting with _ or -"};
inline const Format kTimezone{"^[A-Za-z][A-Za-z0-9_+-]{0,31}(/[A-Za-z0-9_+-]{1,31}){0,2}$",
                              "an IANA name such as Europe/Paris"};
inline const Format kLanguage{"^[a-z]{2,3}(-[A-Z]{2})?$", "a language tag such as fr or fr-CH"};
inline const Format kPath{"^[^\\x00-\\x1f]+$", "a path"};
inline const Format kBus{"^(system|session|[^=\\s]+=[^\\s]+)$",
                         "\"system\", \"session\" or a D-Bus address such as unix:path=/run/bus"};
inline const Format kAdapter{"^(auto|[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5})$",
                             "\"auto\" or a Bluetooth address AA:BB:CC:DD:EE:FF"};
inline const Format kUuid{"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$", "a UUID"};
inline const std::string kHost = "([A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.]+\\])";
inline const std::string kPort = ":([0-9]{1,4}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])";
inline const Format kMqttUrl{
    "^mqtts?://" + kHost + "(" + kPort + ")?/?$",
    "mqtt://host[:port] or mqtts://host[:port] (user name and password have keys of their own)"};
inline const Format kWebSocketUrl{"^wss?://" + kHost + "(" + kPort + ")?(/[^\\s@]*)?$",
                                  "ws://host[:port][/path] or wss://host[:port][/path]"};
inline const Format kListen{"^" + kHost + kPort + "$",
                            "host:port with a port of 0-65535 (0 = any free one), IPv6 in brackets"};
inline const Format kTopic{"^[^/+#\\x00-\\x1f]+(/[^/+#\\x00-\\x1f]+)*$",
                           "topic levels joined by /, none empty, without + and #"};
inline const Format kTopicFilter{"^[^\\x00-\\x1f]+$", "an MQTT topic filter"};
inline const Format kLine{"^[^\\x00-\\x1f]+$", "text of one line"};
inline const Format kDialect{"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", "the name of a dialect such as ncr-acs-2.1"};

// --- rows ------------------------------------------------------------------------------------------------------------
using Initial = std::optional<Json>;  ///< a default; nullptr: null, which is then allowed
inline const Initial kRequired;       ///< in the place of a default
struct Range {
  std::int64_t min, max;  ///< both included
};

Rule flag(std::string pointer, bool initial, Access access, std::string doc);
Rule integer(std::string pointer, std::int64_t initial, Range range, Access access, std::string doc);
/// Metres in the plan of the store, or null.
Rule metres(std::string pointer, Access access, std::string doc);
Rule area(std::string pointer, Access access, std::string doc);
Rule choice(std::string pointer, Initial initial, std::vector<std::string> words, Access access, std::string doc);
Rule text(std::string pointer, Initial initial, const Format& format, Access access, std::string doc);
/// A list of `count` texts.
Rule texts(std::string pointer, Initial initial, Range count, const Format& format, Access access, std::string doc);
/// The path of a file that must be readable.
Rule readable(std::string pointer, Initial initial, Access access, std::string doc);
/// The path of a file that holds a secret.
Rule secret(std::string pointer, Initial initial, Access path, Access content, std::string doc);
/// A list of `count` objects; none by default.
Rule objects(std::string pointer, Range count, const Table& items, Access access, std::string doc);
/// An object, or null by default.
Rule object(std::string pointer, const Table& items, Access access, std::string doc);

}  // namespace tg::config
