#include "sim/till_score.hpp"

#include <algorithm>
#include <ctime>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>

#include "cli/replay.hpp"
#include "codec/journal.hpp"
#include "codec/match_json.hpp"
#include "core/matching.hpp"

namespace tg::sim {
namespace {

using nlohmann::json;

/// The last word about a ticket.
struct Said {
  std::string cls, member;
  double p = 0;
  bool retracted = false;
};

std::map<std::string, Said> read_attributions(std::istream& lines) {
  std::map<std::string, Said> out;
  for (std::string line; std::getline(lines, line);) {
    if (line.find("/event/attribution/") == std::string::npos) continue;
    const json payload = json::parse(line).at("payload");
    const json& data = payload.at("data");
    out[data.at("ticket_id")] = {data.at("class"), data.at("member"), data.at("p"),
                                 payload.at("type") == "touchpoint.attribution.retracted.v1"};
  }
  return out;
}

void judge(const PaidTicket& ticket, const Said& said, TillScore& score) {
  const bool right = ticket.buyer == said.member;
  const bool probable = said.cls == "probable";
  ++(probable ? score.probable : score.possible);
  if (right) ++(probable ? score.probable_right : score.possible_right);
  const double error = said.p - (right ? 1 : 0);
  score.squared_error += error * error;
  auto& bin = score.bins.at(std::min<std::size_t>(9, static_cast<std::size_t>(said.p * 10)));
  ++bin.n;
  bin.right += right ? 1 : 0;
  bin.p += said.p;
}

TillScore compare(const std::vector<PaidTicket>& tickets, const std::map<std::string, Said>& attributions) {
  TillScore score;
  for (const auto& t : tickets) {
    ++score.tickets;
    const auto said = attributions.find(ticket_id({"paris-042", t.workstation, t.day, t.sequence}).value);
    const bool stands = said != attributions.end() && !said->second.retracted;
    if (t.voided) {
      ++score.voided;
      if (stands) ++score.voided_standing;
      continue;
    }
    if (t.nearest) ++score.nearest;
    if (t.nearest && t.nearest == t.buyer) ++score.nearest_right;
    if (!t.numbered) {
      ++score.anonymous;
      if (t.buyer) ++score.member_buyers;
    }
    if (stands && said->second.cls != "certain") judge(t, said->second, score);
  }
  return score;
}

double quotient(double part, double whole, double of_none) { return whole > 0 ? part / whole : of_none; }

std::ofstream written(const std::string& path) {
  std::ofstream file(path);
  if (!file) throw std::runtime_error(path + " cannot be written");
  return file;
}

}  // namespace

double TillScore::precision() const {
  return quotient(static_cast<double>(probable_right), static_cast<double>(probable), 1);
}
double TillScore::recall() const {
  return quotient(static_cast<double>(probable_right), static_cast<double>(member_buyers), 0);
}
double TillScore::wrong() const {
  return quotient(static_cast<double>(probable - probable_right + possible - possible_right),
                  static_cast<double>(tickets), 0);
}
double TillScore::brier() const { return quotient(squared_error, static_cast<double>(probable + possible), 0); }

void TillScore::add(const TillScore& o) {
  tickets += o.tickets, anonymous += o.anonymous, member_buyers += o.member_buyers;
  probable += o.probable, probable_right += o.probable_right;
  possible += o.possible, possible_right += o.possible_right;
  voided += o.voided, voided_standing += o.voided_standing;
  nearest += o.nearest, nearest_right += o.nearest_right;
  squared_error += o.squared_error, cpu_s += o.cpu_s;
  for (std::size_t i = 0; i < bins.size(); ++i) {
    bins.at(i).n += o.bins.at(i).n, bins.at(i).right += o.bins.at(i).right, bins.at(i).p += o.bins.at(i).p;
  }
  report = o.report;
}

TillScore live_till_days(const TillDayOptions& options) {
  const TillDays days = make_till_days(options);
  std::stringstream lines;
  Replay replay(till_configuration(), lines);
  const std::clock_t begun = std::clock();
  for (const auto& e : days.events) {
    const auto line = decode_journal_line(e.json, replay.core().policy());
    if (!line) throw std::logic_error(line.error().message);
    if (std::holds_alternative<event::DeadlineReached>(*line->event)) {
      replay.pass(line->at);
    } else {
      replay.feed(*line->event, line->at);
    }
  }
  TillScore score = compare(days.tickets, read_attributions(lines));
  score.cpu_s = static_cast<double>(std::clock() - begun) / CLOCKS_PER_SEC;
  score.report = encode_match_report(replay.core().match_learning());
  return score;
}

void export_till_days(const TillDayOptions& options, const std::string& folder) {
  const TillDays days = make_till_days(options);
  written(folder + "/gateway.json") << print_config(till_configuration()) << '\n';
  auto journal = written(folder + "/journal.ndjson");
  for (const auto& e : days.events) journal << e.json << '\n';
  auto truth = written(folder + "/truth.ndjson");
  for (const auto& t : days.tickets) {
    truth << json{{"ticket_id", ticket_id({"paris-042", t.workstation, t.day, t.sequence}).value},
                  {"buyer", t.buyer ? json(*t.buyer) : json()},
                  {"numbered", t.numbered},
                  {"voided", t.voided}}
          << '\n';
  }
}

}  // namespace tg::sim
