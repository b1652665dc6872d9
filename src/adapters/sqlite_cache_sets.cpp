#include "adapters/sqlite_cache_sets.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace tg {
namespace {

constexpr std::array<const char*, kDataSetCount> kSetNames{"profiles", "catalog", "complements",
                                                           "scenarios"};  // by DataSet
constexpr std::int32_t kMostParts = 100'000;

const char* name_of(DataSet set) { return kSetNames[static_cast<std::size_t>(set)]; }
std::int64_t rows_in(const DataRows& rows) {
  return static_cast<std::int64_t>(rows.profiles.size() + rows.items.size() + rows.rules.size() +
                                   rows.scenarios.size());
}

struct Staging {
  Generation generation = 0;
  std::int64_t entries = 0;
};

void reject(event::CacheWritten& answer, std::string reason, std::int64_t held) {
  answer.status = AckStatus::rejected;
  answer.reason = std::move(reason);
  answer.revision = held;
}

/// A little more than allowed is taken and evicted afterwards; a set of another order of size is a mistake.
bool too_many(const WriteContext& context, DataSet set, std::int64_t entries) {
  return set == DataSet::profiles && entries > 2 * context.max_members;
}

void throw_away(Db& db, std::string_view set, Generation generation) {
  db.run("INSERT INTO garbage (generation, name) VALUES (?, ?)", {generation, set});
}

void discard(Db& db, std::string_view set) {
  db.run("INSERT INTO garbage (generation, name) SELECT generation, name FROM staging WHERE name = ?", {set});
  db.run("DELETE FROM staging WHERE name = ?", {set});
  db.run("DELETE FROM staging_part WHERE name = ?", {set});
}

std::optional<Staging> staged(Db& db, const SnapshotPart& part) {
  Query row(db,
            "SELECT generation, entries FROM staging WHERE name = ? AND snapshot = ? AND revision = ? AND parts = ?",
            {name_of(part.set), part.snapshot, part.revision, std::int64_t{part.parts}});
  if (!row.next()) return std::nullopt;
  return Staging{row.integer(0), row.integer(1)};
}

/// The staging of this part's snapshot; whatever else was staged of the set is given up for it.
Staging staging_of(Db& db, const SnapshotPart& part) {
  if (const auto found = staged(db, part)) return *found;
  discard(db, name_of(part.set));
  db.run("UPDATE generation SET last = last + 1");
  const Generation generation = db.number("SELECT last FROM generation").value_or(0);
  db.run("INSERT INTO staging (name, generation, snapshot, revision, parts, entries) VALUES (?, ?, ?, ?, ?, 0)",
         {name_of(part.set), generation, part.snapshot, part.revision, std::int64_t{part.parts}});
  return {generation, 0};
}

bool has_part(Db& db, const SnapshotPart& part) {
  return db
      .number("SELECT 1 FROM staging_part WHERE name = ? AND part = ?", {name_of(part.set), std::int64_t{part.part}})
      .has_value();
}

void stage_rows(Db& db, const SnapshotPart& part, const Staging& staging) {
  db.run("INSERT INTO staging_part (name, part) VALUES (?, ?)", {name_of(part.set), std::int64_t{part.part}});
  const std::int64_t fresh = put_rows(db, part.set, staging.generation, *part.rows);
  db.run("UPDATE staging SET entries = entries + ? WHERE name = ?", {fresh, name_of(part.set)});
}

void switch_to(Db& db, const WriteContext& context, const SnapshotPart& part, const Staging& staging) {
  const auto* set = name_of(part.set);
  throw_away(db, set, context.sets[static_cast<std::size_t>(part.set)].generation);
  const auto entries = db.number("SELECT entries FROM staging WHERE name = ?", {set}).value_or(0);
  db.run("UPDATE data_set SET generation = ?, snapshot = ?, revision = ?, entries = ?, updated_at = ? WHERE name = ?",
         {staging.generation, part.snapshot, part.revision, entries, unix_ms(context.now), set});
  db.run("DELETE FROM staging WHERE name = ?", {set});
  db.run("DELETE FROM staging_part WHERE name = ?", {set});
}

bool plausible(const SnapshotPart& part) {
  return part.rows && part.parts >= 1 && part.parts <= kMostParts && part.part >= 1 && part.part <= part.parts;
}

/// Keys for memory, or the name of a member who is no longer recognised.
void report_profiles(const Delta& delta, WallTime now, event::CacheWritten& answer) {
  for (const auto& member : delta.removes) answer.removed.emplace_back(member);
  if (!delta.upserts) return;
  for (const auto& [profile, body] : delta.upserts->profiles) {
    if (auto keys = member_keys(profile, now))
      answer.upserted.push_back(std::move(*keys));
    else
      answer.removed.push_back(profile.member);
  }
}

constexpr std::array<std::string_view, 3> kProfileGarbage{
    "DELETE FROM profile WHERE rowid IN (SELECT rowid FROM profile WHERE generation = ? LIMIT 2000)",
    "DELETE FROM recognition WHERE (generation, member) IN "
    "(SELECT generation, member FROM recognition WHERE generation = ? LIMIT 2000)",
    "DELETE FROM loyalty WHERE (generation, number, member) IN "
    "(SELECT generation, number, member FROM loyalty WHERE generation = ? LIMIT 2000)"};
constexpr std::array<std::string_view, 1> kItemGarbage{
    "DELETE FROM item WHERE (generation, variant) IN "
    "(SELECT generation, variant FROM item WHERE generation = ? LIMIT 2000)"};
constexpr std::array<std::string_view, 1> kRuleGarbage{
    "DELETE FROM rule WHERE (generation, style, with_style) IN "
    "(SELECT generation, style, with_style FROM rule WHERE generation = ? LIMIT 2000)"};
constexpr std::array<std::string_view, 1> kScenarioGarbage{
    "DELETE FROM scenario WHERE (generation, id) IN (SELECT generation, id FROM scenario WHERE generation = ? LIMIT "
    "2000)"};

std::span<const std::string_view> garbage_of(std::string_view set) {
  if (set == name_of(DataSet::profiles)) return kProfileGarbage;
  if (set == name_of(DataSet::catalog)) return kItemGarbage;
  if (set == name_of(DataSet::scenarios)) return kScenarioGarbage;
  return kRuleGarbage;
}

/// Parts that have not come yet, the lowest ones: an answer names at most kMostMissing of them.
std::vector<std::int32_t> missing_parts(Db& db, const SnapshotPart& part) {
  constexpr std::size_t kMostMissing = 100;
  std::vector<std::int32_t> missing;
  Query rows(db, "SELECT part FROM staging_part WHERE name = ? ORDER BY part", {name_of(part.set)});
  std::int64_t there = rows.next() ? rows.integer(0) : part.parts + 1;
  for (std::int32_t number = 1; number <= part.parts && missing.size() < kMostMissing; ++number) {
    if (number != there) {
      missing.push_back(number);
    } else {
      there = rows.next() ? rows.integer(0) : part.parts + 1;
    }
  }
  return missing;
}

}  // namespace

