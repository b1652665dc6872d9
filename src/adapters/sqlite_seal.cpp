#include "adapters/sqlite_seal.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>
#include <system_error>
#include <vector>

#include "adapters/durable_file.hpp"
#include "base/log.hpp"

namespace tg {
namespace {

constexpr std::size_t kMark = 16;
constexpr std::string_view kMagic = "tgxts01\n";
constexpr std::string_view kClearMark{"SQLite format 3\0", kMark};
constexpr std::int64_t kLogHeader = 32;
constexpr std::size_t kFrameHeader = 24;
constexpr std::size_t kFrameClear = 8;  // page number and size of the database
constexpr std::int64_t kFrame = kFrameHeader + kSealedPage;
enum Domain : std::uint8_t { kFilePage, kLogStart, kFrameSalts, kFramePage };

bool first_page(const SealedUnit& unit) { return unit.tweak.domain == kFilePage && unit.begin == 0; }

bool starts_with(Bytes bytes, std::string_view text) {
  return bytes.size() >= text.size() && std::equal(text.begin(), text.end(), bytes.begin(), [](char a, std::uint8_t b) {
           return static_cast<std::uint8_t>(a) == b;
         });
}

Bytes check_in(Bytes mark) { return mark.subspan(kMagic.size(), sizeof(PageCipher::Check)); }

/// A descriptor that is closed.
struct File {
  int fd = -1;
  File(const std::string& path, int flags) : fd(::open(path.c_str(), flags | O_CLOEXEC, 0600)) {}
  ~File() {
    if (fd >= 0) ::close(fd);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
};

bool read_all(int fd, std::span<std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const auto got = ::read(fd, bytes.data(), bytes.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(got));
  }
  return true;
}

/// Copies page by page from one key to the other; either may be none.
bool copy_pages(int from, int to, std::int64_t pages, std::optional<Seal>& opener, std::optional<Seal>& sealer) {
  constexpr std::int64_t kAtOnce = 64;
  std::vector<std::uint8_t> buffer(kAtOnce * kSealedPage);
  for (std::int64_t done = 0; done < pages;) {
    const std::int64_t count = std::min(kAtOnce, pages - done);
    const std::span<std::uint8_t> chunk(buffer.data(), static_cast<std::size_t>(count) * kSealedPage);
    if (!read_all(from, chunk)) return false;
    for (std::int64_t i = 0; i < count; ++i) {
      const auto page = chunk.subspan(static_cast<std::size_t>(i) * kSealedPage, kSealedPage);
      const SealedUnit unit = file_unit((done + i) * static_cast<std::int64_t>(kSealedPage));
      if (opener) opener->open(unit, page);
      if (sealer) sealer->seal(unit, page, page);
    }
    if (write_all(to, chunk) != 0) return false;
    done += count;
  }
  return ::fsync(to) == 0;
}

/// Afterwards everything stands in the file, and there is no log.
DbError fold_log_in(Db&& db, const std::string& path) {
  {
    Db closing = std::move(db);
    if (DbError error = closing.checkpoint()) return error;
  }
  std::error_code unknown;
  if (!std::filesystem::exists(path + "-wal", unknown)) return {};
  return {DbTrouble::locked, path + ": the write-ahead log does not go away"};
}

std::string copy_of(const std::string& path) { return path + ".rewritten"; }

AtRestKeys keys_of(const Db::Settings& settings) { return settings.keys ? *settings.keys : AtRestKeys{}; }

DbError named(DbTrouble trouble, const std::string& path, int number) {
  return {number == ENOSPC ? DbTrouble::full : trouble, path + ": " + std::generic_category().message(number)};
}

DbError replace(const std::string& path, const std::string& copy) {
  if (::rename(copy.c_str(), path.c_str()) != 0) return named(DbTrouble::io, path, errno);
  const int error = sync_folder_of(path);
  return error == 0 ? DbError{} : named(DbTrouble::io, path, error);
}

DbError rewrite(const std::string& path, const std::optional<Key256>& from, const std::optional<Key256>& to) {
  const auto sealer_of = [](const std::optional<Key256>& key) {
    return key ? std::optional<Seal>(*key) : std::nullopt;
  };
  const std::string copy = copy_of(path);
  std::error_code unknown;
  const auto bytes = std::filesystem::file_size(path, unknown);
  if (unknown || bytes % kSealedPage != 0) return {DbTrouble::damaged, "not a whole number of pages"};
  DbError error;
  {
    const File source(path, O_RDONLY), target(copy, O_WRONLY | O_CREAT | O_TRUNC);
    auto opener = sealer_of(from), sealer = sealer_of(to);
    if (source.fd < 0 || target.fd < 0 ||
        !copy_pages(source.fd, target.fd, static_cast<std::int64_t>(bytes / kSealedPage), opener, sealer)) {
      error = named(DbTrouble::io, path, errno);
    }
  }
  if (!error) error = replace(path, copy);
  if (error) std::filesystem::remove(copy, unknown);
  return error;
}

}  // namespace

SealedUnit file_unit(std::int64_t offset) {
  const auto page = offset / static_cast<std::int64_t>(kSealedPage);
  return {page * static_cast<std::int64_t>(kSealedPage),
          kSealedPage,
          page == 0 ? kMark : 0,
          {static_cast<std::uint64_t>(page), kFilePage}};
}

SealedUnit log_unit(std::int64_t offset) {
  if (offset < kLogHeader) return {0, kLogHeader, kLogHeader, {0, kLogStart}};
  const std::int64_t frame = (offset - kLogHeader) / kFrame, begin = kLogHeader + frame * kFrame;
  const auto number = static_cast<std::uint64_t>(frame);
  if (offset < begin + static_cast<std::int64_t>(kFrameHeader)) {
    return {begin, kFrameHeader, kFrameClear, {number, kFrameSalts}};
  }
  return {begin + static_cast<std::int64_t>(kFrameHeader), kSealedPage, 0, {number, kFramePage}};
}

Seal::Seal(const Key256& key) : cipher_(key), check_(PageCipher::check_of(key)) {}

void Seal::seal(const SealedUnit& unit, Bytes in, std::span<std::uint8_t> out) {
  std::copy_n(in.begin(), unit.clear, out.begin());
  if (unit.clear < unit.size) cipher_.encrypt(unit.tweak, in.subspan(unit.clear), out.subspan(unit.clear));
  if (first_page(unit)) std::ranges::copy(check_, std::ranges::copy(kMagic, out.begin()).out);
}

void Seal::open(const SealedUnit& unit, std::span<std::uint8_t> bytes) {
  if (first_page(unit)) {
    if (!has_seal(bytes) || !std::ranges::equal(check_in(bytes), check_)) return;
    std::ranges::copy(kClearMark, bytes.begin());
  }
  if (unit.clear < unit.size) cipher_.decrypt(unit.tweak, bytes.subspan(unit.clear), bytes.subspan(unit.clear));
}

bool has_seal(Bytes head) { return starts_with(head, kMagic); }

void restore_seal(const std::string& path, const Key256& key) {
  std::vector<std::uint8_t> mark(kMagic.begin(), kMagic.end());
  std::ranges::copy(PageCipher::check_of(key), std::back_inserter(mark));
  const File file(path, O_WRONLY);
  if (file.fd >= 0) static_cast<void>(write_all(file.fd, mark));  // a failure shows when the file is opened
}

Result<FileKey, DbError> key_of_file(const std::string& path, const AtRestKeys& keys) {
  std::array<std::uint8_t, kMark> mark{};
  const File file(path, O_RDONLY);
  if (file.fd < 0 || !read_all(file.fd, mark)) return FileKey{true, keys.current};
  if (!has_seal(mark)) return FileKey{false, std::nullopt};  // in the clear, or no database at all
  const auto fits = [&](const Key256& key) { return std::ranges::equal(check_in(mark), PageCipher::check_of(key)); };
  if (keys.current && fits(*keys.current)) return FileKey{false, keys.current};
  const auto former = std::ranges::find_if(keys.former, fits);
  if (former != keys.former.end()) return FileKey{false, *former};
  return Unexpected<DbError>{
      {DbTrouble::refused, path + ": encrypted with a key that profiles.at_rest_key_file does not hold; "
                                  "add that key as its last line"}};
}

void discard_unfinished_copy(const std::string& path) {
  std::error_code ignored;
  std::filesystem::remove(copy_of(path), ignored);
}

bool has_current_key(const Db::Settings& settings) {
  const AtRestKeys keys = keys_of(settings);
  const auto found = key_of_file(settings.path, keys);
  return found && found->key == keys.current;
}

DbError apply_current_key(Db&& db, const Db::Settings& settings) {
  const AtRestKeys keys = keys_of(settings);
  if (DbError error = fold_log_in(std::move(db), settings.path)) return error;
  const auto found = key_of_file(settings.path, keys);
  if (!found) return found.error();
  if (DbError error = rewrite(settings.path, found->key, keys.current)) return error;
  log(LogLevel::info, "store",
      std::filesystem::path(settings.path).filename().string() +
          (keys.current ? ": encrypted with the current key" : ": no longer encrypted"));
  return {};
}

}  // namespace tg
