// Which remote receivers still report (contract §4.3). A node that hears nobody sends nothing, so silence alone says
// nothing: a receiver is believed to be dead when it broke its own word (`next_s` of its last batch), when it or its
// last will took leave, or while the broker between us is away. Whatever comes from it ends that.
// Owner thread: the loop. Never reads a clock; never looks at what was heard.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/types.hpp"
#include "codec/config.hpp"

namespace tg {

class RemoteWatch {
 public:
  explicit RemoteWatch(std::size_t receivers) : nodes_(receivers) {}

  /// Something came. `next`: what is promised with it, nothing or the time until the next batch; 0 takes leave.
  void reported(std::size_t receiver, std::optional<Seconds> next, MonoTime now);
  /// The broker says that the node's connection is up or gone.
  void connected(std::size_t receiver, bool yes);
  void link_changed(bool up, MonoTime now);

  /// Why it does not hear for us, in words for a person; empty while it does.
  [[nodiscard]] std::string trouble(std::size_t receiver, MonoTime now) const;

 private:
  struct Node {
    bool gone = false;
    Seconds promised{0};  ///< 0 = nothing
    MonoTime since{};     ///< when it last promised, or the link came up
  };
  std::vector<Node> nodes_;
  bool link_up_ = false;
};

/// Where a node of format omg or theengs has its broker say "online" and "offline": beside the BTtoMQTT of its topic.
[[nodiscard]] std::optional<std::string> will_topic(const ReceiverConfig& receiver);
/// Empty when it says neither.
[[nodiscard]] std::optional<bool> decode_will(std::string_view payload);

}  // namespace tg
