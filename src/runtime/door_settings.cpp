#include "runtime/door_settings.hpp"

#include "codec/ibeacon.hpp"
#include "codec/messages.hpp"
#include "runtime/daemon.hpp"
#include "runtime/remote_watch.hpp"

namespace tg {
namespace {

constexpr std::uint32_t kCommandSession{24 * 3600};  // commands wait at the central broker for a day

LinkSettings settings_of(const LinkConfig& c) {
  LinkSettings s;
  s.url = c.url;
  s.client_id = c.client_id;
  s.v5 = c.v5;
  s.username = c.username.value_or("");
  s.password = c.password.value_or("");
  s.ca_file = c.ca_file.value_or("");
  s.cert_file = c.cert_file.value_or("");
  s.key_file = c.key_file.value_or("");
  return s;
}

}  // namespace

LinkSettings central_settings(const Config& c, Stamp now) {
  LinkSettings s = settings_of(c.central);
  s.session_expiry_s = kCommandSession;
  s.subscriptions = {c.central_prefix() + "command/+"};
  s.will_topic = c.central_prefix() + "state/" + c.gateway;
  s.will_payload = encode_gateway_state(false, static_cast<std::uint64_t>(unix_ms(now.wall)), version(), now.wall);
  return s;
}

LinkSettings local_settings(const Config& c, Stamp now) {
  const std::string prefix = c.local_prefix();
  LinkSettings s = settings_of(c.local);
  s.subscriptions = {prefix + "tablet/action/+", prefix + "tablet/card/+", prefix + "rx/+"};
  if (c.pos_mqtt) s.subscriptions.push_back(prefix + "pos/+");
  for (const auto& r : c.receivers) {
    if (r.topic) s.subscriptions.push_back(*r.topic);
    if (const auto will = will_topic(r)) s.subscriptions.push_back(*will);
  }
  s.will_topic = prefix + "tablet/state";
  s.will_payload = encode_tablet_state(false, c.store, now.wall);
  return s;
}

BluezRadioConfig radio_config(const Config& c) {
  BluezRadioConfig out{c.radio_bus, c.scan, {}};
  for (std::size_t i = 0; i < c.receivers.size(); ++i) {
    const auto& r = c.receivers[i];
    if (!r.remote) out.receivers.push_back({static_cast<std::uint16_t>(i), r.id, r.adapter});
  }
  if (c.beacon_enabled) out.own_beacon = c.beacon_uuid;
  return out;
}

BluezPeripheralConfig peripheral_config(const Config& c, const BluezRadioConfig& radio) {
  BluezPeripheralConfig out{c.radio_bus, {}, c.checkin_enabled, radio.receivers};
  if (c.beacon_enabled) {
    out.ibeacon = encode_ibeacon(c.beacon_uuid, static_cast<std::uint16_t>(c.beacon_major),
                                 static_cast<std::uint16_t>(c.beacon_minor));
  }
  return out;
}

}  // namespace tg
