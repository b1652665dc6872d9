#include "adapters/sqlite_cache_rows.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <set>
#include <tuple>
#include <utility>

#include "codec/messages.hpp"

namespace tg {
namespace {

constexpr std::int64_t kRulesPerStyle = 32;   // the best ones; a card shows three
constexpr std::int64_t kItemsPerStyle = 200;  // variants of one style: sizes times colours
constexpr std::size_t kKeyBytes = 32;

std::optional<std::int64_t> ms(const std::optional<WallTime>& at) {
  if (!at) return std::nullopt;
  return unix_ms(*at);
}

void put_number(std::vector<std::uint8_t>& out, std::int64_t value) {
  for (unsigned shift = 0; shift < 64; shift += 8) {
    out.push_back(static_cast<std::uint8_t>(static_cast<std::uint64_t>(value) >> shift));
  }
}
std::int64_t get_number(Bytes bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = 8; i-- > 0;) value = (value << 8U) | bytes[i];
  return static_cast<std::int64_t>(value);
}

std::vector<std::uint8_t> pack_keys(const std::vector<MemberKey>& keys) {
  std::vector<std::uint8_t> out;
  out.reserve(keys.size() * kKeyBytes);
  for (const auto& key : keys) {
    out.insert(out.end(), key.eid_key.begin(), key.eid_key.end());
    put_number(out, unix_ms(key.from));
    put_number(out, unix_ms(key.until));
  }
  return out;
}

std::vector<MemberKey> unpack_keys(Bytes packed) {
  std::vector<MemberKey> keys(packed.size() / kKeyBytes);
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const Bytes one = packed.subspan(i * kKeyBytes, kKeyBytes);
    std::copy_n(one.begin(), keys[i].eid_key.size(), keys[i].eid_key.begin());
    keys[i].from = wall_ms(get_number(one.subspan(16, 8)));
    keys[i].until = wall_ms(get_number(one.subspan(24, 8)));
  }
  return keys;
}

/// The newest thing that the profile tells of the member, else when he agreed to be recognised.
WallTime active_at(const Profile& profile, const ConsentRecord& recognition) {
  WallTime newest = profile.rhythm ? profile.rhythm->last : WallTime{};
  for (const auto& purchase : profile.purchases) newest = std::max(newest, purchase.at.value_or(WallTime{}));
  for (const auto& intent : profile.intents) newest = std::max(newest, intent.last.value_or(WallTime{}));
  return newest == WallTime{} ? recognition.at : newest;
}

void put_recognition(Db& db, Generation generation, const Profile& profile) {
  const auto& consent = profile.consent.at(Purpose::recognition);
  if (!consent || consent->status != ConsentStatus::granted) return;
  const auto refused = db.number("SELECT refused_at FROM refusal WHERE member = ?", {profile.member.value});
  if (refused && *refused >= unix_ms(consent->at)) return;
  auto keys = pack_keys(profile.keys);
  db.run(
      "INSERT OR REPLACE INTO recognition (generation, member, granted_at, granted_until, keys, active_at) "
      "VALUES (?, ?, ?, ?, ?, ?)",
      {generation, profile.member.value, unix_ms(consent->at), ms(consent->until), Bytes(keys),
       unix_ms(active_at(profile, *consent))});
  wipe(keys);
}

void forget_side_rows(Db& db, Generation generation, std::string_view member) {
  db.run("DELETE FROM recognition WHERE generation = ? AND member = ?", {generation, member});
  db.run("DELETE FROM loyalty WHERE generation = ? AND member = ?", {generation, member});
}

/// No loyalty number begins so.
std::string order_number(const std::string& order) { return "order " + order; }

bool put_profile(Db& db, Generation generation, const ProfileRow& row) {
  const auto& [profile, body] = row;
  db.run("INSERT OR IGNORE INTO profile (generation, member, body) VALUES (?, ?, ?)",
         {generation, profile.member.value, body});
  const bool fresh = db.changes() == 1;
  if (!fresh) {
    db.run("UPDATE profile SET body = ? WHERE generation = ? AND member = ?", {body, generation, profile.member.value});
    forget_side_rows(db, generation, profile.member.value);
  }
  put_recognition(db, generation, profile);
  for (const auto& number : profile.loyalty) {
    db.run("INSERT OR IGNORE INTO loyalty (generation, number, member) VALUES (?, ?, ?)",
           {generation, number, profile.member.value});
  }
  for (const auto& collect : profile.collect) {  // beside the loyalty numbers: they come and go together
    db.run("INSERT OR IGNORE INTO loyalty (generation, number, member) VALUES (?, ?, ?)",
           {generation, order_number(collect.order), profile.member.value});
  }
  return fresh;
}

bool put_item(Db& db, Generation generation, const CatalogItem& item) {
  const std::string body = encode_item(item);
  db.run("INSERT OR IGNORE INTO item (generation, variant, style, gtin, body) VALUES (?, ?, ?, ?, ?)",
         {generation, item.variant, item.style, item.gtin, body});
  if (db.changes() == 1) return true;
  db.run("UPDATE item SET style = ?, gtin = ?, body = ? WHERE generation = ? AND variant = ?",
         {item.style, item.gtin, body, generation, item.variant});
  return false;
}

