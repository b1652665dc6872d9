// `visits` and `explain` (declared in views.hpp).
#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "cli/layout.hpp"
#include "cli/views.hpp"
#include "codec/text.hpp"

namespace tg {
namespace {

struct Reason {
  std::string_view code;
  std::string_view words;
};
/// Contract §4.1, suggestion.suppressed.
constexpr std::array<Reason, 10> kSuppressed{{
    {"holdout", "the member is in the hold-out group, which gets no suggestions so that their effect can be measured"},
    {"consent", "the member did not consent to suggestions"},
    {"do_not_disturb", "the member asked not to be disturbed"},
    {"cap", "the visit had its number of cards"},
    {"no_stock", "what would fit is out of stock here"},
    {"no_size", "the member's size is not known well enough"},
    {"stale_cache", "the profiles are too old"},
    {"open_case", "a service case is open"},
    {"bought", "the member has it already"},
    {"nothing_to_say", "nothing in the profile gives a good reason"},
}};

std::string suppressed_text(const std::string& code) {
  const auto* found =
      std::find_if(kSuppressed.begin(), kSuppressed.end(), [&](const Reason& r) { return r.code == code; });
  return found == kSuppressed.end() ? code : code + ": " + std::string(found->words);
}

std::string ago(const Answer& object, std::string_view key, WallTime now) {
  const auto at = parse_time(text_of(object, key));
  return at ? duration_text(std::chrono::duration_cast<Seconds>(now - *at).count()) + " ago" : "-";
}

/// One indented line a member of the object, in its order.
std::string fields_text(const Answer& object) {
  Table table;
  for (const auto& [key, value] : object.items()) table.add({" ", key, text_of(object, key)});
  return table.text();
}

std::string suggestions_text(const Answer& answer) {
  const Answer& suggestions = list(answer, "suggestions");
  if (suggestions.empty()) return "  none\n";
  Table table({" ", "VARIANT", "SCENARIO", "REASON", "SIZE", "CONFIDENCE", "SCORE", "STOCK"});
  for (const Answer& s : suggestions)
    table.add({" ", text_of(s, "variant"), text_of(s, "scenario"), text_of(s, "reason"), text_of(s, "size"),
               text_of(s, "size_confidence"), text_of(s, "score"), text_of(s, "stock")});
  return table.text();
}

std::string suppressions_text(const Answer& answer) {
  std::string out;
  for (const Answer& code : list(answer, "suppressed"))
    if (code.is_string()) out += "  " + printable(suppressed_text(code.get<std::string>())) + "\n";
  return out.empty() ? "  nothing was held back\n" : out;
}

std::string zones_text(const Answer& answer) {
  Table table;
  for (const Answer& zone : list(answer, "zones"))
    table.add({" ", text_of(zone, "zone"), duration_text(number_or_zero(zone, "dwell_s"))});
  return table.text();
}

}  // namespace

std::string view_visits(const Answer& answer, WallTime now) {
  const Answer& visits = list(answer, "visits");
  if (visits.empty()) return "Nobody is recognised in the store.\n";
  Table table({"VISIT", "ZONE", "STATE", "METHOD", "STARTED", "LAST SEEN", "CARD", "TICKETS"});
  for (const Answer& v : visits)
    table.add({text_of(v, "visit"), text_of(v, "zone"), text_of(v, "state"), text_of(v, "method"),
               ago(v, "started_at", now), ago(v, "last_sighting", now), text_of(v, "card"), text_of(v, "tickets")});
  return table.text();
}

std::string view_explain(const Answer& answer, WallTime) {
  std::string out = "visit " + printable(text_of(answer, "visit")) + "\n";
  out += "\nWhy recognised\n" + fields_text(part(answer, "recognition"));
  out += "\nWhere\n" + zones_text(answer);
  out += "\nWhy suggested\n" + suggestions_text(answer);
  out += "\nWhy not\n" + suppressions_text(answer);
  return out;
}

}  // namespace tg
