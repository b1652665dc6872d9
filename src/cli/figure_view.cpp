// `outbox`, `tickets`, `audit verify` and `forget` (declared in views.hpp).
#include <nlohmann/json.hpp>

#include "cli/layout.hpp"
#include "cli/views.hpp"

namespace tg {
namespace {

std::string classes_text(const Answer& answer) {
  std::string out;
  for (const auto& [name, rows] : part(answer, "classes").items())
    out += (out.empty() ? "" : ", ") + name + " " + text_of(part(answer, "classes"), name);
  return out.empty() ? "none waiting" : out;
}

std::string attribution_text(const Answer& ticket) {
  const Answer& attribution = part(ticket, "attribution");
  if (attribution.is_null()) return "-";
  return text_of(attribution, "class") + " by " + text_of(attribution, "method");
}

std::string total_text(const Answer& ticket) {
  const auto minor_units = number_of(ticket, "total_minor");
  return minor_units ? money_text(*minor_units, text_of(ticket, "currency", "")) : "-";
}

}  // namespace

std::string view_outbox(const Answer& answer, WallTime) {
  const auto depth = number_or_zero(answer, "depth");
  Table table;
  table.add({"waiting", count_text(depth)});
  table.add({"oldest", depth == 0 ? "-" : duration_text(number_or_zero(answer, "oldest_s"))});
  table.add({"classes", classes_text(answer)});
  table.add({"dropped", count_text(number_or_zero(answer, "dropped"))});
  if (const auto refused = number_or_zero(answer, "set_aside"); refused > 0)
    table.add({"set aside", count_text(refused) + ", refused by the broker for good"});
  table.add({"delivered, kept", count_text(number_or_zero(answer, "delivered"))});
  table.add({"last sequence", count_text(number_or_zero(answer, "last_sequence"))});
  return table.text();
}

std::string view_tickets(const Answer& answer, WallTime) {
  const Answer& tickets = list(answer, "tickets");
  if (tickets.empty()) return "No tickets yet.\n";
  Table table({"ENDED AT", "TILL", "DAY", "NUMBER", "TYPE", "TOTAL", "CHECK", "ATTRIBUTION"});
  for (const Answer& t : tickets) {
    const Answer& key = part(t, "key");
    table.add({text_of(t, "ended_at"), text_of(key, "workstation"), text_of(key, "business_day"),
               text_of(key, "sequence"), is_true(t, "voided") ? "voided " + text_of(t, "type") : text_of(t, "type"),
               total_text(t), text_of(t, "totals"), attribution_text(t)});
  }
  return table.text();
}

std::string view_audit(const Answer& answer) {
  if (!is_true(answer, "intact")) {
    return "The audit log is broken: entry " + count_text(number_or_zero(answer, "broken_at")) +
           " is missing or was changed. Keep a copy of the state directory and tell the privacy officer.\n";
  }
  Table table;
  table.add({"entries", count_text(number_or_zero(answer, "entries"))});
  table.add({"chain", "intact"});
  table.add({"newest seal", text_of(answer, "seal")});
  return table.text();
}

std::string view_forget(const Answer& answer, WallTime) {
  return "Every trace of the member is removed (" + printable(text_of(answer, "status")) + ").\n";
}

}  // namespace tg
