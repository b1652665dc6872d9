#include "cli/watch.hpp"

#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "cli/ask.hpp"
#include "cli/views.hpp"

namespace tg {
namespace {

constexpr int kRedrawMs = 1000;
constexpr char kCtrlC = 3;
constexpr char kCtrlD = 4;

/// Keys come at once and unseen, on a screen of its own; undone on the way out. Ctrl-C is a key here, not a signal, so
/// that no way out skips the undoing.
class KeyScreen {
 public:
  explicit KeyScreen(std::ostream& out) : out_(out) {
    ::tcgetattr(STDIN_FILENO, &before_);
    termios keys = before_;
    keys.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO | ISIG);
    ::tcsetattr(STDIN_FILENO, TCSANOW, &keys);
    out_ << "\x1b[?1049h\x1b[?25l";
  }
  ~KeyScreen() {
    out_ << "\x1b[?25h\x1b[?1049l" << std::flush;
    ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
  }
  KeyScreen(const KeyScreen&) = delete;
  KeyScreen& operator=(const KeyScreen&) = delete;

  void draw(const std::string& text) { out_ << "\x1b[H\x1b[J" << text << std::flush; }

  /// False when the user wants to leave or the terminal is gone.
  [[nodiscard]] bool wait() {
    pollfd keyboard{STDIN_FILENO, POLLIN, 0};
    if (::poll(&keyboard, 1, kRedrawMs) <= 0) return true;
    char key = 0;
    if (::read(STDIN_FILENO, &key, 1) <= 0) return false;
    return key != 'q' && key != kCtrlC && key != kCtrlD;
  }

 private:
  std::ostream& out_;
  termios before_{};
};

WallTime wall_now() {
  return WallTime(std::chrono::time_point_cast<Millis>(std::chrono::system_clock::now()).time_since_epoch());
}

Result<std::string, AskError> one_screen(const std::string& socket) {
  const auto status = ask(socket, request_line("status"));
  if (!status) return Unexpected<AskError>{status.error()};
  const auto visits = ask(socket, request_line("visits"));
  if (!visits) return Unexpected<AskError>{visits.error()};
  return view_status(*status, wall_now()) + "\n" + view_visits(*visits, wall_now()) + "\nq leaves\n";
}

}  // namespace

ExitCode run_watch(const std::string& socket, std::ostream& out, std::ostream& err) {
  if (::isatty(STDIN_FILENO) == 0 || ::isatty(STDOUT_FILENO) == 0) {
    err << "watch needs a terminal; a program reads: touchpointctl status --json\n";
    return kUsage;
  }
  auto screen_text = one_screen(socket);
  if (!screen_text) {
    err << screen_text.error().message << "\n";
    return screen_text.error().exit_code;
  }
  KeyScreen screen(out);
  do {
    screen.draw(screen_text ? *screen_text : screen_text.error().message + "\n\nq leaves\n");
    if (!screen.wait()) return kDone;
    screen_text = one_screen(socket);
  } while (out.good());
  return kFailed;
}

}  // namespace tg
