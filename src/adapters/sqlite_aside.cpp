#include "adapters/sqlite_aside.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <vector>

#include "adapters/sqlite_seal.hpp"

namespace tg {
namespace {

constexpr const char* kDistrusted = ".distrusted";

namespace fs = std::filesystem;
using Page = std::array<unsigned char, 4096>;

constexpr std::string_view kMagic{"SQLite format 3\0", 16};   // sqlite.org/fileformat.html, 1.3
constexpr std::size_t kApplicationId = 68, kFirstTree = 100;  // offsets in the first page
constexpr std::array<std::string_view, 3> kOurWords{".corrupt-", ".newer-", ".before-"};  // not those of others

std::uint32_t big_endian(const Page& page, std::size_t at, std::size_t bytes) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < bytes; ++i) value = value << 8U | page[at + i];
  return value;
}

/// A page of a b-tree: its type, and a number of cells whose pointers fit before where the content begins.
bool looks_like_a_page(const Page& page) {
  constexpr std::array<unsigned char, 4> kTypes{2, 5, 10, 13};
  if (std::find(kTypes.begin(), kTypes.end(), page[0]) == kTypes.end()) return false;
  const std::uint32_t cells = big_endian(page, 3, 2), content = big_endian(page, 5, 2);
  return cells > 0 && content <= page.size() && 8 + 2 * cells <= content;
}

bool is_nul(const Page& page) {
  return std::all_of(page.begin(), page.end(), [](unsigned char byte) { return byte == 0; });
}

enum class Pages : std::uint8_t { none, clear, sealed };

/// What the pages behind the first one are.
Pages find_pages(std::ifstream& file, const AtRestKeys& keys) {
  auto seal = keys.current ? std::optional<Seal>(*keys.current) : std::nullopt;
  Page page{};
  for (std::int64_t at = page.size(); file.read(reinterpret_cast<char*>(page.data()), page.size()); at += page.size()) {
    if (looks_like_a_page(page)) return Pages::clear;
    if (seal) seal->open(file_unit(at), page);
    if (seal && looks_like_a_page(page)) return Pages::sealed;
  }
  return Pages::none;
}

Found look_at_bytes(std::ifstream& file, std::int64_t application_id, const AtRestKeys& keys) {
  Page page{};
  file.read(reinterpret_cast<char*>(page.data()), page.size());
  const auto got = std::min<std::size_t>(static_cast<std::size_t>(file.gcount()), kMagic.size());
  const bool named = std::equal(kMagic.begin(), kMagic.begin() + static_cast<std::ptrdiff_t>(got), page.begin(),
                                [](char a, unsigned char b) { return static_cast<unsigned char>(a) == b; });
  if (named && got == kMagic.size()) {
    const std::int64_t id = big_endian(page, kApplicationId, 4);
    const bool newborn = id == 0 && big_endian(page, kFirstTree + 3, 2) == 0;
    return id == application_id || newborn ? Found::ours : Found::foreign;
  }
  if (has_seal(page)) return Found::ours;
  if (named || is_nul(page)) return Found::damaged;
  return find_pages(file, keys) == Pages::none ? Found::foreign : Found::damaged;
}

Result<void> move_to(const std::string& from, const std::string& to) {
  std::error_code error;
  fs::rename(from, to, error);
  if (error) return fail(from + ": cannot be set aside: " + error.message());
  return {};
}

bool there(const std::string& path) {
  std::error_code ignored;
  return fs::symlink_status(path, ignored).type() != fs::file_type::not_found;
}

/// Nothing there, or no byte in it.
bool is_empty(const std::string& path) {
  std::error_code error;
  return !there(path) || (fs::is_regular_file(path, error) && fs::file_size(path, error) == 0);
}

/// The instant in `facts.db.corrupt-1763713200-wal`; none when the name is not of this kind.
std::optional<WallTime> set_aside_at(std::string_view name) {
  for (const std::string_view word : kOurWords) {
    const auto at = name.find(word);
    if (at == std::string_view::npos) continue;
    std::int64_t seconds = 0;
    std::from_chars(name.data() + at + word.size(), name.data() + name.size(), seconds);
    return wall_ms(seconds * 1000);
  }
  return std::nullopt;
}

}  // namespace

