// Where `doctor` gets its findings from (declared in doctor.hpp).
#include <sys/statvfs.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "cli/ask.hpp"
#include "cli/doctor.hpp"

namespace tg {
namespace {

std::vector<Check> ask_daemon(const std::string& socket, ExitCode& exit_code) {
  const auto status = ask(socket, request_line("status"));
  if (status) return diagnose(*status);
  exit_code = status.error().exit_code;
  return {{"daemon", Health::failed, status.error().message.substr(0, status.error().message.find('\n')),
           "Start it (systemctl start touchpointd) and see why it stopped (journalctl -u touchpointd -n 100); "
           "touchpointd --config FILE --check-config names errors of the configuration"}};
}

Check look_at_disk(const std::string& state_dir) {
  struct statvfs disk {};
  if (::statvfs(state_dir.c_str(), &disk) == 0)
    return diagnose_disk(state_dir, static_cast<std::uint64_t>(disk.f_bavail) * disk.f_frsize);
  return {"disk", Health::warning, state_dir + ": " + std::strerror(errno),
          "Name the state_dir of the configuration: --state-dir"};
}

}  // namespace

ExitCode run_doctor(const DoctorOptions& options, std::ostream& out) {
  ExitCode exit_code = kDone;
  auto checks = ask_daemon(options.socket, exit_code);
  checks.push_back(look_at_disk(options.state_dir));
  out << (options.json ? checks_json(checks) + "\n" : view_checks(checks));
  if (exit_code != kDone) return exit_code;
  return std::any_of(checks.begin(), checks.end(), [](const Check& c) { return c.health == Health::failed; }) ? kFailed
                                                                                                              : kDone;
}

}  // namespace tg
