#include "cli/support_bundle.hpp"

#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <regex>
#include <sstream>
#include <vector>

#include "adapters/archive_file.hpp"
#include "adapters/command_output.hpp"
#include "cli/ask.hpp"
#include "cli/doctor.hpp"
#include "codec/config.hpp"
#include "codec/redact.hpp"

namespace tg {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostOfOne = std::size_t{4} << 20;  // bytes
constexpr Millis kPatience{20'000};

/// What the daemon says of itself: counts and states, of which none is a person's.
struct Asked {
  const char* name;
  const char* cmd;
};
constexpr std::array kAsked{Asked{"status.json", "status"},     Asked{"outbox.json", "outbox"},
                            Asked{"database.json", "database"}, Asked{"metrics.json", "metrics"},
                            Asked{"audit.json", "audit"},       Asked{"match.json", "match"}};

/// What the system says.
struct Told {
  const char* name;
  std::vector<std::string> command;
};
std::vector<Told> told_by_the_system() {
  const auto log = [](const char* unit, const char* lines) {
    return std::vector<std::string>{"journalctl", "--no-pager", "--output=short-iso", std::string("--lines=") + lines,
                                    std::string("--unit=") + unit};
  };
  return {{"system/log.txt", log("touchpointd", "2000")},
          {"system/broker_log.txt", log("mosquitto", "500")},
          {"system/bluetooth_log.txt", log("bluetooth", "500")},
          {"system/service.txt", {"systemctl", "--no-pager", "show", "touchpointd"}},
          {"system/sandbox.txt", {"systemd-analyze", "--no-pager", "security", "touchpointd"}},
          {"system/packages.txt",
           {"dpkg-query", "--show", "touchpoint-gateway", "mosquitto", "bluez", "systemd", "libpaho*", "libsqlite3-0"}},
          {"system/adapters.txt", {"ls", "-l", "/sys/class/bluetooth"}},
          {"system/clock.txt", {"timedatectl", "--no-pager", "status"}},
          {"system/disks.txt", {"df", "--human-readable", "--output"}}};
}

constexpr std::array kRead{"/etc/os-release", "/proc/version", "/proc/uptime", "/proc/loadavg", "/proc/meminfo"};

std::string ask_daemon(const std::string& socket, const char* cmd) {
  const auto answer = ask(socket, request_line(cmd));
  return answer ? answer_line(*answer) : "not to be had: " + answer.error().message;
}

std::string read_text(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return in ? std::string{std::istreambuf_iterator<char>(in), {}} : "not to be had";
}

/// Names and sizes, never a content.
std::string list_files(const std::string& folder) {
  std::ostringstream out;
  std::error_code error;
  for (fs::recursive_directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    std::error_code ignored;
    const auto size = at->is_regular_file(ignored) ? at->file_size(ignored) : 0;
    out << size << '\t' << fs::relative(at->path(), folder, ignored).string() << '\n';
  }
  if (error) out << "not to be had: " << error.message() << '\n';
  return out.str();
}

std::string doctors_words(const std::string& socket, const std::string& state_dir) {
  std::ostringstream words;
  static_cast<void>(run_doctor({socket, state_dir, false}, words));
  return words.str();
}

class Bundle {
 public:
  Bundle(ArchiveFile archive, std::string folder) : archive_(std::move(archive)), folder_(std::move(folder)) {}

  [[nodiscard]] Result<void> add(const std::string& name, std::string_view text) {
    return archive_.add(folder_ + '/' + name, without_persons(text));
  }
  [[nodiscard]] Result<void> close() { return archive_.close(); }

 private:
  ArchiveFile archive_;
  std::string folder_;
};

std::string in_lines(const std::vector<ConfigProblem>& problems) {
  std::string lines;
  for (const auto& problem : problems) lines += to_line(problem) + '\n';
  return lines;
}

struct Configuration {
  const char* name;
  std::string text;  ///< shows the path of a secret, never the secret
  std::string state_dir;
};

/// The one in force, else the one in the files, else what is wrong with them.
Configuration configuration_of(const BundleOptions& options) {
  if (const auto answer = ask(options.socket, request_line("configuration")))
    return {"config.json", part(*answer, "configuration").dump(2),
            text_of(part(*answer, "configuration"), "state_dir")};
  const auto config = load_config(options.config);
  if (config) return {"config.json", print_config(*config), config->state_dir};
  return {"config_errors.txt", in_lines(config.error()), Config{}.state_dir};
}

Result<void> add_configuration(Bundle& bundle, const BundleOptions& options) {
  const auto [name, text, state_dir] = configuration_of(options);
  if (auto done = bundle.add(name, text); !done) return done;
  if (auto done = bundle.add("files.txt", list_files(state_dir)); !done) return done;
  return bundle.add("doctor.txt", doctors_words(options.socket, state_dir));
}

Result<void> fill(Bundle& bundle, const BundleOptions& options) {
  if (auto done = add_configuration(bundle, options); !done) return done;
  for (const auto& [name, cmd] : kAsked) {
    if (auto done = bundle.add(name, ask_daemon(options.socket, cmd)); !done) return done;
  }
  for (const auto& [name, command] : told_by_the_system()) {
    if (auto done = bundle.add(name, command_output(command, kPatience, kMostOfOne)); !done) return done;
  }
  for (const char* path : kRead) {
    if (auto done = bundle.add("system" + std::string(path), read_text(path)); !done) return done;
  }
  return bundle.close();
}

}  // namespace

std::string without_persons(std::string_view text) {
  static const std::regex kRadio("[0-9A-Fa-f]{2}(?:([:_-])[0-9A-Fa-f]{2})(?:\\1[0-9A-Fa-f]{2}){4}");
  static const std::regex kMail("[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\\.[A-Za-z0-9-]+)*\\.[A-Za-z]{2,}");
  std::string out;
  std::istringstream lines{redact_card_numbers(text)};
  for (std::string line; std::getline(lines, line);) {  // by line: the library's regex recurses
    line = std::regex_replace(line, kRadio, "(radio address)");
    out += std::regex_replace(line, kMail, "(mail address)") + '\n';
  }
  return out;
}

ExitCode run_support_bundle(const BundleOptions& options, std::ostream& out, std::ostream& err) {
  auto archive = ArchiveFile::create(options.file);
  if (!archive) {
    err << archive.error().message << '\n';
    return kFailed;
  }
  Bundle bundle(std::move(*archive), "touchpoint");
  if (const auto done = fill(bundle, options); !done) {
    err << done.error().message << '\n';
    ::unlink(options.file.c_str());
    return kFailed;
  }
  out << options.file << " holds status, configuration, system logs and versions; no personal data, no secrets.\n";
  return kDone;
}

}  // namespace tg
