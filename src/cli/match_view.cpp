// How the matcher's calibration report is shown (`touchpointctl match calibrate`).
#include "cli/match_view.hpp"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "cli/ask.hpp"
#include "cli/question.hpp"

namespace tg {
namespace {

std::string figure(const Answer& value) {
  if (!value.is_number()) return "-";
  if (value.is_number_integer() || value.is_number_unsigned()) return std::to_string(value.get<std::int64_t>());
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.3f", value.get<double>());
  return text.data();
}

/// The named figures of an object, one line.
std::string row(const Answer& object, std::initializer_list<const char*> keys) {
  std::string out;
  for (const char* key : keys) {
    out.append("  ").append(key).append(" ").append(figure(object.value(key, Answer())));
  }
  return out + "\n";
}

std::string section(const Answer& report, const char* name, const char* label,
                    std::initializer_list<const char*> keys) {
  std::string out = std::string(name) + "\n";
  for (const auto& entry : report.value(name, Answer::array())) {
    const Answer what = entry.value(label, Answer());
    out += "  " + (what.is_string() ? what.get<std::string>() : figure(what)) + row(entry, keys);
  }
  return out;
}

}  // namespace

std::string view_match_report(const Answer& report, WallTime) {
  const Answer measured = report.value("measured_on", Answer::object());
  std::string out = "Measured on purchases with a loyalty number, judged as if they had none.\n";
  out += row(measured, {"numbered_purchases", "buyers_present", "with_candidate", "anonymous_purchases"});
  out += "brier " + figure(report.value("brier", Answer())) + "\n";
  for (const char* cls : {"probable", "possible"}) {
    out += std::string(cls) + row(report.value(cls, Answer::object()), {"n", "right", "precision", "recall"});
  }
  if (report.value("probable_withheld", false)) out += "probable is withheld: it was wrong too often\n";
  out += row(report, {"nobody", "usual_crowd"});
  out += section(report, "by_candidates", "candidates", {"n", "precision"});
  out += section(report, "reliability", "from", {"n", "mean_p", "right"});
  out += section(report, "till", "evidence", {"buyers", "others", "likelihood_ratio"});
  out += section(report, "exit", "evidence", {"buyers", "others", "likelihood_ratio"});
  out += section(report, "items", "evidence", {"bought", "not_bought", "share"});
  return out;
}

ExitCode run_match_calibrate(const std::string& socket, bool json, std::ostream& out, std::ostream& err) {
  static constexpr Question kReport{"match", "", "", "", "", view_match_report, std::chrono::seconds{30}};
  return run_question(kReport, {socket, {}, json}, out, err);
}

}  // namespace tg