bool put_rule(Db& db, Generation generation, const ComplementRule& rule) {
  const std::string body = encode_rule(rule);
  const std::int64_t score = rule.score_permille;
  db.run("INSERT OR IGNORE INTO rule (generation, style, with_style, score, body) VALUES (?, ?, ?, ?, ?)",
         {generation, rule.style, rule.with, score, body});
  if (db.changes() == 1) return true;
  db.run("UPDATE rule SET score = ?, body = ? WHERE generation = ? AND style = ? AND with_style = ?",
         {score, body, generation, rule.style, rule.with});
  return false;
}

bool put_scenario(Db& db, Generation generation, const Scenario& scenario) {
  const std::int64_t enabled = scenario.enabled ? 1 : 0;
  db.run("INSERT OR IGNORE INTO scenario (generation, id, enabled, body) VALUES (?, ?, ?, ?)",
         {generation, scenario.id, enabled, scenario.body});
  if (db.changes() == 1) return true;
  db.run("UPDATE scenario SET enabled = ?, body = ? WHERE generation = ? AND id = ?",
         {enabled, scenario.body, generation, scenario.id});
  return false;
}

template <class Row, class Put>
std::int64_t put_each(const std::vector<Row>& rows, Put put) {
  return std::ranges::count_if(rows, put);
}

void add_items(Query& query, std::vector<CatalogItem>& items) {
  while (query.next()) {
    if (auto item = decode_item(query.text(0))) items.push_back(std::move(*item));
  }
}

std::vector<ComplementRule> rules_of(Db& db, Generation generation, const std::set<std::string>& owned) {
  std::vector<ComplementRule> rules;
  for (const auto& style : owned) {
    Query query(db, "SELECT body FROM rule WHERE generation = ? AND style = ? ORDER BY score DESC, with_style LIMIT ?",
                {generation, style, kRulesPerStyle});
    while (query.next()) {
      if (auto rule = decode_rule(query.text(0))) rules.push_back(std::move(*rule));
    }
  }
  std::ranges::sort(rules, {}, [](const ComplementRule& rule) {
    return std::make_tuple(-rule.score_permille, std::string_view(rule.style), std::string_view(rule.with));
  });
  return rules;
}

}  // namespace

std::int64_t put_rows(Db& db, DataSet set, Generation generation, const DataRows& rows) {
  switch (set) {
    case DataSet::profiles:
      return put_each(rows.profiles, [&](const auto& r) { return put_profile(db, generation, r); });
    case DataSet::catalog:
      return put_each(rows.items, [&](const auto& r) { return put_item(db, generation, r); });
    case DataSet::complements:
      return put_each(rows.rules, [&](const auto& r) { return put_rule(db, generation, r); });
    case DataSet::scenarios:
      return put_each(rows.scenarios, [&](const auto& r) { return put_scenario(db, generation, r); });
  }
  return 0;
}

bool remove_row(Db& db, DataSet set, Generation generation, std::string_view key) {
  switch (set) {
    case DataSet::profiles:
      forget_side_rows(db, generation, key);
      db.run("DELETE FROM profile WHERE generation = ? AND member = ?", {generation, key});
      return db.changes() > 0;
    case DataSet::catalog:
      db.run("DELETE FROM item WHERE generation = ? AND variant = ?", {generation, key});
      return db.changes() > 0;
    case DataSet::complements:
    case DataSet::scenarios:
      break;  // only ever replaced as a whole
  }
  return false;
}

void put_refusal(Db& db, const ConsentChange& change) {
  if (change.purpose != Purpose::recognition) return;
  if (change.record.status == ConsentStatus::granted) {
    db.run("DELETE FROM refusal WHERE member = ? AND refused_at < ?", {change.member.value, unix_ms(change.record.at)});
    return;
  }
  db.run(
      "INSERT INTO refusal (member, refused_at) VALUES (?, ?) "
      "ON CONFLICT DO UPDATE SET refused_at = max(refused_at, excluded.refused_at)",
      {change.member.value, unix_ms(change.record.at)});
}

void put_consent(Db& db, Generation generation, const ConsentChange& change) {
  auto profile = read_profile(db, generation, change.member.value);
  if (!profile) return;
  auto& held = profile->consent.at(change.purpose);
  const bool refusal = change.record.status != ConsentStatus::granted;
  if (held && (change.record.at < held->at || (change.record.at == held->at && !refusal))) return;
  held = change.record;
  db.run("UPDATE profile SET body = ? WHERE generation = ? AND member = ?",
         {profile_row(*profile).body, generation, change.member.value});
  if (change.purpose != Purpose::recognition) return;
  if (refusal) {
    db.run("DELETE FROM recognition WHERE generation = ? AND member = ?", {generation, change.member.value});
    return;
  }
  db.run(
      "INSERT INTO recognition (generation, member, granted_at, granted_until, keys, active_at) "
      "VALUES (?1, ?2, ?3, ?4, x'', ?3) "
      "ON CONFLICT DO UPDATE SET granted_at = excluded.granted_at, granted_until = excluded.granted_until",
      {generation, change.member.value, unix_ms(change.record.at), ms(change.record.until)});
}

