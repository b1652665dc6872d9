#include "adapters/mqtt_client.hpp"

#include <mqtt/async_client.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>
#include <utility>
#include <vector>

#include "base/log.hpp"

namespace tg {
namespace {

using namespace std::chrono_literals;

constexpr auto kKeepAlive = 20s;
constexpr auto kConnectTimeout = 10s;
constexpr auto kQuiesce = 100ms;
constexpr auto kLastGoodbye = 1s;
constexpr int kMaxWaiting = 70000;  // more than any receive maximum; beyond Paho's default of 100 it takes no more
constexpr std::uint8_t kRefused = 0x80;
constexpr std::uint8_t kTopicNameInvalid = 0x90;

struct ReasonText {
  int code;
  std::string_view text;
};

/// MQTT 5 reason codes of CONNACK and DISCONNECT that a person can act on.
constexpr std::array kReasons{
    ReasonText{0x84, "the broker does not speak this MQTT version"},
    ReasonText{0x85, "the broker refuses the client id"},
    ReasonText{0x86, "wrong user name or password"},
    ReasonText{0x87, "not authorised"},
    ReasonText{0x88, "the broker is unavailable"},
    ReasonText{0x89, "the broker is busy"},
    ReasonText{0x8A, "banned by the broker"},
    ReasonText{0x8B, "the broker shuts down"},
    ReasonText{0x8D, "keep-alive timeout"},
    ReasonText{0x8E, "session taken over: another client uses the same client id"},
    ReasonText{0x93, "more messages in flight than the broker takes"},
    ReasonText{0x95, "packet too large"},
    ReasonText{0x96, "message rate too high"},
    ReasonText{0x97, "quota exceeded"},
    ReasonText{0x9F, "connection rate exceeded"},
};

/// MQTT 3.1.1 CONNACK return codes, and Paho's own codes below zero.
constexpr std::array kReturnCodes{
    ReasonText{1, "the broker does not speak this MQTT version"},
    ReasonText{2, "the broker refuses the client id"},
    ReasonText{3, "the broker is unavailable"},
    ReasonText{4, "wrong user name or password"},
    ReasonText{5, "not authorised"},
    ReasonText{-1, "no connection: refused, unreachable or no TLS agreement"},
    ReasonText{-3, "not connected"},
};

template <std::size_t N>
std::string look_up(const std::array<ReasonText, N>& table, int code, std::string_view otherwise) {
  const auto found = std::ranges::find(table, code, &ReasonText::code);
  if (found != table.end()) return std::string(found->text);
  return std::string(otherwise) + ' ' + std::to_string(code);
}

std::string why_failed(int return_code, int reason_code) {
  if (reason_code >= kRefused) return look_up(kReasons, reason_code, "the broker answered reason code");
  return look_up(kReturnCodes, return_code, "MQTT client error");
}

/// `mqtt://` and `mqtts://` in Paho's spelling.
std::string paho_uri(const std::string& url) {
  if (url.starts_with("mqtts://")) return "ssl://" + url.substr(8);
  if (url.starts_with("mqtt://")) return "tcp://" + url.substr(7);
  return url;
}

int protocol_of(const LinkSettings& settings) { return settings.v5 ? MQTTVERSION_5 : MQTTVERSION_3_1_1; }

/// Answers of asynchronous calls, each kind with its own reaction; stands in for Paho's listener interface.
class Listener : public mqtt::iaction_listener {
 public:
  using Reaction = std::function<void(const mqtt::token&)>;
  Listener(Reaction success, Reaction failure) : success_(std::move(success)), failure_(std::move(failure)) {}

 private:
  void on_success(const mqtt::token& token) noexcept override { success_(token); }
  void on_failure(const mqtt::token& token) noexcept override { failure_(token); }
  Reaction success_, failure_;
};

MqttConnected connected(const mqtt::token& token) {
  const auto response = token.get_connect_response();
  const auto& properties = response.get_properties();
  MqttConnected out;
  if (properties.contains(mqtt::property::RECEIVE_MAXIMUM))
    out.receive_maximum = mqtt::get<std::uint16_t>(properties, mqtt::property::RECEIVE_MAXIMUM);
  if (properties.contains(mqtt::property::MAXIMUM_PACKET_SIZE))
    out.maximum_packet = mqtt::get<std::uint32_t>(properties, mqtt::property::MAXIMUM_PACKET_SIZE);
  return out;
}

std::size_t refused_filters(const mqtt::token& token) {
  const auto response = token.get_subscribe_response();
  return static_cast<std::size_t>(
      std::ranges::count_if(response.get_reason_codes(), [](auto code) { return static_cast<int>(code) >= kRefused; }));
}

mqtt::message_ptr to_message(const Publication& publication, bool v5) {
  auto message = mqtt::make_message(publication.topic, publication.payload, publication.qos, publication.retain);
  if (!v5) return message;
  mqtt::properties properties;
  if (!publication.payload.empty()) properties.add({mqtt::property::PAYLOAD_FORMAT_INDICATOR, 1});
  if (!publication.content_type.empty())
    properties.add({mqtt::property::CONTENT_TYPE, mqtt::string_ref(publication.content_type)});
  for (const auto& [name, value] : publication.user_properties)
    properties.add({mqtt::property::USER_PROPERTY, mqtt::string_ref(name), mqtt::string_ref(value)});
  if (publication.expiry_s)
    properties.add({mqtt::property::MESSAGE_EXPIRY_INTERVAL, static_cast<std::int32_t>(*publication.expiry_s)});
  message->set_properties(std::move(properties));
  return message;
}

std::uint64_t token_number(const mqtt::token& token) {
  return static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(token.get_user_context()));
}

}  // namespace

