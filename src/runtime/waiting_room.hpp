// The daemon while its files cannot be opened: a disk that is read-only, full or in other hands may come back, and a
// process that ends and is started for ever says less. Owner thread: main, before the daemon's parts exist.
// Never writes; tills and probes get 503 with the cause, /healthz says that somebody lives.
#pragma once

#include <functional>

#include "base/result.hpp"
#include "codec/config.hpp"

namespace tg {

/// Calls `open` at once and then each second until it succeeds. False: SIGTERM or SIGINT came first.
[[nodiscard]] bool wait_until_open(const Config& config, const std::function<Result<void>()>& open);

}  // namespace tg
