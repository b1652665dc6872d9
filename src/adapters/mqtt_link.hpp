// One MQTT connection in a thread of its own: the shop's local broker, and inside the uplink process the central one.
// Owner thread: any one caller; the client lives in the lane's thread. Never blocks the caller, never retries.
#pragma once

#include <functional>
#include <memory>

#include "ports/link_port.hpp"

namespace tg {

class MqttLane : public LinkPort {
 public:
  /// `post` is called from other threads, must not block and must not throw. A message may come just before LinkIsUp.
  MqttLane(LinkSettings settings, LinkSink post);
  /// Disconnects in peace (no last will); takes up to about a second, longer only while a name is being looked up.
  ~MqttLane() override;
  MqttLane(const MqttLane&) = delete;
  MqttLane& operator=(const MqttLane&) = delete;

  void connect() override;
  void drop() override;
  void renew(LinkSettings settings) override;
  void publish(Publication publication) override;
  [[nodiscard]] bool alive() const override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tg
