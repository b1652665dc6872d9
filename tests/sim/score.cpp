#include "sim/score.hpp"

#include <algorithm>
#include <istream>
#include <limits>
#include <nlohmann/json.hpp>

namespace tg::sim {
namespace {

using Json = nlohmann::json;

constexpr SimMs kZoneStep = 500;
constexpr SimMs kStillOpen = std::numeric_limits<SimMs>::max();

double share(std::size_t part, std::size_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

double seconds(SimMs span) { return static_cast<double>(span) / 1000; }

/// `…T08:20:26.450Z` as Unix milliseconds.
std::int64_t unix_ms_of(const std::string& utc) {
  const auto number = [&](std::size_t at, std::size_t digits) { return std::stoi(utc.substr(at, digits)); };
  const auto day =
      std::chrono::sys_days{std::chrono::year{number(0, 4)} / std::chrono::month{static_cast<unsigned>(number(5, 2))} /
                            std::chrono::day{static_cast<unsigned>(number(8, 2))}};
  const auto of_day = std::chrono::hours{number(11, 2)} + std::chrono::minutes{number(14, 2)} +
                      std::chrono::seconds{number(17, 2)} + std::chrono::milliseconds{number(20, 3)};
  return std::chrono::duration_cast<std::chrono::milliseconds>(day.time_since_epoch() + of_day).count();
}

/// Stays that the gateway must tell as one visit.
std::vector<Stay> real_visits(const Person& person, SimMs grace) {
  std::vector<Stay> out;
  for (const auto& stay : person.stays) {
    if (!out.empty() && stay.from - out.back().to < grace) {
      out.back().to = stay.to;
    } else {
      out.push_back(stay);
    }
  }
  return out;
}

void score_visits(const Person& person, const std::vector<Published>& published, SimMs grace, Score& score) {
  std::size_t told = 0;
  for (const auto& real : real_visits(person, grace)) {
    ++score.visits;
    const Published *first = nullptr, *last = nullptr;
    for (const auto& p : published) {
      if (p.started > real.to || p.ended < real.from) continue;
      if (first == nullptr) first = &p;
      last = &p;
    }
    if (first == nullptr) {
      ++score.missed;
      score.blunders.push_back({&person, "missed", seconds(real.from), seconds(real.to - real.from)});
      continue;
    }
    ++told;
    const double delay = seconds(first->started - real.from);
    score.entry_s.push_back(delay);
    score.early += delay < -kEarly ? 1U : 0U;
    if (delay < -kEarly) score.blunders.push_back({&person, "early", seconds(real.from), delay});
    if (delay > kLate) score.blunders.push_back({&person, "late", seconds(real.from), delay});
    if (last->ended != kStillOpen) score.exit_s.push_back(seconds(last->ended - real.to));
  }
  const std::size_t flaps = published.size() - std::min(published.size(), told);
  score.flaps += flaps;
  if (flaps > 0) score.blunders.push_back({&person, "flaps", seconds(published.back().started), 0});
}

int zone_told(const std::vector<Published>& published, SimMs at) {
  int zone = -1;
  for (const auto& p : published) {
    if (p.started > at || p.ended < at) continue;
    for (const auto& z : p.zones) zone = z.from <= at ? z.zone : zone;
  }
  return zone;
}

/// Nobody has come in yet, or never will.
void score_street(const Person& person, const std::vector<Published>& published, Score& score) {
  const SimMs end = person.visits() ? person.stays.front().from : kStillOpen;
  for (const auto& walk : person.walks) {
    for (SimMs at = walk.front().at; at < std::min(end, walk.back().at); at += kZoneStep) {
      const int told = zone_told(published, at);
      auto& row = score.confusion.back();
      ++row[told < 0 ? row.size() - 1 : static_cast<std::size_t>(told)];
    }
  }
}

void score_zones(const StorePlan& plan, const Person& person, const std::vector<Published>& published, Score& score) {
  for (const auto& stay : person.stays) {
    const auto walk =
        std::find_if(person.walks.begin(), person.walks.end(), [&](const Walk& w) { return w.back().at >= stay.from; });
    int former_truth = -1, former_told = -1;
    for (SimMs at = stay.from; at < stay.to; at += kZoneStep) {
      const int truth = plan.zone_at(pose_at(*walk, at).place);
      if (truth < 0) continue;
      const int told = zone_told(published, at);
      ++score.confusion[static_cast<std::size_t>(truth)][told < 0 ? plan.zones.size() : static_cast<std::size_t>(told)];
      score.true_zone_changes += former_truth >= 0 && truth != former_truth ? 1U : 0U;
      score.zone_changes += former_told >= 0 && told >= 0 && told != former_told ? 1U : 0U;
      former_truth = truth;
      former_told = told < 0 ? former_told : told;
    }
  }
}

}  // namespace

double Score::false_rate() const { return share(false_entries, outside); }
double Score::missed_rate() const { return share(missed, visits); }
double Score::flap_rate() const { return share(flaps, visits); }

double Score::early_rate() const { return share(early, entry_s.size()); }

double Score::zone_accuracy() const {
  std::size_t right = 0, all = 0;
  for (std::size_t truth = 0; truth + 1 < confusion.size(); ++truth) {
    right += confusion[truth][truth];
    for (std::size_t told = 0; told + 1 < confusion.size(); ++told) all += confusion[truth][told];
  }
  return share(right, all);
}

double Score::changes_per_true() const { return share(zone_changes, true_zone_changes); }

double Score::unnoticed() const {
  std::size_t none = 0, all = 0;
  for (std::size_t truth = 0; truth + 1 < confusion.size(); ++truth) {
    none += confusion[truth].back();
    for (const std::size_t n : confusion[truth]) all += n;
  }
  return share(none, all);
}

double quantile(std::vector<double> values, double p) {
  if (values.empty()) return 0;
  const auto nth = values.begin() + static_cast<std::ptrdiff_t>(p * static_cast<double>(values.size() - 1) + 0.5);
  std::nth_element(values.begin(), nth, values.end());
  return *nth;
}

std::map<std::string, std::vector<Published>> read_visits(std::istream& lines, const StorePlan& plan,
                                                          std::int64_t opening_ms) {
  std::map<std::string, std::vector<Published>> out;
  for (std::string line; std::getline(lines, line);) {
    const auto name = line.find("/event/visit/");
    if (name == std::string::npos) continue;
    const Json json = Json::parse(line);
    const Json& data = json["payload"]["data"];
    const SimMs at = json["at"].get<std::int64_t>() - opening_ms;
    auto& visits = out[data["member"].get<std::string>()];
    const auto is = [&](std::string_view event) { return line.compare(name + 13, event.size(), event) == 0; };
    if (is("started")) visits.push_back({at, kStillOpen, {{at, plan.zone(data["zone"].get<std::string>())}}});
    if (is("zone_changed")) visits.back().zones.push_back({at, plan.zone(data["next_zone"].get<std::string>())});
    if (is("ended")) visits.back().ended = unix_ms_of(data["ended_at"].get<std::string>()) - opening_ms;
  }
  return out;
}

Score score(const StorePlan& plan, const std::vector<Person>& crowd,
            const std::map<std::string, std::vector<Published>>& published, SimMs grace) {
  static const std::vector<Published> kNone;
  Score out;
  out.confusion.assign(plan.zones.size() + 1, std::vector<std::size_t>(plan.zones.size() + 1));
  for (const auto& person : crowd) {
    const auto found = published.find(person.member);
    const auto& visits = found == published.end() ? kNone : found->second;
    const auto role = static_cast<std::size_t>(person.role);
    ++out.people_of_role[role];
    score_street(person, visits, out);
    if (person.visits()) {
      score_visits(person, visits, grace, out);
      score_zones(plan, person, visits, out);
      continue;
    }
    ++out.outside;
    if (visits.empty()) continue;
    ++out.false_entries;
    ++out.false_of_role[role];
    out.blunders.push_back({&person, "false entry", seconds(visits[0].started), 0});
  }
  return out;
}

}  // namespace tg::sim
