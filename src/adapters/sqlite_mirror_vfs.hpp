// A file layer for SQLite that writes one database and its log twice: what goes to `path` and `path-wal` goes to the
// mirror as well, byte for byte, so that the mirror with its log is at any instant a database of its own.
// Owner thread: the connection's, with a helper while it waits for the disk; one object a connection, below the
// encryption (sqlite_sealed_vfs). Never reads the mirror for SQLite, never fails because of a mirror: one that cannot
// be written is deleted, so that none is ever believed that lacks something. Only a full disk is told to SQLite,
// because it is the disk of both.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace tg {

class MirrorVfs {
 public:
  enum class State : std::uint8_t {
    none,     ///< nothing is written twice
    copying,  ///< the log is, the file as far as it was compared; while they differ the mirror says that it is
              ///< unfinished
    complete
  };

  MirrorVfs(std::string path, std::string mirror);
  ~MirrorVfs();  ///< after the connection was closed
  MirrorVfs(const MirrorVfs&) = delete;
  MirrorVfs& operator=(const MirrorVfs&) = delete;
  [[nodiscard]] const char* name() const;  ///< for sqlite3_open_v2
  [[nodiscard]] const std::string& mirror() const;

  [[nodiscard]] State state() const;
  /// Why there is no mirror; empty when there is none to tell.
  [[nodiscard]] const std::string& trouble() const;

  /// With an open connection: `copying` from the first byte on. What the mirror holds already is kept where it is
  /// equal.
  void begin();
  /// Compares the next `bytes` and writes those that differ; on the disk when it returns. `complete` at the end.
  void copy(std::int64_t bytes);
  /// Pages of 4 KiB, of the file and of the log, that differed since begin(). After a kill a few; more were damaged.
  [[nodiscard]] std::int64_t renewed() const;
  /// Deletes the mirror and its log. False when they are still there.
  [[nodiscard]] bool discard();

  struct Impl;  ///< public for the functions that SQLite calls; defined in the .cpp

 private:
  std::unique_ptr<Impl> impl_;
};

/// A mirror whose copying was interrupted. It tells nothing; begin() goes on with it.
[[nodiscard]] bool is_unfinished_mirror(const std::string& path);

}  // namespace tg
