// Profiles (contract §5.1) <-> JSON. What the contract does not name is not read, so it reaches neither memory nor
// disk.
#include <algorithm>

#include "codec/json_text.hpp"
#include "codec/json_write.hpp"
#include "codec/messages.hpp"
#include "codec/names.hpp"
#include "codec/readers.hpp"
#include "codec/writers.hpp"

namespace tg {
namespace {

constexpr std::size_t kMaxKeys = 64;
constexpr std::size_t kMaxSizes = 200;
constexpr std::size_t kMaxIntents = 200;
constexpr std::size_t kMaxPurchases = 500;
constexpr std::size_t kMaxFew = 64;  ///< loyalty numbers, departments, orders, replenishments, styles of an order
constexpr std::size_t kMaxRefused = 200;
constexpr std::int32_t kMaxCount = 1'000'000;

bool is_key_hex(std::string_view text) {
  Key128 key{};
  return unhex(text, key);
}

MemberKey read_key(const Cursor& c) {
  MemberKey key;
  const std::string digits = c.need("eid_key").text_if(is_key_hex, "32 hexadecimal digits");
  if (!digits.empty()) (void)unhex(digits, key.eid_key);
  key.from = c.at("from").time().value_or(WallTime::min());
  key.until = c.at("until").time().value_or(WallTime::max());
  return key;
}

std::string read_loyalty(const Cursor& c) {
  std::string number = normal_loyalty(c.text(64));
  if (number.empty()) c.complain("a loyalty number of 1 to 64 bytes is allowed");
  return number;
}

ConsentSet read_consents(const Cursor& c) {
  ConsentSet consents;
  for (const auto& [purpose, name] : kPurposeNames) {
    const Cursor one = c.at(name);
    if (one.present() && !one.is_empty_object()) consents.at(purpose) = read_consent_record(one);
  }
  return consents;
}

SizeEvidence read_size(const Cursor& c) {
  return {.category = c.need("category").filled_text(),
          .brand = c.at("brand").optional_text(),
          .size = c.need("size").filled_text(),
          .source = c.at("source").choice(kSizeSourceNames, SizeSource::declared),
          .n = c.at("n").int32(0, kMaxCount, 1),
          .last = c.at("last").time()};
}

Intent read_intent(const Cursor& c) {
  return {.style = c.need("style").filled_text(),
          .variant = c.at("variant").optional_text(),
          .kind = c.need("kind").choice(kIntentKindNames, IntentKind::viewed),
          .count = c.at("count").int32(0, kMaxCount, 1),
          .last = c.at("last").time()};
}

Purchase read_purchase(const Cursor& c) {
  return {.style = c.need("style").filled_text(),
          .category = c.at("category").text(),
          .at = c.at("at").time(),
          .channel = c.at("channel").text(),
          .kept = c.at("kept").flag(true)};
}

std::vector<Affinity> read_departments(const Cursor& c) {
  std::vector<Affinity> out;
  for (const std::string& name : c.keys(kMaxFew))
    out.push_back({.department = name, .permille = c.at(name).permille()});
  return out;
}

std::optional<RepurchaseRhythm> read_rhythm(const Cursor& c) {
  const Cursor gap = c.at("median_gap_days");
  const auto last = c.at("last").time();
  const double days = gap.number(0, 36'500);
  if (!gap.present() || !last) return std::nullopt;
  return RepurchaseRhythm{.median_gap_days = static_cast<std::int32_t>(days + 0.5), .last = *last};
}

Replenishment read_replenishment(const Cursor& c) {
  return {.category = c.need("category").filled_text(), .due = c.need("due").time().value_or(WallTime{})};
}

std::string read_style(const Cursor& c) { return c.filled_text(); }

// --- out -----------------------------------------------------------------------------------------------------------

void put(JsonText& out, std::string_view key, const std::string& text) {
  if (!text.empty()) out.key(key).text(text);
}
void put(JsonText& out, std::string_view key, const std::optional<std::string>& text) {
  if (text) out.key(key).text(*text);
}
void put(JsonText& out, std::string_view key, const std::optional<WallTime>& t) {
  if (t) out.key(key).text(format_time(*t));
}

void write(JsonText& out, const std::string& text) { out.text(text); }
void write(JsonText& out, const MemberKey& key) {
  out.open('{').key("eid_key").text(hex(key.eid_key));
  if (key.from != WallTime::min()) out.key("from").text(format_time(key.from));
  if (key.until != WallTime::max()) out.key("until").text(format_time(key.until));
  out.close('}');
}
void write(JsonText& out, const SizeEvidence& s) {
  out.open('{').key("category").text(s.category).key("size").text(s.size);
  out.key("source").text(name_of(kSizeSourceNames, s.source)).key("n").number(s.n);
  put(out, "brand", s.brand);
  put(out, "last", s.last);
  out.close('}');
}
void write(JsonText& out, const Intent& i) {
  out.open('{').key("style").text(i.style).key("kind").text(name_of(kIntentKindNames, i.kind));
  out.key("count").number(i.count);
  put(out, "variant", i.variant);
  put(out, "last", i.last);
  out.close('}');
}
void write(JsonText& out, const Purchase& p) {
  out.open('{').key("style").text(p.style).key("kept").flag(p.kept);
  put(out, "category", p.category);
  put(out, "at", p.at);
  put(out, "channel", p.channel);
  out.close('}');
}
void write(JsonText& out, const Replenishment& r) {
  out.open('{').key("category").text(r.category).key("due").text(format_time(r.due)).close('}');
}

/// Lists that are empty stay away: a million profiles are kept in this form.
template <class T>
void put_list(JsonText& out, std::string_view key, const std::vector<T>& items) {
  if (items.empty()) return;
  out.key(key).open('[');
  for (const auto& item : items) write(out, item);
  out.close(']');
}

void put_consents(JsonText& out, const ConsentSet& consents) {
  out.key("consent").open('{');
  for (const auto& [purpose, name] : kPurposeNames) {
    const auto& record = consents.at(purpose);
    if (!record) continue;
    out.key(name).open('{').key("status").text(name_of(kConsentStatusNames, record->status));
    out.key("at").text(format_time(record->at));
    put(out, "until", record->until);
    put(out, "version", record->version);
    out.close('}');
  }
  out.close('}');
}

void put_share(JsonText& out, std::string_view key, std::int32_t permille) {
  out.key(key).raw(dump(Json(share(permille))));
}

void put_preferences(JsonText& out, const Profile& p) {
  if (!p.departments.empty()) {
    out.key("departments").open('{');
    for (const auto& affinity : p.departments) put_share(out, affinity.department, affinity.permille);
    out.close('}');
  }
  if (p.promo_permille) put_share(out, "promo", *p.promo_permille);
  if (p.rhythm) {
    out.key("rf").open('{').key("median_gap_days").number(p.rhythm->median_gap_days);
    out.key("last").text(format_time(p.rhythm->last)).close('}');
  }
  if (!p.collect.empty()) out.key("collect").raw(dump(collect_json(p.collect)));
  put_list(out, "replenish", p.replenish);
  put(out, "lock_until", p.lock_until);
  if (p.do_not_disturb) out.key("do_not_disturb").flag(true);
  if (p.open_case) out.key("open_case").flag(true);
  put_list(out, "refused", p.refused);
}

std::string written(const Profile& p, const std::vector<MemberKey>& keys) {
  JsonText out;
  out.open('{').key("member").text(p.member.value);
  put_list(out, "keys", keys);
  put_list(out, "loyalty", p.loyalty);
  put(out, "first_name", p.first_name);
  put(out, "language", p.language);
  put(out, "lifecycle", p.lifecycle);
  put_consents(out, p.consent);
  put_list(out, "sizes", p.sizes);
  put_list(out, "intents", p.intents);
  put_list(out, "purchases", p.purchases);
  put_preferences(out, p);
  return out.close('}').take();
}

}  // namespace

std::string normal_loyalty(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n') continue;
    out += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return out;
}

MemberId read_member(const Cursor& parent) {
  return MemberId{parent.need("member").text_if(is_member_id, "1 to 60 of A-Z a-z 0-9 . _ - @")};
}

ConsentRecord read_consent_record(const Cursor& c) {
  return {.status = c.need("status").choice(kConsentStatusNames, ConsentStatus::denied),
          .at = c.need("at").time().value_or(WallTime{}),
          .until = c.at("until").time(),
          .version = c.at("version").text(64)};
}

CollectOrder read_collect_order(const Cursor& c) {
  return {.order = c.need("order").filled_text(64),
          .state = c.at("state").text(64),
          .styles = c.at("styles").list(kMaxFew, read_style)};
}

Profile read_profile(const Cursor& c) {
  Profile p;
  p.member = read_member(c);
  p.keys = c.at("keys").list(kMaxKeys, read_key);
  p.loyalty = c.at("loyalty").list(kMaxFew, read_loyalty);
  p.first_name = c.at("first_name").optional_text();
  p.language = c.at("language").text(16);
  p.lifecycle = c.at("lifecycle").text(64);
  p.consent = read_consents(c.need("consent"));
  p.sizes = c.at("sizes").list(kMaxSizes, read_size);
  p.intents = c.at("intents").list(kMaxIntents, read_intent);
  p.purchases = c.at("purchases").list(kMaxPurchases, read_purchase);
  p.departments = read_departments(c.at("departments"));
  if (const Cursor promo = c.at("promo"); promo.present()) p.promo_permille = promo.permille();
  p.rhythm = read_rhythm(c.at("rf"));
  p.collect = c.at("collect").list(kMaxFew, read_collect_order);
  p.replenish = c.at("replenish").list(kMaxFew, read_replenishment);
  p.lock_until = c.at("lock_until").time();
  p.do_not_disturb = c.at("do_not_disturb").flag();
  p.open_case = c.at("open_case").flag();
  p.refused = c.at("refused").list(kMaxRefused, read_style);
  return p;
}

Result<Profile> decode_profile(std::string_view json, std::size_t line) {
  Document doc(json, line);
  return doc.finish(read_profile(doc.root()));
}

Json collect_json(const std::vector<CollectOrder>& orders) {
  Json out = Json::array();
  for (const auto& order : orders)
    out.push_back({{"order", order.order}, {"state", or_null(order.state)}, {"styles", order.styles}});
  return out;
}

std::string encode_profile(const Profile& p) { return written(p, p.keys); }

ProfileRow profile_row(Profile p) {
  std::string body = written(p, {});
  return {std::move(p), std::move(body)};
}

}  // namespace tg