HeldSets read_sets(Db& db) {
  HeldSets sets;
  for (std::size_t i = 0; i < sets.size(); ++i) {
    Query row(db, "SELECT generation, snapshot, revision, entries, updated_at FROM data_set WHERE name = ?",
              {kSetNames[i]});
    if (!row.next()) continue;
    const auto updated = row.optional_integer(4);
    sets[i] = {row.integer(0), std::string(row.text(1)), row.integer(2), row.integer(3),
               updated ? std::optional(wall_ms(*updated)) : std::nullopt};
  }
  return sets;
}

void write_set(Db& db, const WriteContext& context, const SnapshotPart& part, event::CacheWritten& answer) {
  const HeldSet& held = context.sets[static_cast<std::size_t>(part.set)];
  if (!plausible(part)) return reject(answer, "part out of range", held.revision);
  if (!part.snapshot.empty() && part.snapshot == held.snapshot && part.revision == held.revision) {
    answer.status = AckStatus::duplicate;  // a late repeat of the snapshot in effect must not start it again
    answer.revision = held.revision;
    return;
  }
  answer.status = AckStatus::accepted;
  const auto before = staged(db, part);
  if (before && has_part(db, part)) return;
  if (too_many(context, part.set, (before ? before->entries : 0) + rows_in(*part.rows))) {
    return reject(answer, "more than twice profiles.max_members", held.revision);
  }
  const Staging staging = staging_of(db, part);
  stage_rows(db, part, staging);
  const auto there = db.number("SELECT count(*) FROM staging_part WHERE name = ?", {name_of(part.set)}).value_or(0);
  if (there < part.parts) {
    answer.missing = missing_parts(db, part);
    return;
  }
  switch_to(db, context, part, staging);
  answer.status = AckStatus::applied;
  answer.revision = part.revision;
  answer.profiles_replaced = part.set == DataSet::profiles;
}

