// What a person reads of the daemon's answers: one calm screen each.
// Owner thread: any; pure, `now` is the caller's clock. Never throws: what an answer lacks is shown as "-".
#pragma once

#include <string>

#include "base/types.hpp"
#include "cli/answer.hpp"

namespace tg {

[[nodiscard]] std::string view_status(const Answer& answer, WallTime now);
[[nodiscard]] std::string view_visits(const Answer& answer, WallTime now);
[[nodiscard]] std::string view_explain(const Answer& answer, WallTime now);
[[nodiscard]] std::string view_outbox(const Answer& answer, WallTime now);
[[nodiscard]] std::string view_tickets(const Answer& answer, WallTime now);
[[nodiscard]] std::string view_kpi(const Answer& answer, WallTime now);
[[nodiscard]] std::string view_audit(const Answer& answer);
[[nodiscard]] std::string view_forget(const Answer& answer, WallTime now);

}  // namespace tg
