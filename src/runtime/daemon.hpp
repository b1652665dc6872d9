// Building the daemon out of its parts, and taking it down in the right order.
// Owner thread: main. Never returns before everything that it started has ended.
#pragma once

#include <string>
#include <string_view>

#include "codec/config.hpp"

namespace tg {

[[nodiscard]] std::string_view version();
/// Runs until SIGTERM or SIGINT; SIGHUP rereads `config_path`. Exit code: 0, or 1 with the cause in the log.
int run_daemon(Config config, const std::string& config_path);
/// A link process's main; the socketpair is descriptor 3.
int run_link_role();

}  // namespace tg