struct MqttClient::Impl {
  Impl(LinkSettings how, MqttHandlers to)
      : settings(std::move(how)),
        handlers(std::move(to)),
        on_connect([this](const mqtt::token& t) { handlers.on_event(connected(t)); },
                   [this](const mqtt::token& t) { ended(failure_of(t), reason_code_of(t)); }),
        on_subscribe([this](const mqtt::token& t) { handlers.on_event(MqttSubscribed{refused_filters(t)}); },
                     [this](const mqtt::token& t) { subscribe_failed(t); }),
        on_probe([this](const mqtt::token&) { handlers.on_event(MqttAlive{}); },
                 [this](const mqtt::token& t) {
                   if (reason_code_of(t) >= kRefused) handlers.on_event(MqttAlive{});  // a refusal is a word, too
                 }),
        on_publish([this](const mqtt::token& t) { published(t); }, [this](const mqtt::token& t) { publish_failed(t); }),
        on_disconnect([this](const mqtt::token&) { ended("ended on purpose"); },
                      [this](const mqtt::token&) { ended("ended on purpose"); }) {}

  void open() {
    if (client) return;
    // Buffers nothing while down and persists nothing. The limit also counts what waits for Paho's thread while up.
    mqtt::create_options options(protocol_of(settings));
    options.set_max_buffered_messages(kMaxWaiting);
    client = std::make_unique<mqtt::async_client>(paho_uri(settings.url), settings.client_id, options);
    // All handlers before the first connect: setting one later takes Paho's two locks in the wrong order.
    client->set_connection_lost_handler(
        [this](const std::string& cause) { ended(cause.empty() ? "connection lost" : "connection lost: " + cause); });
    client->set_disconnected_handler([this](const mqtt::properties&, mqtt::ReasonCode code) {
      ended(why_failed(0, static_cast<int>(code)), static_cast<std::uint8_t>(code));
    });
    client->set_message_callback([this](const mqtt::const_message_ptr& message) { arrived(message); });
  }

  [[nodiscard]] mqtt::connect_options connect_options() const {
    mqtt::connect_options options;
    options.set_mqtt_version(protocol_of(settings));
    options.set_keep_alive_interval(kKeepAlive);
    options.set_connect_timeout(kConnectTimeout);
    options.set_automatic_reconnect(false);
    set_session(options);
    if (!settings.username.empty()) options.set_user_name(settings.username);
    if (!settings.password.empty()) options.set_password(settings.password);
    if (!settings.will_topic.empty())
      options.set_will_message(mqtt::make_message(settings.will_topic, settings.will_payload, 1, true));
    if (settings.url.starts_with("mqtts://")) options.set_ssl(tls_options());
    return options;
  }

  void set_session(mqtt::connect_options& options) const {
    const bool clean = settings.session_expiry_s == 0;
    if (!settings.v5) {
      options.set_clean_session(clean);
      return;
    }
    options.set_clean_start(clean);
    mqtt::properties properties;
    properties.add({mqtt::property::MAXIMUM_PACKET_SIZE, static_cast<std::int32_t>(kMaxInboundBytes)});
    if (!clean)
      properties.add({mqtt::property::SESSION_EXPIRY_INTERVAL, static_cast<std::int32_t>(settings.session_expiry_s)});
    options.set_properties(properties);
  }

  [[nodiscard]] mqtt::ssl_options tls_options() const {
    mqtt::ssl_options tls;
    if (settings.ca_file.empty()) {
      tls.ca_path("/etc/ssl/certs");
    } else {
      tls.set_trust_store(settings.ca_file);
    }
    if (!settings.cert_file.empty()) tls.set_key_store(settings.cert_file);
    if (!settings.key_file.empty()) tls.set_private_key(settings.key_file);
    tls.set_enable_server_cert_auth(true);
    tls.set_verify(true);  // the certificate must name the host
    return tls;
  }

