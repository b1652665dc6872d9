#include "adapters/command_output.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>

namespace tg {
namespace {

/// Closes itself.
class Pipe {
 public:
  Pipe() {
    if (::pipe2(ends_.data(), O_CLOEXEC) != 0) ends_ = {-1, -1};
  }
  ~Pipe() {
    close(0);
    close(1);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  [[nodiscard]] int end(std::size_t which) const { return ends_.at(which); }
  void close(std::size_t which) {
    if (ends_.at(which) >= 0) ::close(ends_.at(which));
    ends_.at(which) = -1;
  }

 private:
  std::array<int, 2> ends_{-1, -1};
};

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> out;
  out.reserve(words.size() + 1);
  for (auto& word : words) out.push_back(word.data());
  out.push_back(nullptr);
  return out;
}

/// The process id, or a negative errno.
pid_t start(std::vector<std::string> arguments, int output) {
  std::vector<std::string> surroundings{"LC_ALL=C"};
  for (char** name = environ; *name != nullptr; ++name) {
    if (!std::string_view(*name).starts_with("LC_ALL=")) surroundings.emplace_back(*name);
  }
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
  pid_t child = 0;
  const int error = ::posix_spawnp(&child, arguments.front().c_str(), &actions, nullptr, pointers(arguments).data(),
                                   pointers(surroundings).data());
  ::posix_spawn_file_actions_destroy(&actions);
  return error == 0 ? child : -error;
}

/// Until the other side closes, or the time is over.
std::string read_all(int from, Millis at_most, std::size_t most) {
  const auto end = std::chrono::steady_clock::now() + at_most;
  std::string text;
  std::array<char, 65'536> chunk{};
  for (;;) {
    const auto left = std::chrono::ceil<Millis>(end - std::chrono::steady_clock::now());
    pollfd wait{from, POLLIN, 0};
    if (left <= Millis{0} || ::poll(&wait, 1, static_cast<int>(left.count())) == 0) return text + "\n(cut off)\n";
    const ssize_t got = ::read(from, chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return text;
    text.append(chunk.data(), static_cast<std::size_t>(got));
    if (text.size() > 2 * most) text.erase(0, text.size() - most);
  }
}

}  // namespace

std::string command_output(const std::vector<std::string>& arguments, Millis at_most, std::size_t most) {
  Pipe pipe;
  const pid_t child = pipe.end(1) < 0 ? -errno : start(arguments, pipe.end(1));
  if (child < 0) return "not to be had: " + std::string(std::strerror(-child)) + '\n';
  pipe.close(1);
  std::string text = read_all(pipe.end(0), at_most, most);
  ::kill(child, SIGKILL);  // it has ended, or it is too late
  while (::waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
  return text.size() > most ? text.substr(text.size() - most) : text;
}

}  // namespace tg
