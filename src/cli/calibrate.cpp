#include "cli/calibrate.hpp"

#include <cmath>
#include <fstream>
#include <map>
#include <ostream>
#include <vector>

#include "codec/config.hpp"
#include "codec/journal.hpp"
#include "core/position.hpp"

namespace tg {
namespace {

// On the public walks the fourth pass changes nothing by a whole dB any more.
constexpr int kPasses = 4;
constexpr Millis kStep{400};
constexpr std::size_t kFewest = 50;   // adverts at a receiver, about half a minute: fewer tell nothing about it
constexpr double kMostOffsetDb = 60;  // what the configuration allows

struct Sighting {
  WallTime at;
  MemberId member;
  std::uint16_t receiver;
  RssiDbm rssi;
};

/// What one receiver was found to hear too much, over all members and moments.
struct Finding {
  double sum_db = 0;
  std::size_t adverts = 0;
  [[nodiscard]] double mean_db() const { return adverts == 0 ? 0 : sum_db / static_cast<double>(adverts); }
};

/// Reads all lines; 0, or the number of the line that is none.
std::size_t read_sightings(std::istream& journal, const Policy& policy, std::vector<Sighting>& out, std::string& why) {
  std::string line;
  for (std::size_t number = 1; std::getline(journal, line); ++number) {
    if (line.empty()) continue;
    const auto input = decode_journal_line(line, policy);
    if (!input) {
      why = input.error().message;
      return number;
    }
    const auto* seen = input->event ? std::get_if<event::SightingSeen>(&*input->event) : nullptr;
    if (seen != nullptr && seen->rssi != kRssiUnavailable)
      out.push_back({input->at, seen->member, seen->receiver, seen->rssi});
  }
  return 0;
}

/// One pass over the walk with these offsets: what is left to explain at each receiver.
std::vector<Finding> follow(const RadioMap& map, const std::vector<Sighting>& walk,
                            const std::vector<double>& offsets) {
  struct Walker {
    Position position;
    WallTime stepped;
  };
  std::map<MemberId, Walker> walkers;
  std::vector<Finding> found(offsets.size());
  for (const auto& s : walk) {
    auto& walker = walkers.try_emplace(s.member, Walker{Position{map}, s.at}).first->second;
    if (s.at - walker.stepped >= kStep) {
      walker.position.step(s.at - walker.stepped);
      walker.stepped = s.at;
    }
    walker.position.observe(s.receiver, static_cast<float>(s.rssi + offsets[s.receiver]));
    found[s.receiver].sum_db += static_cast<double>(walker.position.bias_db(s.receiver));
    ++found[s.receiver].adverts;
  }
  return found;
}

/// Offsets that make the receivers equal; their mean stays what it was, for that is the phone's.
void correct(std::vector<double>& offsets, const std::vector<Finding>& found) {
  double common = 0;
  int known = 0;
  for (const auto& f : found) {
    if (f.adverts < kFewest) continue;
    common += f.mean_db();
    ++known;
  }
  for (std::size_t r = 0; r < offsets.size(); ++r) {
    if (found[r].adverts >= kFewest) offsets[r] -= found[r].mean_db() - common / known;
  }
}

}  // namespace

int run_calibrate(const std::string& config_path, const std::string& journal_path, std::ostream& out,
                  std::ostream& err) {
  auto config = load_config(config_path);
  if (!config) {
    for (const auto& problem : config.error()) err << to_line(problem) << '\n';
    return 1;
  }
  const Policy policy = config->policy();
  const RadioMap map(policy);
  if (!map.known()) {
    err << config_path << ": has no map; needs zones with an area and receivers with x_m and y_m\n";
    return 1;
  }
  std::ifstream journal(journal_path);
  if (!journal) {
    err << journal_path << ": cannot be read\n";
    return 1;
  }
  std::vector<Sighting> walk;
  std::string why;
  if (const auto line = read_sightings(journal, policy, walk, why); line != 0) {
    err << journal_path << ": line " << line << ": " << why << '\n';
    return 1;
  }
  std::vector<double> offsets;
  for (const auto& r : policy.receivers) offsets.push_back(r.offset_db);
  std::vector<Finding> found;
  for (int pass = 0; pass < kPasses; ++pass) {
    found = follow(map, walk, offsets);
    correct(offsets, found);
  }
  for (std::size_t r = 0; r < offsets.size(); ++r) {
    const double limited = std::min(kMostOffsetDb, std::max(-kMostOffsetDb, offsets[r]));
    config->receivers[r].offset_db = static_cast<std::int32_t>(std::lround(limited));
    if (found[r].adverts < kFewest)
      err << config->receivers[r].id << ": heard " << found[r].adverts << " adverts, needs " << kFewest
          << ": its offset_db stays\n";
  }
  out << print_receivers(*config);
  return 0;
}

}  // namespace tg
