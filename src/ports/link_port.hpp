// The door to one MQTT broker. Owner thread: the loop, for calls and for the sink.
// Never blocks: DNS, TLS and Paho's mutex live behind it, in a lane or in a process of their own.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace tg {

/// MQTT 5: a name and a value beside the payload, for those who route without reading it.
using UserProperty = std::pair<std::string, std::string>;

struct Publication {
  std::uint64_t token = 0;  ///< not 0: answered by LinkDelivered with the same token
  std::string topic;
  std::string payload;  ///< empty + retain withdraws
  std::uint8_t qos = 1;
  bool retain = false;
  std::optional<std::uint32_t> expiry_s;  ///< MQTT 5 message expiry
  std::string content_type;               ///< MQTT 5, empty = none
  std::vector<UserProperty> user_properties;
};

struct LinkIsUp {
  std::uint16_t receive_maximum = 65535;
};
struct LinkIsDown {
  std::string reason;            ///< for a person; never contains credentials
  std::uint8_t reason_code = 0;  ///< MQTT 5, of a refusal or of the broker's DISCONNECT; 0 = it gave none
  bool by_peer = false;          ///< it was up, and the broker or the line ended it
};
struct LinkDelivered {
  std::uint64_t token = 0;
  std::uint8_t reason_code = 0;  ///< MQTT 5 PUBACK; 0x80 and above = refused
};
struct LinkMessage {
  std::string topic;
  std::string payload;
};
using LinkReport = std::variant<LinkIsUp, LinkIsDown, LinkDelivered, LinkMessage>;
using LinkSink = std::function<void(LinkReport)>;

/// How to reach one broker; what is said at connect time.
struct LinkSettings {
  std::string url;  ///< mqtt://host:port or mqtts://host:port
  std::string client_id;
  bool v5 = true;  ///< false: 3.1.1, delivery unverified
  std::string username;
  std::string password;  ///< secret: never logged
  std::string ca_file, cert_file, key_file;
  std::uint32_t session_expiry_s = 0;      ///< 0 = clean start
  std::vector<std::string> subscriptions;  ///< topic filters, QoS 1
  std::string will_topic, will_payload;    ///< retained, QoS 1; empty = none

  bool operator==(const LinkSettings&) const = default;
};

/// Bytes of a message from a broker, its topic included; a snapshot part of 1 MiB fits more than three times. Larger
/// ones a broker of MQTT 5 keeps to itself, and others are dropped.
inline constexpr std::uint32_t kMaxInboundBytes = 4'000'000;

class LinkPort {
 public:
  virtual ~LinkPort() = default;
  /// One attempt; the sink reports LinkIsUp or LinkIsDown. Ignored while connected or connecting.
  virtual void connect() = 0;
  /// Ends the connection on purpose; the sink reports LinkIsDown.
  virtual void drop() = 0;
  /// Other credentials: a connection ends and the sink reports LinkIsDown; the next one uses these settings and reads
  /// their files anew.
  virtual void renew(LinkSettings settings) = 0;
  /// Ignored while down (what matters is sent again by its owner after LinkIsUp).
  virtual void publish(Publication publication) = 0;
};

}  // namespace tg
