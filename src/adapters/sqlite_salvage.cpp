#include "adapters/sqlite_salvage.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <span>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "adapters/sqlite_aside.hpp"
#include "adapters/sqlite_fact_rows.hpp"
#include "adapters/sqlite_schema.hpp"
#include "adapters/sqlite_seal.hpp"

namespace tg {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPageBytes = 4096;

struct Table {
  std::string_view name;
  std::string_view key;
};
constexpr std::array kTables{
    Table{"meta", "name"},
    Table{"outbox", "sequence"},
    Table{"consent", "member, purpose"},
    Table{"visit", "id"},
    Table{"visit_cards", "visit"},
    Table{"ticket", "id"},
    Table{"tablet_action", "id"},
    Table{"command", "id"},
    Table{"audit", "n"},
    Table{"till_numbers", "name"},
    Table{"visit_trace", "visit"},
    Table{"match_case", "ticket"},
    Table{"match_verdict", "ticket, member"},
    Table{"match_learning", "id"},
    Table{"goods_count", "name"},
    Table{"figure", "day, part, name, slot"},
    Table{"figure_interval", "id"},
};
constexpr std::int64_t kMostRows = 5'000'000;  // a damaged tree may lead in circles

std::vector<std::string> columns_of(Db& db, std::string_view table) {
  std::vector<std::string> names;
  Query columns(db, "SELECT name FROM pragma_table_info(?) ORDER BY cid", {table});
  while (columns.next()) names.emplace_back(columns.text(0));
  return names;
}

/// The columns that both store: the file may be of an older or a newer schema, and some columns are computed.
std::string shared_columns(Db& from, Db& to, std::string_view table) {
  const auto known = columns_of(to, table);
  std::string names;
  for (const auto& name : columns_of(from, table)) {
    if (std::find(known.begin(), known.end(), name) != known.end())
      names.append(names.empty() ? "" : ", ").append(name);
  }
  return names;
}

std::string insert_text(std::string_view table, const std::string& names, int columns) {
  std::string sql = "INSERT OR REPLACE INTO " + std::string(table) + " (" + names + ") VALUES (?";
  for (int i = 1; i < columns; ++i) sql += ", ?";
  return sql + ")";
}

/// Copies until the end or the first unreadable row; true when the end was reached.
bool copy(Db& from, Db& to, const Table& table, const std::string& order, std::int64_t& rows) {
  from.clear_error();
  const std::string names = shared_columns(from, to, table.name);
  if (names.empty()) return false;
  Query query(from, "SELECT " + names + " FROM " + std::string(table.name) + " ORDER BY " + order);
  std::string insert;
  std::vector<SqlValue> values;
  while (rows < kMostRows && query.next()) {
    if (insert.empty()) insert = insert_text(table.name, names, query.columns());
    values.clear();
    for (int i = 0; i < query.columns(); ++i) values.push_back(query.value(i));
    to.run_row(insert, values);
    if (to.ok())
      ++rows;
    else if (to.error().trouble == DbTrouble::constraint)
      to.clear_error();  // this row is nonsense, the next may not be
    else
      return false;
  }
  return from.ok() && to.ok();
}

/// Forwards, and on trouble backwards: one bad page costs what lies on it.
bool copy_table(Db& from, Db& to, const Table& table, std::int64_t& rows) {
  if (copy(from, to, table, std::string(table.key), rows)) return true;
  std::string backwards(table.key);
  for (auto comma = backwards.find(','); comma != std::string::npos; comma = backwards.find(',', comma + 6)) {
    backwards.insert(comma, " DESC");
  }
  copy(from, to, table, backwards + " DESC", rows);
  return false;
}

/// Deletes what lies on a page that is whole and full of something else. Returns how many rows.
std::int64_t delete_unsound(Db& db) {
  std::vector<Sequence> unsound;
  {
    Query rows(db, "SELECT sequence, payload, sum, json_valid(payload) FROM outbox");
    while (rows.next()) {
      const auto sum = rows.optional_integer(2);
      const bool sound = sum ? *sum == payload_sum(rows.text(1)) : rows.integer(3) != 0;
      if (!sound) unsound.push_back(static_cast<Sequence>(rows.integer(0)));
    }
  }
  for (const Sequence sequence : unsound) {
    db.run("DELETE FROM outbox WHERE sequence = ?", {static_cast<std::int64_t>(sequence)});
  }
  return static_cast<std::int64_t>(unsound.size());
}

void remove_database(const std::string& path) {
  std::error_code ignored;
  for (const char* part : {"", "-wal", "-journal"}) fs::remove(path + part, ignored);
}

/// The bytes of an empty database of this program.
std::string empty_database(const std::string& scratch) {
  remove_database(scratch);
  {
    auto empty = Db::open({scratch});
    if (!empty || migrate(*empty, kFactsKind, sql_migrations()) || empty->checkpoint()) return {};
  }
  std::ifstream in(scratch, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(in), {}};
  in.close();
  remove_database(scratch);
  return bytes;
}

std::uint32_t number_at(const std::string& bytes, std::size_t at, std::size_t width = 4) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < width; ++i) value = value << 8U | static_cast<unsigned char>(bytes[at + i]);
  return value;
}
void put_number(std::string& bytes, std::size_t at, std::uint32_t value) {
  for (std::size_t i = 0; i < 4; ++i) bytes[at + i] = static_cast<char>(value >> (24 - 8 * i) & 0xffU);
}