std::optional<event::MemberKeys> member_keys(const Profile& profile, WallTime now) {
  if (!profile.consent.granted(Purpose::recognition, now)) return std::nullopt;
  const ConsentRecord& granted = *profile.consent.at(Purpose::recognition);
  return event::MemberKeys{profile.member, granted.at, granted.until, profile.keys};
}

void for_each_keys(Db& db, Generation generation, WallTime now, const std::function<void(event::MemberKeys)>& each) {
  Query rows(db,
             "SELECT member, granted_at, granted_until, keys FROM recognition "
             "WHERE generation = ? AND (granted_until IS NULL OR granted_until > ?) ORDER BY member",
             {generation, unix_ms(now)});
  while (rows.next()) {
    const auto until = rows.null(2) ? std::nullopt : std::optional{wall_ms(rows.integer(2))};
    each({MemberId(rows.text(0)), wall_ms(rows.integer(1)), until, unpack_keys(rows.blob(3))});
  }
}

std::vector<MemberId> first_to_go(Db& db, Generation generation, std::int64_t most) {
  // One text each, in this order: who may not be recognised is of the least use here.
  constexpr std::array kOrder{
      "SELECT member FROM profile WHERE generation = ?1 AND NOT EXISTS (SELECT 1 FROM recognition WHERE "
      "recognition.generation = ?1 AND recognition.member = profile.member) ORDER BY member LIMIT ?2",
      "SELECT member FROM recognition WHERE generation = ?1 ORDER BY active_at, member LIMIT ?2"};
  std::vector<MemberId> members;
  for (const char* sql : kOrder) {
    Query rows(db, sql, {generation, most - static_cast<std::int64_t>(members.size())});
    while (rows.next()) members.emplace_back(rows.text(0));
  }
  return members;
}

std::optional<Profile> read_profile(Db& db, Generation generation, std::string_view member) {
  Query row(db, "SELECT body FROM profile WHERE generation = ? AND member = ?", {generation, member});
  if (!row.next()) return std::nullopt;
  auto profile = decode_profile(row.text(0));
  if (!profile) return std::nullopt;
  return std::move(*profile);
}

std::optional<Profile> read_holder(Db& db, Generation generation, std::string_view number) {
  std::vector<std::string> members;
  Query rows(db, "SELECT member FROM loyalty WHERE generation = ? AND number = ? LIMIT 2", {generation, number});
  while (rows.next()) members.emplace_back(rows.text(0));
  if (members.size() != 1) return std::nullopt;
  return read_profile(db, generation, members.front());
}

std::optional<Profile> read_collector(Db& db, Generation generation, const std::string& order) {
  return read_holder(db, generation, order_number(order));
}

std::vector<CatalogItem> read_items(Db& db, Generation generation, const std::vector<std::string>& skus,
                                    const std::vector<std::string>& gtins) {
  std::vector<CatalogItem> items;
  for (const auto& sku : std::set<std::string>(skus.begin(), skus.end())) {
    Query query(db, "SELECT body FROM item WHERE generation = ? AND variant = ?", {generation, sku});
    add_items(query, items);
  }
  for (const auto& gtin : std::set<std::string>(gtins.begin(), gtins.end())) {
    if (gtin.empty()) continue;
    Query query(db, "SELECT body FROM item WHERE generation = ? AND gtin = ? AND gtin <> '' ORDER BY variant LIMIT 2",
                {generation, gtin});
    add_items(query, items);
  }
  std::ranges::sort(items, {}, &CatalogItem::variant);
  const auto twice = std::ranges::unique(items, {}, &CatalogItem::variant);
  items.erase(twice.begin(), twice.end());
  return items;
}

std::optional<Dossier> read_dossier(Db& db, const Generations& generations, std::string_view member) {
  auto profile = read_profile(db, generations.profiles, member);
  if (!profile) return std::nullopt;
  Dossier dossier{std::move(*profile), {}, {}};

  std::set<std::string> owned;
  for (const auto& purchase : dossier.profile.purchases) owned.insert(purchase.style);
  dossier.rules = rules_of(db, generations.complements, owned);

  std::set<std::string> named = std::move(owned);
  for (const auto& intent : dossier.profile.intents) named.insert(intent.style);
  for (const auto& rule : dossier.rules) named.insert(rule.with);
  for (const auto& style : named) {
    Query query(db, "SELECT body FROM item WHERE generation = ? AND style = ? ORDER BY variant LIMIT ?",
                {generations.catalog, style, kItemsPerStyle});
    add_items(query, dossier.items);
  }
  Query off(db, "SELECT id FROM scenario WHERE generation = ? AND NOT enabled", {generations.scenarios});
  while (off.next()) dossier.scenarios_off.emplace(off.text(0));
  return dossier;
}

}  // namespace tg
