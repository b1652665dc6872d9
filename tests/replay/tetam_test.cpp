// Real walks through a room of twelve receivers (public data beside the project, its README says how they are judged):
// what `touchpointctl replay` publishes about the zone against where the walker was. Prints the figures of each walk.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <string_view>

#include "cli/replay.hpp"
#include "codec/journal.hpp"

namespace tg {
namespace {

const std::string kFolder = std::string(TOUCHPOINT_SOURCE_DIR) + "/../shared/data/tetam/";
constexpr std::int64_t kStartMs = 1'763'713'200'000;

struct Station {
  const char* id;
  double x_m, y_m;
};
constexpr Station kStations[] = {
    {"b827eb4521b4", 7.00, 7.09},   {"000000000101", 7.18, 0.68},   {"000000000102", 0.71, 6.16},
    {"b827eb917e19", 7.25, 11.36},  {"000000000201", 0.76, 12.13},  {"000000000202", 7.18, 17.64},
    {"b827ebf7d096", 13.14, 12.33}, {"000000000301", 12.82, 16.83}, {"000000000302", 18.12, 11.93},
    {"b827ebfd7811", 13.01, 5.51},  {"000000000401", 17.77, 6.33},  {"000000000402", 12.76, 0.27}};
constexpr const char* kZones[] = {"west", "centre", "east"};
constexpr double kBorders[] = {0, 7.0, 13.5, 20.7}, kDepth = 17.6;

int zone_at(double x) { return x < kBorders[1] ? 0 : x < kBorders[2] ? 1 : 2; }

struct Heard {
  std::int64_t at_ms;
  std::string receiver;
  RssiDbm rssi;
  double x;
};

std::vector<Heard> read_walk(const std::string& name) {
  std::vector<Heard> out;
  std::ifstream file(kFolder + name + ".csv");
  double first = 0;
  for (std::string line; std::getline(file, line);) {
    std::stringstream row(line);
    std::string field[7];
    for (auto& f : field) std::getline(row, f, ',');
    const double at = std::stod(field[0]);
    if (out.empty()) first = at;
    out.push_back(
        {std::llround((at - first) * 1000), field[1], static_cast<RssiDbm>(std::stoi(field[3])), std::stod(field[4])});
  }
  return out;
}

Config room() {
  Config c;
  c.store = "tetam";
  c.gateway = "gw-1";
  c.suggestion.holdout_salt = c.store;
  const auto mm = [](double metres) { return static_cast<std::int32_t>(std::lround(metres * 1000)); };
  for (std::size_t z = 0; z < 3; ++z) {
    const std::int32_t left = mm(kBorders[z]), right = mm(kBorders[z + 1]), top = mm(kDepth);
    c.zones.push_back({ZoneId{kZones[z]}, ZoneKind::floor, {}, {{left, 0}, {right, 0}, {right, top}, {left, top}}});
  }
  for (const auto& s : kStations) {
    ReceiverConfig r;
    r.id = s.id;
    r.remote = true;
    r.zone = kZones[zone_at(s.x_m)];
    r.x_m = s.x_m;
    r.y_m = s.y_m;
    c.receivers.push_back(r);
  }
  return c;
}

/// `at` of the output line and the zone that it tells; -1: about something else.
std::pair<std::int64_t, int> zone_told(const std::string& line) {
  const bool started = line.find("/event/visit/started") != std::string::npos;
  const bool changed = line.find("/event/visit/zone_changed") != std::string::npos;
  const std::string key = started ? "\"zone\":\"" : "\"next_zone\":\"";
  const auto at = line.find(key);
  if ((!started && !changed) || at == std::string::npos) return {0, -1};
  const auto* zone = std::find_if(std::begin(kZones), std::end(kZones), [&](const char* z) {
    return line.compare(at + key.size(), std::string_view(z).size() + 1, std::string(z) + '"') == 0;
  });
  return {std::stoll(line.substr(line.find(':') + 1)) - kStartMs, static_cast<int>(zone - kZones)};
}

struct Figures {
  int right = 0, all = 0, changes = 0, true_changes = 0;
  [[nodiscard]] double accuracy() const { return static_cast<double>(right) / all; }
};

Figures judge(const std::vector<Heard>& walk, const std::vector<std::pair<std::int64_t, int>>& told) {
  Figures f;
  int former_truth = -1, former = -2;
  for (std::int64_t at = 3000; at <= walk.back().at_ms; at += 500) {
    const auto place = std::find_if(walk.rbegin(), walk.rend(), [&](const Heard& h) { return h.at_ms <= at; });
    const auto last = std::find_if(told.rbegin(), told.rend(), [&](const auto& t) { return t.first <= at; });
    const int truth = zone_at(place->x), zone = last == told.rend() ? -1 : last->second;
    f.right += truth == zone;
    ++f.all;
    f.true_changes += former_truth >= 0 && truth != former_truth;
    f.changes += former > -2 && zone != former;
    former_truth = truth;
    former = zone;
  }
  return f;
}

Figures walk_through(const std::string& name) {
  const auto walk = read_walk(name);
  std::stringstream out;
  Replay replay(room(), out);
  const auto feed = [&](const std::string& line) {
    const auto input = decode_journal_line(line, replay.core().policy());
    ASSERT_TRUE(input) << input.error().message;
    replay.feed(*input->event, input->at);
  };
  feed("{\"at\":" + std::to_string(kStartMs) +
       R"(,"command":{"name":"profiles.snapshot","payload":{"command_id":"c1","snapshot":"S1","revision":1,"part":1,)"
       R"("parts":1,"profiles":[{"member":"m-1","consent":{"recognition":{"status":"granted",)"
       R"("at":"2025-01-01T00:00:00Z","version":"1"}}}]}}})");
  for (const auto& h : walk) {
    feed("{\"at\":" + std::to_string(kStartMs + h.at_ms) + ",\"sighting\":{\"receiver\":\"" + h.receiver +
         "\",\"member\":\"m-1\",\"rssi\":" + std::to_string(h.rssi) + "}}");
  }
  std::vector<std::pair<std::int64_t, int>> told;
  for (std::string line; std::getline(out, line);) {
    if (const auto t = zone_told(line); t.second >= 0) told.push_back(t);
  }
  return judge(walk, told);
}

TEST(Tetam, TheZoneIsRightMostOfTheTimeAndDoesNotFlap) {
  double accuracy = 0;
  int changes = 0, true_changes = 0;
  const char* const kWalks[] = {"straight_01", "straight_02", "straight_03", "rectangular_with_rotation",
                                "zigzagging_with_rotation"};
  for (const char* name : kWalks) {
    const Figures f = walk_through(name);
    std::printf("%-28s accuracy %.3f, %d changes of zone for %d true ones\n", name, f.accuracy(), f.changes,
                f.true_changes);
    EXPECT_GE(f.accuracy(), 0.80) << name;
    accuracy += f.accuracy() / std::size(kWalks);
    changes += f.changes;
    true_changes += f.true_changes;
  }
  const double a_true_one = static_cast<double>(changes) / true_changes;
  std::printf("%-28s accuracy %.3f, %.2f changes for each true one\n", "all walks", accuracy, a_true_one);
  EXPECT_GE(accuracy, 0.88);
  EXPECT_LE(a_true_one, 1.5);
}

}  // namespace
}  // namespace tg
