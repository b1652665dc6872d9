// `touchpointctl support-bundle`: what support needs to help from afar, in one file, without personal data.
// Owner thread: main. Asks and reads only. What cannot be had is named in the bundle, and is no failure.
#pragma once

#include <ostream>
#include <string>
#include <string_view>

#include "cli/exit_code.hpp"

namespace tg {

/// Addresses of radios, e-mail addresses and card numbers give way to words: system logs may hold what ours never do.
[[nodiscard]] std::string without_persons(std::string_view text);

struct BundleOptions {
  std::string socket;
  std::string config;  ///< looked at when the daemon does not answer
  std::string file;
};
/// kFailed when the file cannot be written. A daemon that does not answer is what support wants to know, too.
[[nodiscard]] ExitCode run_support_bundle(const BundleOptions& options, std::ostream& out, std::ostream& err);

}  // namespace tg
