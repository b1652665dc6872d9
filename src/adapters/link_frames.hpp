// What the daemon and a link process say to each other over a socketpair: length-prefixed binary frames.
// Owner thread: any (plain values). Never trusts a length: a frame above the limit or with a wrong shape is an error,
// after which the stream must be given up.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.hpp"
#include "ports/link_port.hpp"

namespace tg {

struct LinkDrop {};
struct LinkHeartbeat {};
struct LinkGoodbye {};  ///< the daemon ends on purpose; a pipe that ends without it means that it died
using LinkFrame = std::variant<LinkSettings, LinkDrop, Publication, LinkIsUp, LinkIsDown, LinkDelivered, LinkMessage,
                               LinkHeartbeat, LinkGoodbye>;

inline constexpr std::size_t kMaxLinkFrame = 4 << 20;
static_assert(kMaxInboundBytes + 64 < kMaxLinkFrame, "a message fits into a frame");

/// 4 bytes length (of what follows, big-endian), 1 byte kind (the index in LinkFrame), the fields in their order.
[[nodiscard]] std::string encode_frame(const LinkFrame& frame);

/// Cuts a byte stream back into frames.
class LinkFrameReader {
 public:
  void feed(std::string_view bytes) { buffer_.append(bytes); }
  /// True and `out` filled: one frame. False: more bytes are needed.
  [[nodiscard]] Result<bool> next(LinkFrame& out);

 private:
  std::string buffer_;
  std::size_t start_ = 0;  // where the next frame begins: the buffer is moved only when half of it is used up
};

}  // namespace tg
