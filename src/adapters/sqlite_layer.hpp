// What every file layer between SQLite and the system has in common: an own part before the file below, and calls that
// mean the same there. Owner thread: the connection's. Internal to the sqlite_*_vfs.cpp: it shows SQLite's interface.
// Never offers shared memory or mmap: the gateway's connections are exclusive.
#pragma once

#include <sqlite3.h>

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <string>

namespace tg::layer {

/// What SQLite allocates for an open file; the file below follows it, where any type may begin.
template <class Own>
struct alignas(std::max_align_t) File {
  sqlite3_file base;
  Own own;
};

/// The calls of one layer: those that it answers itself are given, the rest is passed on.
template <class Own>
struct Calls {
  static Own& own(sqlite3_file* file) { return reinterpret_cast<File<Own>*>(file)->own; }
  static sqlite3_file* below(sqlite3_file* file) {
    return reinterpret_cast<sqlite3_file*>(reinterpret_cast<File<Own>*>(file) + 1);
  }
  template <auto Method, class... Args>
  static int pass_on(sqlite3_file* file, Args... args) {
    return (below(file)->pMethods->*Method)(below(file), args...);
  }
  static constexpr sqlite3_io_methods passing_on() {
    using Io = sqlite3_io_methods;
    Io io{};
    io.iVersion = 1;
    io.xClose = pass_on<&Io::xClose>;
    io.xRead = pass_on<&Io::xRead>;
    io.xWrite = pass_on<&Io::xWrite>;
    io.xTruncate = pass_on<&Io::xTruncate>;
    io.xSync = pass_on<&Io::xSync>;
    io.xFileSize = pass_on<&Io::xFileSize>;
    io.xLock = pass_on<&Io::xLock>;
    io.xUnlock = pass_on<&Io::xUnlock>;
    io.xCheckReservedLock = pass_on<&Io::xCheckReservedLock>;
    io.xFileControl = pass_on<&Io::xFileControl>;
    io.xSectorSize = pass_on<&Io::xSectorSize>;
    io.xDeviceCharacteristics = pass_on<&Io::xDeviceCharacteristics>;
    return io;
  }
  /// Opens the file below and makes `file` one of this layer's; on an error it is none of ours.
  static int open(sqlite3_vfs* real, const char* name, sqlite3_file* file, int flags, int* flags_out, Own of_ours,
                  const sqlite3_io_methods& calls) {
    *reinterpret_cast<File<Own>*>(file) = {{nullptr}, of_ours};
    const int code = real->xOpen(real, name, below(file), flags, flags_out);
    if (code == SQLITE_OK) file->pMethods = &calls;
    return code;
  }
};

/// Registered under a name of its own while it lives. `owner` is what owner_of() gives to the calls.
class Vfs {
 public:
  using Open = int (*)(sqlite3_vfs*, const char* name, sqlite3_file* file, int flags, int* flags_out);

  /// `own_part`: sizeof(File<Own>). `below`: the name of the next layer, null: the system's.
  Vfs(const std::string& kind, const char* below, std::size_t own_part, void* owner, Open open)
      : name_(kind + '-' + std::to_string(++given())), real_(sqlite3_vfs_find(below)) {
    vfs_.iVersion = 2;
    vfs_.szOsFile = static_cast<int>(own_part) + real_->szOsFile;
    vfs_.mxPathname = real_->mxPathname;
    vfs_.zName = name_.c_str();
    owner_ = {owner, real_};
    vfs_.pAppData = &owner_;
    vfs_.xOpen = open;
    vfs_.xDelete = [](sqlite3_vfs* vfs, const char* name, int sync) {
      return real(vfs)->xDelete(real(vfs), name, sync);
    };
    vfs_.xAccess = [](sqlite3_vfs* vfs, const char* name, int flags, int* out) {
      return real(vfs)->xAccess(real(vfs), name, flags, out);
    };
    vfs_.xFullPathname = [](sqlite3_vfs* vfs, const char* name, int size, char* out) {
      return real(vfs)->xFullPathname(real(vfs), name, size, out);
    };
    vfs_.xRandomness = [](sqlite3_vfs* vfs, int size, char* out) {
      return real(vfs)->xRandomness(real(vfs), size, out);
    };
    vfs_.xSleep = [](sqlite3_vfs* vfs, int us) { return real(vfs)->xSleep(real(vfs), us); };
    vfs_.xCurrentTime = [](sqlite3_vfs* vfs, double* out) { return real(vfs)->xCurrentTime(real(vfs), out); };
    vfs_.xCurrentTimeInt64 = [](sqlite3_vfs* vfs, sqlite3_int64* out) {
      return real(vfs)->xCurrentTimeInt64(real(vfs), out);
    };
    vfs_.xGetLastError = [](sqlite3_vfs* vfs, int size, char* out) {
      return real(vfs)->xGetLastError(real(vfs), size, out);
    };
  }
  ~Vfs() { sqlite3_vfs_unregister(&vfs_); }
  Vfs(const Vfs&) = delete;
  Vfs& operator=(const Vfs&) = delete;

  /// Before the first connection; every call that is to be this layer's own is in place by then.
  void enlist() {
    if (sqlite3_vfs_register(&vfs_, 0) != SQLITE_OK) std::abort();  // no memory for SQLite's own list
  }
  [[nodiscard]] sqlite3_vfs& calls() { return vfs_; }
  [[nodiscard]] const char* name() const { return name_.c_str(); }
  [[nodiscard]] sqlite3_vfs* real() const { return real_; }

  static void* owner_of(sqlite3_vfs* vfs) { return static_cast<Owner*>(vfs->pAppData)->object; }
  static sqlite3_vfs* real(sqlite3_vfs* vfs) { return static_cast<Owner*>(vfs->pAppData)->real; }

 private:
  struct Owner {
    void* object;
    sqlite3_vfs* real;
  };
  static std::atomic<std::uint64_t>& given() {
    static std::atomic<std::uint64_t> count{0};
    return count;
  }

  const std::string name_;
  sqlite3_vfs* const real_;
  Owner owner_{};
  sqlite3_vfs vfs_{};
};

}  // namespace tg::layer
