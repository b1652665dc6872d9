#include "adapters/pos_folder.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <utility>

#include "base/crypto.hpp"
#include "base/log.hpp"

namespace tg {

/// Where the loop leaves answers for the lane; outlives both.
struct PosFolderMailbox {
  std::mutex mutex;
  std::uint64_t expected = 0;  ///< answers to anything older come too late
  std::optional<std::vector<TicketAnswer>> answers;
};

namespace {

namespace fs = std::filesystem;

constexpr Millis kLook{500};
constexpr Millis kLookForAnswers{10};
constexpr std::chrono::seconds kUnchanged{2};
constexpr std::chrono::seconds kUnfinished{10};  // what cannot be read so far may still be on its way
constexpr std::chrono::seconds kNoAnswer{60};
constexpr std::chrono::minutes kCleanUp{1};
constexpr std::uintmax_t kMaxBytes = 16U << 20U;
constexpr std::size_t kTicketsAtOnce = 50;
constexpr std::size_t kMostReasons = 100;
constexpr auto kUnfinishedNames = std::to_array<std::string_view>({".tmp", ".part", ".filepart", ".reason", ".lock"});

PosBody body_of(const fs::path& file, std::string_view bytes) {
  const auto extension = file.extension();
  if (extension == ".ndjson" || extension == ".jsonl") return PosBody::json_lines;
  return guess_body(bytes);
}

bool may_be_a_ticket(const fs::directory_entry& entry) {
  std::error_code error;
  if (entry.symlink_status(error).type() != fs::file_type::regular) return false;
  const std::string name = entry.path().filename().string();
  return !name.starts_with('.') && !name.ends_with('~') &&
         std::ranges::none_of(kUnfinishedNames, [&](auto end) { return name.ends_with(end); });
}

/// `name`, or `name.2` and so on where that is taken.
fs::path free_name(const fs::path& folder, const fs::path& name) {
  fs::path path = folder / name;
  std::error_code error;
  for (int n = 2; fs::exists(path, error); ++n) path = folder / (name.string() + '.' + std::to_string(n));
  return path;
}

/// When it came here: a rename sets it, and leaves the time of writing.
std::chrono::system_clock::time_point arrived(const fs::path& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) return std::chrono::system_clock::now();
  return std::chrono::system_clock::from_time_t(status.st_ctim.tv_sec);
}

}  // namespace

PosFolder::PosFolder(PosFolderSettings settings, std::shared_ptr<const PosReader> reader, PosDesk& desk)
    : settings_(std::move(settings)),
      reader_(std::move(reader)),
      desk_(desk),
      mailbox_(std::make_shared<PosFolderMailbox>()),
      lane_([this] { return turn(); }) {}

PosFolder::~PosFolder() { stop(); }

void PosFolder::start() { lane_.start("pos-folder"); }
void PosFolder::stop() { lane_.stop(); }

/// One file at a time, some tickets of it at a time: the core's queues stay short.
Millis PosFolder::turn() {
  if (Clock::now() - cleaned_ > std::min<Clock::duration>(kCleanUp, settings_.keep)) clean_up();
  if (asked_) {
    std::optional<std::vector<TicketAnswer>> answers;
    {
      const std::scoped_lock lock(mailbox_->mutex);
      answers.swap(mailbox_->answers);
    }
    if (answers) {
      answered(*answers);
    } else if (Clock::now() - *asked_ > kNoAnswer) {
      asked_.reset();  // handed in once more: what was stored is a duplicate
    } else {
      return kLookForAnswers;
    }
  }
  if (!job_) {
    look();
    if (const auto file = whole_file()) take(*file);
  }
  if (!job_) return kLook;
  hand_in();
  return asked_ ? kLookForAnswers : kLook;
}

void PosFolder::look() {
  for (auto& [name, seen] : seen_) seen.listed = false;
  std::error_code error;
  fs::create_directories(settings_.directory, error);
  for (fs::directory_iterator at(settings_.directory, error), end; !error && at != end; at.increment(error)) {
    if (may_be_a_ticket(*at)) watch(at->path());
  }
  std::erase_if(seen_, [](const auto& entry) { return !entry.second.listed; });
  complain_once(error ? "the folder cannot be listed: " + error.message() : "");
}

void PosFolder::watch(const Path& file) {
  std::error_code error;
  const auto bytes = fs::file_size(file, error);
  const auto written = error ? fs::file_time_type{} : fs::last_write_time(file, error);
  if (error) return;  // gone since it was listed
  Seen& seen = seen_[file.filename().string()];
  if (seen.bytes != bytes || seen.written != written || seen.since == Clock::time_point{}) {
    seen = {bytes, written, Clock::now(), {}, true};
  }
  seen.listed = true;
}

