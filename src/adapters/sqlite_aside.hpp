// Files in the way of a database: what they are, and how they are moved beside it.
// Owner thread: start-up; discard_aside also the facts lane. Never writes into a file, never renames over one: what a
// file holds may be known to nobody else (decisions/0014).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/page_cipher.hpp"
#include "base/result.hpp"
#include "base/types.hpp"

namespace tg {

enum class Found : std::uint8_t {
  nothing,  ///< or an empty file without a log: there is nothing to keep of it
  ours,
  damaged,  ///< may have been ours: NUL bytes, pages without their header, or nothing but a log
  foreign   ///< somebody else's file, or no file at all
};

/// Reads the bytes, not the database: opening one would already change it. A header names its owner by the application
/// id; one without an id and without a table was born a moment ago and has the rest in its log.
/// An encrypted file shows neither: opening it will tell. Without its first page it is known by the current key.
[[nodiscard]] Found look_at(const std::string& path, std::int64_t application_id, const AtRestKeys& keys = {});

/// A file whose first page tells nothing and that was not in the clear: its log is to be read with the current key.
[[nodiscard]] bool may_have_lost_its_seal(const std::string& path, const AtRestKeys& keys);

inline constexpr std::string_view kBeforeUpgrade = "before";
/// Copies `*.before-*` in the folder of `path`.
[[nodiscard]] std::vector<std::string> copies_before_upgrade(const std::string& path);

/// `<path>.<word>-<unix seconds>[-n]`, where nothing is.
[[nodiscard]] std::string free_name(const std::string& path, std::string_view word);

/// Renames `path`, its write-ahead log and its journal to a free name. Returns it.
[[nodiscard]] Result<std::string> set_aside(const std::string& path, std::string_view word);

/// Says to the next start that `path` is damaged although its check may find nothing: `<path>.distrusted`. From any
/// thread; that it cannot be written is the disk's trouble.
void distrust(const std::string& path);
[[nodiscard]] bool is_distrusted(const std::string& path);
void trust_again(const std::string& path);

/// A write-ahead log that SQLite would take for an empty one, and write over, is moved away like the file. Returns
/// where.
[[nodiscard]] Result<std::optional<std::string>> clear_log(const std::string& path);

/// Deletes what was set aside as damaged or newer in the folder of `path`, and copies from before an upgrade: they name
/// members. From before `before`, or all of them. Returns how many files; fails when one cannot be deleted. Never a
/// foreign file.
[[nodiscard]] Result<std::size_t> discard_aside(const std::string& path, std::optional<WallTime> before = std::nullopt);

}  // namespace tg