/// Where the first page names the pages on which the list of tables goes on; none when it is short.
std::vector<std::size_t> children_of_first_page(const std::string& page) {
  constexpr std::size_t kTree = 100;  // behind the file's header; sqlite.org/fileformat.html 1.6
  constexpr char kInterior = 5;
  if (page[kTree] != kInterior) return {};
  std::vector<std::size_t> places{kTree + 8};
  for (std::uint32_t i = 0; i < number_at(page, kTree + 3, 2); ++i)
    places.push_back(number_at(page, kTree + 12 + 2 * i, 2));
  return places;
}

/// The empty database's list of tables goes to the end of the copy, its first page to the start with the right size and
/// no free page.
void lend_first_page(const std::string& copy, std::optional<Seal> seal) {
  const std::string empty = empty_database(copy + ".empty");
  std::error_code error;
  auto pages = static_cast<std::uint32_t>(fs::file_size(copy, error) / kPageBytes);
  if (empty.size() < kPageBytes || error) return;
  std::string page = empty.substr(0, kPageBytes);
  std::fstream file(copy, std::ios::binary | std::ios::in | std::ios::out);
  const auto put_page = [&](std::uint32_t number, std::string bytes) {
    const auto offset = static_cast<std::streamoff>(number) * static_cast<std::streamoff>(kPageBytes);
    const std::span<std::uint8_t> raw(reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size());
    if (seal) seal->seal(file_unit(offset), raw, raw);
    file.seekp(offset);
    file << bytes;
  };
  for (const std::size_t place : children_of_first_page(page)) {
    put_page(pages, empty.substr((number_at(page, place) - 1) * kPageBytes, kPageBytes));
    put_number(page, place, ++pages);
  }
  constexpr std::size_t kSize = 28, kFirstFree = 32, kFree = 36;
  put_number(page, kSize, pages);
  put_number(page, kFirstFree, 0);
  put_number(page, kFree, 0);
  put_page(0, page);
}

std::optional<Db> open_readable(const std::string& path, const std::shared_ptr<const AtRestKeys>& keys) {
  auto db = Db::open({path, 0, 4096, keys});
  if (!db || db->number("SELECT count(*) FROM sqlite_schema WHERE name = 'outbox'").value_or(0) == 0) return {};
  return std::move(*db);
}

bool copy_database(const std::string& from, const std::string& to) {
  std::error_code error;
  const std::uintmax_t size = fs::file_size(from, error);
  if (error || fs::space(from, error).available < 2 * size || error) return false;
  if (!fs::copy_file(from, to, error)) return false;
  if (fs::exists(from + "-wal", error)) fs::copy_file(from + "-wal", to + "-wal", error);
  return !error;
}

}  // namespace

SalvageCopy::SalvageCopy(const Db::Settings& settings) : path_(settings.path) {
  const std::string damaged = path_;
  std::error_code error;
  if (!fs::is_regular_file(damaged, error)) return;
  const std::string copy = damaged + ".reading";
  remove_database(copy);
  own_ = copy_database(damaged, copy);
  if (own_) path_ = copy;
  // Of a file without a page SQLite deletes the log, which may have all of them.
  if (own_ && fs::file_size(copy, error) < kPageBytes) fs::resize_file(copy, kPageBytes, error);
  const AtRestKeys keys = settings.keys ? *settings.keys : AtRestKeys{};
  // Without its mark SQLite would take the encrypted log for an empty one.
  if (own_ && may_have_lost_its_seal(copy, keys)) restore_seal(copy, *keys.current);
  db_ = open_readable(path_, settings.keys);
  if (db_ || !own_) return;
  const auto file = key_of_file(copy, keys);
  lend_first_page(copy, file && file->key ? std::optional<Seal>(*file->key) : std::nullopt);
  db_ = open_readable(copy, settings.keys);
}

SalvageCopy::~SalvageCopy() {
  db_.reset();
  if (own_) remove_database(path_);
}

Salvage salvage_rows(Db& from, Db& fresh) {
  Salvage out;
  out.counter_known = copy_table(from, fresh, kTables[0], out.rows) && out.rows >= 2;
  for (const auto& table : kTables) {
    if (table.name == "meta") continue;
    const std::int64_t before = out.rows;
    copy_table(from, fresh, table, out.rows);
    if (table.name == "outbox") out.events = out.rows - before;
  }
  const std::int64_t unsound = delete_unsound(fresh);
  out.rows -= unsound;
  out.events -= unsound;
  fresh.run(  // what was copied twice was counted twice
      "UPDATE outbox_depth SET (rows, bytes) = (SELECT count(*), coalesce(sum(o.bytes), 0) FROM outbox o "
      "WHERE o.class = outbox_depth.class AND o.waiting)");
  return out;
}

}  // namespace tg