void write_set(Db& db, const WriteContext& context, const Delta& delta, event::CacheWritten& answer) {
  const HeldSet& held = context.sets[static_cast<std::size_t>(delta.set)];
  answer.revision = held.revision;
  if (delta.from_revision != held.revision) {
    if (delta.to_revision == held.revision)
      answer.status = AckStatus::duplicate;
    else
      reject(answer, "gap", held.revision);
    return;
  }
  const std::int64_t upserts = delta.upserts ? rows_in(*delta.upserts) : 0;
  if (too_many(context, delta.set, held.entries + upserts - static_cast<std::int64_t>(delta.removes.size()))) {
    return reject(answer, "more than twice profiles.max_members", held.revision);
  }
  std::int64_t entries = held.entries;
  for (const auto& key : delta.removes) entries -= remove_row(db, delta.set, held.generation, key) ? 1 : 0;
  if (delta.upserts) entries += put_rows(db, delta.set, held.generation, *delta.upserts);
  db.run("UPDATE data_set SET revision = ?, entries = ?, updated_at = ? WHERE name = ?",
         {delta.to_revision, entries, unix_ms(context.now), name_of(delta.set)});
  answer.status = AckStatus::applied;
  answer.revision = delta.to_revision;
  if (delta.set == DataSet::profiles) report_profiles(delta, context.now, answer);
}

void write_set(Db& db, const WriteContext& context, const ConsentChange& change, event::CacheWritten& answer) {
  put_refusal(db, change);
  put_consent(db, context.sets[0].generation, change);
  const auto next = db.number("SELECT generation FROM staging WHERE name = 'profiles'");
  if (next) put_consent(db, *next, change);
  answer.status = AckStatus::applied;
}

void discard_staging(Db& db) {
  for (const auto* set : kSetNames) discard(db, set);
}

bool delete_garbage_slice(Db& db) {
  Generation generation = 0;
  std::string set;
  {
    Query row(db, "SELECT generation, name FROM garbage ORDER BY generation LIMIT 1");
    if (!row.next()) return false;
    generation = row.integer(0);
    set = row.text(1);
  }
  std::int64_t deleted = 0;
  for (const auto& sql : garbage_of(set)) {
    db.run(sql, {generation});
    deleted += db.changes();
  }
  if (deleted == 0) db.run("DELETE FROM garbage WHERE generation = ?", {generation});
  return db.ok();
}

void evict_members(Db& db, Generation generation, const std::vector<MemberId>& members) {
  std::int64_t removed = 0;
  for (const auto& member : members) removed += remove_row(db, DataSet::profiles, generation, member.value) ? 1 : 0;
  db.run("UPDATE data_set SET entries = entries - ? WHERE name = 'profiles' AND generation = ?", {removed, generation});
}

void forget_member(Db& db, const MemberId& member) {
  db.run("DELETE FROM refusal WHERE member = ?", {member.value});
  std::vector<Generation> generations;
  {
    Query rows(db,
               "SELECT generation FROM data_set WHERE name = 'profiles' UNION SELECT generation FROM staging "
               "WHERE name = 'profiles' UNION SELECT generation FROM garbage WHERE name = 'profiles'");
    while (rows.next()) generations.push_back(rows.integer(0));
  }
  for (const Generation generation : generations) {
    if (!remove_row(db, DataSet::profiles, generation, member.value)) continue;
    db.run("UPDATE data_set SET entries = entries - 1 WHERE name = 'profiles' AND generation = ?", {generation});
    db.run("UPDATE staging SET entries = entries - 1 WHERE name = 'profiles' AND generation = ?", {generation});
  }
}

}  // namespace tg
