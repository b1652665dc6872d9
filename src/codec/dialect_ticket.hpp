// A till's document and a dialect -> canonical tickets, with the place that each value came from (decision 0018).
// An allow-list: only what the profile names is ever kept. Owner thread: any. Never throws; never puts a value of the
// document into an error text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "codec/dialect.hpp"
#include "codec/pos_tree.hpp"
#include "codec/ticket_json.hpp"
#include "codec/time_zone.hpp"
#include "core/model/ticket.hpp"

namespace tg {

struct PosContext {
  std::string store;        ///< becomes key.store
  TimeZone zone;            ///< of times without an offset
  std::string workstation;  ///< where the document names none, e.g. the MQTT topic's; empty: then it is refused
  bool trace = false;       ///< fill `rows` and `ignored`
};

/// One value as it was understood. A loyalty number shows its last four characters only.
struct TraceRow {
  std::string field;  ///< of the contract's ticket, e.g. lines/0/net
  std::string value;
  std::string from;  ///< the place in the document; empty: the dialect's own constant or rule
};
struct UnderstoodTicket {
  Ticket ticket;
  std::vector<TraceRow> rows;
  std::vector<std::string> notes;  ///< what was left out or put together on purpose
};
struct IgnoredName {
  std::string path;  ///< names only
  std::size_t times = 0;
};
struct Understood {
  std::vector<UnderstoodTicket> tickets;
  std::vector<TicketProblem> problems;  ///< transactions that cannot be understood
  std::vector<IgnoredName> ignored;
};

/// An error when not one ticket can be understood: it names the first place and what is allowed there.
[[nodiscard]] Result<Understood> understand(const PosTree& tree, const Dialect& dialect, const PosContext& context);

}  // namespace tg