std::string free_name(const std::string& path, std::string_view word) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const std::string base =
      path + '.' + std::string(word) + '-' + std::to_string(std::chrono::duration_cast<Seconds>(now).count());
  std::string name = base;
  for (int n = 2; there(name) || there(name + "-wal"); ++n) name = base + '-' + std::to_string(n);
  return name;
}

std::vector<std::string> copies_before_upgrade(const std::string& path) {
  std::vector<std::string> copies;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(fs::path(path).parent_path(), error)) {
    const bool copy =
        entry.path().filename().string().find('.' + std::string(kBeforeUpgrade) + '-') != std::string::npos;
    if (copy) copies.push_back(entry.path().string());
  }
  return copies;
}

Found look_at(const std::string& path, std::int64_t application_id, const AtRestKeys& keys) {
  std::error_code error;
  const auto type = fs::symlink_status(path, error).type();
  if (type == fs::file_type::not_found) return Found::nothing;
  if (type != fs::file_type::regular) return Found::foreign;
  if (fs::file_size(path, error) == 0) return is_empty(path + "-wal") ? Found::nothing : Found::damaged;
  std::ifstream file(path, std::ios::binary);
  return file ? look_at_bytes(file, application_id, keys) : Found::ours;  // unreadable: opening it says why
}

bool may_have_lost_its_seal(const std::string& path, const AtRestKeys& keys) {
  std::ifstream file(path, std::ios::binary);
  Page page{};
  file.read(reinterpret_cast<char*>(page.data()), page.size());
  const bool named = std::equal(kMagic.begin(), kMagic.end(), page.begin(),
                                [](char a, unsigned char b) { return static_cast<unsigned char>(a) == b; });
  if (named || has_seal(page) || !keys.current) return false;
  file.clear();
  return find_pages(file, keys) != Pages::clear;
}

Result<std::string> set_aside(const std::string& path, std::string_view word) {
  const std::string aside = free_name(path, word);
  for (const std::string companion : {"-wal", "-journal", "-shm"}) {  // left behind, a journal would be played back
    if (!there(path + companion)) continue;
    if (auto moved = move_to(path + companion, aside + companion); !moved) return Unexpected<Error>{moved.error()};
  }
  if (auto moved = move_to(path, aside); !moved) return Unexpected<Error>{moved.error()};
  return aside;
}

void distrust(const std::string& path) {
  const int fd = ::open((path + kDistrusted).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  ::fsync(fd);
  ::close(fd);
}
bool is_distrusted(const std::string& path) { return there(path + kDistrusted); }
void trust_again(const std::string& path) {
  std::error_code ignored;
  fs::remove(path + kDistrusted, ignored);
}

Result<std::optional<std::string>> clear_log(const std::string& path) {
  constexpr std::array<unsigned char, 3> kLogMagic{0x37, 0x7f, 0x06};  // sqlite.org/fileformat.html, 4.1
  const std::string log = path + "-wal";
  std::error_code error;
  const auto type = fs::symlink_status(log, error).type();
  if (type == fs::file_type::not_found) return std::optional<std::string>{};
  if (type == fs::file_type::regular) {
    std::array<unsigned char, 3> start{};
    std::ifstream file(log, std::ios::binary);
    file.read(reinterpret_cast<char*>(start.data()), start.size());
    if (!file.is_open() || start == kLogMagic || fs::file_size(log, error) == 0) return std::optional<std::string>{};
  }
  const std::string aside = free_name(log, type == fs::file_type::regular ? "corrupt" : "foreign");
  if (auto moved = move_to(log, aside); !moved) return Unexpected<Error>{moved.error()};
  return std::optional(aside);
}

Result<std::size_t> discard_aside(const std::string& path, std::optional<WallTime> before) {
  std::vector<fs::path> old;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(fs::path(path).parent_path(), error)) {
    const auto at = set_aside_at(entry.path().filename().string());
    if (at && (!before || *at < *before)) old.push_back(entry.path());
  }
  for (const auto& file : old) {
    if (!error) fs::remove(file, error);
  }
  if (error) return fail(path + ": what was set aside cannot be deleted: " + error.message());
  return old.size();
}

}  // namespace tg
