#include "adapters/sqlite_sealed_vfs.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>

#include "adapters/sqlite_layer.hpp"
#include "adapters/sqlite_seal.hpp"

namespace tg {

namespace {

struct Sealed {
  SealedVfs::Impl* owner;
  SealedUnit (*unit_at)(std::int64_t offset);
};
using Calls = layer::Calls<Sealed>;

int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* flags_out);

}  // namespace

struct SealedVfs::Impl {
  Impl(const Key256& key, const char* below)
      : seal(key), vfs("touchpoint-sealed", below, sizeof(layer::File<Sealed>), this, open) {
    vfs.enlist();
  }
  Seal seal;
  std::array<std::uint8_t, kSealedPage> page{};  // of the unit at hand
  layer::Vfs vfs;
};

namespace {

int read_unit(sqlite3_file* file, const SealedUnit& unit, std::span<std::uint8_t> out) {
  const int code =
      Calls::below(file)->pMethods->xRead(Calls::below(file), out.data(), static_cast<int>(unit.size), unit.begin);
  if (code == SQLITE_OK) Calls::own(file).owner->seal.open(unit, out);
  return code;
}

int read(sqlite3_file* file, void* to, int amount, sqlite3_int64 offset) {
  std::span<std::uint8_t> out(static_cast<std::uint8_t*>(to), static_cast<std::size_t>(amount));
  while (!out.empty()) {
    const SealedUnit unit = Calls::own(file).unit_at(offset);
    const auto skip = static_cast<std::size_t>(offset - unit.begin);
    const std::size_t count = std::min(out.size(), unit.size - skip);
    const bool whole = count == unit.size;
    const std::span<std::uint8_t> page =
        whole ? out.first(count) : std::span(Calls::own(file).owner->page).first(unit.size);
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
    const SealedUnit unit = Calls::own(file).unit_at(offset);
    if (offset != unit.begin || in.size() < unit.size) return SQLITE_IOERR_WRITE;
    const std::span<std::uint8_t> page = std::span(Calls::own(file).owner->page).first(unit.size);
    Calls::own(file).owner->seal.seal(unit, in.first(unit.size), page);
    const int code =
        Calls::below(file)->pMethods->xWrite(Calls::below(file), page.data(), static_cast<int>(unit.size), offset);
    if (code != SQLITE_OK) return code;
    in = in.subspan(unit.size);
    offset += static_cast<sqlite3_int64>(unit.size);
  }
  return SQLITE_OK;
}

constexpr sqlite3_io_methods kMethods = [] {
  auto calls = Calls::passing_on();
  calls.xRead = read;
  calls.xWrite = write;
  return calls;
}();

/// The file and its log are sealed. A rollback journal exists only while an empty file is switched to WAL; what is
/// temporary stays in memory (sqlite_db.cpp reads both settings back).
int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* flags_out) {
  const bool log = (flags & SQLITE_OPEN_WAL) != 0;
  sqlite3_vfs* const real = layer::Vfs::real(vfs);
  if (!log && (flags & SQLITE_OPEN_MAIN_DB) == 0) return real->xOpen(real, name, file, flags, flags_out);
  auto* const owner = static_cast<SealedVfs::Impl*>(layer::Vfs::owner_of(vfs));
  return Calls::open(real, name, file, flags, flags_out, {owner, log ? log_unit : file_unit}, kMethods);
}

}  // namespace

SealedVfs::SealedVfs(const Key256& key, const char* below) : impl_(std::make_unique<Impl>(key, below)) {}
SealedVfs::~SealedVfs() = default;

const char* SealedVfs::name() const { return impl_->vfs.name(); }

}  // namespace tg
