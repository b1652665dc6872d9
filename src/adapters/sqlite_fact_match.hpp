// The matcher's rows in the facts file. Owner thread: the facts lane; every function runs inside a transaction of its
// caller and reports through Db::ok(). Never commits, never logs.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "adapters/sqlite_db.hpp"
#include "core/effects.hpp"
#include "core/events.hpp"

namespace tg {

void put_match_row(Db& db, const row::PutTrace& op);
void put_match_row(Db& db, const row::DropTrace& op);
void put_match_row(Db& db, const row::PutCase& op);
void put_match_row(Db& db, const row::DropCase& op);
void put_match_row(Db& db, const row::PutVerdict& op);
void put_match_row(Db& db, const row::PutLearning& op);
void put_match_row(Db& db, const row::PutGoods& op);

void read_match_memory(Db& db, event::Restored& out);
[[nodiscard]] std::vector<MemberId> read_rejected(Db& db, const TicketId& ticket);
/// Traces, verdicts and names of the member in waiting purchases go. Rows by table.
[[nodiscard]] std::vector<std::pair<std::string, std::int64_t>> erase_match_rows(Db& db, const MemberId& member);
/// What nobody needs any more; the core drops its own rows in time, this is for those of a run that ended before.
std::int64_t purge_match_rows(Db& db, WallTime now, WallTime oldest_ticket);

}  // namespace tg
