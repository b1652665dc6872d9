#include "adapters/sqlite_mirror.hpp"

#include <array>
#include <filesystem>
#include <random>
#include <system_error>
#include <utility>

#include "adapters/durable_file.hpp"
#include "adapters/sqlite_aside.hpp"
#include "adapters/sqlite_seal.hpp"
#include "base/log.hpp"

namespace tg {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kSlice = 1 << 20;   // of a copy, between two batches
constexpr std::uintmax_t kLeft = 1 << 20;  // a copy leaves so much free
constexpr std::chrono::seconds kRetry{60};
/// Its number is enough to know that it is not needed; who needs it looks at all of it.
constexpr DatabaseKind kAtAGlance{kFactsKind.name, kFactsKind.application_id, "meta"};
constexpr DatabaseKind kWhole{kFactsKind.name, kFactsKind.application_id, ""};

/// What was written with a file that is distrusted may have the same damage.
constexpr DatabaseKind kToTheLastIndex{kFactsKind.name, kFactsKind.application_id, "", false, true};

/// Which files belong together, and how far one is.
struct Claim {
  std::int64_t pair = 0;  ///< 0: none yet
  std::int64_t commits = 0;
};

Claim claim_of(Db& db) {
  return {db.number("SELECT value FROM meta WHERE name = 'pair'").value_or(0),
          db.number("SELECT value FROM meta WHERE name = 'commits'").value_or(0)};
}

bool is_there(const std::string& path) {
  std::error_code ignored;
  return fs::symlink_status(path, ignored).type() != fs::file_type::not_found;
}

Db::Settings settings_of_mirror(const Db::Settings& facts) {
  return {mirror_of(facts.path), 0, facts.cache_kib, facts.keys};
}

void note(std::string& trouble, const std::string& words) {
  trouble = "facts.mirror.db " + words;
  log(LogLevel::error, "facts", trouble);
}

/// The mirror, if it is one of ours; whatever else lies there is moved away, so that a new one can begin. Trouble with
/// the disk leaves it alone.
std::optional<Db> open_mirror(const Db::Settings& mirror, const DatabaseKind& kind, std::string& trouble) {
  if (!is_there(mirror.path) || is_unfinished_mirror(mirror.path)) {
    static_cast<void>(clear_log(mirror.path));  // what is none
    return std::nullopt;
  }
  std::string aside;
  auto db = open_existing(mirror, kind, aside);
  if (db) return std::move(*db);
  const bool useless = db.error().trouble == DbTrouble::newer || db.error().trouble == DbTrouble::refused;
  if (aside.empty() && useless) {
    const auto moved = set_aside(mirror.path, db.error().trouble == DbTrouble::newer ? "newer" : "corrupt");
    if (moved) aside = *moved;
  }
  note(trouble, aside.empty() ? "cannot be read: " + db.error().text : "was damaged and set aside: it is copied anew");
  return std::nullopt;
}

/// Closes it; everything then stands in the file.
DbError fold(Db&& db, const std::string& path) {
  {
    Db closing = std::move(db);
    if (DbError error = closing.checkpoint()) return error;
  }
  if (is_there(path + "-wal")) return {DbTrouble::locked, path + ": the write-ahead log does not go away"};
  return {};
}

void remove_database(const std::string& path) {
  std::error_code ignored;
  for (const char* part : {"", "-wal", "-journal"}) fs::remove(path + part, ignored);
}

Result<void> move_into_place(const std::string& from, const std::string& to) {
  std::error_code error;
  fs::rename(from, to, error);
  if (error) return fail(to + ": its mirror cannot take its place: " + error.message());
  static_cast<void>(sync_folder_of(to));
  return {};
}

/// `aside`: where the former file lies, if it could not be used.
Result<OpenedDatabase> take_over(const Db::Settings& facts, std::optional<std::string> aside) {
  if (auto moved = move_into_place(mirror_of(facts.path), facts.path); !moved) return Unexpected<Error>{moved.error()};
  auto opened = open_database(facts, kFactsKind);
  if (!opened) return opened;
  opened->mirrored = true;
  opened->damaged = std::move(aside);
  return opened;
}

/// The mirror has one batch more, which nobody was told of: the power went between two writes.
bool only_unconfirmed(Db& db, const Claim& ours, const Claim& theirs, const std::optional<CounterMark>& mark) {
  const auto last = db.number("SELECT value FROM meta WHERE name = 'last_sequence'").value_or(0);
  return theirs.commits == ours.commits + 1 && (!mark || static_cast<Sequence>(last) >= mark->committed);
}

/// What makes place for the mirror. Returns where it lies, if anything was kept of it.
Result<std::optional<std::string>> clear_for_mirror(OpenedDatabase opened, const std::string& path, bool worthless) {
  std::optional<std::string> aside = std::move(opened.damaged);
  { const Db closed = std::move(opened.db); }
  if (worthless) {
    remove_database(path);
    return aside;
  }
  auto moved = set_aside(path, "corrupt");
  if (!moved) return Unexpected<Error>{moved.error()};
  return std::optional(std::move(*moved));
}

/// What the mirror says of itself; nothing of one that belongs to another box, which goes out of the way.
Claim look_at_mirror(const Db::Settings& mirror, const Claim& ours, std::string& trouble) {
  auto db = open_mirror(mirror, kAtAGlance, trouble);
  if (!db) return {};
  const Claim claim = claim_of(*db);
  if (!db->ok()) return {};
  if (claim.pair == 0 || ours.pair == 0 || claim.pair == ours.pair) return claim;
  db.reset();
  if (set_aside(mirror.path, "foreign")) note(trouble, "belongs to other facts and was set aside: it is copied anew");
  return {};
}

/// A former run met damage in it that the check of a start does not see.
Result<OpenedDatabase, DbError> open_distrusted(const Db::Settings& facts) {
  const auto in_words = [](const std::string& why) { return Unexpected<DbError>{{DbTrouble::io, why}}; };
  auto aside = set_aside(facts.path, "corrupt");
  if (!aside) return in_words(aside.error().message);
  auto successor = open_database(facts, kFactsKind);
  if (!successor) return in_words(successor.error().message);
  trust_again(facts.path);
  successor->damaged = std::move(*aside);
  return std::move(*successor);
}

/// open_database, but the kind of the trouble is told.
Result<OpenedDatabase, DbError> open_as_it_is(const Db::Settings& facts) {
  if (is_distrusted(facts.path) && is_there(facts.path)) return open_distrusted(facts);
  const bool fresh = look_at(facts.path, kFactsKind.application_id) == Found::nothing;
  std::string aside;
  auto db = open_existing(facts, kFactsKind, aside);
  if (db) return OpenedDatabase{std::move(*db), std::nullopt, fresh};
  if (aside.empty()) return Unexpected<DbError>{db.error()};
  auto successor = open_database(facts, kFactsKind);
  if (!successor) return Unexpected<DbError>{{DbTrouble::io, successor.error().message}};
  successor->damaged = std::move(aside);
  return std::move(*successor);
}

/// Twice the disk did not give it: if the disk gives the mirror, the file is what is broken.
Result<OpenedDatabase> open_unreadable(const Db::Settings& facts, const DbError& why, std::string& trouble) {
  const Db::Settings theirs = settings_of_mirror(facts);
  auto mirror = open_mirror(theirs, kWhole, trouble);
  if (!mirror || claim_of(*mirror).pair == 0) return fail(why.text);
  if (const DbError error = fold(std::move(*mirror), theirs.path)) return fail(theirs.path + ": " + error.text);
  auto moved = set_aside(facts.path, "corrupt");
  if (!moved) return Unexpected<Error>{moved.error()};
  return take_over(facts, std::move(*moved));
}

}  // namespace

