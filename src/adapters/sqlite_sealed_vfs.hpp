// A file layer for SQLite that encrypts what it writes and decrypts what it reads; everything else is the system's.
// Owner thread: the connection's; one object a connection. Never writes a byte of a page in the clear: a write that is
// not a whole unit (sqlite_seal.hpp) is refused as an input/output error. No shared memory and no mmap: the gateway's
// connections are exclusive.
#pragma once

#include <memory>

#include "base/page_cipher.hpp"

namespace tg {

class SealedVfs {
 public:
  /// `below`: the layer that gets the encrypted bytes, null: the system's.
  explicit SealedVfs(const Key256& key, const char* below = nullptr);
  ~SealedVfs();  ///< after the connection was closed
  SealedVfs(const SealedVfs&) = delete;
  SealedVfs& operator=(const SealedVfs&) = delete;
  /// For sqlite3_open_v2.
  [[nodiscard]] const char* name() const;

  struct Impl;  ///< public for the functions that SQLite calls; defined in the .cpp

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace tg
