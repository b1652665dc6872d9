#include "sim/rehearsal.hpp"

#include <ctime>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "cli/replay.hpp"
#include "codec/journal.hpp"
#include "codec/journal_write.hpp"
#include "sim/day.hpp"

namespace tg::sim {
namespace {

constexpr SimMs kAfterwards = 3'600'000;  // until the last visit has ended

double cpu_now_s() {
  timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

/// Everybody is a member who granted recognition and nothing else.
std::string snapshot_line(const std::vector<Person>& crowd) {
  std::string out = "{\"at\":" + std::to_string(kOpeningMs) +
                    R"(,"command":{"name":"profiles.snapshot","payload":{"command_id":"c1","snapshot":"S1",)"
                    R"("revision":1,"part":1,"parts":1,"profiles":[)";
  for (std::size_t i = 0; i < crowd.size(); ++i) {
    out += (i == 0 ? "" : ",") + std::string(R"({"member":")") + crowd[i].member +
           R"(","consent":{"recognition":{"status":"granted","at":"2025-01-01T00:00:00Z","version":"1"}}})";
  }
  return out + "]}}}";
}

WallTime wall(SimMs at) { return wall_ms(kOpeningMs + at); }

std::ofstream written(const std::string& path) {
  std::ofstream file(path);
  if (!file) throw std::runtime_error(path + " cannot be written");
  return file;
}

void write_truth(const StorePlan& plan, const Person& person, std::ostream& out) {
  for (const auto& walk : person.walks) {
    for (SimMs at = walk.front().at; at < walk.back().at; at += 500) {
      const Point place = pose_at(walk, at).place;
      const int zone = plan.zone_at(place);
      out << "{\"at\":" << kOpeningMs + at << ",\"member\":\"" << person.member << "\",\"x\":" << place.x
          << ",\"y\":" << place.y << ",\"zone\":\""
          << (zone < 0 ? "street" : plan.zones[static_cast<std::size_t>(zone)].id) << "\"}\n";
    }
  }
}

}  // namespace

Rehearsal rehearse(const StorePlan& plan, bool map, const CrowdOptions& options) {
  Rehearsal out;
  out.crowd = make_crowd(plan, options);
  const auto& crowd = out.crowd;
  const Config config = configuration(plan, map);
  std::stringstream lines;
  Replay replay(config, lines);
  const auto snapshot = decode_journal_line(snapshot_line(crowd), replay.core().policy());
  if (!snapshot) throw std::logic_error(snapshot.error().message);
  replay.feed(*snapshot->event, snapshot->at);

  const SimMs end = live_through(as_built(plan, options.seed), crowd, options.seed, [&](const Sighting& s) {
    const double begun = out.sightings % 16 == 0 ? cpu_now_s() : 0;
    replay.feed(event::SightingSeen{s.receiver, MemberId{crowd[s.person].member}, s.rssi}, wall(s.at));
    if (out.sightings++ % 16 == 0) out.cpu_s += 16 * (cpu_now_s() - begun);
  });
  replay.pass(wall(end + kAfterwards));
  const SimMs grace = Millis{config.presence.exit_after + config.presence.reentry}.count();
  out.score = score(plan, crowd, read_visits(lines, plan, kOpeningMs), grace);
  out.simulated_h = static_cast<double>(end) / 3'600'000;
  return out;
}

void export_day(const StorePlan& plan, bool map, const CrowdOptions& options, const std::string& folder) {
  const auto crowd = make_crowd(plan, options);
  written(folder + "/gateway.json") << print_config(configuration(plan, map)) << '\n';
  auto truth = written(folder + "/truth.ndjson");
  for (const auto& person : crowd) write_truth(plan, person, truth);
  auto journal = written(folder + "/journal.ndjson");
  journal << snapshot_line(crowd) << '\n';
  const SimMs end = live_through(as_built(plan, options.seed), crowd, options.seed, [&](const Sighting& s) {
    journal << encode_journal_sighting(wall(s.at), ReceiverId{plan.receivers[s.receiver].id},
                                       MemberId{crowd[s.person].member}, s.rssi)
            << '\n';
  });
  journal << encode_journal_tick(wall(end + kAfterwards)) << '\n';
}

}  // namespace tg::sim
