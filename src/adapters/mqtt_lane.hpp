// One MQTT connection in a thread of its own, inside a link process: one attempt, and what comes of it.
// Owner thread: any one caller; the client lives in the lane's thread. Never blocks the caller, never retries.
#pragma once

#include <functional>
#include <memory>

#include "ports/link_port.hpp"

namespace tg {

class MqttLane {
 public:
  /// Connects. `post` is called from other threads and must not throw; blocked by a message, it stops the broker from
  /// being read. A message may come just before LinkIsUp; LinkIsDown is the last report.
  MqttLane(LinkSettings settings, LinkSink post);
  /// Disconnects in peace (no last will); takes up to about a second, longer only while a name is being looked up.
  ~MqttLane();
  MqttLane(const MqttLane&) = delete;
  MqttLane& operator=(const MqttLane&) = delete;

  void drop();
  void publish(Publication publication);  ///< ignored unless up
  /// False once Paho or a lookup has held the lane for longer than either should.
  [[nodiscard]] bool alive() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tg