std::string mirror_of(const std::string& path) { return fs::path(path).replace_extension(".mirror.db"); }

Result<OpenedDatabase> open_facts(const Db::Settings& facts, const MarkReader& mark, std::string& trouble) {
  const bool in_doubt = is_distrusted(facts.path);
  auto opened = open_as_it_is(facts);
  const auto unreadable = [&] { return !opened && opened.error().trouble == DbTrouble::unreadable; };
  if (unreadable()) opened = open_as_it_is(facts);
  if (unreadable()) return open_unreadable(facts, opened.error(), trouble);
  if (!opened) return fail(opened.error().text);
  if (opened->damaged && opened->damaged->find(".newer-") != std::string::npos)
    return std::move(*opened);  // newer than its mirror
  const Db::Settings theirs = settings_of_mirror(facts);
  const Claim ours = claim_of(opened->db);
  if (!opened->db.ok()) return fail(facts.path + ": " + opened->db.error().text);
  const Claim claim = look_at_mirror(theirs, ours, trouble);
  const bool newer = claim.pair != 0 && (ours.pair == 0 || claim.commits > ours.commits);
  if (!newer) return std::move(*opened);
  auto mirror = open_mirror(theirs, in_doubt ? kToTheLastIndex : kWhole, trouble);
  if (!mirror) return std::move(*opened);
  if (const DbError error = fold(std::move(*mirror), theirs.path)) return fail(theirs.path + ": " + error.text);
  const bool quiet = !opened->fresh && only_unconfirmed(opened->db, ours, claim, mark());
  auto aside = clear_for_mirror(std::move(*opened), facts.path, opened->fresh || quiet);
  if (!aside) return Unexpected<Error>{aside.error()};
  auto taken = take_over(facts, std::move(*aside));
  if (taken) taken->mirrored = !quiet;
  return taken;
}

