#include "adapters/sqlite_mirror_vfs.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "adapters/sqlite_layer.hpp"

namespace tg {
namespace {

constexpr std::int64_t kPage = 4096;
constexpr std::int64_t kSector = 512;                    // what a disk writes whole or not at all
constexpr std::int64_t kChunk = 16 * kPage;              // SQLite's own layer takes less than 128 KiB at a time
constexpr std::size_t kMostPending = 25 * (kPage + 24);  // so does it of a log, frame by frame
constexpr std::string_view kUnfinished = "touchpoint: an unfinished copy\n";

/// A file of the mirror, through the same layer that writes the database itself.
class Twin {
 public:
  explicit Twin(std::string path) : path_(std::move(path)) {}
  ~Twin() { close(); }
  Twin(const Twin&) = delete;
  Twin& operator=(const Twin&) = delete;

  int open(sqlite3_vfs* vfs) {
    close();
    const int fd = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);  // for its owner only
    if (fd < 0) return SQLITE_CANTOPEN;
    ::close(fd);
    memory_.assign(static_cast<std::size_t>(vfs->szOsFile) / sizeof(std::max_align_t) + 1, {});
    const int flags =
        SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;  // of both: no log is looked for
    const int code = vfs->xOpen(vfs, path_.c_str(), file(), flags, nullptr);
    if (code != SQLITE_OK) memory_.clear();
    return code;
  }
  void close() {
    if (!memory_.empty()) file()->pMethods->xClose(file());
    memory_.clear();
    pending_.clear();
  }
  int read(void* to, std::int64_t amount, std::int64_t at) {
    const int code = file()->pMethods->xRead(file(), to, static_cast<int>(amount), at);
    return code == SQLITE_IOERR_SHORT_READ ? SQLITE_OK : code;  // the rest are zeros
  }
  /// What follows what was written before goes with it in one call: SQLite writes a commit in many small ones.
  int write(const void* from, std::int64_t amount, std::int64_t at) {
    const bool follows = at == pending_at_ + static_cast<std::int64_t>(pending_.size());
    const bool fits = pending_.size() + static_cast<std::size_t>(amount) <= kMostPending;
    const int code = follows && fits ? SQLITE_OK : flush();
    if (code != SQLITE_OK) return code;
    if (pending_.empty()) pending_at_ = at;
    const char* bytes = static_cast<const char*>(from);
    pending_.insert(pending_.end(), bytes, bytes + amount);
    return SQLITE_OK;
  }
  int flush() {
    if (pending_.empty()) return SQLITE_OK;
    const int code = file()->pMethods->xWrite(file(), pending_.data(), static_cast<int>(pending_.size()), pending_at_);
    pending_.clear();
    return code;
  }
  int truncate(std::int64_t size) {
    const int code = flush();
    return code == SQLITE_OK ? file()->pMethods->xTruncate(file(), size) : code;
  }
  int sync() {
    const int code = flush();
    return code == SQLITE_OK ? file()->pMethods->xSync(file(), SQLITE_SYNC_NORMAL) : code;
  }
  int size(std::int64_t& out) {
    sqlite3_int64 size = 0;
    int code = flush();
    if (code == SQLITE_OK) code = file()->pMethods->xFileSize(file(), &size);
    out = size;
    return code;
  }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  sqlite3_file* file() { return reinterpret_cast<sqlite3_file*>(memory_.data()); }
  const std::string path_;  // the layer below keeps the pointer
  std::vector<std::max_align_t> memory_;
  std::vector<char> pending_;  // not written yet; nothing that was synced
  std::int64_t pending_at_ = 0;
};

/// Links on the way to it are followed; a link in its place is none of our files.
std::string as_sqlite_names_it(const std::string& path) {
  const std::filesystem::path file(path);
  std::error_code error;
  const auto folder = std::filesystem::canonical(file.parent_path(), error);
  return error ? path : (folder / file.filename()).string();
}

/// The file or the log: as SQLite has it open, and its twin.
struct Side {
  std::string path;
  bool log;
  Twin twin;
  sqlite3_file* main = nullptr;  // null while it is not open
};

struct Mirrored {
  MirrorVfs::Impl* owner;
  Side* side;
};
using Calls = layer::Calls<Mirrored>;

int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* flags_out);
int remove(sqlite3_vfs* vfs, const char* name, int sync);

}  // namespace

