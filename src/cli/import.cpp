#include "cli/import.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include <vector>

#include "adapters/admin_client.hpp"
#include "cli/ask.hpp"
#include "cli/layout.hpp"

namespace tg {
namespace {

// A part is in the staging table within milliseconds; the last one waits for the switch and the new identifier tables.
constexpr std::chrono::seconds kMaxWaitForPart{120};
constexpr std::chrono::seconds kMaxWaitForLast{600};
constexpr std::size_t kPartsUnderWay = 4;  // one is read, one is written, and neither lane waits for the other

struct SourceFile {
  std::string name;  ///< for messages
  std::ifstream stream;
};

Unexpected<AskError> failed(std::string why) { return {{kFailed, std::move(why)}}; }

Result<SourceFile, AskError> open_source(const std::string& path) {
  const std::string real = path == "-" ? "/dev/stdin" : path;
  SourceFile file{path == "-" ? "standard input" : path, {}};
  struct stat info {};
  if (::stat(real.c_str(), &info) != 0) return failed(file.name + ": " + std::strerror(errno));
  if (!S_ISREG(info.st_mode))
    return failed(file.name + ": not a regular file; it is read twice, so a pipe cannot be used");
  file.stream.open(real, std::ios::binary);
  if (!file.stream) return failed(file.name + ": " + std::strerror(errno));
  return file;
}

std::string new_snapshot_id() {
  std::random_device random;
  Sha256 seed{};
  std::generate(seed.begin(), seed.end(), [&] { return static_cast<std::uint8_t>(random()); });
  const auto now = std::chrono::time_point_cast<Millis>(std::chrono::system_clock::now());
  return "import-" + uuid_v7(WallTime(now.time_since_epoch()), seed);
}

void print_errors(const SourceFile& file, const ImportPlan& plan, std::ostream& err) {
  for (const auto& error : plan.errors) err << file.name << ": " << error << "\n";
  if (plan.error_count > plan.errors.size())
    err << file.name << ": and "
        << count_of(static_cast<std::int64_t>(plan.error_count - plan.errors.size()), "more error") << "\n";
  err << "Nothing was sent; the data in force stays.\n";
}

/// The second pass: the same file once more, part by part, each compared with what the first pass saw. Over some
/// connections in turn: the daemon reads parts while it writes others.
class Sender {
 public:
  using Doors = std::vector<AdminClient>;
  Sender(Doors& daemon, SourceFile& file, const ImportKind& kind, const ImportPlan& plan)
      : daemon_(daemon), file_(file), kind_(kind), plan_(plan), snapshot_(new_snapshot_id()) {
    file_.stream.clear();
    file_.stream.seekg(0);
  }

  /// Calls `progress(rows sent so far)` after each part; returns the acknowledgement that all is in force.
  template <class Progress>
  Result<Answer, AskError> send(Progress&& progress) {
    const std::size_t parts = std::max<std::size_t>(plan_.parts.size(), 1);  // an empty file was asked for
    std::size_t sent = 0;
    for (std::size_t part = 1; part <= parts; ++part) {
      const auto rows = plan_.parts.empty() ? Result<std::string, AskError>(std::string())
                                            : read_rows(plan_.parts[part - 1], part == parts);
      if (!rows) return Unexpected<AskError>{rows.error()};
      if (part > daemon_.size())
        if (auto heard = hear_part(part - daemon_.size(), parts); !heard) return Unexpected<AskError>{heard.error()};
      const auto request = snapshot_request(kind_, snapshot_, part, parts, *rows);
      if (auto told = tell(door(part), request, kMaxWaitForPart); !told) return Unexpected<AskError>{told.error()};
      if (!plan_.parts.empty()) progress(sent += plan_.parts[part - 1].rows);
    }
    for (std::size_t part = parts - std::min(parts, daemon_.size()) + 1; part <= parts; ++part)
      if (auto heard = hear_part(part, parts); !heard) return Unexpected<AskError>{heard.error()};
    if (applied_.is_null()) return failed("the daemon took every part and put none into force");
    return std::move(applied_);
  }