std::optional<PosFolder::Path> PosFolder::whole_file() {
  const auto now = Clock::now();
  for (const auto& [name, seen] : seen_) {
    if (now - seen.since >= kUnchanged && now - seen.tried >= kUnchanged) return Path(settings_.directory) / name;
  }
  return std::nullopt;
}

void PosFolder::take(const Path& file) {
  Seen& seen = seen_.at(file.filename().string());
  if (seen.bytes > kMaxBytes) return put_away(file, "bad", "longer than 16 MiB");
  std::ifstream stream(file, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(stream), {}};
  if (!stream.is_open() || stream.bad()) return put_away(file, "bad", "cannot be read");
  auto tickets = reader_->read(body_of(file, bytes), bytes, {});
  seen.tried = Clock::now();
  const bool whole = tickets && tickets->problems.empty();
  if (!whole && seen.tried - seen.since < kUnfinished) return;
  if (tickets) {
    job_ = Job{file, std::move(*tickets), 0, {}};
    for (const auto& problem : job_->batch.problems) complain(in_batch(problem));
    if (!whole) desk_.refused("", job_->reasons.front());
    return;
  }
  log(LogLevel::warning, "pos",
      "refused a file: " + tickets.error().message + "; sha256 " + hex(sha256(as_bytes(bytes))));
  desk_.refused("", tickets.error().message);
  put_away(file, "bad", tickets.error().message);
}

void PosFolder::hand_in() {
  if (!desk_.refusal_cause().empty()) return;  // the next turn tries again
  const auto from = job_->batch.tickets.begin() + static_cast<std::ptrdiff_t>(job_->next);
  const std::size_t count = std::min(kTicketsAtOnce, job_->batch.tickets.size() - job_->next);
  std::uint64_t mine = 0;
  {
    const std::scoped_lock lock(mailbox_->mutex);
    mine = ++mailbox_->expected;
    mailbox_->answers.reset();
  }
  const auto done = [box = mailbox_, mine](std::vector<TicketAnswer> answers) {
    const std::scoped_lock lock(box->mutex);
    if (box->expected == mine) box->answers = std::move(answers);
  };
  if (desk_.submit({from, from + static_cast<std::ptrdiff_t>(count)}, done)) asked_ = Clock::now();
}

void PosFolder::answered(const std::vector<TicketAnswer>& answers) {
  asked_.reset();
  for (const auto& answer : answers) {
    ++job_->next;
    if (answer.verdict != TicketVerdict::quarantined) continue;
    complain(in_batch({place_of(job_->batch, job_->next - 1), answer.reason}));
  }
  if (job_->next >= job_->batch.tickets.size()) finish();
}

void PosFolder::complain(const std::string& reason) {
  if (job_->reasons.size() < kMostReasons) job_->reasons.push_back(reason);
}

void PosFolder::finish() {
  std::string reasons;
  for (const auto& reason : job_->reasons) reasons += reason + '\n';
  const Path file = std::exchange(job_, std::nullopt)->file;
  put_away(file, reasons.empty() ? "done" : "bad", reasons);
}

void PosFolder::put_away(const Path& file, const char* folder, const std::string& reason) {
  const Path to = Path(settings_.directory) / folder;
  std::error_code error;
  fs::create_directories(to, error);
  const Path target = free_name(to, file.filename());
  if (!reason.empty()) std::ofstream(target.string() + ".reason") << reason << (reason.ends_with('\n') ? "" : "\n");
  fs::rename(file, target, error);
  seen_.erase(file.filename().string());
  complain_once(error ? std::string("a file cannot be moved to ") + folder + ": " + error.message() : "");
}

void PosFolder::clean_up() {
  cleaned_ = Clock::now();
  const auto oldest = std::chrono::system_clock::now() - settings_.keep;
  for (const char* folder : {"done", "bad"}) {
    std::error_code error;
    for (fs::directory_iterator at(Path(settings_.directory) / folder, error), end; !error && at != end;
         at.increment(error)) {
      std::error_code ignored;
      if (at->symlink_status(ignored).type() == fs::file_type::regular && arrived(at->path()) < oldest)
        fs::remove(at->path(), ignored);
    }
  }
}

/// The same trouble every half second is one line of the log.
void PosFolder::complain_once(const std::string& what) {
  if (what == complained_) return;
  complained_ = what;
  if (!what.empty()) log(LogLevel::error, "pos", what);
}

}  // namespace tg
