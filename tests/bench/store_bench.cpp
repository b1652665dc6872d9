// What the two database files cost, in the clear and encrypted at rest, beside what SQLite and the disk do alone with
// the same bytes: import, lookup, start, events. Profiles are of 1 to 4 KiB, in parts as touchpointctl sends them.
// Usage: bench-store [MEMBERS [DIRECTORY]]. Prints one row a figure: wall time, and CPU of the process.
#include <fcntl.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <deque>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "adapters/command_reader.hpp"
#include "adapters/sqlite_cache.hpp"
#include "adapters/sqlite_db.hpp"
#include "adapters/sqlite_facts.hpp"
#include "codec/messages.hpp"

namespace {

using namespace tg;
using Keys = std::shared_ptr<const AtRestKeys>;

constexpr std::uint32_t kMembersInAPart = 280;  // 700 kB: a part of touchpointctl
constexpr std::uint32_t kPartsAtOnce = 50;      // made beforehand
constexpr std::uint32_t kLookups = 20'000;
constexpr std::uint64_t kEvents = 200'000;
constexpr std::uint64_t kEventsInABatch = 8;
constexpr std::uint64_t kBatchesAhead = 40;  // below SqliteFacts::kSoftLimit
constexpr WallTime kNow = wall_ms(1'763'726'400'000);

double now_s() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

/// Of all threads of this process.
double cpu_s() {
  timespec t{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

/// Adds up what happens between begin() and end(): a busy machine stretches the wall time, hardly the other.
struct Watch {
  double wall_s = 0, used_s = 0;
  void begin() {
    wall_s -= now_s();
    used_s -= cpu_s();
  }
  void end() {
    wall_s += now_s();
    used_s += cpu_s();
  }
};

long rss_kib(const char* field) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(field)) return std::strtol(line.c_str() + std::string_view(field).size() + 1, nullptr, 10);
  }
  return 0;
}

/// Answers of a lane, taken in order.
class Answers {
 public:
  EventPost post() {
    return [this](Event event) {
      const std::scoped_lock lock(mutex_);
      events_.push_back(std::move(event));
      arrived_.notify_one();
    };
  }
  Event take() {
    std::unique_lock lock(mutex_);
    arrived_.wait(lock, [this] { return !events_.empty(); });
    Event event = std::move(events_.front());
    events_.pop_front();
    return event;
  }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<Event> events_;
};

std::string member_name(std::uint32_t number) { return "m-" + std::to_string(1'000'000'000U + number); }

std::string hex_of(std::uint32_t number) {
  char text[33];
  std::snprintf(text, sizeof text, "%032x", number * 2'654'435'761U);
  return text;
}

/// 1 to 4 KiB, by the number of purchases and intents.
std::string profile_json(std::uint32_t number) {
  const std::uint32_t entries = 4 + number * 7 % 21;
  std::string json = R"({"member":")" + member_name(number) + R"(","keys":[{"eid_key":")" + hex_of(number) +
                     R"(","from":"2025-11-20T00:00:00Z","until":"2035-11-27T00:00:00Z"}],"loyalty":["29)" +
                     std::to_string(10'000'000'000U + number) +
                     R"("],"first_name":"Camille","language":"fr","lifecycle":"loyal","consent":{"recognition":)"
                     R"({"status":"granted","at":"2025-01-01T00:00:00Z","version":"2026-03"}},"purchases":[)";
  for (std::uint32_t i = 0; i < entries; ++i) {
    json += (i == 0 ? "" : ",") + std::string(R"({"style":"STYLE-)") + std::to_string((number + i * 37) % 5000) +
            R"(","category":"shirt","at":"2025-10-20T10:00:00Z","channel":"web","kept":true})";
  }
  json += R"(],"intents":[)";
  for (std::uint32_t i = 0; i < entries / 2; ++i) {
    json += (i == 0 ? "" : ",") + std::string(R"({"style":"STYLE-)") + std::to_string((number + i * 53) % 5000) +
            R"(","kind":"viewed","count":3,"last":"2025-11-19T18:00:00Z"})";
  }
  return json + "]}";
}

void print(const char* what, const Keys& keys, const Watch& watch, double items) {
  std::printf("%-52s %-10s %8.2f s %10.0f /s %8.1f us CPU each\n", what, keys ? "encrypted" : "clear", watch.wall_s,
              items / watch.wall_s, watch.used_s * 1e6 / items);
  std::fflush(stdout);
}

