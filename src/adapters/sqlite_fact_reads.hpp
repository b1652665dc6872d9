// Questions to the facts file: what a start needs, rows for the link, figures for a person.
// Owner thread: the facts lane, or start-up before it runs. Never changes a row. Trouble shows in Db::ok().
#pragma once

#include <string>
#include <string_view>

#include "adapters/sqlite_db.hpp"
#include "core/effects.hpp"
#include "core/events.hpp"

namespace tg {

/// Everything of event::Restored that the facts file knows; cost grows with what is open, and with the visits of the
/// last `retain_delivered_h`, whose shares may still be corrected.
[[nodiscard]] event::Restored read_restored(Db& db, WallTime now);
[[nodiscard]] event::RowsRead read_waiting(Db& db, const effect::ReadRows& request);
/// O(rows that should die): how much waits is known without counting it.
[[nodiscard]] event::OutboxSurveyed survey_outbox(Db& db, const effect::SurveyOutbox& request);

/// JSON for the admin door: "outbox", "tickets" (the last 50, without members), "audit" (verify_audit) or
/// "figures <day>" (read_figures); anything else is an error object.
[[nodiscard]] std::string inspect_facts(Db& db, std::string_view kind, WallTime now);

}  // namespace tg
