// The address of a unix socket. Owner thread: any. Never truncates a path.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>
#include <optional>
#include <string>

namespace tg {

/// Nothing when the path does not fit (107 bytes).
[[nodiscard]] inline std::optional<sockaddr_un> unix_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path) return std::nullopt;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

/// What the socket calls take.
[[nodiscard]] inline const sockaddr* as_sockaddr(const sockaddr_un* address) {
  return reinterpret_cast<const sockaddr*>(address);
}

}  // namespace tg
