// Rows of the cache file: one profile, item, rule or scenario at a time, and the questions asked of them.
// Owner thread: the cache lane. Every function names the generation it means; writes run inside the caller's
// transaction; trouble shows in Db::ok(). Never keeps keys in a profile's body: they live in `recognition` alone.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/sqlite_db.hpp"
#include "core/events.hpp"
#include "core/model/catalogue.hpp"
#include "core/model/command.hpp"

namespace tg {

using Generation = std::int64_t;

/// Puts every row of the set's kind; returns how many were not there before.
std::int64_t put_rows(Db& db, DataSet set, Generation generation, const DataRows& rows);
/// Removes a member or variant; true when it was there.
bool remove_row(Db& db, DataSet set, Generation generation, std::string_view key);

/// Remembers a refusal of recognition beyond every generation, or that it was taken back.
void put_refusal(Db& db, const ConsentChange& change);

/// The newest `at` wins; on a tie the refusal does (contract §4.2). A refused recognition takes the keys along.
void put_consent(Db& db, Generation generation, const ConsentChange& change);

/// What the core may know of a profile's keys; nullopt unless recognition is granted at `now`.
[[nodiscard]] std::optional<event::MemberKeys> member_keys(const Profile& profile, WallTime now);
/// Calls `each` for every member who granted recognition, in order, without reading bodies.
void for_each_keys(Db& db, Generation generation, WallTime now, const std::function<void(event::MemberKeys)>& each);

/// Up to `most` members in the order in which they are evicted: first those who did not grant recognition, then those
/// whose newest purchase, intent or, without any, consent is the longest ago; ties by member. Reads every row of the
/// generation but no body: 1 s or 2 for a million.
[[nodiscard]] std::vector<MemberId> first_to_go(Db& db, Generation generation, std::int64_t most);

[[nodiscard]] std::optional<Profile> read_profile(Db& db, Generation generation, std::string_view member);
/// The one member with this loyalty number; none when two share it (never a guess).
[[nodiscard]] std::optional<Profile> read_holder(Db& db, Generation generation, std::string_view number);
/// The one member who is to collect this order.
[[nodiscard]] std::optional<Profile> read_collector(Db& db, Generation generation, const std::string& order);
[[nodiscard]] std::vector<CatalogItem> read_items(Db& db, Generation generation, const std::vector<std::string>& skus,
                                                  const std::vector<std::string>& gtins);

struct Generations {
  Generation profiles = 0;
  Generation catalog = 0;
  Generation complements = 0;
  Generation scenarios = 0;
};
[[nodiscard]] std::optional<Dossier> read_dossier(Db& db, const Generations& generations, std::string_view member);

}  // namespace tg
