// `status` (declared in views.hpp).
#include <nlohmann/json.hpp>

#include "cli/layout.hpp"
#include "cli/views.hpp"

namespace tg {
namespace {

std::string with_cause(std::string words, const std::string& cause) {
  return cause == "-" ? words : words + ": " + cause;
}

std::string recognition_text(const Answer& answer) {
  const Answer& ready = part(answer, "ready");
  if (is_true(ready, "ready")) return "ready";
  std::string causes;
  for (const auto& [name, one] : part(ready, "parts").items()) {
    const auto state = text_of(one, "state");
    if (state == "ok" || state == "disabled") continue;
    causes += (causes.empty() ? "" : "; ") + with_cause(name + " " + state, text_of(one, "cause"));
  }
  return causes.empty() ? "not ready" : "not ready: " + causes;
}

std::string members_text(const Answer& answer) {
  const auto age_s = number_of(answer, "profiles_age_s");
  return count_of(number_or_zero(answer, "members"), "member") +
         (age_s ? ", profiles received " + duration_text(*age_s) + " ago" : ", no profiles received yet");
}

std::string link_text(const Answer& link) {
  std::string words = is_true(link, "up") ? "up" : with_cause("down", text_of(link, "last_error"));
  if (is_true(link, "up") && !is_true(link, "verified")) words += ", delivery unverified (MQTT 3.1.1)";
  for (const Answer& warning : list(link, "warnings")) words += "; " + warning.get<std::string>();
  return words;
}

/// Facts and cache together, as readiness sees them.
std::string store_text(const Answer& answer) {
  const Answer& store = part(part(part(answer, "ready"), "parts"), "store");
  if (text_of(store, "state") != "ok") return with_cause("not writable", text_of(store, "cause"));
  const std::string mirror = text_of(part(answer, "facts"), "mirror", "");
  if (mirror == "none") return "writable, the events of this box in one file only";
  return mirror == "copying" ? "writable, a second copy of the events is being made" : "writable";
}

void add_receivers(Table& table, const Answer& answer) {
  const Answer& receivers = list(answer, "radio");
  if (receivers.empty()) table.add({"radio", "no receivers configured"});
  const char* label = "radio";
  for (const Answer& receiver : receivers) {
    const std::string well = is_true(receiver, "remote") ? "reporting" : "scanning";
    const std::string state =
        is_true(receiver, "scanning") ? well : with_cause("not " + well, text_of(receiver, "cause"));
    const std::string says = is_true(receiver, "beacon") ? ", beacon" : "";
    const std::string offers = is_true(receiver, "checkin") ? ", check-in" : "";
    table.add({label, text_of(receiver, "id") + " " + state + says + offers});
    label = "";
  }
}

}  // namespace

std::string view_status(const Answer& answer, WallTime) {
  const Answer& outbox = part(answer, "outbox");
  Table table;
  table.add({"gateway", text_of(answer, "store") + " / " + text_of(answer, "gateway")});
  table.add({"version", text_of(answer, "version") + ", up " + duration_text(number_or_zero(answer, "uptime_s"))});
  table.add({"state", text_of(answer, "state")});
  table.add({"recognition", recognition_text(answer)});
  table.add({"clock", text_of(answer, "clock")});
  table.add({"members", members_text(answer)});
  table.add({"visits", count_text(number_or_zero(answer, "visits_open")) + " open"});
  add_receivers(table, answer);
  table.add({"central", link_text(part(part(answer, "links"), "central"))});
  table.add({"local broker", link_text(part(part(answer, "links"), "local"))});
  for (const Answer& certificate : list(answer, "certificates")) {
    if (const std::string warning = text_of(certificate, "warning", ""); !warning.empty())
      table.add({"certificate", warning});
  }
  table.add({"database", store_text(answer)});
  table.add({"outbox", count_text(number_or_zero(outbox, "in_flight")) + " in flight, last sequence " +
                           count_text(number_or_zero(outbox, "last_sequence"))});
  table.add({"last error", text_of(answer, "last_error", "none")});
  return table.text();
}

}  // namespace tg
