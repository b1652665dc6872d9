// One MQTT client over Paho C++, in our own words; the only file that includes Paho.
// Owner thread: a lane. Paho's mutex is shared by all clients of a process and held over DNS and TLS, so every call
// here may block for seconds; never call it from the loop. Handlers run in Paho's threads: they must only hand the
// event on. Never reconnects, buffers or persists by itself: the outbox is the truth and back-off belongs to the core.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "ports/link_port.hpp"

namespace tg {

struct MqttConnected {
  std::uint16_t receive_maximum = 65535;      ///< how many QoS 1 messages the broker takes unacknowledged
  std::uint32_t maximum_packet = UINT32_MAX;  ///< bytes; for a larger one the broker ends the connection
};
struct MqttSubscribed {
  std::size_t refused = 0;  ///< filters that the broker did not grant
};
/// The attempt failed or the connection ended; may come twice for one connection.
struct MqttEnded {
  std::string reason;
  std::uint8_t reason_code = 0;  ///< MQTT 5, of a refusal or of the broker's DISCONNECT; 0 = none
};
/// Every publication that was taken ends once. Without a word of the broker it is unknown whether it arrived.
struct MqttPublished {
  std::uint64_t token = 0;
  std::optional<std::uint8_t> reason_code;
};
/// The broker answered a probe.
struct MqttAlive {};
using MqttEvent = std::variant<MqttConnected, MqttSubscribed, MqttEnded, MqttPublished, MqttAlive>;

struct MqttHandlers {
  std::function<void(MqttEvent)> on_event;
  std::function<void(LinkMessage)> on_message;
};

class MqttClient {
 public:
  MqttClient(LinkSettings settings, MqttHandlers handlers);
  /// Disconnects for at most one second; no handler runs after it.
  ~MqttClient();
  MqttClient(const MqttClient&) = delete;
  MqttClient& operator=(const MqttClient&) = delete;

  void connect();     ///< answered by MqttConnected or MqttEnded
  void subscribe();   ///< to all filters of the settings; answered by MqttSubscribed or MqttEnded
  void disconnect();  ///< answered by MqttEnded
  /// Asks for a sign of life, answered by MqttAlive. Paho's own keep-alive waits up to 2.5 intervals for one
  /// (measured).
  void probe();
  /// Answered by MqttPublished, at once when it cannot be sent. The caller keeps to the receive maximum: what is above
  /// it, Paho looks at once a second.
  void publish(const Publication& publication);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tg
