// What the parts of store-and-forward do without the gateway: rows into SQLite, and Paho to a broker at QoS 1.
//
//     bench-bare-limits FILE URL [EVENTS]     (FILE is made anew; 200,000)
//
// Prints `sqlite ROWS_A_SECOND` and `paho MESSAGES_A_SECOND`. Settings are the gateway's: WAL with synchronous=FULL and
// a commit each 128 rows; 100 messages in flight, payloads of 700 bytes.
#include <mqtt/async_client.h>
#include <sqlite3.h>

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <string>

namespace {

using Clock = std::chrono::steady_clock;

constexpr int kRowsACommit = 128;
constexpr int kInFlight = 100;
constexpr std::size_t kPayload = 700;

double per_second(int count, Clock::time_point since) {
  return count / std::chrono::duration<double>(Clock::now() - since).count();
}

class Database {
 public:
  explicit Database(const char* path) { check(sqlite3_open(path, &db_)); }
  ~Database() { sqlite3_close_v2(db_); }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  void run(const char* sql) { check(sqlite3_exec(db_, sql, nullptr, nullptr, nullptr)); }
  void check(int code) const {
    if (code != SQLITE_OK && code != SQLITE_DONE) throw std::runtime_error(sqlite3_errmsg(db_));
  }
  [[nodiscard]] sqlite3* raw() const { return db_; }

 private:
  sqlite3* db_ = nullptr;
};

double insert_rows(const char* path, int count) {
  Database db(path);
  db.run(
      "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
      "CREATE TABLE outbox (sequence INTEGER PRIMARY KEY, id TEXT, payload BLOB) STRICT;");
  sqlite3_stmt* insert = nullptr;
  db.check(sqlite3_prepare_v2(db.raw(), "INSERT INTO outbox VALUES (?, ?, ?)", -1, &insert, nullptr));
  const std::string id(36, 'i'), payload(kPayload, 'p');
  const auto started = Clock::now();
  for (int i = 0; i < count; ++i) {
    if (i % kRowsACommit == 0) db.run("BEGIN IMMEDIATE");
    sqlite3_bind_int(insert, 1, i + 1);
    sqlite3_bind_text(insert, 2, id.data(), static_cast<int>(id.size()), SQLITE_STATIC);
    sqlite3_bind_blob(insert, 3, payload.data(), static_cast<int>(payload.size()), SQLITE_STATIC);
    db.check(sqlite3_step(insert));
    sqlite3_reset(insert);
    if (i % kRowsACommit == kRowsACommit - 1 || i == count - 1) db.run("COMMIT");
  }
  const double rate = per_second(count, started);
  sqlite3_finalize(insert);
  return rate;
}

/// Counts acknowledgements and lets no more than kInFlight go without one.
class Window : public mqtt::iaction_listener {
 public:
  void take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return in_flight_ < kInFlight; });
    ++in_flight_;
  }
  void drain() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return in_flight_ == 0; });
  }

 private:
  void on_success(const mqtt::token&) override { give_back(); }
  void on_failure(const mqtt::token&) override { give_back(); }
  void give_back() {
    const std::scoped_lock lock(mutex_);
    --in_flight_;
    changed_.notify_one();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  int in_flight_ = 0;
};

double publish(const std::string& url, int count) {
  mqtt::create_options how(MQTTVERSION_5);
  how.set_max_buffered_messages(2 * kInFlight);
  mqtt::async_client client(url, "bench-bare-limits", how);
  mqtt::connect_options options;
  options.set_mqtt_version(MQTTVERSION_5);
  options.set_clean_start(true);
  options.set_max_inflight(kInFlight);
  client.connect(options)->wait();
  const std::string payload(kPayload, 'p');
  Window window;
  const auto started = Clock::now();
  for (int i = 0; i < count; ++i) {
    window.take();
    client.publish("bench/bare", payload.data(), payload.size(), 1, false, nullptr, window);
  }
  window.drain();
  const double rate = per_second(count, started);
  client.disconnect()->wait();
  return rate;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fputs("usage: bench-bare-limits FILE URL [EVENTS]\n", stderr);
    return 2;
  }
  const int events = argc > 3 ? std::stoi(argv[3]) : 200'000;
  std::printf("sqlite %.0f\n", insert_rows(argv[1], events));
  std::printf("paho %.0f\n", publish(argv[2], events));
}
