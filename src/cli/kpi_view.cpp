// `kpi` (declared in views.hpp): the day on one screen, each figure with what it covers.
#include <cmath>
#include <nlohmann/json.hpp>

#include "cli/layout.hpp"
#include "cli/views.hpp"

namespace tg {
namespace {

/// A count; what was too small to show is said so.
std::string count_in(const Answer& object, std::string_view key) {
  const auto number = number_of(object, key);
  return number ? count_text(*number) : "<5";
}

std::string percent_of(const Answer& object, std::string_view key) {
  const Answer& value = part(object, key);
  if (!value.is_number()) return "-";
  const auto tenths = std::llround(value.get<double>() * 1000);
  return (tenths < 0 ? "-" : "") + std::to_string(std::llabs(tenths) / 10) + "." +
         std::to_string(std::llabs(tenths) % 10) + " %";
}

std::string seconds_of(const Answer& object, std::string_view key) {
  const auto number = number_of(object, key);
  return number ? duration_text(*number) : "-";
}

/// "known of n (share): note".
std::string covered(const Answer& block) {
  const Answer& coverage = part(block, "coverage");
  const std::string note = text_of(coverage, "note", "");
  if (!number_of(coverage, "of")) return note;
  return count_in(coverage, "known") + " of " + count_in(coverage, "of") + " (" + percent_of(coverage, "share") +
         "): " + note;
}

/// "no_number 12, employee 1" of what is not 0.
std::string nonzero(const Answer& counts) {
  std::string out;
  if (!counts.is_object()) return "-";
  for (const auto& [name, value] : counts.items()) {
    if (!value.is_number_integer() || value == 0) continue;
    out += (out.empty() ? "" : ", ") + name + " " + count_text(value.get<std::int64_t>());
  }
  return out.empty() ? "-" : out;
}

std::string money_in(const Answer& entry, std::string_view key) {
  const auto minor = number_of(entry, key);
  return minor ? money_text(*minor, text_of(entry, "currency", "")) : "-";
}

void add_visits(Table& table, const Answer& answer) {
  const Answer& visits = part(answer, "visits");
  const Answer& dwell = part(visits, "dwell_s");
  table.add(
      {"visits", count_in(visits, "recognised") + " recognised, " + nonzero(part(visits, "methods")), covered(visits)});
  table.add({"  dwell", "median " + seconds_of(dwell, "median") + ", p90 " + seconds_of(dwell, "p90"), ""});
  for (const Answer& zone : list(visits, "zones")) {
    const Answer& stay = part(zone, "dwell_s");
    table.add({"  " + text_of(zone, "zone"), count_in(zone, "visits"),
               stay.is_null() ? "" : "median " + seconds_of(stay, "median") + ", p90 " + seconds_of(stay, "p90")});
  }
  const bool estimated = number_of(visits, "footfall").has_value();
  table.add({"footfall", count_in(visits, "footfall"),
             estimated ? "estimated, " + percent_of(visits, "recognised_share") +
                             " recognised; too high where purchases find no buyer"
                       : "no counter, and too few purchases of recognised visits to estimate it"});
}

void add_tickets(Table& table, const Answer& answer) {
  const Answer& tickets = part(answer, "tickets");
  const Answer& conversion = part(answer, "conversion");
  table.add({"tickets", count_in(tickets, "sales") + " sales, " + count_in(tickets, "returns") + " with returns", ""});
  table.add({"  recognised", percent_of(tickets, "recognised_share") + ": " + nonzero(part(tickets, "recognised")),
             covered(tickets)});
  table.add({"  not recognised", nonzero(part(tickets, "not_recognised")), ""});
  for (const Answer& zone : list(tickets, "zones"))
    table.add({"  " + text_of(zone, "zone"), count_in(zone, "tickets"), count_in(zone, "recognised") + " recognised"});
  table.add({"conversion", percent_of(conversion, "share"), covered(conversion)});
}

void add_sales(Table& table, const Answer& answer) {
  const Answer& sales = part(answer, "sales");
  for (const Answer& entry : list(sales, "by_currency")) {
    table.add({"net sales", money_in(entry, "net_minor") + ", ATV " + money_in(entry, "atv_minor"), covered(sales)});
    table.add({"  gross", money_in(entry, "gross_minor") + ", returned " + money_in(entry, "returned_minor"), ""});
  }
  table.add({"  UPT", text_of(sales, "upt") + " net, " + text_of(sales, "upt_gross") + " gross", ""});
  for (const Answer& entry : list(answer, "ropo"))
    table.add({"ROPO", "strict " + percent_of(entry, "strict_share") + ", broad " + percent_of(entry, "broad_share"),
               covered(entry)});
  const Answer& collect = part(answer, "collect");
  table.add({"collect", count_in(collect, "pickups") + " pickups, add-on in " + percent_of(collect, "attach_rate"),
             covered(collect)});
}

void add_suggestions(Table& table, const Answer& answer) {
  const Answer& s = part(answer, "suggestions");
  const Answer& items = part(s, "items");
  std::string funnel = count_in(s, "eligible_visits") + " eligible, " + count_in(s, "cards") + " cards";
  for (const char* stage : {"created", "delivered", "seen", "proposed", "tried", "sold"})
    funnel.append(", ").append(count_in(items, stage)).append(" ").append(stage);
  table.add({"suggestions", funnel, covered(s)});
  table.add({"  held back", nonzero(part(s, "suppressed")), ""});
  for (const Answer& row : list(s, "scenarios"))
    table.add({"  " + text_of(row, "scenario"),
               count_in(row, "created") + " created, " + count_in(row, "sold") + " sold", ""});
  const Answer& trial = part(answer, "holdout");
  const Answer& range = part(trial, "difference");
  const std::string uplift = range.is_null() ? "too few"
                                             : percent_of(range, "value") + " [" + percent_of(range, "low") + ", " +
                                                   percent_of(range, "high") + "]";
  table.add({"uplift",
             uplift + ", n " + count_in(part(trial, "treated"), "visits") + " and " +
                 count_in(part(trial, "holdout"), "visits"),
             covered(trial)});
}

void add_quality(Table& table, const Answer& answer) {
  const Answer& q = part(answer, "quality");
  const Answer& latency = part(answer, "latency");
  const auto times = [&](const char* key) {
    const Answer& of = part(latency, key);
    return "p50 " + text_of(of, "p50") + " ms, p95 " + text_of(of, "p95") + " ms, n " + text_of(of, "n");
  };
  table.add({"data",
             count_in(q, "duplicates") + " duplicates, " + count_in(q, "mismatches") + " mismatches, " +
                 count_in(q, "late_over_1h") + " late, " + count_in(q, "voided") + " voided",
             "alerts: " + nonzero(part(q, "alerts"))});
  table.add(
      {"matching", count_in(q, "retracted") + " of " + count_in(q, "attributions") + " attributions retracted", ""});
  table.add({"latency", "recognised " + times("entry_to_recognised_ms"), ""});
  table.add({"", "at central " + times("recognised_to_central_ms"), ""});
  table.add({"", "on the tablet " + times("suggestion_to_tablet_ms"), ""});
  table.add({"", "attributed " + times("ticket_to_attributed_ms"), ""});
}

}  // namespace

std::string view_kpi(const Answer& answer, WallTime) {
  const bool so_far = is_true(answer, "so_far");
  std::string out = printable(text_of(answer, "day")) + " " + printable(text_of(answer, "timezone"));
  if (so_far) {
    out += ", so far; " + text_of(part(answer, "visits"), "open", "0") + " visits are open and count when they end";
  }
  Table table;
  add_visits(table, answer);
  add_tickets(table, answer);
  add_sales(table, answer);
  add_suggestions(table, answer);
  add_quality(table, answer);
  return out + "\n\n" + table.text();
}

}  // namespace tg