  [[nodiscard]] static std::string failure_of(const mqtt::token& token) {
    return why_failed(token.get_return_code(), static_cast<int>(token.get_reason_code()));
  }
  [[nodiscard]] static std::uint8_t reason_code_of(const mqtt::token& token) {
    return static_cast<std::uint8_t>(token.get_reason_code());
  }
  void ended(std::string reason, std::uint8_t reason_code = 0) {
    handlers.on_event(MqttEnded{std::move(reason), reason_code});
  }

  /// A single refused filter arrives as a failure; a failure without a reason means that the connection went.
  void subscribe_failed(const mqtt::token& token) {
    if (reason_code_of(token) >= kRefused) {
      handlers.on_event(MqttSubscribed{1});
    } else {
      ended("connection lost while subscribing");
    }
  }

  void published(const mqtt::token& token) {
    handlers.on_event(MqttPublished{token_number(token), static_cast<std::uint8_t>(token.get_reason_code())});
  }
  /// A refusal carries its reason; a failure without one means that the connection went.
  void publish_failed(const mqtt::token& token) {
    if (reason_code_of(token) >= kRefused) {
      published(token);
    } else {
      handlers.on_event(MqttPublished{token_number(token), std::nullopt});
    }
  }
  void arrived(const mqtt::const_message_ptr& message) {
    if (message->get_topic().size() + message->get_payload_ref().size() > kMaxInboundBytes)
      return log(LogLevel::warning, "link",
                 "a message above " + std::to_string(kMaxInboundBytes) + " bytes was dropped");
    handlers.on_message(LinkMessage{message->get_topic(), message->get_payload_str()});
  }

  const LinkSettings settings;
  const MqttHandlers handlers;
  Listener on_connect, on_subscribe, on_probe, on_publish, on_disconnect;
  std::unique_ptr<mqtt::async_client> client;  // last: destroyed before everything its callbacks touch
};

MqttClient::MqttClient(LinkSettings settings, MqttHandlers handlers)
    : impl_(std::make_unique<Impl>(std::move(settings), std::move(handlers))) {}

MqttClient::~MqttClient() {
  try {
    if (impl_->client && impl_->client->is_connected()) impl_->client->disconnect(kQuiesce)->wait_for(kLastGoodbye);
  } catch (const mqtt::exception&) {
    // The connection went first: the last will tells what a goodbye would have told.
  }
}

void MqttClient::connect() {
  try {
    impl_->open();
    impl_->client->connect(impl_->connect_options(), nullptr, impl_->on_connect);
  } catch (const mqtt::exception& error) {
    impl_->ended(why_failed(error.get_return_code(), 0));
  }
}

void MqttClient::subscribe() {
  const auto& filters = impl_->settings.subscriptions;
  if (filters.empty()) {
    impl_->handlers.on_event(MqttSubscribed{});
    return;
  }
  try {
    impl_->client->subscribe(mqtt::string_collection::create(filters),
                             mqtt::iasync_client::qos_collection(filters.size(), 1), nullptr, impl_->on_subscribe);
  } catch (const mqtt::exception& error) {
    impl_->ended(why_failed(error.get_return_code(), 0));
  }
}

/// An UNSUBSCRIBE from what was never subscribed: every broker answers it, and nothing changes.
void MqttClient::probe() {
  const auto& own = impl_->settings.will_topic.empty() ? impl_->settings.client_id : impl_->settings.will_topic;
  try {
    impl_->client->unsubscribe(mqtt::string_collection::create({own}), nullptr, impl_->on_probe);
  } catch (const mqtt::exception&) {
    // The connection went: its end is reported by itself, or by the silence that the probe did not break.
  }
}

void MqttClient::disconnect() {
  try {
    if (impl_->client) impl_->client->disconnect(static_cast<int>(kQuiesce.count()), nullptr, impl_->on_disconnect);
  } catch (const mqtt::exception&) {
    impl_->ended("ended on purpose");
  }
}

void MqttClient::publish(const Publication& publication) {
  MqttPublished not_taken{publication.token, std::nullopt};
  try {
    auto* const context = reinterpret_cast<void*>(static_cast<std::uintptr_t>(publication.token));
    impl_->client->publish(to_message(publication, impl_->settings.v5), context, impl_->on_publish);
    return;
  } catch (const mqtt::exception& error) {
    if (error.get_return_code() == MQTTASYNC_BAD_UTF8_STRING) not_taken.reason_code = kTopicNameInvalid;
  }
  impl_->handlers.on_event(not_taken);
}

}  // namespace tg
