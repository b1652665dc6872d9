#include "support/rough_disk.hpp"

#include <sqlite3.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <new>

namespace tg::test {
namespace {

constexpr std::size_t kSector = 512;

struct RoughFile {
  sqlite3_file base;
  std::string* path;
  bool broken;
  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};
RoughFile& rough(sqlite3_file* file) { return *reinterpret_cast<RoughFile*>(file); }
sqlite3_vfs* real(sqlite3_vfs* vfs) { return static_cast<sqlite3_vfs*>(vfs->pAppData); }
RoughDisk& disk() { return RoughDisk::mounted(); }

/// The failure that is due, as the code of this operation; SQLITE_OK when none is.
int trouble(int io_error, bool may_be_full = false) {
  const int code = disk().next_call(may_be_full);
  return code == SQLITE_IOERR ? io_error : code;
}

int close_file(sqlite3_file* file) {
  RoughFile& f = rough(file);
  const int code = f.real()->pMethods->xClose(f.real());
  delete f.path;
  return code;
}
int read_file(sqlite3_file* file, void* to, int bytes, sqlite3_int64 at) {
  if (const int code = trouble(SQLITE_IOERR_READ)) return code;
  if (rough(file).broken) return SQLITE_IOERR_READ;
  return rough(file).real()->pMethods->xRead(rough(file).real(), to, bytes, at);
}
int write_file(sqlite3_file* file, const void* from, int bytes, sqlite3_int64 at) {
  if (const int code = trouble(SQLITE_IOERR_WRITE, true)) return code;
  RoughFile& f = rough(file);
  disk().about_to_change(*f.path);
  disk().changed(*f.path, at, {static_cast<const char*>(from), static_cast<std::size_t>(bytes)});
  return f.real()->pMethods->xWrite(f.real(), from, bytes, at);
}
int truncate_file(sqlite3_file* file, sqlite3_int64 size) {
  if (const int code = trouble(SQLITE_IOERR_TRUNCATE)) return code;
  RoughFile& f = rough(file);
  disk().about_to_change(*f.path);
  disk().changed(*f.path, -size - 1, {});
  return f.real()->pMethods->xTruncate(f.real(), size);
}
/// The system's own sync is left out: what is durable is a matter of this model.
int sync_file(sqlite3_file* file, int) {
  if (const int code = trouble(SQLITE_IOERR_FSYNC)) return code;
  disk().about_to_change(*rough(file).path);
  disk().synced(*rough(file).path);
  return SQLITE_OK;
}
int file_size(sqlite3_file* file, sqlite3_int64* size) {
  if (const int code = trouble(SQLITE_IOERR_FSTAT)) return code;
  return rough(file).real()->pMethods->xFileSize(rough(file).real(), size);
}
int lock_file(sqlite3_file* file, int level) { return rough(file).real()->pMethods->xLock(rough(file).real(), level); }
int unlock_file(sqlite3_file* file, int level) {
  return rough(file).real()->pMethods->xUnlock(rough(file).real(), level);
}
int check_reserved(sqlite3_file* file, int* out) {
  return rough(file).real()->pMethods->xCheckReservedLock(rough(file).real(), out);
}
int file_control(sqlite3_file* file, int op, void* argument) {
  return rough(file).real()->pMethods->xFileControl(rough(file).real(), op, argument);
}
int sector_size(sqlite3_file* file) { return rough(file).real()->pMethods->xSectorSize(rough(file).real()); }
int characteristics(sqlite3_file* file) {
  return rough(file).real()->pMethods->xDeviceCharacteristics(rough(file).real());
}

constexpr sqlite3_io_methods kMethods{
    1,         close_file,  read_file,      write_file,   truncate_file, sync_file,       file_size,
    lock_file, unlock_file, check_reserved, file_control, sector_size,   characteristics, nullptr,
    nullptr,   nullptr,     nullptr,        nullptr,      nullptr};

int open_file(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out) {
  RoughFile& f = rough(file);
  f.base.pMethods = nullptr;
  if (const int code = trouble(SQLITE_CANTOPEN)) return code;
  f.real()->pMethods = nullptr;
  const int code = real(vfs)->xOpen(real(vfs), name, f.real(), flags, out);
  if (code != SQLITE_OK) return code;
  f.path = new std::string(name == nullptr ? "" : name);
  f.broken = name != nullptr && disk().is_broken(name);
  f.base.pMethods = &kMethods;
  return SQLITE_OK;
}
int delete_file(sqlite3_vfs* vfs, const char* name, int sync_folder) {
  if (const int code = trouble(SQLITE_IOERR_DELETE)) return code;
  disk().about_to_change(name);
  disk().deleted(name);
  return real(vfs)->xDelete(real(vfs), name, sync_folder);
}
int access_file(sqlite3_vfs* vfs, const char* name, int flags, int* out) {
  if (const int code = trouble(SQLITE_IOERR_ACCESS)) return code;
  return real(vfs)->xAccess(real(vfs), name, flags, out);
}

void mount() {
  static sqlite3_vfs vfs = *sqlite3_vfs_find(nullptr);
  vfs.pAppData = sqlite3_vfs_find(nullptr);
  vfs.zName = "rough";
  vfs.iVersion = 1;
  vfs.szOsFile += static_cast<int>(sizeof(RoughFile));
  vfs.xOpen = open_file;
  vfs.xDelete = delete_file;
  vfs.xAccess = access_file;
  vfs.xFullPathname = [](sqlite3_vfs* v, const char* name, int size, char* out) {
    return real(v)->xFullPathname(real(v), name, size, out);
  };
  sqlite3_vfs_register(&vfs, 1);
}

}  // namespace

RoughDisk& RoughDisk::mounted() {
  static RoughDisk the_disk;
  static const bool done = [] {
    mount();
    return true;
  }();
  static_cast<void>(done);
  return the_disk;
}

void RoughDisk::fail_call(std::uint64_t n, Error error, bool for_good) {
  error_ = error;
  for_good_ = for_good;
  calls_ = 0;
  fails_at_ = n;
}

namespace {
std::uint64_t inode_of(const char* path) {
  struct stat status {};
  return ::stat(path, &status) == 0 ? status.st_ino : 0;
}
}  // namespace

void RoughDisk::break_file(const std::string& path) { broken_ = inode_of(path.c_str()); }
bool RoughDisk::is_broken(const char* path) const { return broken_ != 0 && inode_of(path) == broken_; }

void RoughDisk::heal() {
  broken_ = 0;
  fails_at_ = 0;
  calls_ = 0;
}

int RoughDisk::next_call(bool may_be_full) {
  const std::uint64_t n = ++calls_, at = fails_at_;
  if (at == 0 || n < at || (n > at && !for_good_)) return SQLITE_OK;
  if (error_ == Error::io) return SQLITE_IOERR;
  if (may_be_full) return SQLITE_FULL;
  if (!for_good_) fails_at_ = n + 1;  // only a write finds the disk full: the next one
  return SQLITE_OK;
}

// --- what a power cut leaves -----------------------------------------------------------------------------------------

void RoughDisk::remember(const std::string& folder, bool lies_about_sync, std::function<void()> before_change) {
  const std::scoped_lock lock(mutex_);
  folder_ = folder + '/';
  lies_ = lies_about_sync;
  before_change_ = std::move(before_change);
  files_.clear();
}

void RoughDisk::forget() {
  const std::scoped_lock lock(mutex_);
  folder_.clear();
  before_change_ = nullptr;
}

bool RoughDisk::watched(const std::string& path) const { return !folder_.empty() && path.starts_with(folder_); }

void RoughDisk::apply(std::string& to, const Change& change, std::size_t bytes) {
  if (change.at < 0) return to.resize(static_cast<std::size_t>(-change.at - 1));
  const auto at = static_cast<std::size_t>(change.at);
  if (to.size() < at + bytes) to.resize(at + bytes);
  to.replace(at, bytes, change.bytes, 0, bytes);
}

void RoughDisk::about_to_change(const std::string& path) {
  std::function<void()> tell;
  {
    const std::scoped_lock lock(mutex_);
    if (watched(path)) tell = before_change_;
  }
  if (tell) tell();
}

void RoughDisk::changed(const std::string& path, std::int64_t at, std::string bytes) {
  const std::scoped_lock lock(mutex_);
  if (watched(path)) files_[path].pending.push_back({at, std::move(bytes)});
}

void RoughDisk::synced(const std::string& path) {
  const std::scoped_lock lock(mutex_);
  if (!watched(path) || lies_) return;
  File& file = files_[path];
  for (const auto& change : std::exchange(file.pending, {})) apply(file.durable, change, change.bytes.size());
}

void RoughDisk::deleted(const std::string& path) {
  const std::scoped_lock lock(mutex_);
  files_.erase(path);
}

FolderImage RoughDisk::cut(Dice& dice) {
  const std::scoped_lock lock(mutex_);
  FolderImage image;
  for (const auto& [path, file] : files_) {
    std::string bytes = file.durable;
    for (const auto& change : file.pending) {
      const std::uint32_t fate = dice.below(3);
      const auto sectors = static_cast<std::uint32_t>(change.bytes.size() / kSector + 1);
      const std::size_t torn = std::min<std::size_t>(change.bytes.size(), dice.below(sectors) * kSector);
      if (fate == 0) apply(bytes, change, change.bytes.size());
      if (fate == 1 && change.at >= 0) apply(bytes, change, torn);
    }
    image[std::filesystem::path(path).filename().string()] = std::move(bytes);
  }
  return image;
}

}  // namespace tg::test
