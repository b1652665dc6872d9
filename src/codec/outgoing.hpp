// What others see of an effect: link, topic and bytes (contract §4). The daemon and the replay both speak through this.
// Owner thread: any. Never a member identifier in a topic.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/effects.hpp"

namespace tg {

struct Prefixes {
  std::string central;  ///< Config::central_prefix()
  std::string local;    ///< Config::local_prefix()
};

struct Outgoing {
  Link link = Link::central;
  std::uint64_t token = 0;  ///< the sequence of an event; 0 for the rest
  std::string topic = {};
  std::string payload = {};  ///< empty + retain withdraws
  bool retain = false;
  std::string content_type = {};
  std::optional<WallTime> expires_at = {};
  /// CloudEvents' MQTT binding: attributes of an event repeated, so that a consumer routes without parsing.
  std::vector<std::pair<std::string, std::string>> user_properties = {};
};

/// Nothing for effects that nobody outside sees, and for PublishState, whose text the runtime knows.
[[nodiscard]] std::optional<Outgoing> outgoing(const Effect& effect, const Prefixes& prefixes);

}  // namespace tg
