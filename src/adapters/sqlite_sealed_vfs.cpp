#include "adapters/sqlite_sealed_vfs.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <span>
#include <string>

#include "adapters/sqlite_seal.hpp"

namespace tg {

struct SealedVfs::Impl {
  Impl(const Key256& key, const char* below) : seal(key), real(sqlite3_vfs_find(below)) {}
  Seal seal;
  std::array<std::uint8_t, kSealedPage> page{};  // of the unit at hand
  std::string name;
  sqlite3_vfs* real;
  sqlite3_vfs vfs{};
};

namespace {

using Impl = SealedVfs::Impl;

/// What SQLite allocates for an open file; the system's own part follows it.
struct SealedFile {
  sqlite3_file base;
  Impl* owner;
  SealedUnit (*unit_at)(std::int64_t offset);
};
// The system's part begins where any type may begin.
constexpr int kOwnPart = (sizeof(SealedFile) + alignof(std::max_align_t) - 1) / alignof(std::max_align_t) *
                         static_cast<int>(alignof(std::max_align_t));

SealedFile& own(sqlite3_file* file) { return *reinterpret_cast<SealedFile*>(file); }
sqlite3_file* real(sqlite3_file* file) {
  return reinterpret_cast<sqlite3_file*>(reinterpret_cast<std::byte*>(file) + kOwnPart);
}
Impl& impl(sqlite3_vfs* vfs) { return *static_cast<Impl*>(vfs->pAppData); }

int read_unit(sqlite3_file* file, const SealedUnit& unit, std::span<std::uint8_t> out) {
  const int code = real(file)->pMethods->xRead(real(file), out.data(), static_cast<int>(unit.size), unit.begin);
  if (code == SQLITE_OK) own(file).owner->seal.open(unit, out);
  return code;
}

int read(sqlite3_file* file, void* to, int amount, sqlite3_int64 offset) {
  std::span<std::uint8_t> out(static_cast<std::uint8_t*>(to), static_cast<std::size_t>(amount));
  while (!out.empty()) {
    const SealedUnit unit = own(file).unit_at(offset);
    const auto skip = static_cast<std::size_t>(offset - unit.begin);
    const std::size_t count = std::min(out.size(), unit.size - skip);
    const bool whole = count == unit.size;
    const std::span<std::uint8_t> page = whole ? out.first(count) : std::span(own(file).owner->page).first(unit.size);
    const int code = read_unit(file, unit, page);
    if (code == SQLITE_IOERR_SHORT_READ) std::ranges::fill(out, std::uint8_t{0});  // half a unit cannot be read
    if (code != SQLITE_OK) return code;
    if (!whole) std::copy_n(page.begin() + static_cast<std::ptrdiff_t>(skip), count, out.begin());
    out = out.subspan(count);
    offset += static_cast<sqlite3_int64>(count);
  }
  return SQLITE_OK;
}

int write(sqlite3_file* file, const void* from, int amount, sqlite3_int64 offset) {
  Bytes in(static_cast<const std::uint8_t*>(from), static_cast<std::size_t>(amount));
  while (!in.empty()) {
    const SealedUnit unit = own(file).unit_at(offset);
    if (offset != unit.begin || in.size() < unit.size) return SQLITE_IOERR_WRITE;
    const std::span<std::uint8_t> page = std::span(own(file).owner->page).first(unit.size);
    own(file).owner->seal.seal(unit, in.first(unit.size), page);
    const int code = real(file)->pMethods->xWrite(real(file), page.data(), static_cast<int>(unit.size), offset);
    if (code != SQLITE_OK) return code;
    in = in.subspan(unit.size);
    offset += static_cast<sqlite3_int64>(unit.size);
  }
  return SQLITE_OK;
}

int close(sqlite3_file* file) { return real(file)->pMethods->xClose(real(file)); }

/// A call that means the same for the file below.
template <auto Method, class... Args>
int pass_on(sqlite3_file* file, Args... args) {
  return (real(file)->pMethods->*Method)(real(file), args...);
}

using Io = sqlite3_io_methods;
constexpr Io kMethods{1,  // no shared memory, no mmap
                      close,
                      read,
                      write,
                      pass_on<&Io::xTruncate>,
                      pass_on<&Io::xSync>,
                      pass_on<&Io::xFileSize>,
                      pass_on<&Io::xLock>,
                      pass_on<&Io::xUnlock>,
                      pass_on<&Io::xCheckReservedLock>,
                      pass_on<&Io::xFileControl>,
                      pass_on<&Io::xSectorSize>,
                      pass_on<&Io::xDeviceCharacteristics>,
                      nullptr,
                      nullptr,
                      nullptr,
                      nullptr,
                      nullptr,
                      nullptr};

/// The file and its log are sealed. A rollback journal exists only while an empty file is switched to WAL; what is
/// temporary stays in memory (sqlite_db.cpp reads both settings back).
int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* flags_out) {
  Impl& owner = impl(vfs);
  const bool log = (flags & SQLITE_OPEN_WAL) != 0;
  if (!log && (flags & SQLITE_OPEN_MAIN_DB) == 0) return owner.real->xOpen(owner.real, name, file, flags, flags_out);
  own(file) = {{nullptr}, &owner, log ? log_unit : file_unit};
  const int code = owner.real->xOpen(owner.real, name, real(file), flags, flags_out);
  if (code == SQLITE_OK) own(file).base.pMethods = &kMethods;
  return code;
}

int remove(sqlite3_vfs* vfs, const char* name, int sync) { return impl(vfs).real->xDelete(impl(vfs).real, name, sync); }
int access(sqlite3_vfs* vfs, const char* name, int flags, int* out) {
  return impl(vfs).real->xAccess(impl(vfs).real, name, flags, out);
}
int full_path(sqlite3_vfs* vfs, const char* name, int size, char* out) {
  return impl(vfs).real->xFullPathname(impl(vfs).real, name, size, out);
}
int randomness(sqlite3_vfs* vfs, int size, char* out) { return impl(vfs).real->xRandomness(impl(vfs).real, size, out); }
int wait_us(sqlite3_vfs* vfs, int us) { return impl(vfs).real->xSleep(impl(vfs).real, us); }
int now(sqlite3_vfs* vfs, double* out) { return impl(vfs).real->xCurrentTime(impl(vfs).real, out); }
int now_ms(sqlite3_vfs* vfs, sqlite3_int64* out) { return impl(vfs).real->xCurrentTimeInt64(impl(vfs).real, out); }
int last_error(sqlite3_vfs* vfs, int size, char* out) {
  return impl(vfs).real->xGetLastError(impl(vfs).real, size, out);
}

std::string next_name() {
  static std::atomic<std::uint64_t> given{0};
  return "touchpoint-sealed-" + std::to_string(++given);
}

}  // namespace

SealedVfs::SealedVfs(const Key256& key, const char* below) : impl_(std::make_unique<Impl>(key, below)) {
  impl_->name = next_name();
  sqlite3_vfs& vfs = impl_->vfs;
  vfs.iVersion = 2;
  vfs.szOsFile = kOwnPart + impl_->real->szOsFile;
  vfs.mxPathname = impl_->real->mxPathname;
  vfs.zName = impl_->name.c_str();
  vfs.pAppData = impl_.get();
  vfs.xOpen = open;
  vfs.xDelete = remove;
  vfs.xAccess = access;
  vfs.xFullPathname = full_path;
  vfs.xRandomness = randomness;
  vfs.xSleep = wait_us;
  vfs.xCurrentTime = now;
  vfs.xCurrentTimeInt64 = now_ms;
  vfs.xGetLastError = last_error;
  if (sqlite3_vfs_register(&vfs, 0) != SQLITE_OK) std::abort();  // no memory for SQLite's own list
}

SealedVfs::~SealedVfs() { sqlite3_vfs_unregister(&impl_->vfs); }

const char* SealedVfs::name() const { return impl_->name.c_str(); }

}  // namespace tg
