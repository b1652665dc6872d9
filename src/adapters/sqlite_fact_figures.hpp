// The figures in the facts file: differences added up, shares beside their visits, the interval under way.
// Owner thread: the facts lane, or start-up before it runs; writes inside a transaction of the caller. Trouble shows in
// Db::ok(). Never reads or writes a member.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "adapters/sqlite_db.hpp"
#include "core/effects.hpp"
#include "core/events.hpp"

namespace tg {

void put_figures(Db& db, const FigureRows& rows);
/// What the core needs after a start: visits of the last days, and the interval under way.
[[nodiscard]] FigureMemory read_figure_memory(Db& db);
/// All cells of a day, as codec/figure_json writes them; `day` is `2026-11-21`.
[[nodiscard]] std::string read_figures(Db& db, std::string_view day);
/// Deletes figures of more than 400 days before `before`.
void purge_figures(Db& db, WallTime before);

}  // namespace tg
