// How a database file and its write-ahead log look when they are encrypted: unit by unit, length unchanged.
// Owner thread: the one that owns the file. Never opens SQLite; sqlite_sealed_vfs.cpp does the plumbing.
//
//   file  every page of 4096 bytes is one unit. The first 16 bytes of the first page, in the clear always the same
//         text, hold "tgxts01\n" and 8 bytes that tell which key it was (PageCipher::check_of).
//   log   its header (32 bytes: sizes, salts) stays; of a frame's header (24 bytes) page number and size stay, salts
//         and checksum are one unit, because the checksum is computed over the clear page; the page is one unit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "adapters/sqlite_db.hpp"
#include "base/page_cipher.hpp"
#include "base/result.hpp"

namespace tg {

inline constexpr std::size_t kSealedPage = 4096;

struct SealedUnit {
  std::int64_t begin = 0;  ///< in the file
  std::size_t size = 0;
  std::size_t clear = 0;  ///< so many bytes at its beginning are not encrypted
  PageCipher::Tweak tweak;
};
/// The unit that holds the byte at `offset`.
[[nodiscard]] SealedUnit file_unit(std::int64_t offset);
[[nodiscard]] SealedUnit log_unit(std::int64_t offset);

class Seal {
 public:
  explicit Seal(const Key256& key);
  /// `in` is one whole unit in the clear; `out` what belongs on the disk.
  void seal(const SealedUnit& unit, Bytes in, std::span<std::uint8_t> out);
  /// In place. A first page without a mark stays as it is: it is no page of ours, and SQLite will say so.
  void open(const SealedUnit& unit, std::span<std::uint8_t> bytes);

 private:
  PageCipher cipher_;
  PageCipher::Check check_;
};

/// Whether a file that begins with these bytes is an encrypted one, with whatever key.
[[nodiscard]] bool has_seal(Bytes head);

/// Puts the mark of this key back to the beginning of a file that lost it.
void restore_seal(const std::string& path, const Key256& key);

struct FileKey {
  bool empty = true;          ///< there is no file, or nothing in it
  std::optional<Key256> key;  ///< none: in the clear; of an empty file the current one
};
/// By which of the keys a file can be read. Refused when it is encrypted and none of them fits: nothing was touched.
[[nodiscard]] Result<FileKey, DbError> key_of_file(const std::string& path, const AtRestKeys& keys);

/// What a power cut left of a rewriting: the file itself is whole.
void discard_unfinished_copy(const std::string& path);
/// Whether a file that can be opened is as new writes should be: with the current key, or in the clear without one.
/// Not while it is open: whoever closes a file loses all locks of his process on it, SQLite's among them (fcntl(2)).
[[nodiscard]] bool has_current_key(const Db::Settings& settings);
/// Closes `db` and rewrites its file so: folds its log in, writes a copy beside it, syncs, renames. A power cut leaves
/// the one or the other. Says in the log what it did. An error leaves the file as it was. Needs as much free room as
/// the file is large. The blocks of the old file are the file system's: they are freed, not overwritten.
[[nodiscard]] DbError apply_current_key(Db&& db, const Db::Settings& settings);

}  // namespace tg
