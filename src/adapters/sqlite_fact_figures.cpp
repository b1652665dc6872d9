#include "adapters/sqlite_fact_figures.hpp"

#include <chrono>
#include <utility>

#include "codec/figure_json.hpp"
#include "core/model/calendar.hpp"

namespace tg {
namespace {

// Thirteen months and a bit: the same week of last year beside this one's. Some 300 rows a day.
constexpr std::int64_t kFigureMemoryDays = 400;

}  // namespace

void put_figures(Db& db, const FigureRows& rows) {
  for (const auto& [key, difference] : rows.differences) {
    db.run(
        "INSERT INTO figure (day, part, name, slot, value) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT (day, part, name, slot) DO UPDATE SET value = value + excluded.value",
        {std::int64_t{key.day}, key.part, key.name, std::int64_t{key.slot}, difference});
  }
  for (const auto& [visit, share] : rows.visits) {
    db.run("UPDATE visit SET share = ? WHERE id = ?", {encode_visit_share(share), visit.value});
  }
  if (!rows.interval) return;
  if (rows.interval->zones.empty()) return db.run("DELETE FROM figure_interval", {});
  db.run("INSERT OR REPLACE INTO figure_interval (id, body) VALUES (1, ?)", {encode_interval(*rows.interval)});
}

FigureMemory read_figure_memory(Db& db) {
  FigureMemory out;
  Query visits(db, "SELECT id, share FROM visit WHERE share IS NOT NULL ORDER BY id");
  while (visits.next()) {
    if (auto share = decode_visit_share(visits.text(1))) out.visits.emplace_back(visits.text(0), std::move(*share));
  }
  Query interval(db, "SELECT body FROM figure_interval");
  if (interval.next()) {
    if (auto body = decode_interval(interval.text(0))) out.interval = std::move(*body);
  }
  return out;
}

std::string read_figures(Db& db, std::string_view day) {
  Cells cells;
  const Day number = day_from(day).value_or(0);
  Query rows(db, "SELECT part, name, slot, value FROM figure WHERE day = ? AND value <> 0", {std::int64_t{number}});
  while (rows.next()) {
    cells[{number, std::string(rows.text(0)), std::string(rows.text(1)), static_cast<std::int32_t>(rows.integer(2))}] =
        rows.integer(3);
  }
  return encode_cells(cells);
}

void purge_figures(Db& db, WallTime before) {
  const auto today = std::chrono::floor<std::chrono::days>(before.time_since_epoch()).count();
  db.run("DELETE FROM figure WHERE day < ?", {std::int64_t{today} - kFigureMemoryDays});
}

}  // namespace tg
