// touchpointctl: the operator's command line (contract §7; man page in man/touchpointctl.1).
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iostream>

#include "cli/audit.hpp"
#include "cli/calibrate.hpp"
#include "cli/doctor.hpp"
#include "cli/import.hpp"
#include "cli/layout.hpp"
#include "cli/match_view.hpp"
#include "cli/question.hpp"
#include "cli/replay.hpp"
#include "cli/support_bundle.hpp"
#include "cli/ticket_check.hpp"
#include "cli/watch.hpp"
#include "core/model/calendar.hpp"

namespace tg {
namespace {

constexpr auto kExitCodes = "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 the daemon cannot be reached.";
constexpr auto kDefaultSocket = "/run/touchpoint/admin.sock";
constexpr auto kDefaultConfig = "/etc/touchpoint/gateway.json";
constexpr auto kDefaultStateDir = "/var/lib/touchpoint";

/// Everything the command line can hold; each command reads its own.
struct Arguments {
  std::string socket = kDefaultSocket;
  bool json = false;
  std::string argument;  ///< of a question
  std::string config, journal;
  ImportOptions import;
  TicketCheckOptions check;
  std::string state_dir = kDefaultStateDir;
};

void add_questions(CLI::App& app, Arguments& args, int& exit_code) {
  for (const Question& question : kQuestions) {
    auto* command = app.add_subcommand(std::string(question.name), std::string(question.does));
    if (!question.argument.empty())
      command->add_option(std::string(question.placeholder), args.argument, std::string(question.argument_does))
          ->required();
    command->callback([&] {
      exit_code = run_question(question, {args.socket, args.argument, args.json}, std::cout, std::cerr);
    });
  }
}

void add_kpi(CLI::App& app, Arguments& args, int& exit_code) {
  const Question& question = kKpiQuestion;
  auto* kpi = app.add_subcommand(std::string(question.name), std::string(question.does));
  kpi->add_option(std::string(question.placeholder), args.argument, std::string(question.argument_does))
      ->type_name("DAY")
      ->check([](const std::string& text) { return day_from(text) ? "" : "a day such as 2026-11-21 is allowed"; });
  kpi->callback([&] {
    exit_code = run_question(question, {args.socket, args.argument, args.json}, std::cout, std::cerr);
  });
}

void add_import(CLI::App& app, Arguments& args, int& exit_code) {
  auto* import =
      app.add_subcommand("import", "Replace a whole data set by the lines of an NDJSON file, all or nothing");
  import->add_option("KIND", args.import.kind, "What the file holds")
      ->required()
      ->check(CLI::IsMember(import_kind_names()));
  import->add_option("FILE", args.import.file, "The file; - is standard input, not a pipe, since it is read twice")
      ->required();
  import->add_flag("--allow-empty", args.import.allow_empty, "Let a file without rows remove everything");
  import->callback([&args, &exit_code] {
    args.import.socket = args.socket;
    args.import.json = args.json;
    args.import.show_progress = ::isatty(STDERR_FILENO) == 1;
    exit_code = run_import(args.import, std::cout, std::cerr);
  });
}  // namespace

void add_doctor(CLI::App& app, Arguments& args, int& exit_code) {
  auto* doctor = app.add_subcommand("doctor", "Check daemon, radio, clock, brokers, database and disk, with remedies");
  doctor->add_option("--state-dir", args.state_dir, "The state_dir of the configuration")->capture_default_str();
  doctor->callback([&] { exit_code = run_doctor({args.socket, args.state_dir, args.json}, std::cout); });
}

void add_support_bundle(CLI::App& app, Arguments& args, int& exit_code) {
  auto* bundle = app.add_subcommand("support-bundle", "What support needs to help, in one file without personal data");
  args.config = kDefaultConfig;
  bundle->add_option("--config", args.config, "The configuration file, for when the daemon does not answer")
      ->capture_default_str();
  bundle->add_option("FILE", args.argument, "A new file: .tar.gz, .tar.xz or .zip")->required();
  bundle->callback([&] {
    exit_code = run_support_bundle({args.socket, args.config, args.argument}, std::cout, std::cerr);
  });
}

void add_watch(CLI::App& app, Arguments& args, int& exit_code) {
  auto* watch = app.add_subcommand("watch", "Status and visits, drawn anew every second; q leaves");
  watch->callback([&] {
    if (args.json) throw CLI::ValidationError("watch", "has no --json; status and visits do");
    exit_code = run_watch(args.socket, std::cout, std::cerr);
  });
}

void add_replay(CLI::App& app, Arguments& args, int& exit_code) {
  auto* replay = app.add_subcommand("replay", "Feed a recorded journal through the same decisions; needs no daemon");
  replay->add_option("--config", args.config, "The gateway's configuration file")->required();
  replay->add_option("JOURNAL", args.journal, "What to replay")->required();
  replay->callback([&] { exit_code = run_replay(args.config, args.journal, std::cout, std::cerr); });
}

void add_audit(CLI::App& app, Arguments& args, int& exit_code) {
  auto* audit = app.add_subcommand("audit", "The log of what was done to members' data");
  audit->require_subcommand(1);
  audit->add_subcommand("verify", "Check that nobody changed it: every entry against its seal")->callback([&] {
    exit_code = run_audit_verify(args.socket, args.json, std::cout, std::cerr);
  });
}

void add_ticket(CLI::App& app, Arguments& args, int& exit_code) {
  auto* ticket = app.add_subcommand("ticket", "Files of tills");
  ticket->require_subcommand(1);
  auto* check =
      ticket->add_subcommand("check", "Show how a file is understood, value by value; stores nothing, needs no daemon");
  TicketCheckOptions& o = args.check;
  check->add_option("--dialect", o.dialect, "A dialect, or the file of a profile; else it is found out");
  check->add_option("--dialect-dir", o.dialect_dir, "Profiles beside the built-in ones, as pos.dialect_dir");
  check->add_option("--store", o.store, "The store's id")->capture_default_str();
  check->add_option("--timezone", o.timezone, "Of times without an offset, e.g. Europe/Paris")->capture_default_str();
  check->add_option("--workstation", o.workstation, "Where the file names no till");
  check->add_option("FILE", o.file, "What the till wrote")->required();
  check->callback([&args, &exit_code] {
    args.check.json = args.json;
    exit_code = run_ticket_check(args.check, std::cout, std::cerr);
  });
}

void add_match(CLI::App& app, Arguments& args, int& exit_code) {
  auto* match = app.add_subcommand("match", "Whose purchase it was");
  match->require_subcommand(1);
  auto* report =
      match->add_subcommand("calibrate", "How right the matcher is where the loyalty number tells the truth");
  report->callback([&] { exit_code = run_match_calibrate(args.socket, args.json, std::cout, std::cerr); });
}

void add_calibrate(CLI::App& app, Arguments& args, int& exit_code) {
  auto* calibrate =
      app.add_subcommand("calibrate", "Receiver offsets from a recorded walk, as a configuration drop-in; no daemon");
  calibrate->add_option("--config", args.config, "The gateway's configuration file")->required();
  calibrate->add_option("JOURNAL", args.journal, "The journal of somebody who walked through all zones")->required();
  calibrate->callback([&] { exit_code = run_calibrate(args.config, args.journal, std::cout, std::cerr); });
}

int run(int argc, char** argv) {
  Arguments args;
  int exit_code = kDone;
  CLI::App app{"Looks into and operates a Touchpoint Gateway.", "touchpointctl"};
  app.footer(kExitCodes);
  app.set_version_flag("--version", "touchpointctl " TOUCHPOINT_VERSION);
  app.add_option("--socket", args.socket, "The daemon's admin socket")->type_name("PATH")->capture_default_str();
  app.add_flag("--json", args.json, "Print JSON instead of text");
  app.fallthrough();  // --socket and --json may stand before or after the command
  app.require_subcommand(1);
  add_questions(app, args, exit_code);
  add_kpi(app, args, exit_code);
  add_doctor(app, args, exit_code);
  add_support_bundle(app, args, exit_code);
  add_watch(app, args, exit_code);
  add_import(app, args, exit_code);
  add_audit(app, args, exit_code);
  add_replay(app, args, exit_code);
  add_calibrate(app, args, exit_code);
  add_ticket(app, args, exit_code);
  add_match(app, args, exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const auto unknown = app.remaining();
    if (error.get_name() == "RequiredError" && !unknown.empty()) {
      std::cerr << "Unknown command " << printable(unknown.front()) << "; touchpointctl --help lists them.\n";
      return kUsage;
    }
    return app.exit(error) == 0 ? kDone : kUsage;  // --help and --version come this way, too
  }
  const bool printed = std::cout.flush().good();
  if (!printed) std::cerr << "The output could not be written to its end.\n";
  return exit_code == kDone && !printed ? kFailed : exit_code;
}

}  // namespace
}  // namespace tg

int main(int argc, char** argv) { return tg::run(argc, argv); }