void count_commit(Db& db) { db.run("UPDATE meta SET value = value + 1 WHERE name = 'commits'"); }

void MirrorKeeper::begin(Db& db, Millis budget) {
  const bool unnamed = claim_of(db).pair == 0 && db.ok();
  db.clear_error();
  if (unnamed) {
    std::random_device entropy;
    const std::int64_t pair = std::int64_t{entropy()} << 31U | std::int64_t{entropy() >> 1U} | 1;
    static_cast<void>(db.transact([&] { db.run("UPDATE meta SET value = ? WHERE name = 'pair'", {pair}); }));
  }
  static_cast<void>(db.checkpoint());  // as the mirror's log was folded in: then both are equal
  const auto end = std::chrono::steady_clock::now() + budget;
  while (tend() && std::chrono::steady_clock::now() < end) {
  }
}

bool MirrorKeeper::tend() {
  if (complete()) return false;
  const auto now = std::chrono::steady_clock::now();
  if (vfs_->state() == MirrorVfs::State::none) {
    if (now < retry_at_) return false;
    begin();
  }
  vfs_->copy(kSlice);
  if (vfs_->state() == MirrorVfs::State::none) retry_at_ = now + kRetry;
  return vfs_->state() == MirrorVfs::State::copying;
}

void MirrorKeeper::begin() {
  std::error_code none;
  const auto size = [&](const std::string& path) {
    const auto bytes = fs::file_size(path, none);
    return none ? 0 : bytes;
  };
  const std::uintmax_t ours = size(path_), theirs = size(vfs_->mirror());
  const std::uintmax_t needed = ours > theirs ? ours - theirs + (theirs == 0 ? kLeft : 0) : 0;
  const auto room = fs::space(fs::path(path_).parent_path(), none);
  no_room_ = !none && room.available < needed ? "no room for a second copy" : "";
  if (no_room_.empty())
    vfs_->begin();
  else
    static_cast<void>(vfs_->discard());  // it would stay behind
}

bool MirrorKeeper::follows() {
  if (complete()) return true;
  retry_at_ = {};
  return vfs_->discard();
}

std::string_view MirrorKeeper::state() const {
  constexpr std::array<std::string_view, 3> kNames{"none", "copying", "complete"};  // MirrorVfs::State
  return kNames[static_cast<std::size_t>(vfs_->state())];
}

}  // namespace tg
