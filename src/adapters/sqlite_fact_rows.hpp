// Row operations of the core as SQL on the facts file: the write side, the deletions and the erasure.
// Owner thread: the facts lane; every function runs inside a transaction of its caller and reports through Db::ok().
// Never commits, never logs.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "adapters/sqlite_db.hpp"
#include "core/effects.hpp"

namespace tg {

/// What every event of this box carries (contract §4.1).
struct FactOrigin {
  std::string store;         ///< store.id
  std::string source;        ///< CloudEvents source
  std::string topic_prefix;  ///< before "event/…"
};

void apply_row(Db& db, const FactOrigin& origin, const RowOp& op);

/// First eight bytes of SHA-256: what a page that is whole and full of something else does not have.
[[nodiscard]] std::int64_t payload_sum(std::string_view payload);

struct BodyRow {
  std::string id;
  std::string body;
};
/// Two columns of the rows of a member: `sql` has one parameter.
[[nodiscard]] std::vector<BodyRow> bodies(Db& db, std::string_view sql, const MemberId& member);

/// The first column of each row.
[[nodiscard]] std::vector<Sequence> sequences(Db& db, std::string_view sql, SqlValues values);

/// Deletes a slice of what is older than `before`: delivered events, ended visits, actions, commands; tickets live
/// 180 days longer, so that one sent again is still known, and events set aside 30. True while there may be more.
[[nodiscard]] bool purge_slice(Db& db, WallTime before);
/// Deletes the oldest delivered events, whatever their age, to make room on a full disk. Returns how many.
std::int64_t delete_delivered_slice(Db& db);
void mark_delivered(Db& db, const row::MarkDelivered& op);

/// Delivered events and events set aside wait again, without an end; those that waited are left alone.
[[nodiscard]] event::RowsRevived revive_rows(Db& db, const effect::ReviveRows& request);

struct Erased {
  std::vector<std::pair<std::string, std::int64_t>> tables;  ///< rows changed or deleted
  std::vector<Sequence> dropped;                             ///< events that waited
};
/// Visits, tickets and events stay without their member; cards, consents and perishable events go (contract §4.2).
[[nodiscard]] Erased erase_member(Db& db, const MemberId& member, WallTime now);

}  // namespace tg
