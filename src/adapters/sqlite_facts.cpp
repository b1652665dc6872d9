#include "adapters/sqlite_facts.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <deque>
#include <filesystem>
#include <mutex>
#include <optional>
#include <random>
#include <system_error>
#include <utility>
#include <variant>

#include "adapters/lane.hpp"
#include "adapters/sequence_mark.hpp"
#include "adapters/sqlite_aside.hpp"
#include "adapters/sqlite_fact_reads.hpp"
#include "adapters/sqlite_fact_rows.hpp"
#include "adapters/sqlite_fact_tickets.hpp"
#include "adapters/sqlite_mirror.hpp"
#include "adapters/sqlite_recovery.hpp"
#include "adapters/sqlite_schema.hpp"
#include "base/bounded_queue.hpp"
#include "base/log.hpp"

namespace tg {
namespace {

constexpr std::size_t kGroupOps = 128;     // a group commit: what waits, up to this
constexpr std::size_t kQueueLimit = 4096;  // jobs; far above hard_limit: reaching it means that the lane hangs
constexpr Seconds kHardLimitFor{5};
constexpr Millis kLastRetry{1'000};
constexpr Millis kIdle{2'000};
constexpr Millis kBetweenSlices{1};  // not zero: a stop or a batch goes first
constexpr Millis kFoldEvery{1'000};
constexpr Millis kCopyAtStart{500};                     // of the mirror; the rest follows while the shop is served
constexpr Millis kAsideMemory = std::chrono::days{30};  // time for somebody to look at a damaged file

using SteadyTime = std::chrono::steady_clock::time_point;
SteadyTime steady_now() { return std::chrono::steady_clock::now(); }

WallTime wall_now() {
  return WallTime{std::chrono::duration_cast<Millis>(std::chrono::system_clock::now().time_since_epoch())};
}

FactOrigin origin_of(const SqliteFacts::Settings& settings) {
  return {settings.store, settings.source, settings.topic_prefix};
}

struct TicketQuestion {
  effect::LoadTicketFacts request;
  std::function<void(effect::LoadTicketFacts, event::TicketFactsLoaded)> done;
};
struct Inspection {
  std::string kind;
  std::function<void(std::string)> done;
};
using Job = std::variant<effect::Persist, effect::ReadRows, effect::SurveyOutbox, effect::ReviveRows, effect::EraseRows,
                         TicketQuestion, Inspection>;

}  // namespace

class SqliteFacts::Impl {
 public:
  Impl(Settings settings, EventPost post, Db db, MarkFile mark, MirrorKeeper mirror, std::string finding)
      : settings_(std::move(settings)),
        origin_(origin_of(settings_)),
        post_(std::move(post)),
        db_(std::move(db)),
        mark_(std::move(mark)),
        mirror_(std::move(mirror)),
        finding_(std::move(finding)),
        queue_(kQueueLimit, WhenFull::refuse, [this] { lane_.wake(); }),
        lane_([this] { return turn(); }) {}

  // --- the loop's side ---
  void persist(effect::Persist batch) {
    const std::size_t waiting = ++waiting_batches_;
    watch_backlog(waiting);
    submit(std::move(batch));
  }
  void submit(Job job) {
    if (!queue_.post(std::move(job)) && !queue_.closed()) die("facts: the lane does not take its work");
  }
  StoreHealth health() const {
    const std::scoped_lock lock(cause_mutex_);
    return {cause_.empty(), cause_, waiting_batches_.load(), lane_.answering(), mirror_state_, unmirrored_};
  }
  Result<event::Restored> restore() {
    event::Restored restored = read_restored(db_, wall_now());
    if (!db_.ok()) return fail(settings_.path + ": " + db_.error().text);
    std::random_device entropy;
    restored.jitter_seed = (std::uint64_t{entropy()} << 32U) | entropy();
    mark_.reserve(restored.epoch, restored.last_sequence);
    note_numbers(restored.last_sequence);
    return restored;
  }
  const std::string& finding() const { return finding_; }
  void start() {
    tell_mirror();
    lane_.start("facts");
  }
  void stop() {
    queue_.close();
    lane_.wake();
    lane_.stop();
  }

 private:
  // --- the lane's side ---
  Millis turn() {
    for (auto& job : queue_.take_some(kQueueLimit)) waiting_.push_back(std::move(job));
    const bool copying = mirror_.tend();
    tell_mirror();
    if (waiting_.empty()) return copying ? std::min(maintain(), kBetweenSlices) : maintain();
    const auto now = steady_now();
    if (now < retry_at_) {
      answer_questions();
      watch_backlog(waiting_batches_.load());
      return std::chrono::ceil<Millis>(retry_at_ - now);
    }
    if (const DbError error = serve_front()) return stalled(error);
    recovered();
    return Millis{0};
  }

  DbError serve_front() {
    return std::visit(Overload{[this](effect::Persist&) { return commit_group(); },
                               [this](const effect::EraseRows& o) { return finish(erase(o)); },
                               [this](const effect::ReadRows& o) { return finish(read(o)); },
                               [this](const effect::SurveyOutbox& o) { return finish(survey(o)); },
                               [this](const effect::ReviveRows& o) { return finish(revive(o)); },
                               [this](TicketQuestion& o) { return finish(answer(o)); },
                               [this](const Inspection& o) { return finish(answer(o)); }},
                      waiting_.front());
  }
  DbError finish(DbError error) {
    if (!error) waiting_.pop_front();
    return error;
  }
  /// The pending error, and none pending any more.
  DbError take_error() {
    DbError error = db_.error();
    db_.clear_error();
    return error;
  }

  /// As many batches from the front as make a group; at least one.
  std::size_t group_size() const {
    std::size_t batches = 0;
    std::size_t ops = 0;
    for (const auto& job : waiting_) {
      const auto* batch = std::get_if<effect::Persist>(&job);
      if (batch == nullptr || (batches > 0 && ops + batch->ops.size() > kGroupOps)) break;
      ops += batch->ops.size();
      ++batches;
    }
    return batches;
  }
  /// The epoch and the highest number of the events in the first batches, 0 when there are none.
  std::pair<std::uint32_t, Sequence> last_number(std::size_t batches) const {
    std::pair<std::uint32_t, Sequence> last{0, 0};
    for (std::size_t i = 0; i < batches; ++i) {
      for (const auto& op : std::get<effect::Persist>(waiting_[i]).ops) {
        if (const auto* append = std::get_if<row::AppendFact>(&op)) last = {append->fact.epoch, append->fact.sequence};
      }
    }
    return last;
  }
  /// That an event was delivered need not outlive the machine: it is sent again then, with the same bytes.
  Durable durable(std::size_t batches) const {
    const auto only_marks = [](const Job& job) {
      return std::ranges::all_of(std::get<effect::Persist>(job).ops,
                                 [](const RowOp& op) { return std::holds_alternative<row::MarkDelivered>(op); });
    };
    const auto end = waiting_.begin() + static_cast<std::ptrdiff_t>(batches);
    return std::all_of(waiting_.begin(), end, only_marks) ? Durable::later : Durable::now;
  }
  DbError commit_group() {
    const std::size_t batches = group_size();
    const auto [epoch, last_sequence] = last_number(batches);
    if (last_sequence > 0) mark_.reserve(epoch, last_sequence);
    std::optional<WallTime> purge;
    const auto apply = [&] {
      for (std::size_t i = 0; i < batches; ++i) {
        for (const auto& op : std::get<effect::Persist>(waiting_[i]).ops) {
          apply_row(db_, origin_, op);
          if (const auto* old = std::get_if<row::Purge>(&op)) purge = old->before;
        }
      }
    };
    if (const DbError error = write(apply, durable(batches))) return error;
    const std::uint64_t last = std::get<effect::Persist>(waiting_[batches - 1]).batch;
    waiting_.erase(waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(batches));
    waiting_batches_ -= batches;
    if (purge) purge_before_ = purge;
    unfolded_ = true;
    note_numbers(last_sequence);
    post_(event::Committed{last});
    return {};
  }

  void note_numbers(Sequence committed) {
    committed_ = std::max(committed_, committed);
    const auto waiting = db_.number("SELECT min(sequence) FROM outbox WHERE waiting");
    if (db_.ok()) mark_.note(committed_, waiting ? static_cast<Sequence>(*waiting) - 1 : committed_);
    db_.clear_error();
  }

  DbError erase(const effect::EraseRows& request) {
    if (!erased_) {
      Erased erased;
      if (DbError error = write([&] { erased = erase_member(db_, request.member, wall_now()); })) return error;
      erased_ = std::move(erased);
    }
    if (DbError error = db_.checkpoint()) return error;  // until then the log holds the old pages
    // What was set aside cannot be searched for one member: it goes, his right comes before what it might still tell.
    const auto files = discard_aside(settings_.path);
    if (!files) return {DbTrouble::io, files.error().message};
    if (!mirror_.follows()) return {DbTrouble::io, "an old mirror cannot be deleted"};
    if (*files > 0) erased_->tables.emplace_back("files_set_aside", static_cast<std::int64_t>(*files));
    post_(event::RowsErased{request.command, request.name, request.request_id, request.member,
                            std::move(erased_->tables), std::move(erased_->dropped)});
    erased_.reset();
    return {};
  }
  DbError read(const effect::ReadRows& request) {
    event::RowsRead rows = read_waiting(db_, request);
    if (DbError error = take_error()) return error;
    post_(std::move(rows));
    return {};
  }
  DbError survey(const effect::SurveyOutbox& request) {
    event::OutboxSurveyed surveyed = survey_outbox(db_, request);
    if (DbError error = take_error()) return error;
    post_(std::move(surveyed));
    return {};
  }
  DbError revive(const effect::ReviveRows& request) {
    event::RowsRevived revived;
    if (DbError error = write([&] { revived = revive_rows(db_, request); })) return error;
    post_(std::move(revived));
    return {};
  }
  DbError answer(TicketQuestion& question) {
    event::TicketFactsLoaded facts = read_ticket_facts(db_, question.request);
    if (DbError error = take_error()) return error;
    question.done(std::move(question.request), std::move(facts));
    return {};
  }
  DbError answer(const Inspection& question) {
    std::string json = inspect_facts(db_, question.kind, wall_now());
    if (DbError error = take_error()) return error;
    question.done(std::move(json));
    return {};
  }

  /// While a batch waits for the disk, what only reads committed rows need not wait with it: the link can go on
  /// delivering, which is what makes room. Questions about tickets keep their place: a waiting batch may be the answer.
  void answer_questions() {
    for (auto job = waiting_.begin(); job != waiting_.end();) {
      DbError error{DbTrouble::other, {}};
      if (const auto* rows = std::get_if<effect::ReadRows>(&*job))
        error = read(*rows);
      else if (const auto* question = std::get_if<Inspection>(&*job))
        error = answer(*question);
      job = error ? std::next(job) : waiting_.erase(job);
    }
  }

  Millis stalled(const DbError& error) {
    const std::string cause = "facts: " + error.text;
    if (error.trouble == DbTrouble::damaged) {
      distrust(settings_.path);  // a new start sets the file aside, though its check may find nothing
      die(cause);
    }
    if (set_cause(cause)) log(LogLevel::error, "facts", error.text + "; batches wait and are tried again");
    if (error.trouble == DbTrouble::full && make_room()) return Millis{0};
    retry_after_ = retry_after_ == Millis{0} ? settings_.first_retry : std::min(retry_after_ * 2, kLastRetry);
    retry_at_ = steady_now() + retry_after_;
    watch_backlog(waiting_batches_.load());
    return retry_after_;
  }
  void recovered() {
    if (retry_after_ == Millis{0} && health().writable) return;
    retry_after_ = Millis{0};
    retry_at_ = {};
    if (set_cause({})) log(LogLevel::info, "facts", "writable again");
  }

  /// On a full disk what was delivered goes before its time, marked or still waiting to be marked. True: try again.
  bool make_room() {
    std::int64_t deleted = 0;
    const auto slice = [&] { deleted += delete_delivered_slice(db_); };
    if (write(slice)) deleted = 0;
    const DbError marked = write([&] {
      for (const auto& job : waiting_) {
        const auto* batch = std::get_if<effect::Persist>(&job);
        if (batch == nullptr) continue;
        for (const auto& op : batch->ops) {
          if (const auto* delivered = std::get_if<row::MarkDelivered>(&op)) mark_delivered(db_, *delivered);
        }
      }
      slice();
    });
    if (marked) return deleted > 0;
    if (deleted > 0) log(LogLevel::warning, "facts", "delivered events deleted early: " + std::to_string(deleted));
    return deleted > 0;
  }

  /// When nothing waits: old rows and free pages go, a slice at a time; the log is folded in at the end.
  Millis maintain() {
    bool more = false;
    if (purge_before_) {
      static_cast<void>(discard_aside(settings_.path, *purge_before_ - kAsideMemory));  // tried again at the next purge
      const DbError error = write([&] { more = purge_slice(db_, *purge_before_); });
      if (!more || error) purge_before_.reset();
      tidy_ = true;
      return kBetweenSlices;
    }
    if (!tidy_) return fold();
    const auto free_before = db_.number("PRAGMA freelist_count").value_or(0);
    if (free_before > kKeptFreePages) db_.run("PRAGMA incremental_vacuum(256)");
    tidy_ = db_.ok() && free_before > kKeptFreePages;
    db_.clear_error();
    if (!tidy_) static_cast<void>(db_.checkpoint());  // tried again after the next purge
    return kBetweenSlices;
  }

  /// Once a second the log goes into the file as well: a log that is lost then takes a second with it, not megabytes.
  Millis fold() {
    if (!unfolded_) return kIdle;
    const auto due = folded_at_ + kFoldEvery - steady_now();
    if (due > SteadyTime::duration::zero()) return std::chrono::ceil<Millis>(due);
    static_cast<void>(db_.number("PRAGMA wal_checkpoint(PASSIVE)"));
    db_.clear_error();
    unfolded_ = false;
    folded_at_ = steady_now();
    return kIdle;
  }

  /// Every change of rows goes through here. What a power cut may take from one of the two files is not counted: it
  /// makes neither the newer one.
  DbError write(const std::function<void()>& work, Durable durable = Durable::now) {
    const auto counted = [&] {
      work();
      if (durable == Durable::now) count_commit(db_);
    };
    return db_.transact(counted, durable);
  }

  void tell_mirror() {
    const std::string_view state = mirror_.state();
    {
      const std::scoped_lock lock(cause_mutex_);
      if (state == mirror_state_) return;
      mirror_state_ = state;
      unmirrored_ = state == "none" ? "facts.db has no mirror: " + mirror_.cause() : "";
      if (!unmirrored_.empty()) return log(LogLevel::error, "facts", unmirrored_);
    }
    if (state == "copying") return log(LogLevel::info, "facts", "facts.db is being copied to its mirror");
    log(LogLevel::info, "facts", "facts.db has a mirror; pages written anew: " + std::to_string(mirror_.renewed()));
  }

  bool set_cause(const std::string& cause) {
    {
      const std::scoped_lock lock(cause_mutex_);
      if (cause_ == cause) return false;
      cause_ = cause;
    }
    if (settings_.alarm) settings_.alarm(cause);
    return true;
  }

  /// Both threads look: the lane may be the one that hangs.
  void watch_backlog(std::size_t waiting) {
    const auto now = steady_now().time_since_epoch().count();
    if (waiting < settings_.hard_limit) {
      over_since_ = 0;
      return;
    }
    SteadyTime::rep none = 0;
    if (over_since_.compare_exchange_strong(none, now)) return;
    if (SteadyTime::duration(now - none) >= kHardLimitFor) die("facts: batches wait at the hard limit");
  }
  void die(const std::string& cause) {
    if (dead_.exchange(true)) return;
    log(LogLevel::error, "facts", cause);
    if (settings_.fatal) settings_.fatal(cause);
  }

  static constexpr std::int64_t kKeptFreePages = 256;  // 1 MiB: growing and shrinking by turns only wears the disk

  const Settings settings_;
  const FactOrigin origin_;
  const EventPost post_;
  Db db_;
  MarkFile mark_;
  MirrorKeeper mirror_;
  const std::string finding_;

  std::deque<Job> waiting_;  // the lane's
  Sequence committed_ = 0;
  bool unfolded_ = false;
  SteadyTime folded_at_{};
  Millis retry_after_{0};
  SteadyTime retry_at_{};
  std::optional<Erased> erased_;  // of the request at the front, while its checkpoint is tried again
  std::optional<WallTime> purge_before_;
  bool tidy_ = false;

  std::atomic<std::size_t> waiting_batches_{0};
  std::atomic<SteadyTime::rep> over_since_{0};
  std::atomic<bool> dead_{false};
  mutable std::mutex cause_mutex_;
  std::string cause_;
  std::string mirror_state_, unmirrored_;

  BoundedQueue<Job> queue_;
  Lane lane_;  // last: its thread ends before what it uses
};

SqliteFacts::SqliteFacts(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SqliteFacts::~SqliteFacts() { stop(); }

Result<std::unique_ptr<SqliteFacts>> SqliteFacts::open(Settings settings, EventPost post) {
  auto layer = std::make_shared<MirrorVfs>(settings.path, mirror_of(settings.path));
  std::optional<MarkFile> mark;
  const auto read_mark = [&] {
    if (!mark) mark.emplace(MarkFile::open(std::filesystem::path(settings.path).replace_extension(".mark")));
    return mark->found();
  };
  std::string trouble;
  const Db::Settings file{settings.path, settings.max_bytes, 4096, settings.keys, layer};
  auto opened = open_facts(file, read_mark, trouble);
  if (!opened) return Unexpected<Error>{opened.error()};
  static_cast<void>(read_mark());
  auto finding = recover_facts(*opened, file, {settings.lived_before, mark->found()}, origin_of(settings), wall_now());
  if (!finding) return Unexpected<Error>{finding.error()};
  if (!trouble.empty()) *finding += (finding->empty() ? "" : "; ") + trouble;
  MirrorKeeper mirror(std::move(layer), settings.path);
  mirror.begin(opened->db, kCopyAtStart);
  return std::unique_ptr<SqliteFacts>(
      new SqliteFacts(std::make_unique<Impl>(std::move(settings), std::move(post), std::move(opened->db),
                                             std::move(*mark), std::move(mirror), std::move(*finding))));
}

Result<event::Restored> SqliteFacts::restore() { return impl_->restore(); }
const std::string& SqliteFacts::finding() const { return impl_->finding(); }
void SqliteFacts::start() { impl_->start(); }
void SqliteFacts::stop() { impl_->stop(); }
void SqliteFacts::persist(effect::Persist batch) { impl_->persist(std::move(batch)); }
void SqliteFacts::read_rows(effect::ReadRows request) { impl_->submit(request); }
void SqliteFacts::survey(effect::SurveyOutbox request) { impl_->submit(request); }
void SqliteFacts::revive(effect::ReviveRows request) { impl_->submit(std::move(request)); }
void SqliteFacts::erase_rows(effect::EraseRows request) { impl_->submit(std::move(request)); }
void SqliteFacts::load_ticket_facts(effect::LoadTicketFacts request,
                                    std::function<void(effect::LoadTicketFacts, event::TicketFactsLoaded)> done) {
  impl_->submit(TicketQuestion{std::move(request), std::move(done)});
}
void SqliteFacts::inspect(std::string kind, std::function<void(std::string)> done) {
  impl_->submit(Inspection{std::move(kind), std::move(done)});
}
StoreHealth SqliteFacts::health() const { return impl_->health(); }

}  // namespace tg
