// Simulated days in several stores through the real core: one row of figures each. Not a test: store_test.cpp is.
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "sim/rehearsal.hpp"

namespace {

using namespace tg::sim;

constexpr const char* kUsage =
    R"(store-simulator [--seed N] [--people N] [--gap MS] [--plan NAME] [--map | --no-map] [--report] [--list]
  One person or group comes by each MS milliseconds in the mean; all of them are members. Runs every plan, and the
  one that the seed invents ("invented"), with and without a map unless told otherwise. --report adds figures by
  role and zone, --list what went wrong with whom.
store-simulator --plan NAME --map | --no-map --export FOLDER [--seed N] [--people N] [--gap MS]
  Writes gateway.json and journal.ndjson, for touchpointctl replay, and truth.ndjson.
)";

struct Options {
  CrowdOptions crowd;
  std::string plan, folder;
  std::vector<bool> maps{true, false};
  bool report = false, list = false;
};

bool parse(int count, char** words, Options& o) {
  for (int i = 1; i < count; ++i) {
    const std::string_view word = words[i];
    const bool more = i + 1 < count;
    if (word == "--map" || word == "--no-map") {
      o.maps = {word == "--map"};
    } else if (word == "--report") {
      o.report = true;
    } else if (word == "--list") {
      o.list = true;
    } else if (word == "--seed" && more) {
      o.crowd.seed = std::strtoull(words[++i], nullptr, 10);
    } else if (word == "--people" && more) {
      o.crowd.people = std::strtoull(words[++i], nullptr, 10);
    } else if (word == "--gap" && more) {
      o.crowd.arrival_gap_ms = std::strtod(words[++i], nullptr);
    } else if (word == "--plan" && more) {
      o.plan = words[++i];
    } else if (word == "--export" && more) {
      o.folder = words[++i];
    } else {
      return false;
    }
  }
  return o.folder.empty() || (!o.plan.empty() && o.maps.size() == 1);
}

/// A column: its head, its width and digits, and what stands in it.
struct Column {
  const char* head;
  int width, digits;
  double (*value)(const Rehearsal&);
};
constexpr Column kColumns[] = {
    {"false%", 7, 2, [](const Rehearsal& r) { return 100 * r.score.false_rate(); }},
    {"visits", 7, 0, [](const Rehearsal& r) { return static_cast<double>(r.score.visits); }},
    {"missed%", 8, 2, [](const Rehearsal& r) { return 100 * r.score.missed_rate(); }},
    {"flaps", 6, 3, [](const Rehearsal& r) { return r.score.flap_rate(); }},
    {"early%", 7, 1, [](const Rehearsal& r) { return 100 * r.score.early_rate(); }},
    {"in p50", 7, 1, [](const Rehearsal& r) { return quantile(r.score.entry_s, 0.5); }},
    {"in p99", 7, 1, [](const Rehearsal& r) { return quantile(r.score.entry_s, 0.99); }},
    {"out p50", 8, 1, [](const Rehearsal& r) { return quantile(r.score.exit_s, 0.5); }},
    {"out p90", 8, 1, [](const Rehearsal& r) { return quantile(r.score.exit_s, 0.9); }},
    {"zones", 6, 3, [](const Rehearsal& r) { return r.score.zone_accuracy(); }},
    {"changes", 8, 2, [](const Rehearsal& r) { return r.score.changes_per_true(); }},
    {"unseen%", 8, 2, [](const Rehearsal& r) { return 100 * r.score.unnoticed(); }},
    {"hours", 6, 1, [](const Rehearsal& r) { return r.simulated_h; }},
    {"sightings", 10, 0, [](const Rehearsal& r) { return static_cast<double>(r.sightings); }},
    {"us each", 8, 2, [](const Rehearsal& r) { return 1e6 * r.cpu_s / static_cast<double>(r.sightings); }},
};

void head() {
  std::printf("%-13s %-4s", "plan", "map");
  for (const auto& column : kColumns) std::printf("%*s", column.width, column.head);
  std::printf("\n");
}

void row(const StorePlan& plan, bool map, const Rehearsal& r) {
  std::printf("%-13s %-4s", plan.name.c_str(), map ? "yes" : "no");
  for (const auto& column : kColumns) std::printf("%*.*f", column.width, column.digits, column.value(r));
  std::printf("\n");
  std::fflush(stdout);
}

void list(const Score& s) {
  for (const auto& b : s.blunders) {
    const Phone& phone = b.person->phone;
    std::printf("    %-12s %-7s %-9s at %8.1f s, %7.1f s; each %4lld ms, %+5.1f dB, body %4.1f dB, side %+4.1f\n",
                b.what, b.person->member.c_str(), kRoleNames[static_cast<std::size_t>(b.person->role)], b.at_s,
                b.value_s, static_cast<long long>(phone.interval_ms), phone.offset_db - phone.steady_db, phone.body_db,
                phone.side);
  }
}

void report(const StorePlan& plan, const Score& s) {
  for (std::size_t role = 0; role < s.people_of_role.size(); ++role) {
    std::printf("    %-10s %6zu people, %zu false entries\n", kRoleNames[role], s.people_of_role[role],
                s.false_of_role[role]);
  }
  std::printf("    %-10s", "told:");
  for (const auto& zone : plan.zones) std::printf(" %9s", zone.id.c_str());
  std::printf(" %9s\n", "nothing");
  for (std::size_t truth = 0; truth < s.confusion.size(); ++truth) {
    std::printf("    %-10s", truth < plan.zones.size() ? plan.zones[truth].id.c_str() : "street");
    for (const std::size_t n : s.confusion[truth]) std::printf(" %8.1fs", static_cast<double>(n) / 2);
    std::printf("\n");
  }
}

std::vector<StorePlan> plans_of(const Options& options) {
  std::vector<StorePlan> out = store_plans();
  out.push_back(invented_plan(options.crowd.seed));
  std::erase_if(out, [&](const StorePlan& plan) { return !options.plan.empty() && options.plan != plan.name; });
  return out;
}

void run(const Options& options, const std::vector<StorePlan>& plans) {
  std::printf("seed %llu, %zu people a day\n", static_cast<unsigned long long>(options.crowd.seed),
              options.crowd.people);
  head();
  for (const auto& plan : plans) {
    for (const bool map : options.maps) {
      const Rehearsal r = rehearse(plan, map, options.crowd);
      row(plan, map, r);
      if (options.report) report(plan, r.score);
      if (options.list) list(r.score);
    }
  }
}

}  // namespace

int main(int count, char** words) {
  Options options;
  if (!parse(count, words, options)) {
    std::fputs(kUsage, stderr);
    return 2;
  }
  try {
    const auto plans = plans_of(options);
    if (plans.empty()) throw std::runtime_error("no such plan");
    if (options.folder.empty()) {
      run(options, plans);
    } else {
      export_day(plans[0], options.maps[0], options.crowd, options.folder);
    }
    return 0;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
}
