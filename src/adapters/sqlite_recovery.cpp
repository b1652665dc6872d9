#include "adapters/sqlite_recovery.hpp"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "adapters/sqlite_aside.hpp"
#include "adapters/sqlite_salvage.hpp"
#include "base/crypto.hpp"
#include "base/log.hpp"

namespace tg {
namespace {

constexpr std::size_t kRangesAnEvent = 500;  // 20 bytes each: far below any broker's limit
using Ranges = std::vector<std::pair<Sequence, Sequence>>;

struct Counter {
  std::uint32_t epoch = 0;
  Sequence last = 0;
};

Counter counter_of(Db& db) {
  const auto number = [&](std::string_view sql) { return db.number(sql).value_or(0); };
  const auto last = number("SELECT value FROM meta WHERE name = 'last_sequence'");
  return {static_cast<std::uint32_t>(number("SELECT value FROM meta WHERE name = 'epoch'")),
          static_cast<Sequence>(std::max(last, number("SELECT max(sequence) FROM outbox")))};
}

void put_counter(Db& db, const Counter& counter) {
  db.run("UPDATE meta SET value = ? WHERE name = 'epoch'", {static_cast<std::int64_t>(counter.epoch)});
  db.run("UPDATE meta SET value = ? WHERE name = 'last_sequence'", {static_cast<std::int64_t>(counter.last)});
}

/// The numbers above `settled`, up to `last`, that no row has.
Ranges missing(Db& db, Sequence settled, Sequence last) {
  Ranges ranges;
  Sequence expected = settled + 1;
  for (const Sequence s : sequences(db, "SELECT sequence FROM outbox WHERE sequence > ? ORDER BY sequence",
                                    {static_cast<std::int64_t>(settled)})) {
    if (s > expected) ranges.emplace_back(expected, s - 1);
    expected = s + 1;
  }
  if (expected <= last) ranges.emplace_back(expected, last);
  return ranges;
}

Sequence count(const Ranges& ranges) {
  Sequence numbers = 0;
  for (const auto& [from, to] : ranges) numbers += to - from + 1;
  return numbers;
}

/// The core does not live yet: these are the only events that it does not number itself (decisions/0003).
void explain(Db& db, const FactOrigin& origin, Counter& counter, const Ranges& ranges, WallTime now) {
  for (std::size_t at = 0; at < ranges.size(); at += kRangesAnEvent) {
    const std::size_t end = std::min(ranges.size(), at + kRangesAnEvent);
    fact::OutboxDropped dropped{DeliveryClass::keep, DropReason::damaged, {}};
    dropped.ranges.assign(ranges.begin() + static_cast<std::ptrdiff_t>(at),
                          ranges.begin() + static_cast<std::ptrdiff_t>(end));
    Fact fact;
    fact.sequence = ++counter.last;
    fact.epoch = counter.epoch;
    fact.id = uuid_v7(now, sha256(as_bytes("damaged|" + origin.source + '|' + std::to_string(counter.epoch) + '|' +
                                           std::to_string(counter.last))));
    fact.time = fact.recorded_at = now;
    fact.clock_synced = false;  // nobody has asked yet
    fact.data = std::move(dropped);
    apply_row(db, origin, row::AppendFact{std::move(fact)});
  }
}

/// Where the search for missing numbers begins when no mark says it.
Sequence settled_before_rows(Db& db) {
  const auto first = db.number("SELECT min(sequence) FROM outbox");
  return first ? static_cast<Sequence>(*first) - 1 : 0;
}

/// SQLite writes over a log that it took for ended.
void keep_log(const std::string& path) {
  std::error_code error;
  const std::string log = path + "-wal";
  if (!std::filesystem::exists(log, error) || std::filesystem::file_size(log, error) == 0) return;
  std::filesystem::copy_file(log, free_name(log, "corrupt"), error);
}

struct Recovered {
  Salvage saved;
  bool epoch_rose = false;
  Sequence lost = 0;
};

/// Inside the transaction.
Recovered restore_counter(Db& db, Salvage saved, const FactsPast& past, const FactOrigin& origin, WallTime now) {
  Recovered out{saved};
  Counter counter = counter_of(db);
  const bool marked = past.mark && (!saved.counter_known || past.mark->epoch == counter.epoch);
  Sequence settled = 0;
  if (marked) {
    settled = past.mark->settled;
    const bool behind = !saved.counter_known || past.mark->committed > counter.last;
    counter = {past.mark->epoch, behind ? std::max(counter.last, past.mark->highest()) : counter.last};
  } else if (saved.counter_known) {
    settled = settled_before_rows(db);
  } else {
    counter.epoch = static_cast<std::uint32_t>(unix_s(now));
    out.epoch_rose = true;
  }
  const Ranges ranges = missing(db, settled, counter.last);
  if (!out.epoch_rose) out.lost = count(ranges);
  explain(db, origin, counter, ranges, now);
  put_counter(db, counter);
  return out;
}

std::string words_for_mirror(const OpenedDatabase& opened) {
  return std::string(opened.damaged ? "facts.db was damaged and set aside" : "facts.db was gone") +
         ": its mirror took its place";
}

std::string words_for(const OpenedDatabase& opened, const Recovered& out) {
  const bool newer = opened.damaged && opened.damaged->find(".newer-") != std::string::npos;
  const std::string what =
      newer ? "facts.db of a newer program was set aside: " : "facts.db was damaged and set aside: ";
  std::string words = opened.damaged ? what + std::to_string(out.saved.rows) +
                                           " rows saved, events among them: " + std::to_string(out.saved.events)
                      : opened.fresh ? "facts.db was gone"
                                     : "the end of facts.db's log was lost";
  if (out.lost > 0) words += "; events lost: " + std::to_string(out.lost);
  if (out.epoch_rose) words += "; the event counter was lost, the epoch rises";
  return words;
}

/// One transaction; in words what was found.
Result<std::string, DbError> attempt(OpenedDatabase& opened, const Db::Settings& file, const FactsPast& past,
                                     const FactOrigin& origin, WallTime now) {
  Db& db = opened.db;
  const Counter found = counter_of(db);
  const bool behind = past.mark && past.mark->epoch == found.epoch && past.mark->committed > found.last;
  const bool gone = opened.fresh && !opened.damaged && (past.lived_before || past.mark);
  if (opened.mirrored && !behind) {
    std::string words = words_for_mirror(opened) + ", nothing is lost";
    log(LogLevel::error, "facts", words);
    return words;
  }
  if (!opened.damaged && !behind && !gone) return std::string{};
  if (behind && !opened.fresh) keep_log(file.path);
  std::optional<SalvageCopy> copy;
  if (opened.damaged) copy.emplace(Db::Settings{*opened.damaged, 0, file.cache_kib, file.keys});
  Recovered out;
  const DbError error = db.transact([&] {
    Salvage saved;
    saved.counter_known = !opened.fresh;
    if (copy && copy->db()) saved = salvage_rows(*copy->db(), db);
    out = restore_counter(db, saved, past, origin, now);
  });
  if (error) return Unexpected<DbError>{error};
  const std::string words = words_for(opened, out);
  log(LogLevel::error, "facts", words);
  return words;
}

/// The damaged file goes back to its place: without its rows or a new epoch the next start must try again.
void put_back(const std::string& damaged, const std::string& path) {
  std::error_code ignored;
  std::filesystem::remove(path + "-wal", ignored);
  std::filesystem::rename(damaged, path, ignored);
  std::filesystem::rename(damaged + "-wal", path + "-wal", ignored);
}

/// It passed the check of a start and yet cannot be worked with, because an index names rows that are not there: it
/// lies beside from now on, and its rows are read into a new file.
Result<void> begin_anew(OpenedDatabase& opened, const Db::Settings& file) {
  { const Db closed = std::move(opened.db); }
  auto aside = set_aside(file.path, "corrupt");
  if (!aside) return Unexpected<Error>{aside.error()};
  auto successor = open_database(file, kFactsKind);
  if (!successor) return Unexpected<Error>{successor.error()};
  opened = std::move(*successor);
  opened.damaged = std::move(*aside);
  return {};
}

}  // namespace

Result<std::string> recover_facts(OpenedDatabase& opened, const Db::Settings& file, const FactsPast& past,
                                  const FactOrigin& origin, WallTime now) {
  auto words = attempt(opened, file, past, origin, now);
  const auto is_successor = [&] { return opened.damaged && !opened.mirrored; };
  if (!words && words.error().trouble == DbTrouble::damaged && !is_successor()) {
    if (auto anew = begin_anew(opened, file); !anew) return Unexpected<Error>{anew.error()};
    words = attempt(opened, file, past, origin, now);
  }
  if (words) return std::move(*words);
  if (is_successor()) {
    {
      const Db closed = std::move(opened.db);
    }
    put_back(*opened.damaged, file.path);
  }
  return fail(file.path + ": what can be read of it cannot be saved: " + words.error().text);
}

}  // namespace tg