 private:
  Result<std::string, AskError> read_rows(const FilePart& part, bool last) {
    bytes_.resize(part.bytes);
    file_.stream.read(bytes_.data(), static_cast<std::streamsize>(part.bytes));
    const bool whole = static_cast<std::size_t>(file_.stream.gcount()) == part.bytes;
    const bool longer = last && file_.stream.peek() != std::ifstream::traits_type::eof();
    if (!whole || longer || sha256(as_bytes(bytes_)) != part.digest)
      return failed(file_.name + ": the file changed while it was imported; the data in force stays");
    return joined_rows(bytes_);
  }

  AdminClient& door(std::size_t part) { return daemon_[part % daemon_.size()]; }

  Result<void, AskError> hear_part(std::size_t part, std::size_t parts) {
    const bool may_complete = part + daemon_.size() > parts;
    auto ack = hear(door(part), may_complete ? kMaxWaitForLast : kMaxWaitForPart);
    if (!ack) return Unexpected<AskError>{ack.error()};
    const std::string status = text_of(*ack, "status");
    if (status == "applied") applied_ = std::move(*ack);
    if (status == "applied" || status == "accepted") return {};
    return failed("the daemon answered part " + std::to_string(part) + " of " + std::to_string(parts) + " with " +
                  printable(status + ": " + text_of(*ack, "reason", "no reason given")) + "; the data in force stays");
  }

  Doors& daemon_;
  Answer applied_;
  SourceFile& file_;
  const ImportKind& kind_;
  const ImportPlan& plan_;
  const std::string snapshot_;
  std::string bytes_;
};

Result<Answer, AskError> send_file(const ImportOptions& options, SourceFile& file, const ImportKind& kind,
                                   const ImportPlan& plan, std::ostream& err) {
  Sender::Doors daemon;
  while (daemon.size() < kPartsUnderWay) {
    auto door = reach(options.socket);
    if (!door) return Unexpected<AskError>{door.error()};
    daemon.push_back(std::move(*door));
  }
  const auto all = count_of(static_cast<std::int64_t>(plan.rows), kind.noun);
  auto answer = Sender(daemon, file, kind, plan).send([&](std::size_t rows) {
    if (options.show_progress)
      err << "\r" << count_text(static_cast<std::int64_t>(rows)) << " of " << all << std::flush;
  });
  if (options.show_progress) err << "\r\x1b[K" << std::flush;
  return answer;
}

ExitCode report(const AskError& error, std::ostream& err) {
  err << error.message << "\n";
  return error.exit_code;
}

}  // namespace

std::string snapshot_request(const ImportKind& kind, const std::string& snapshot, std::size_t part, std::size_t parts,
                             const std::string& rows) {
  std::string line;
  line.reserve(rows.size() + 300);
  line.append(R"({"cmd":"command","name":")").append(kind.command);
  line.append(R"(","payload":{"command_id":")").append(snapshot).append("-").append(std::to_string(part));
  line.append(R"(","snapshot":")").append(snapshot).append(R"(","revision":0,"part":)").append(std::to_string(part));
  line.append(R"(,"parts":)").append(std::to_string(parts)).append(",\"").append(kind.rows);
  line.append("\":[").append(rows).append("]}}");
  return line;
}

ExitCode run_import(const ImportOptions& options, std::ostream& out, std::ostream& err) {
  const ImportKind* kind = import_kind(options.kind);
  if (kind == nullptr) return kUsage;
  auto file = open_source(options.file);
  if (!file) return report(file.error(), err);

  const ImportPlan plan = plan_import(file->stream, *kind);
  if (file->stream.bad()) return report({kFailed, file->name + ": cannot be read to its end"}, err);
  if (plan.error_count > 0) {
    print_errors(*file, plan, err);
    return kFailed;
  }
  if (plan.rows == 0 && !options.allow_empty)
    return report({kFailed, file->name + ": no rows; --allow-empty removes everything that is in force"}, err);

  const auto ack = send_file(options, *file, *kind, plan, err);
  if (!ack) return report(ack.error(), err);
  if (options.json) {
    out << answer_line(*ack) << "\n";
  } else {
    out << count_of(static_cast<std::int64_t>(plan.rows), kind->noun) << " in force, revision "
        << text_of(*ack, "revision") << ".\n";
  }
  return kDone;
}

}  // namespace tg
