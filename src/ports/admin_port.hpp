// The door for touchpointctl: one JSON object a line in, one out. Owner thread: the loop.
#pragma once

#include <functional>
#include <string>

namespace tg {

/// Answers one request; may be called later, once, from the loop. `json` is one line without its newline.
using AdminReply = std::function<void(std::string json)>;
/// `request` is one line of at most 1 MiB.
using AdminSink = std::function<void(std::string request, AdminReply reply)>;

}  // namespace tg