/// The same profiles into a table of one index, one transaction a part.
Watch bare_sqlite(const std::string& path, std::uint32_t members) {
  auto db = Db::open({path, 0, 4096});
  if (!db) std::abort();
  db->script("CREATE TABLE bare (id INTEGER PRIMARY KEY, member TEXT UNIQUE, body TEXT) STRICT");
  Watch watch;
  for (std::uint32_t done = 0; done < members;) {
    std::vector<std::string> bodies;
    const std::uint32_t first = done;
    for (; done < members && bodies.size() < kMembersInAPart; ++done) bodies.push_back(profile_json(done));
    watch.begin();
    const auto error = db->transact([&] {
      for (std::uint32_t i = 0; i < bodies.size(); ++i) {
        db->run("INSERT INTO bare (member, body) VALUES (?, ?)", {member_name(first + i), bodies[i]});
      }
    });
    if (error) std::abort();
    watch.end();
  }
  return watch;
}

Watch bare_disk(const std::string& path, std::uint32_t members) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  Watch watch;
  for (std::uint32_t done = 0; done < members;) {
    std::string part;
    for (std::uint32_t i = 0; i < kMembersInAPart && done < members; ++i) part += profile_json(done++);
    watch.begin();
    if (::write(fd, part.data(), part.size()) != static_cast<ssize_t>(part.size()) || ::fdatasync(fd) != 0)
      std::abort();
    watch.end();
  }
  ::close(fd);
  return watch;
}

std::unique_ptr<SqliteCache> opened_cache(const std::string& path, const Keys& keys, Answers& answers) {
  SqliteCache::Settings settings;
  settings.path = path;
  settings.max_members = 10'000'000;
  settings.keys = keys;
  auto cache = SqliteCache::open(std::move(settings), answers.post());
  if (!cache) std::abort();
  (*cache)->start();
  return std::move(*cache);
}

std::string snapshot_part(std::uint32_t part, std::uint32_t parts, std::uint32_t members) {
  std::string payload = R"({"command_id":"c","snapshot":"S","revision":1,"part":)" + std::to_string(part) +
                        R"(,"parts":)" + std::to_string(parts) + R"(,"profiles":[)";
  for (std::uint32_t i = (part - 1) * kMembersInAPart; i < std::min(part * kMembersInAPart, members); ++i) {
    payload += (payload.back() == '[' ? "" : ",") + profile_json(i);
  }
  return payload += "]}";
}

std::uint32_t parts_of(std::uint32_t members) { return (members + kMembersInAPart - 1) / kMembersInAPart; }

effect::WriteCache to_write(Command command) {
  return {command.id, command.name, std::get<SnapshotPart>(std::move(command.body))};
}

void expect_written(const Event& answer) {
  if (std::get<event::CacheWritten>(answer).status == AckStatus::rejected) std::abort();
}

/// What the disk's lane does alone: the same rows, read beforehand.
Watch write_all(SqliteCache& cache, Answers& answers, std::uint32_t members) {
  Watch watch;
  for (std::uint32_t first = 1, parts = parts_of(members); first <= parts; first += kPartsAtOnce) {
    std::vector<effect::WriteCache> writes;
    for (std::uint32_t part = first; part < std::min(first + kPartsAtOnce, parts + 1); ++part)
      writes.push_back(to_write(decode_command("profiles.snapshot", snapshot_part(part, parts, members))));
    watch.begin();
    for (auto& write : writes) cache.write(std::move(write));
    for (std::size_t i = 0; i < writes.size(); ++i) expect_written(answers.take());
    watch.end();
  }
  return watch;
}

/// Reading included; four parts are under way, as touchpointctl does it.
Watch import_all(SqliteCache& cache, Answers& answers, std::uint32_t members) {
  constexpr std::size_t kUnderWay = 4;
  const std::uint32_t parts = parts_of(members);
  CommandReader reader(answers.post());
  reader.start();
  Watch watch;
  for (std::uint32_t first = 1; first <= parts; first += kPartsAtOnce) {
    std::vector<std::string> payloads;
    for (std::uint32_t part = first; part < std::min(first + kPartsAtOnce, parts + 1); ++part)
      payloads.push_back(snapshot_part(part, parts, members));
    watch.begin();
    std::size_t sent = 0;
    for (std::size_t written = 0; written < payloads.size();) {
      for (; sent < payloads.size() && sent < written + kUnderWay; ++sent)
        if (!reader.read("profiles.snapshot", std::move(payloads[sent]))) std::abort();
      auto answer = answers.take();
      if (auto* arrived = std::get_if<event::CommandArrived>(&answer)) {
        cache.write(to_write(std::move(arrived->command)));
      } else {
        expect_written(answer);
        ++written;
      }
    }
    watch.end();
  }
  return watch;
}

