#include "codec/journal_write.hpp"

#include <algorithm>

#include "codec/amount.hpp"
#include "codec/json_write.hpp"
#include "codec/messages.hpp"
#include "codec/names.hpp"
#include "codec/writers.hpp"

namespace tg {
namespace {

constexpr int kQuantityDigits = 3;
constexpr RssiDbm kWeakest = -127;

/// `body` is JSON text already.
std::string line(WallTime at, std::string_view kind, const std::string& body) {
  return "{\"at\":" + std::to_string(unix_ms(at)) + ",\"" + std::string(kind) + "\":" + body + "}";
}
std::string line(WallTime at, std::string_view kind, const Json& body) { return line(at, kind, dump(body)); }

std::string command(WallTime at, std::string_view name, const std::string& payload) {
  return line(at, "command", "{\"name\":\"" + std::string(name) + "\",\"payload\":" + payload + "}");
}

std::string delta(WallTime at, std::string_view name, std::int64_t from, const std::string& ops) {
  return command(at, name,
                 "{\"from_revision\":" + std::to_string(from) + ",\"to_revision\":" + std::to_string(from + 1) +
                     ",\"ops\":[" + ops + "]}");
}

std::string removal(const char* key, const std::string& name) { return dump(Json{{"op", "remove"}, {key, name}}); }

/// What parse_scaled reads: 24900 with two digits is "249.00".
std::string decimal(std::int64_t value, int digits) {
  const bool negative = value < 0;
  std::string text = std::to_string(negative ? -value : value);
  const auto point = static_cast<std::size_t>(digits);
  if (text.size() <= point) text.insert(0, point + 1 - text.size(), '0');
  if (digits > 0) text.insert(text.size() - point, ".");
  return negative ? '-' + text : text;
}

Json link_json(const std::optional<TicketKey>& key, const std::string& store) {
  if (!key) return Json();
  Json link{{"workstation", key->workstation}, {"business_day", key->business_day}, {"sequence", key->sequence}};
  if (key->store != store) link["store"] = key->store;
  return link;
}

Json lines_json(const Ticket& ticket, int digits) {
  Json out = Json::array();
  for (const auto& l : ticket.lines) {
    Json one{{"n", l.n},
             {"sku", or_null(l.sku)},
             {"gtin", or_null(l.gtin)},
             {"qty", decimal(l.qty_milli, kQuantityDigits)},
             {"unit_price", decimal(l.unit_minor, digits)},
             {"net", decimal(l.net_minor, digits)},
             {"kind", name_of(kLineKindNames, l.kind)}};
    if (l.discount_minor != 0) one["discount"] = decimal(l.discount_minor, digits);
    if (!l.department.empty()) one["department"] = l.department;
    out.push_back(std::move(one));
  }
  return out;
}

Json tenders_json(const Ticket& ticket, int digits) {
  Json out = Json::array();
  for (const auto& t : ticket.tenders) out.push_back({{"kind", t.kind}, {"amount", decimal(t.amount_minor, digits)}});
  return out;
}

Json loyalty_json(const std::optional<LoyaltyScan>& scan) {
  if (!scan) return Json();
  return {{"id", scan->id}, {"entry", name_of(kLoyaltyEntryNames, scan->entry)}};
}

}  // namespace

std::string encode_journal_sighting(WallTime at, const ReceiverId& receiver, const MemberId& alias, RssiDbm rssi) {
  return line(at, "sighting",
              Json{{"receiver", receiver.value}, {"member", alias.value}, {"rssi", std::max(rssi, kWeakest)}});
}

std::string encode_journal_checkin(WallTime at, const ReceiverId& receiver, const MemberId& alias, CheckinKind kind) {
  Json checkin{{"member", alias.value}, {"receiver", receiver.value}};
  if (kind == CheckinKind::forget) checkin["forget"] = true;
  return line(at, "checkin", checkin);
}

std::string encode_journal_receiver(WallTime at, const ReceiverId& receiver, bool hears) {
  return line(at, "receiver", Json{{"id", receiver.value}, {"hears", hears}});
}

std::string encode_journal_ticket(WallTime at, const Ticket& t) {
  const int digits = currency_digits(t.currency).value_or(2);
  Json ticket{{"workstation", t.key.workstation},
              {"business_day", t.key.business_day},
              {"sequence", t.key.sequence},
              {"revision", t.revision},
              {"type", name_of(kTicketTypeNames, t.type)},
              {"ended_at", t.utc_offset_min ? format_time_at(t.ended_at, *t.utc_offset_min) : format_time(t.ended_at)},
              {"currency", t.currency},
              {"total", decimal(t.total_minor, digits)},
              {"tax", decimal(t.tax_minor, digits)},
              {"rounding", decimal(t.rounding_minor, digits)},
              {"loyalty", loyalty_json(t.loyalty)},
              {"collect_order", or_null(t.collect_order)},
              {"employee", t.employee},
              {"training", t.training},
              {"status", name_of(kTicketStatusNames, t.status)},
              {"lines", lines_json(t, digits)},
              {"tenders", tenders_json(t, digits)},
              {"links",
               {{"voids", link_json(t.voids, t.key.store)},
                {"returns", link_json(t.returns, t.key.store)},
                {"resumes", link_json(t.resumes, t.key.store)}}}};
  if (!t.native_id.empty()) ticket["native_id"] = t.native_id;
  if (t.begun_at) ticket["begun_at"] = format_time(*t.begun_at);
  if (t.channel != SaleChannel::store) ticket["channel"] = name_of(kSaleChannelNames, t.channel);
  return line(at, "ticket", ticket);
}

std::string encode_journal_action(WallTime at, const CardAction& a) {
  const Json payload = {{"v", 1},
                        {"id", a.id},
                        {"visit", a.visit.value},
                        {"suggestion", or_null(a.suggestion)},
                        {"action", name_of(kActionNames, a.kind)},
                        {"undoes", or_null(a.undoes)},
                        {"reason", or_null(a.reason)},
                        {"associate", a.associate},
                        {"at", format_time(a.at)}};
  return line(at, "action", Json{{"device", a.device}, {"payload", payload}});
}

std::string encode_journal_consent(WallTime at, const CommandId& id, const ConsentChange& change) {
  const ConsentRecord& record = change.record;
  return command(at, "consent",
                 dump({{"command_id", id.value},
                       {"member", change.member.value},
                       {"purpose", name_of(kPurposeNames, change.purpose)},
                       {"status", name_of(kConsentStatusNames, record.status)},
                       {"at", format_time(record.at)},
                       {"until", or_null(record.until)},
                       {"version", or_null(record.version)}}));
}

std::string encode_journal_erase(WallTime at, const CommandId& id, const EraseRequest& request) {
  return command(
      at, "erase",
      dump({{"command_id", id.value}, {"request_id", request.request_id}, {"member", request.member.value}}));
}

std::string encode_journal_tick(WallTime at) { return line(at, "tick", Json::object()); }

std::string encode_journal_start(WallTime at) {
  return command(at, "profiles.snapshot",
                 dump({{"snapshot", "journal"}, {"revision", 0}, {"profiles", Json::array()}}));
}

std::string encode_journal_profile(WallTime at, std::int64_t from_revision, Profile profile) {
  profile.keys.clear();
  profile.first_name.reset();
  return delta(at, "profiles.delta", from_revision, "{\"op\":\"upsert\",\"profile\":" + encode_profile(profile) + "}");
}

std::string encode_journal_removal(WallTime at, std::int64_t from_revision, const MemberId& alias) {
  return delta(at, "profiles.delta", from_revision, removal("member", alias.value));
}

std::string encode_journal_items(WallTime at, std::int64_t from_revision, const std::vector<CatalogItem>& upserts,
                                 const std::vector<std::string>& removed_variants) {
  std::string ops;
  const auto add = [&ops](const std::string& op) { ops.append(ops.empty() ? "" : ",").append(op); };
  for (const auto& item : upserts) add("{\"op\":\"upsert\",\"item\":" + encode_item(item) + "}");
  for (const auto& variant : removed_variants) add(removal("variant", variant));
  return delta(at, "catalog.delta", from_revision, ops);
}

std::string encode_journal_rules(WallTime at, std::int64_t revision,
                                 const std::map<std::pair<std::string, std::string>, std::string>& rules) {
  std::string list;
  for (const auto& [styles, rule] : rules) list.append(list.empty() ? "" : ",").append(rule);
  const std::string number = std::to_string(revision);
  return command(at, "complements.snapshot",
                 "{\"snapshot\":\"rules-" + number + "\",\"revision\":" + number + ",\"rules\":[" + list + "]}");
}

}  // namespace tg
