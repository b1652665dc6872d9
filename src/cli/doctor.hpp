// `touchpointctl doctor`: what can go wrong around a gateway, each with what to do about it.
// Owner thread: main. Looks only; never repairs, never asks anything but the daemon's status and the disk.
#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include "cli/answer.hpp"
#include "cli/exit_code.hpp"

namespace tg {

enum class Health : std::uint8_t { ok, warning, failed };

struct Check {
  std::string what;
  Health health = Health::ok;
  std::string finding;
  std::string remedy;  ///< empty when nothing needs to be done
};

/// Everything that the daemon's status tells. Pure.
[[nodiscard]] std::vector<Check> diagnose(const Answer& status);
/// `free_bytes` of the disk that holds `state_dir`. Pure.
[[nodiscard]] Check diagnose_disk(const std::string& state_dir, std::uint64_t free_bytes);

[[nodiscard]] std::string view_checks(const std::vector<Check>& checks);
[[nodiscard]] std::string checks_json(const std::vector<Check>& checks);

struct DoctorOptions {
  std::string socket;
  std::string state_dir;
  bool json = false;
};
/// kDone when nothing failed (warnings do not count), kNotReachable when the daemon does not answer.
[[nodiscard]] ExitCode run_doctor(const DoctorOptions& options, std::ostream& out);

}  // namespace tg
