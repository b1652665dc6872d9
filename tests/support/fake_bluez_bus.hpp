// A private message bus for one test: a dbus-daemon in a directory of its own, on which anybody may own any name.
// Never touches the machine's buses; ends its daemon, by its process id, at destruction.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>

namespace tg::support {

class PrivateBus {
 public:
  PrivateBus();  ///< returns when the bus answers; throws std::runtime_error if there is no dbus-daemon
  ~PrivateBus();
  PrivateBus(const PrivateBus&) = delete;
  PrivateBus& operator=(const PrivateBus&) = delete;

  [[nodiscard]] const std::string& address() const { return address_; }
  [[nodiscard]] pid_t pid() const { return daemon_; }  ///< of dbus-daemon
  void stop();
  void start_again();  ///< at the same address

 private:
  void start();

  std::filesystem::path directory_;
  std::string address_;
  pid_t daemon_ = -1;
};

}  // namespace tg::support
