#include "base/log.hpp"

#include <atomic>
#include <cstdio>
#include <string>

namespace tg {
namespace {
std::atomic<int> most_verbose{static_cast<int>(LogLevel::info)};
std::atomic<bool> prefix{false};
}  // namespace

void set_log_level(LogLevel level) { most_verbose = static_cast<int>(level); }
void set_log_prefix(bool syslog_prefix) { prefix = syslog_prefix; }

void log(LogLevel level, std::string_view area, std::string_view text) {
  if (static_cast<int>(level) > most_verbose) return;
  std::string line;
  if (prefix) line += '<' + std::to_string(static_cast<int>(level)) + '>';
  line.append(area).append(": ").append(text).push_back('\n');
  std::fwrite(line.data(), 1, line.size(), stderr);  // one call: lines of two threads do not mix
}

}  // namespace tg