struct MirrorVfs::Impl {
  Impl(const std::string& path, const std::string& mirror)
      : db{as_sqlite_names_it(path), false, Twin(mirror)},
        log{db.path + "-wal", true, Twin(mirror + "-wal")},
        vfs("touchpoint-mirror", nullptr, sizeof(layer::File<Mirrored>), this, open),
        real(vfs.real()) {
    vfs.calls().xDelete = remove;
    vfs.enlist();
  }

  int wrote(Side& side, const void* from, int amount, std::int64_t at);
  int truncated(Side& side, std::int64_t size);
  int flushed(Side& side);
  int synced(int code);
  void begin();
  void copy(std::int64_t bytes);
  bool discard();
  void close_twins();

  Side db, log;
  State state = State::none;
  std::string trouble;
  std::int64_t renewed = 0;  // pages
  layer::Vfs vfs;
  sqlite3_vfs* const real;

 private:
  int mark_unfinished();
  int put(Side& side, const void* from, std::int64_t amount, std::int64_t at);
  int cut(Side& side, std::int64_t size);
  int equalise(Side& side, std::int64_t from, std::int64_t amount);
  int equalise_size(Side& side);
  int equalise_log();
  int finish();
  int outcome(int code);
  int give_up(int code);

  bool marked_ = false;        // the mirror says that it is unfinished
  std::int64_t compared_ = 0;  // bytes of the file
  std::array<std::vector<char>, 2> chunks_;
};

int MirrorVfs::Impl::mark_unfinished() {
  if (std::exchange(marked_, true)) return SQLITE_OK;
  std::array<char, kSector> sector{};
  std::ranges::copy(kUnfinished, sector.begin());
  const int code = db.twin.write(sector.data(), kSector, 0);
  return code == SQLITE_OK ? db.twin.sync() : code;
}

/// Into a mirror that is not complete only after it says so.
int MirrorVfs::Impl::put(Side& side, const void* from, std::int64_t amount, std::int64_t at) {
  const int code = state == State::copying ? mark_unfinished() : SQLITE_OK;
  return code == SQLITE_OK ? side.twin.write(from, amount, at) : code;
}
int MirrorVfs::Impl::cut(Side& side, std::int64_t size) {
  const int code = state == State::copying ? mark_unfinished() : SQLITE_OK;
  return code == SQLITE_OK ? side.twin.truncate(size) : code;
}

/// What SQLite hears. A full disk is full for both files: the batch waits, as it would without a mirror. Of any other
/// trouble only the mirror dies.
int MirrorVfs::Impl::outcome(int code) {
  if (code == SQLITE_OK || (code == SQLITE_FULL && state == State::complete)) return code;
  static_cast<void>(discard());
  trouble = code == SQLITE_FULL ? "disk full" : sqlite3_errstr(code);
  return SQLITE_OK;
}

/// The database itself cannot be read: this is no time to delete its mirror.
int MirrorVfs::Impl::give_up(int code) {
  close_twins();
  trouble = sqlite3_errstr(code);
  return SQLITE_OK;
}

int MirrorVfs::Impl::wrote(Side& side, const void* from, int amount, std::int64_t at) {
  if (state == State::none) return SQLITE_OK;
  if (state == State::copying && !side.log) {
    if (at >= compared_) return SQLITE_OK;           // its turn comes
    if (at == 0) return outcome(mark_unfinished());  // the first page is the last to be copied
  }
  return outcome(put(side, from, amount, at));
}

int MirrorVfs::Impl::truncated(Side& side, std::int64_t size) {
  return state == State::none ? SQLITE_OK : outcome(cut(side, size));
}

int MirrorVfs::Impl::flushed(Side& side) { return state == State::none ? SQLITE_OK : outcome(side.twin.flush()); }

int MirrorVfs::Impl::synced(int code) { return outcome(code); }

