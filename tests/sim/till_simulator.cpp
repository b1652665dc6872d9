// Days at the tills with known truth, through the matcher; prints a row of figures for each kind of day.
//   till-simulator [--seeds A-B] [--recognised 0.25] [--deaf N] [--days 3] [--report] [--export FOLDER]
#include <CLI/CLI.hpp>
#include <cstdio>

#include "sim/till_score.hpp"

namespace tg::sim {
namespace {

struct Arguments {
  std::uint64_t from = 101, to = 104;
  std::optional<double> recognised;
  std::optional<int> deaf;
  std::size_t days = 3, parties = 600;
  bool report = false, bins = false;
  std::string folder;
};

void print_row(double recognised, Deaf deaf, const TillScore& s) {
  std::printf("%5.0f%%  %-12s %7zu %7zu %8zu %9.3f %7.3f %7.3f%% %8zu %7.2f %6.3f %9.3f %5zu/%zu %5.1f\n",
              recognised * 100, kDeafNames[static_cast<std::size_t>(deaf)], s.tickets, s.member_buyers, s.probable,
              s.precision(), s.recall(), s.wrong() * 100, s.possible,
              s.possible == 0 ? 0.0 : static_cast<double>(s.possible_right) / static_cast<double>(s.possible),
              s.brier(), s.nearest == 0 ? 0.0 : static_cast<double>(s.nearest_right) / static_cast<double>(s.nearest),
              s.voided_standing, s.voided, s.cpu_s);
}

void print_bins(const TillScore& s) {
  for (const auto& bin : s.bins) {
    if (bin.n == 0) continue;
    const auto n = static_cast<double>(bin.n);
    std::printf("        p %.3f  right %.3f  of %zu\n", bin.p / n, static_cast<double>(bin.right) / n, bin.n);
  }
}

TillScore all_seeds(const Arguments& a, double recognised, Deaf deaf) {
  TillScore sum;
  for (std::uint64_t seed = a.from; seed <= a.to; ++seed) {
    TillDayOptions o;
    o.seed = seed;
    o.days = a.days;
    o.parties = a.parties;
    o.recognised = recognised;
    o.deaf = deaf;
    sum.add(live_till_days(o));
  }
  return sum;
}

int run(int argc, char** argv) {
  Arguments a;
  CLI::App app{"Days at the tills with known truth, through the matcher", "till-simulator"};
  app.add_option("--from", a.from, "First seed")->capture_default_str();
  app.add_option("--to", a.to, "Last seed")->capture_default_str();
  app.add_option("--recognised", a.recognised, "Share of all persons; else 0.05, 0.10, 0.25 and 0.50");
  app.add_option("--deaf", a.deaf, "0 none, 1 floor, 2 till (told), 3 till (untold); else all of them at 0.25");
  app.add_option("--days", a.days, "In a row, in one shop")->capture_default_str();
  app.add_option("--parties", a.parties, "That come in on a day")->capture_default_str();
  app.add_flag("--report", a.report, "The calibration report of the last shop");
  app.add_flag("--bins", a.bins, "Reliability");
  app.add_option("--export", a.folder, "Write the first seed's days as files for touchpointctl replay");
  CLI11_PARSE(app, argc, argv);
  if (!a.folder.empty()) {
    TillDayOptions o;
    o.seed = a.from;
    o.days = a.days;
    o.parties = a.parties;
    o.recognised = a.recognised.value_or(o.recognised);
    export_till_days(o, a.folder);
    return 0;
  }
  std::puts(
      "recognised  deaf      tickets  buyers probable precision  recall   wrong  possible   right  Brier   nearest"
      "  void standing  CPU s");
  const std::vector<double> shares = a.recognised ? std::vector{*a.recognised} : std::vector{0.05, 0.10, 0.25, 0.50};
  std::vector<std::pair<double, Deaf>> rows;
  for (const double share : shares) rows.emplace_back(share, static_cast<Deaf>(a.deaf.value_or(0)));
  for (int deaf = 1; deaf < 4 && !a.deaf && !a.recognised; ++deaf) rows.emplace_back(0.25, static_cast<Deaf>(deaf));
  for (const auto& [share, deaf] : rows) {
    const TillScore score = all_seeds(a, share, deaf);
    print_row(share, deaf, score);
    if (a.bins) print_bins(score);
    if (a.report) std::puts(score.report.c_str());
  }
  return 0;
}

}  // namespace
}  // namespace tg::sim

int main(int argc, char** argv) { return tg::sim::run(argc, argv); }