Watch load_dossiers(SqliteCache& cache, Answers& answers, std::uint32_t members) {
  Watch watch;
  watch.begin();
  for (std::uint32_t i = 0; i < kLookups; ++i) {
    cache.load_dossier({VisitId("v"), MemberId(member_name(i * 7919U % members))});
    if (!std::get<event::DossierLoaded>(answers.take()).dossier) std::abort();
  }
  watch.end();
  return watch;
}

Watch start_again(const std::string& path, const Keys& keys) {
  Answers answers;
  Watch watch;
  watch.begin();
  const auto cache = opened_cache(path, keys, answers);
  cache->load_keys();
  while (!std::get<event::KeysLoaded>(answers.take()).last) {
  }
  watch.end();
  return watch;
}

Watch store_events(const std::string& path, const Keys& keys) {
  Answers answers;
  SqliteFacts::Settings settings;
  settings.path = path;
  settings.store = "paris-042";
  settings.source = "/stores/paris-042/gateways/gw-1";
  settings.topic_prefix = "touchpoint/v1/paris-042/";
  settings.keys = keys;
  auto facts = SqliteFacts::open(std::move(settings), answers.post());
  if (!facts) std::abort();
  (*facts)->start();
  std::uint64_t committed = 0, batch = 0;
  Watch watch;
  watch.begin();
  for (std::uint64_t sequence = 1; sequence <= kEvents;) {
    effect::Persist persist{++batch, {}};
    for (std::uint64_t i = 0; i < kEventsInABatch && sequence <= kEvents; ++i, ++sequence) {
      Fact fact;
      fact.sequence = sequence;
      fact.id = "id-" + std::to_string(sequence);
      fact.time = fact.recorded_at = kNow;
      fact::VisitStarted data;
      data.visit = VisitId("v-" + std::to_string(sequence));
      data.member = MemberId(member_name(static_cast<std::uint32_t>(sequence)));
      data.zone = ZoneId("entrance");
      data.detected_at = kNow;
      fact.data = data;
      persist.ops.emplace_back(row::AppendFact{std::move(fact)});
    }
    (*facts)->persist(std::move(persist));
    while (batch - committed > kBatchesAhead) committed = std::get<event::Committed>(answers.take()).batch;
  }
  while (committed < batch) committed = std::get<event::Committed>(answers.take()).batch;
  watch.end();
  return watch;
}

void measure(const std::filesystem::path& directory, const Keys& keys, std::uint32_t members) {
  const std::string cache_path = directory / (keys ? "sealed-cache.db" : "cache.db");
  const std::string facts_path = directory / (keys ? "sealed-facts.db" : "facts.db");
  {
    Answers answers;
    const auto cache = opened_cache(cache_path, keys, answers);
    print("import through the gateway's cache, parsing included", keys, import_all(*cache, answers, members), members);
    std::printf("%-52s %-10s %8ld MiB\n", "resident memory after it", keys ? "encrypted" : "clear",
                rss_kib("VmRSS:") / 1024);
    print("a member's dossier from the file", keys, load_dossiers(*cache, answers, members), kLookups);
  }
  print("start: open, check, all keys", keys, start_again(cache_path, keys), members);
  print("events, durable, in batches of 8", keys, store_events(facts_path, keys), kEvents);
  std::filesystem::remove(facts_path);
  std::filesystem::remove(cache_path);
  {
    Answers answers;
    const auto cache = opened_cache(cache_path, keys, answers);
    print("the import's rows again, read beforehand", keys, write_all(*cache, answers, members), members);
  }
  std::filesystem::remove(cache_path);
}

}  // namespace

int main(int argc, char** argv) {
  std::uint32_t members = 200'000;
  if (argc > 1) {
    const std::string_view text = argv[1];
    std::from_chars(text.data(), text.data() + text.size(), members);
  }
  std::string directory =
      std::filesystem::path(argc > 2 ? argv[2] : std::filesystem::temp_directory_path()) / "bench-XXXXXX";
  if (members == 0 || ::mkdtemp(directory.data()) == nullptr) return 2;
  const std::filesystem::path place = directory;
  std::printf("%u members, %.1f KiB each on average\n", members, [&] {
    double bytes = 0;
    for (std::uint32_t i = 0; i < 2100; ++i) bytes += static_cast<double>(profile_json(i).size());
    return bytes / 2100 / 1024;
  }());
  print("bare file, a sync a part", nullptr, bare_disk(place / "bare", members), members);
  std::filesystem::remove(place / "bare");
  print("bare SQLite insert, a commit a part", nullptr, bare_sqlite(place / "bare.db", members), members);
  std::filesystem::remove(place / "bare.db");
  measure(place, nullptr, members);
  AtRestKeys keys;
  keys.current.emplace().fill(0x42);
  measure(place, std::make_shared<const AtRestKeys>(keys), members);
  std::filesystem::remove_all(place);
  return 0;
}