/// Page by page, so that only what differs is written.
int MirrorVfs::Impl::equalise(Side& side, std::int64_t from, std::int64_t amount) {
  for (auto& chunk : chunks_) chunk.assign(static_cast<std::size_t>(amount), 0);
  char* ours = chunks_[0].data();
  std::int64_t size = 0;
  int code = side.main->pMethods->xRead(side.main, ours, static_cast<int>(amount), from);
  if (code != SQLITE_OK) return give_up(code);
  code = side.twin.size(size);
  if (code == SQLITE_OK && size > from) code = side.twin.read(chunks_[1].data(), amount, from);
  for (std::int64_t at = 0; at < amount && code == SQLITE_OK; at += kPage) {
    const std::int64_t bytes = std::min(kPage, amount - at);
    if (from + at + bytes <= size && std::equal(ours + at, ours + at + bytes, chunks_[1].data() + at)) continue;
    ++renewed;
    if (side.log || from + at > 0)
      code = put(side, ours + at, bytes, from + at);
    else
      code = mark_unfinished();
  }
  return code;
}

int MirrorVfs::Impl::equalise_size(Side& side) {
  sqlite3_int64 ours = 0;
  std::int64_t theirs = 0;
  int code = side.main->pMethods->xFileSize(side.main, &ours);
  if (code == SQLITE_OK) code = side.twin.size(theirs);
  return code == SQLITE_OK && theirs > ours ? cut(side, ours) : code;
}

int MirrorVfs::Impl::equalise_log() {
  sqlite3_int64 size = 0;
  int code = log.main->pMethods->xFileSize(log.main, &size);
  for (std::int64_t at = 0; at < size && code == SQLITE_OK && state == State::copying; at += kChunk) {
    code = equalise(log, at, std::min<std::int64_t>(kChunk, size - at));
  }
  return code == SQLITE_OK && state == State::copying ? equalise_size(log) : code;
}

void MirrorVfs::Impl::begin() {
  close_twins();
  trouble.clear();
  if (db.main == nullptr || log.main == nullptr) return;
  int code = db.twin.open(real);
  if (code == SQLITE_OK) code = log.twin.open(real);
  state = State::copying;
  marked_ = false;
  compared_ = renewed = 0;
  static_cast<void>(outcome(code == SQLITE_OK ? equalise_log() : code));
}

void MirrorVfs::Impl::copy(std::int64_t bytes) {
  int code = SQLITE_OK;
  sqlite3_int64 size = 0;
  while (state == State::copying && bytes > 0 && code == SQLITE_OK) {
    code = db.main->pMethods->xFileSize(db.main, &size);
    const std::int64_t amount = std::min<std::int64_t>(kChunk, size - compared_);
    if (code == SQLITE_OK && amount <= 0) {
      static_cast<void>(outcome(finish()));
      return;
    }
    if (code == SQLITE_OK) code = equalise(db, compared_, amount);
    compared_ += amount;
    bytes -= amount;
  }
  if (code == SQLITE_OK && state == State::copying && marked_) code = db.twin.sync();
  if (state == State::copying) static_cast<void>(outcome(code));
}

/// Everything else is on the disk before the first sector says that it is.
int MirrorVfs::Impl::finish() {
  std::array<char, kPage> first{};
  int code = equalise_size(db);
  if (marked_) {
    if (code == SQLITE_OK) code = log.twin.sync();
    if (code == SQLITE_OK) code = db.main->pMethods->xRead(db.main, first.data(), kPage, 0);
    if (code == SQLITE_OK) code = db.twin.write(first.data() + kSector, kPage - kSector, kSector);
    if (code == SQLITE_OK) code = db.twin.sync();
    if (code == SQLITE_OK) code = db.twin.write(first.data(), kSector, 0);
    if (code == SQLITE_OK) code = db.twin.sync();
  }
  if (code == SQLITE_OK) state = State::complete;
  for (auto& chunk : chunks_) chunk = {};
  return code;
}

void MirrorVfs::Impl::close_twins() {
  state = State::none;
  db.twin.close();
  log.twin.close();
}

bool MirrorVfs::Impl::discard() {
  close_twins();
  const auto gone = [&](const std::string& path) {
    const int code = real->xDelete(real, path.c_str(), 0);
    return code == SQLITE_OK || code == SQLITE_IOERR_DELETE_NOENT;
  };
  const bool file = gone(db.twin.path());  // first: a log alone is nothing
  return gone(log.twin.path()) && file;
}

// --- what SQLite calls -----------------------------------------------------------------------------------------------

