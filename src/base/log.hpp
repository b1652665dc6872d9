// One line to the journal: `<priority>area: text` on standard error, which systemd reads.
// Owner thread: any. Never carries a member, an address, a token, a name or a secret: callers give kinds and counts.
#pragma once

#include <string_view>

namespace tg {

enum class LogLevel { error = 3, warning = 4, info = 6, debug = 7 };

void set_log_level(LogLevel most_verbose);
void set_log_prefix(bool syslog_prefix);  ///< true: `<6>`, for a journal; false: for a person
void log(LogLevel level, std::string_view area, std::string_view text);

}  // namespace tg
