// What another program prints. Owner thread: the caller's, which waits. Never through a shell, never without an end.
#pragma once

#include <string>
#include <vector>

#include "base/types.hpp"

namespace tg {

/// The last `most` bytes of output and complaints of `arguments[0]`, found in PATH, in plain English (LC_ALL=C). It is
/// killed after `at_most`. What cannot be started gives "not to be had" and why.
[[nodiscard]] std::string command_output(const std::vector<std::string>& arguments, Millis at_most, std::size_t most);

}  // namespace tg
