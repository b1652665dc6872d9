// touchpointd: the only place that knows every concrete type. Two roles: the daemon, and the links that it starts.
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <iostream>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/daemon.hpp"

namespace {

constexpr int kUsage = 2;
constexpr int kConfigError = 78;  // EX_CONFIG
constexpr int kNoMemory = 71;     // EX_OSERR

struct Arguments {
  std::string config = "/etc/touchpoint/gateway.json";
  std::string role = "daemon";
  bool check_config = false, version = false, wrong = false;
};

Arguments parse(const std::vector<std::string_view>& words) {
  Arguments a;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const bool value_follows = i + 1 < words.size();
    if (words[i] == "--check-config") {
      a.check_config = true;
    } else if (words[i] == "--version") {
      a.version = true;
    } else if (words[i] == "--config" && value_follows) {
      a.config = words[++i];
    } else if (words[i] == "--role" && value_follows) {
      a.role = words[++i];
    } else {
      a.wrong = true;
    }
  }
  return a;
}

/// What is on disk is whole at any instant: a new start beats going on with half of the parts. Not even a log line may
/// allocate here.
[[noreturn]] void end_without_memory() {
  constexpr std::string_view kWords = "no memory left: only a new start can help\n";
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, kWords.data(), kWords.size());
  ::_exit(kNoMemory);
}

int check_config(const std::string& path) {
  const auto config = tg::load_config(path);
  if (config) {
    std::cout << tg::print_config(*config) << '\n';
    for (const auto& p : config->patch_problems) std::cerr << tg::to_line(p) << '\n';
    return 0;
  }
  for (const auto& p : config.error()) std::cout << tg::to_line(p) << '\n';
  return kConfigError;
}

}  // namespace

int main(int argc, char** argv) {
  const Arguments a = parse({argv + 1, argv + argc});
  if (a.wrong) {
    std::cerr << "usage: touchpointd [--config FILE] [--check-config] [--version]\n";
    return kUsage;
  }
  if (a.version) {
    std::cout << "touchpointd " << tg::version() << '\n';
    return 0;
  }
  std::signal(SIGPIPE, SIG_IGN);
  std::set_new_handler(end_without_memory);
  if (a.role == "link") return tg::run_link_role();
  if (a.check_config) return check_config(a.config);
  auto config = tg::load_config(a.config);
  if (!config) {
    for (const auto& p : config.error()) std::cerr << tg::to_line(p) << '\n';
    return kConfigError;
  }
  return tg::run_daemon(std::move(*config), a.config);
}
