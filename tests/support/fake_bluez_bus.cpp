#include "support/fake_bluez_bus.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <fstream>
#include <stdexcept>

namespace tg::support {
namespace {

constexpr const char* kConfiguration =
    R"(<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>@ADDRESS@</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/><allow own="*"/><allow send_destination="*" eavesdrop="true"/><allow receive_sender="*"/>
  </policy>
</busconfig>
)";

std::filesystem::path make_directory() {
  std::string pattern = (std::filesystem::temp_directory_path() / "touchpoint-bus-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary directory");
  return pattern;
}

void write_configuration(const std::filesystem::path& file, const std::string& address) {
  std::string text = kConfiguration;
  const std::string placeholder = "@ADDRESS@";
  text.replace(text.find(placeholder), placeholder.size(), address);
  std::ofstream(file) << text;
}

}  // namespace

PrivateBus::PrivateBus() : directory_(make_directory()), address_("unix:path=" + (directory_ / "bus").string()) {
  write_configuration(directory_ / "bus.conf", address_);
  start();
}

PrivateBus::~PrivateBus() {
  stop();
  std::filesystem::remove_all(directory_);
}

void PrivateBus::start() {
  std::array<int, 2> ready{};
  if (pipe2(ready.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  const auto config = "--config-file=" + (directory_ / "bus.conf").string();
  daemon_ = fork();
  if (daemon_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);  // a test that dies takes its bus along
    dup2(ready[1], STDOUT_FILENO);
    dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
    execlp("dbus-daemon", "dbus-daemon", config.c_str(), "--nofork", "--nopidfile", "--print-address=1", nullptr);
    _exit(127);
  }
  close(ready[1]);
  char first = 0;
  const bool listens = read(ready[0], &first, 1) == 1;  // it prints its address once it listens
  close(ready[0]);
  if (!listens) throw std::runtime_error("dbus-daemon did not start");
}

void PrivateBus::stop() {
  if (daemon_ <= 0) return;
  kill(daemon_, SIGTERM);
  waitpid(daemon_, nullptr, 0);
  daemon_ = -1;
}

void PrivateBus::start_again() {
  stop();
  std::filesystem::remove(directory_ / "bus");
  start();
}

}  // namespace tg::support
