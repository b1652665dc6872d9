#include "adapters/sqlite_salvage.hpp"

#include <array>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace tg {
namespace {

struct Table {
  std::string_view name;
  std::string_view key;
};
constexpr std::array kTables{
    Table{"meta", "name"},        Table{"outbox", "sequence"},   Table{"consent", "member, purpose"},
    Table{"visit", "id"},         Table{"visit_cards", "visit"}, Table{"ticket", "id"},
    Table{"tablet_action", "id"}, Table{"command", "id"},        Table{"audit", "n"},
};
constexpr std::int64_t kMostRows = 5'000'000;  // a damaged tree may lead in circles

/// The columns that the damaged file stores: it may be of an older schema, and some columns are computed.
std::string columns_of(Db& from, std::string_view table) {
  std::string names;
  Query columns(from, "SELECT name FROM pragma_table_info(?) ORDER BY cid", {table});
  while (columns.next()) names.append(names.empty() ? "" : ", ").append(columns.text(0));
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
  const std::string names = columns_of(from, table.name);
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
  const bool two = table.key.find(',') != std::string_view::npos;
  copy(from, to, table, two ? "member DESC, purpose DESC" : std::string(table.key) + " DESC", rows);
  return false;
}

}  // namespace

Result<Salvage, DbError> salvage_facts(const std::string& damaged, Db& fresh, WallTime now) {
  Salvage out;
  auto from = Db::open({damaged, 0, 4096});
  const DbError error = fresh.transact([&] {
    if (from) {
      out.counter_known = copy_table(*from, fresh, kTables[0], out.rows) && out.rows >= 2;
      for (const auto& table : kTables) {
        if (table.name == "meta") continue;
        const std::int64_t before = out.rows;
        copy_table(*from, fresh, table, out.rows);
        if (table.name == "outbox") out.events = out.rows - before;
      }
    }
    // The epoch lay beside the counter; the time of day is one that no earlier life of this box can have used.
    if (!out.counter_known) fresh.run("UPDATE meta SET value = ? WHERE name = 'epoch'", {unix_s(now)});
    fresh.run(
        "UPDATE meta SET value = max(value, coalesce((SELECT max(sequence) FROM outbox), 0)) "
        "WHERE name = 'last_sequence'");
    fresh.run(  // what was copied twice was counted twice
        "UPDATE outbox_depth SET (rows, bytes) = (SELECT count(*), coalesce(sum(o.bytes), 0) FROM outbox o "
        "WHERE o.class = outbox_depth.class AND o.waiting)");
  });
  if (error) return Unexpected<DbError>{error};
  return out;
}

}  // namespace tg