namespace {

MirrorVfs::Impl& impl(sqlite3_vfs* vfs) { return *static_cast<MirrorVfs::Impl*>(layer::Vfs::owner_of(vfs)); }

/// Or in this one, when the system has no other to give; then the result is there at once.
std::thread in_another_thread(const std::function<void()>& work) {
  try {
    return std::thread(work);
  } catch (const std::system_error&) {
    work();
    return {};
  }
}

int write(sqlite3_file* file, const void* from, int amount, sqlite3_int64 at) {
  const int code = Calls::below(file)->pMethods->xWrite(Calls::below(file), from, amount, at);
  return code == SQLITE_OK ? Calls::own(file).owner->wrote(*Calls::own(file).side, from, amount, at) : code;
}
int truncate(sqlite3_file* file, sqlite3_int64 size) {
  const int code = Calls::below(file)->pMethods->xTruncate(Calls::below(file), size);
  return code == SQLITE_OK ? Calls::own(file).owner->truncated(*Calls::own(file).side, size) : code;
}
/// The mirror is written before either is synced, so that a full disk is known before the commit is on it. Both wait
/// for the disk at the same time: most file systems make one of two such waits.
int sync(sqlite3_file* file, int flags) {
  MirrorVfs::Impl& owner = *Calls::own(file).owner;
  Side& side = *Calls::own(file).side;
  if (const int code = owner.flushed(side)) return code;
  int theirs = SQLITE_OK;
  const bool both = owner.state == MirrorVfs::State::complete;
  std::thread other = both ? in_another_thread([&] { theirs = side.twin.sync(); }) : std::thread{};
  const int ours = Calls::below(file)->pMethods->xSync(Calls::below(file), flags);
  if (other.joinable()) other.join();
  const int heard = owner.synced(theirs);
  return ours == SQLITE_OK ? heard : ours;
}
int close(sqlite3_file* file) {
  Side& side = *Calls::own(file).side;
  side.main = nullptr;
  if (!side.log) Calls::own(file).owner->close_twins();
  return Calls::below(file)->pMethods->xClose(Calls::below(file));
}

constexpr sqlite3_io_methods kMethods = [] {
  auto calls = Calls::passing_on();
  calls.xClose = close;
  calls.xWrite = write;
  calls.xTruncate = truncate;
  calls.xSync = sync;
  return calls;
}();

/// Other files of the same connection, and copies, are the system's alone.
int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* flags_out) {
  MirrorVfs::Impl& owner = impl(vfs);
  const std::string_view path = name == nullptr ? "" : name;
  Side* side = path == owner.db.path ? &owner.db : path == owner.log.path ? &owner.log : nullptr;
  if (side == nullptr) return owner.real->xOpen(owner.real, name, file, flags, flags_out);
  const int code = Calls::open(owner.real, name, file, flags, flags_out, {&owner, side}, kMethods);
  if (code == SQLITE_OK) side->main = Calls::below(file);
  return code;
}

/// The log goes when the connection ends: it was folded into both files.
int remove(sqlite3_vfs* vfs, const char* name, int sync) {
  MirrorVfs::Impl& owner = impl(vfs);
  const int code = owner.real->xDelete(owner.real, name, sync);
  if (code == SQLITE_OK && owner.state == MirrorVfs::State::complete && name == owner.log.path) {
    owner.log.twin.close();
    static_cast<void>(owner.real->xDelete(owner.real, owner.log.twin.path().c_str(), sync));
  }
  return code;
}

}  // namespace

MirrorVfs::MirrorVfs(std::string path, std::string mirror) : impl_(std::make_unique<Impl>(path, mirror)) {}
MirrorVfs::~MirrorVfs() = default;

const char* MirrorVfs::name() const { return impl_->vfs.name(); }
const std::string& MirrorVfs::mirror() const { return impl_->db.twin.path(); }
MirrorVfs::State MirrorVfs::state() const { return impl_->state; }
const std::string& MirrorVfs::trouble() const { return impl_->trouble; }
void MirrorVfs::begin() { impl_->begin(); }
void MirrorVfs::copy(std::int64_t bytes) { impl_->copy(bytes); }
std::int64_t MirrorVfs::renewed() const { return impl_->renewed; }
bool MirrorVfs::discard() { return impl_->discard(); }

bool is_unfinished_mirror(const std::string& path) {
  std::array<char, kUnfinished.size()> start{};
  std::ifstream file(path, std::ios::binary);
  return file.read(start.data(), start.size()) && std::string_view(start.data(), start.size()) == kUnfinished;
}

}  // namespace tg
