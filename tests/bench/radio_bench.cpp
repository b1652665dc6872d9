// CPU per advert of the whole radio path, from the socket to the core: BluezRadio, recognition among MEMBERS members,
// presence. Beside it bleak with an empty callback, where it is installed, on the same bus with the same adverts.
// Prints one row a run; the consumer's own CPU time and that of dbus-daemon, so that a busy machine changes them
// little.
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>

#include "adapters/bluez_radio.hpp"
#include "adapters/event_loop.hpp"
#include "bench/radio_source.hpp"
#include "codec/config.hpp"
#include "core/core.hpp"
#include "support/fake_bluez_bus.hpp"

namespace {

using namespace tg;
using bench::Load;

constexpr WallTime kNow = wall_ms(1'700'000'000'000);
constexpr Seconds kDeadline{120};

struct Run {
  const char* what;
  std::uint32_t devices;  ///< 0: each advert a new stranger
  std::uint32_t adverts;
  std::uint32_t per_second;
};

constexpr Run kRuns[] = {
    {"flat out, 200 devices", 200, 300'000, 0},    {"flat out, 3,000 devices", 3'000, 300'000, 0},
    {"1,000/s, 200 devices", 200, 10'000, 1'000},  {"5,000/s, 200 devices", 200, 50'000, 5'000},
    {"10,000/s, 20 devices", 20, 100'000, 10'000}, {"6,000/s, 2,000 devices", 2'000, 60'000, 6'000},
    {"strangers, never seen", 0, 1'000'000, 0},
};

double seconds_of(const timeval& t) { return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6; }

double own_cpu_s() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
}

/// user + system time of another process, from /proc.
double cpu_s_of(pid_t process) {
  std::ifstream stat("/proc/" + std::to_string(process) + "/stat");
  std::string word;
  double ticks = 0;
  for (int field = 1; stat >> word && field <= 15; ++field) {
    if (field >= 14) ticks += std::stod(word);
  }
  return ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
}

long resident_kib() {
  std::ifstream statm("/proc/self/statm");
  long pages = 0;
  statm >> pages >> pages;
  return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

Key128 key_of(std::uint32_t number) {
  Key128 key{};
  for (std::size_t i = 0; i < 4; ++i) key[i] = static_cast<std::uint8_t>(number >> (8 * i));
  return key;
}
MemberId member_of(std::uint32_t number) { return MemberId{"m-" + std::to_string(number)}; }

/// A shop with so many members, at a standing instant, so that no window ends during a run.
class Shop {
 public:
  explicit Shop(std::uint32_t members) : core_(policy()) {
    constexpr std::uint32_t kBatch = 10'000;
    for (std::uint32_t from = 0; from < members; from += kBatch) {
      event::KeysLoaded keys{{}, from == 0, from + kBatch >= members};
      for (std::uint32_t i = from; i < std::min(members, from + kBatch); ++i)
        keys.members.push_back({member_of(i), kNow, {}, {{key_of(i), WallTime::min(), WallTime::max()}}});
      core_.step(keys, now_, effects_);
      effects_.clear();
    }
    while (core_.work(now_, 100'000, effects_)) effects_.clear();
  }
  void hear(const Eid& eid, RssiDbm rssi, MonoTime mono) {
    effects_.clear();
    core_.step(event::AdvertSeen{0, eid, rssi}, {mono, kNow}, effects_);
    ++heard;
  }
  std::uint64_t heard = 0;

 private:
  static Policy policy() {
    Policy policy;
    policy.store = "bench";
    policy.gateway = "gw";
    policy.suggestion.holdout_salt = "bench";
    policy.zones = {{ZoneId{"floor"}, ZoneKind::floor, {}, {}}};
    policy.receivers = {{ReceiverId{"hci0"}, ZoneId{"floor"}, false, 0}};
    return policy;
  }
  Core core_;
  Effects effects_;
  Stamp now_{MonoTime{}, kNow};
};

/// Every tenth device is a member's phone, the others send tokens of nobody: both are looked up.
std::vector<Eid> eids_of(std::uint32_t devices, std::uint32_t members) {
  Aes128 aes;
  std::vector<Eid> out;
  for (std::uint32_t i = 0; i < devices; ++i) {
    const auto key = i % 10 == 0 ? key_of(i * 7919U % members) : key_of(members + i);
    out.push_back(compute_eid(aes, key, static_cast<std::uint32_t>(unix_s(kNow))));
  }
  return out;
}

/// The source on its bus, for one run.
class Stage {
 public:
  Stage(const Run& run, std::uint32_t members)
      : load_{bus.address(), eids_of(run.devices, members), run.adverts, run.per_second} {
    source_ = fork();
    if (source_ != 0) return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    _exit(bench::send_adverts(load_));
  }
  ~Stage() {
    kill(source_, SIGTERM);
    waitpid(source_, nullptr, 0);
  }
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;

  support::PrivateBus bus;

 private:
  const Load load_;
  pid_t source_ = -1;
};

void print(const char* who, const Run& run, std::uint64_t heard, double cpu, double bus, double wall, long grown_kib) {
  const auto n = static_cast<double>(heard);
  std::printf("%-9s %-26s %9llu adverts %8.0f/s  consumer %6.2f us  bus %6.2f us  %+6ld KiB\n", who, run.what,
              static_cast<unsigned long long>(heard), n / wall, cpu * 1e6 / n, bus * 1e6 / n, grown_kib);
  std::fflush(stdout);
}

double wall_s() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

void run_ours(const Run& run, Shop& shop, std::uint32_t members) {
  Stage stage(run, members);
  EventLoop loop;
  shop.heard = 0;
  BluezRadioConfig config;
  config.bus = stage.bus.address();
  config.receivers = {{0, "hci0", "auto"}};
  config.own_beacon = Config{}.beacon_uuid;  // as in the daemon: each payload of 0x004C is compared with it
  BluezRadio radio(loop, config,
                   [&](std::uint16_t, const Eid& eid, RssiDbm rssi) { shop.hear(eid, rssi, loop.now().mono); });
  radio.start();
  const auto seen = [&] { return shop.heard + radio.foreign_adverts(); };
  while (seen() == 0) loop.turn(Millis{100});
  const double cpu = own_cpu_s();
  const double bus = cpu_s_of(stage.bus.pid());
  const double began = wall_s();
  const long resident = resident_kib();
  const auto before = seen();
  const std::uint64_t expected = run.devices + std::uint64_t{run.adverts};
  for (double tick = began; seen() < expected && wall_s() - began < static_cast<double>(kDeadline.count());) {
    loop.turn(Millis{100});
    if (wall_s() < tick) continue;
    radio.tick(loop.now().mono);
    tick += 1;
  }
  print("ours", run, seen() - before, own_cpu_s() - cpu, cpu_s_of(stage.bus.pid()) - bus, wall_s() - began,
        resident_kib() - resident);
}

void run_bleak(const Run& run, std::uint32_t members) {
  Stage stage(run, members);
  const double bus = cpu_s_of(stage.bus.pid());
  const std::string expected = std::to_string(run.devices + run.adverts);
  const pid_t child = fork();
  if (child == 0) {
    const std::string address = "DBUS_SYSTEM_BUS_ADDRESS=" + stage.bus.address();
    const std::string script = TOUCHPOINT_SOURCE_DIR "/tests/bench/bleak_scan.py";
    execlp("env", "env", address.c_str(), "/usr/bin/python3", "-B", script.c_str(), run.what, expected.c_str(),
           nullptr);
    _exit(127);
  }
  waitpid(child, nullptr, 0);
  std::printf("%45s dbus-daemon %6.2f us\n", "", (cpu_s_of(stage.bus.pid()) - bus) * 1e6 / (run.devices + run.adverts));
}

}  // namespace

int main(int argc, char** argv) {
  const std::string wanted = argc > 1 ? argv[1] : "1000000";
  std::uint32_t members = 0;
  if (std::from_chars(wanted.data(), wanted.data() + wanted.size(), members).ec != std::errc{} || members == 0) {
    std::fprintf(stderr, "usage: bench-radio [MEMBERS [PART OF A RUN'S NAME]]\n");
    return 2;
  }
  Shop shop(members);
  const std::string_view only = argc > 2 ? argv[2] : "";
  for (const auto& run : kRuns) {
    if (std::string_view(run.what).find(only) == std::string_view::npos) continue;
    run_ours(run, shop, members);
    if (run.devices > 0) run_bleak(run, members);
  }
  return 0;
}
