#include "adapters/sqlite_cache.hpp"

#include <chrono>
#include <filesystem>
#include <mutex>
#include <utility>
#include <variant>
#include <vector>

#include "adapters/lane.hpp"
#include "adapters/sqlite_cache_rows.hpp"
#include "adapters/sqlite_cache_sets.hpp"
#include "adapters/sqlite_schema.hpp"
#include "base/bounded_queue.hpp"
#include "base/log.hpp"
#include "core/ticket_life.hpp"

namespace tg {
namespace {

constexpr std::size_t kQueueLimit = 4096;
constexpr std::size_t kSliceMembers = 256;
constexpr std::int64_t kMostEvicted = 10'000;  // at a time: a second of deleting
constexpr Millis kIdle{2'000};
constexpr Millis kRetry{1'000};
constexpr Millis kBetweenSlices{1};  // not zero: a stop or a question goes first

WallTime wall_now() {
  return WallTime{std::chrono::duration_cast<Millis>(std::chrono::system_clock::now().time_since_epoch())};
}

struct TicketQuestion {
  effect::LoadTicketFacts request;
  event::TicketFactsLoaded so_far;
};
using Job = std::variant<effect::LoadKeys, effect::LoadDossier, TicketQuestion, effect::WriteCache,
                         effect::EvictMembers, effect::ForgetMember>;

}  // namespace

class SqliteCache::Impl {
 public:
  Impl(Settings settings, EventPost post, Db db, std::string finding)
      : settings_(std::move(settings)),
        post_(std::move(post)),
        db_(std::move(db)),
        finding_(std::move(finding)),
        queue_(kQueueLimit, WhenFull::refuse, [this] { lane_.wake(); }),
        lane_([this] { return turn(); }) {}

  /// Before start(): what a former run staged goes, what it left in effect is read.
  Result<void> begin() {
    static_cast<void>(db_.checkpoint());  // what the last run left in the log gives its room back
    if (const DbError error = db_.transact([this] { discard_staging(db_); })) {
      return fail(settings_.path + ": " + error.text);
    }
    refresh_sets();
    return {};
  }

  // --- the loop's side ---
  void submit(Job job) {
    if (!queue_.post(std::move(job)) && !queue_.closed())
      log(LogLevel::error, "cache", "queue full: a call was dropped");
  }
  StoreHealth health() const {
    const std::scoped_lock lock(shared_mutex_);
    return {cause_.empty(), cause_, queue_.figures().depth, lane_.answering(), {}, {}};
  }
  CacheFigures figures() const {
    const std::scoped_lock lock(shared_mutex_);
    return figures_;
  }
  const std::string& finding() const { return finding_; }
  void start() { lane_.start("cache"); }
  void stop() {
    queue_.close();
    lane_.wake();
    lane_.stop();
  }

 private:
  // --- the lane's side ---
  Millis turn() {
    auto jobs = queue_.take_some(1);
    if (jobs.empty()) return maintain();
    std::visit(Overload{[this](const effect::LoadKeys&) { post_keys(); },
                        [this](const effect::LoadDossier& o) { post_dossier(o); },
                        [this](TicketQuestion& o) { post_ticket_facts(o); },
                        [this](const effect::WriteCache& o) { post_written(o); },
                        [this](const effect::EvictMembers& o) { evict(o); },
                        [this](effect::ForgetMember& o) { forget(std::move(o)); }},
               jobs.front());
    return Millis{0};
  }

  void post_keys() {
    event::KeysLoaded slice;
    slice.first = true;
    for_each_keys(db_, held(DataSet::profiles).generation, wall_now(), [&](event::MemberKeys keys) {
      if (slice.members.size() == kSliceMembers) {
        lane_.beat();
        post_(std::exchange(slice, {}));
      }
      slice.members.push_back(std::move(keys));
    });
    report(take_error());
    slice.last = true;  // also after trouble: the keys that could be read are better than none
    post_(std::move(slice));
  }

  void post_dossier(const effect::LoadDossier& request) {
    const Generations now{held(DataSet::profiles).generation, held(DataSet::catalog).generation,
                          held(DataSet::complements).generation, held(DataSet::scenarios).generation};
    auto dossier = read_dossier(db_, now, request.member.value);
    if (const DbError error = take_error()) {
      report(error);
      dossier.reset();
    }
    post_(event::DossierLoaded{request.visit, std::move(dossier)});
  }

  void post_ticket_facts(TicketQuestion& question) {
    const auto& request = question.request;
    if (request.loyalty) {
      question.so_far.holder = read_holder(db_, held(DataSet::profiles).generation, *request.loyalty);
    }
    for (const MemberId& member : members_named(question.so_far)) {
      if (auto profile = read_profile(db_, held(DataSet::profiles).generation, member.value))
        question.so_far.members.push_back(std::move(*profile));
    }
    if (!request.loyalty && request.collect) {
      question.so_far.holder = read_collector(db_, held(DataSet::profiles).generation, *request.collect);
    }
    if (request.member) {
      question.so_far.member = read_profile(db_, held(DataSet::profiles).generation, request.member->value);
    }
    question.so_far.items = read_items(db_, held(DataSet::catalog).generation, request.skus, request.gtins);
    question.so_far.catalogue = held(DataSet::catalog).entries > 0;
    report(take_error());
    post_(std::move(question.so_far));
  }

  /// An import must never take the room that tickets need: a part is refused while there is still some left.
  DbError room_for(const effect::WriteCache& request) {
    constexpr std::uintmax_t kReserve = 64 << 20;
    if (!std::holds_alternative<SnapshotPart>(request.body)) return {};
    std::error_code unknown;
    const auto space = std::filesystem::space(settings_.path, unknown);
    if (unknown || space.available >= std::min(kReserve, space.capacity / 4)) return {};
    const DbError discarded = db_.transact([this] { discard_staging(db_); });
    more_garbage_ = true;
    if (discarded) return discarded;
    return {DbTrouble::full, "the disk is nearly full; the rest is kept for tickets"};
  }

  void post_written(const effect::WriteCache& request) {
    event::CacheWritten answer;
    const DbError no_room = room_for(request);
    const DbError error = no_room ? no_room : db_.transact([&] {
      const WriteContext context{sets_, settings_.max_members, wall_now()};
      std::visit([&](const auto& body) { write_set(db_, context, body, answer); }, request.body);
    });
    if (error) {
      answer = {};
      answer.status = AckStatus::rejected;
      answer.reason = "cache: " + error.text;
    } else {
      refresh_sets();
      more_garbage_ = true;
      may_evict_ = true;
      ++eviction_round_;
    }
    if (!no_room) report(error);
    answer.command = request.command;
    answer.name = request.name;
    post_(std::move(answer));
  }

  /// Asks the core, which knows who is inside, about those who would be the first to go. True when it was asked.
  bool propose_eviction() {
    const HeldSet& profiles = held(DataSet::profiles);
    const std::int64_t excess = profiles.entries - settings_.max_members;
    if (excess <= 0 || !may_evict_) return false;
    may_evict_ = false;
    auto members = first_to_go(db_, profiles.generation, std::min(excess, kMostEvicted));
    const DbError error = take_error();
    report(error);
    if (error || members.empty()) return false;
    post_(event::EvictionDue{++eviction_round_, std::move(members)});
    return true;
  }
  void evict(const effect::EvictMembers& request) {
    if (request.round != eviction_round_) return;  // what was written meanwhile made the answer old
    const DbError error =
        db_.transact([&] { evict_members(db_, held(DataSet::profiles).generation, request.members); });
    report(error);
    refresh_sets();
    more_garbage_ = true;
    may_evict_ = !error && !request.members.empty();  // all of them inside, or no disk: the next write asks again
  }

  /// Never given up: what fails is tried again until it is done.
  void forget(effect::ForgetMember request) {
    to_forget_.push_back(std::move(request));
    forget_all();
  }
  bool forget_all() {
    if (to_forget_.empty()) return true;
    DbError error = db_.transact([this] {
      for (const auto& request : to_forget_) forget_member(db_, request.member);
    });
    if (!error) error = db_.checkpoint();  // until then the log holds the old pages
    report(error);
    if (error) return false;
    refresh_sets();
    for (auto& request : std::exchange(to_forget_, {})) {
      post_(event::MemberForgotten{std::move(request.command), std::move(request.name), std::move(request.request_id),
                                   std::move(request.member)});
    }
    return true;
  }

  Millis maintain() {
    if (!forget_all()) return kRetry;
    if (propose_eviction()) return kIdle;  // the answer wakes the lane
    if (!more_garbage_) return kIdle;
    const DbError error = db_.transact([this] { more_garbage_ = delete_garbage_slice(db_); });
    report(error);
    if (error) more_garbage_ = false;                                 // the next write tries again
    if (!more_garbage_) db_.run("PRAGMA incremental_vacuum(20000)");  // 80 MB at most: the rest is used again
    db_.clear_error();
    static_cast<void>(db_.checkpoint());  // on a nearly full disk the log must not grow beside the file
    return kBetweenSlices;
  }

  const HeldSet& held(DataSet set) const { return sets_[static_cast<std::size_t>(set)]; }

  void refresh_sets() {
    sets_ = read_sets(db_);
    db_.clear_error();
    const std::scoped_lock lock(shared_mutex_);
    for (std::size_t i = 0; i < sets_.size(); ++i)
      figures_[i] = {sets_[i].revision, sets_[i].entries, sets_[i].updated_at};
  }
  DbError take_error() {
    DbError error = db_.error();
    db_.clear_error();
    return error;
  }
  /// The health says what the last call met.
  void report(const DbError& error) {
    const std::string cause = error ? "cache: " + error.text : std::string();
    {
      const std::scoped_lock lock(shared_mutex_);
      if (cause == cause_) return;
      cause_ = cause;
    }
    log(error ? LogLevel::error : LogLevel::info, "cache", error ? error.text : "works again");
    if (settings_.alarm) settings_.alarm(cause);
  }

  const Settings settings_;
  const EventPost post_;
  Db db_;
  const std::string finding_;

  HeldSets sets_;  // the lane's
  std::vector<effect::ForgetMember> to_forget_;
  bool may_evict_ = true;
  std::uint64_t eviction_round_ = 0;
  bool more_garbage_ = true;  // a former run may have left some

  mutable std::mutex shared_mutex_;
  std::string cause_;
  CacheFigures figures_;

  BoundedQueue<Job> queue_;
  Lane lane_;  // last: its thread ends before what it uses
};

SqliteCache::SqliteCache(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
SqliteCache::~SqliteCache() { stop(); }

Result<std::unique_ptr<SqliteCache>> SqliteCache::open(Settings settings, EventPost post) {
  auto opened = open_database({settings.path, settings.max_bytes, 4096, settings.keys}, kCacheKind);
  if (!opened) return Unexpected<Error>{opened.error()};
  std::string finding = opened->damaged                          ? "cache.db was damaged and set aside"
                        : opened->fresh && settings.lived_before ? "cache.db was gone"
                                                                 : "";
  if (!finding.empty()) log(LogLevel::error, "cache", finding += "; central must send its data again");
  auto impl = std::make_unique<Impl>(std::move(settings), std::move(post), std::move(opened->db), std::move(finding));
  if (auto begun = impl->begin(); !begun) return Unexpected<Error>{begun.error()};
  return std::unique_ptr<SqliteCache>(new SqliteCache(std::move(impl)));
}

const std::string& SqliteCache::finding() const { return impl_->finding(); }
void SqliteCache::start() { impl_->start(); }
void SqliteCache::stop() { impl_->stop(); }
CacheFigures SqliteCache::figures() const { return impl_->figures(); }
std::optional<WallTime> SqliteCache::profiles_updated_at() const { return impl_->figures()[0].updated_at; }
void SqliteCache::load_keys() { impl_->submit(effect::LoadKeys{}); }
void SqliteCache::load_dossier(effect::LoadDossier request) { impl_->submit(std::move(request)); }
void SqliteCache::complete_ticket_facts(effect::LoadTicketFacts request, event::TicketFactsLoaded so_far) {
  impl_->submit(TicketQuestion{std::move(request), std::move(so_far)});
}
void SqliteCache::write(effect::WriteCache request) { impl_->submit(std::move(request)); }
void SqliteCache::evict(effect::EvictMembers request) { impl_->submit(std::move(request)); }
void SqliteCache::forget(effect::ForgetMember request) { impl_->submit(std::move(request)); }
StoreHealth SqliteCache::health() const { return impl_->health(); }

}  // namespace tg
