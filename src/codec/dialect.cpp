#include "codec/dialect.hpp"

#include <algorithm>
#include <array>

#include "codec/json_read.hpp"
#include "codec/names.hpp"

namespace tg {
namespace {

constexpr std::size_t kMaxPaths = 16;
constexpr std::size_t kMaxRules = 64;
constexpr std::size_t kMaxRows = 256;
constexpr std::size_t kMaxPathBytes = 512;
constexpr std::int64_t kMaxDigits = 64;

constexpr auto kFormats =
    std::to_array<Named<DialectFormat>>({{DialectFormat::xml, "xml"}, {DialectFormat::json, "json"}});
constexpr auto kAmounts = std::to_array<Named<AmountStyle>>(
    {{AmountStyle::decimal, "decimal"}, {AmountStyle::comma, "comma"}, {AmountStyle::minor, "minor"}});
constexpr auto kSigns = std::to_array<Named<Sign>>(
    {{Sign::as_is, "as_is"}, {Sign::minus, "minus"}, {Sign::plus, "plus"}, {Sign::flip, "flip"}});
constexpr auto kVoidedLines = std::to_array<Named<VoidedLines>>(
    {{VoidedLines::undo, "undo"}, {VoidedLines::skip, "skip"}, {VoidedLines::by_sign, "by_sign"}});

bool is_dialect_name(std::string_view text) {
  constexpr std::string_view kAllowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
  return !text.empty() && text.size() <= 64 && text.find_first_not_of(kAllowed) == std::string_view::npos &&
         text.front() != '.' && text.front() != '_' && text.front() != '-';
}

/// Members that no rule has are spelling mistakes. A member `_…` is a remark.
template <std::size_t N>
void only(const Cursor& c, const std::array<std::string_view, N>& known) {
  for (const auto& key : c.keys(kMaxRows)) {
    if (key.starts_with('_') || std::ranges::find(known, key) != known.end()) continue;
    std::string allowed;
    for (const auto& k : known) allowed.append(allowed.empty() ? "" : ", ").append(k);
    c.complain(key + " is unknown; " + allowed + " are allowed");
  }
}

PosPath read_path(const Cursor& c) {
  if (!c.present()) return {};
  auto path = PosPath::parse(c.text(kMaxPathBytes));
  if (path) return std::move(*path);
  c.complain(path.error().message);
  return {};
}
std::optional<PosPath> maybe_path(const Cursor& c) { return c.present() ? std::optional{read_path(c)} : std::nullopt; }
/// One path, or a list of them.
std::vector<PosPath> read_paths(const Cursor& c) {
  if (c.is_text()) return {read_path(c)};
  return c.list(kMaxPaths, read_path);
}

/// A list of `{"when": path, "is": word}`, or one word for always.
template <class T, std::size_t N>
std::vector<Ruled<T>> read_ruled(const Cursor& c, const std::array<Named<T>, N>& words) {
  if (c.is_text()) return {{*PosPath::parse("."), c.choice(words, words.front().value)}};
  return c.list(kMaxRules, [&](const Cursor& rule) {
    only(rule, std::to_array<std::string_view>({"when", "is"}));
    const Cursor when = rule.at("when");
    return Ruled<T>{when.present() ? read_path(when) : *PosPath::parse("."),
                    rule.need("is").choice(words, words.front().value)};
  });
}

std::vector<std::pair<std::string, std::string>> read_map(const Cursor& c) {
  std::vector<std::pair<std::string, std::string>> rows;
  const auto keys = c.keys(kMaxRows);
  for (const auto& key : keys) rows.emplace_back(key, c.at(key).text());
  return rows;
}

/// A path, a list of paths, or an object.
ValueRule read_value(const Cursor& c) {
  ValueRule rule;
  if (!c.present()) return rule;
  if (!c.is_object()) {
    rule.paths = read_paths(c);
    return rule;
  }
  only(c, std::to_array<std::string_view>(
              {"path", "otherwise", "sum", "map", "trim_zeros", "plain_id", "never_card", "times", "less", "sign"}));
  rule.paths = read_paths(c.at("path"));
  rule.otherwise = c.at("otherwise").optional_text();
  rule.sum = c.at("sum").flag();
  rule.map = read_map(c.at("map"));
  rule.trim_zeros = c.at("trim_zeros").flag();
  rule.plain_id = c.at("plain_id").flag();
  if (const Cursor digits = c.at("never_card"); digits.present()) {
    only(digits, std::to_array<std::string_view>({"from", "to"}));
    rule.never_card_from = digits.need("from").integer(1, kMaxDigits);
    rule.never_card_to = digits.need("to").integer(1, kMaxDigits);
  }
  rule.times = maybe_path(c.at("times"));
  rule.less = read_paths(c.at("less"));
  rule.sign = read_ruled(c.at("sign"), kSigns);
  return rule;
}

LinkRule read_link(const Cursor& c) {
  if (!c.present()) return {};
  only(c, std::to_array<std::string_view>({"at", "workstation", "business_day", "sequence", "store", "session"}));
  return {.at = read_path(c.need("at")),
          .workstation = read_value(c.at("workstation")),
          .business_day = read_value(c.at("business_day")),
          .sequence = read_value(c.need("sequence")),
          .store = read_value(c.at("store")),
          .session = read_value(c.at("session"))};
}

LineRule read_line_rule(const Cursor& c) {
  only(c, std::to_array<std::string_view>({"each", "n", "kind", "sku", "gtin", "qty", "unit_price", "net", "discount",
                                           "department", "ref", "sign", "voided"}));
  return {.each = read_path(c.need("each")),
          .n = read_value(c.at("n")),
          .kind = read_value(c.at("kind")),
          .sku = read_value(c.at("sku")),
          .gtin = read_value(c.at("gtin")),
          .qty = read_value(c.at("qty")),
          .unit_price = read_value(c.at("unit_price")),
          .net = read_value(c.need("net")),
          .discount = read_value(c.at("discount")),
          .department = read_value(c.at("department")),
          .ref = read_value(c.at("ref")),
          .sign = read_ruled(c.at("sign"), kSigns),
          .voided = maybe_path(c.at("voided"))};
}

TenderRule read_tender_rule(const Cursor& c) {
  only(c, std::to_array<std::string_view>({"each", "kind", "amount"}));
  return {read_path(c.need("each")), read_value(c.at("kind")), read_value(c.need("amount"))};
}

RewardRule read_reward_rule(const Cursor& c) {
  only(c, std::to_array<std::string_view>({"each", "code", "amount", "line"}));
  return {read_path(c.need("each")), read_value(c.at("code")), read_value(c.need("amount")), read_value(c.at("line"))};
}

void read_recognition(const Cursor& c, Dialect& d) {
  only(c, std::to_array<std::string_view>({"namespaces", "paths"}));
  const Cursor spaces = c.at("namespaces");
  d.recognise_spaces = spaces.list(kMaxPaths, [&](const Cursor& prefix) {
    const std::string name = prefix.text();
    if (!d.namespaces.contains(name)) prefix.complain("a prefix of /namespaces is allowed");
    return name;
  });
  d.recognise_paths = read_paths(c.at("paths"));
}

void read_header(const Cursor& c, Dialect& d) {
  if (c.need("schema").integer(1, 1) != 1) return;
  d.name = c.need("name").text_if(is_dialect_name, "1 to 64 of A-Z a-z 0-9 . _ -, starting with a letter or digit,");
  d.title = c.at("title").text();
  d.format = c.need("format").choice(kFormats, DialectFormat::xml);
  const Cursor spaces = c.at("namespaces");
  const auto prefixes = spaces.keys(kMaxPaths);
  for (const auto& prefix : prefixes)
    d.namespaces[prefix] = spaces.at(prefix).list(kMaxPaths, [](const Cursor& uri) { return uri.filled_text(); });
  read_recognition(c.at("recognise"), d);
  d.transactions = read_paths(c.need("transactions"));
  d.amounts = c.at("amounts").choice(kAmounts, AmountStyle::decimal);
  d.voided_lines = c.at("voided_lines").choice(kVoidedLines, VoidedLines::by_sign);
}

void read_ticket_rules(const Cursor& c, Dialect& d) {
  only(c, std::to_array<std::string_view>(
              {"workstation", "business_day", "sequence", "revision",      "type",  "status",  "ended_at", "currency",
               "total",       "tax",          "rounding", "collect_order", "store", "session", "begun_at", "channel",
               "native_id",   "loyalty",      "training", "employee",      "lines", "tenders", "rewards",  "links"}));
  for (const auto& [key, rule] :
       std::to_array<std::pair<std::string_view, ValueRule*>>({{"workstation", &d.workstation},
                                                               {"business_day", &d.business_day},
                                                               {"revision", &d.revision},
                                                               {"store", &d.store},
                                                               {"session", &d.session},
                                                               {"begun_at", &d.begun_at},
                                                               {"channel", &d.channel},
                                                               {"native_id", &d.native_id},
                                                               {"currency", &d.currency},
                                                               {"rounding", &d.rounding},
                                                               {"collect_order", &d.collect_order}}))
    *rule = read_value(c.at(key));
  for (const auto& [key, rule] : std::to_array<std::pair<std::string_view, ValueRule*>>(
           {{"sequence", &d.sequence}, {"ended_at", &d.ended_at}, {"total", &d.total}}))
    *rule = read_value(c.need(key));
  d.tax = c.at("tax").list(kMaxRules, read_value);
  const Cursor loyalty = c.at("loyalty");
  only(loyalty, std::to_array<std::string_view>({"id", "entry"}));
  d.loyalty_id = read_value(loyalty.at("id"));
  d.loyalty_entry = read_value(loyalty.at("entry"));
  d.type = read_ruled(c.at("type"), kTicketTypeNames);
  d.status = read_ruled(c.at("status"), kTicketStatusNames);
  d.training = read_paths(c.at("training"));
  d.employee = read_paths(c.at("employee"));
  d.lines = c.need("lines").list(kMaxRules, read_line_rule);
  d.tenders = c.need("tenders").list(kMaxRules, read_tender_rule);
  d.rewards = c.at("rewards").list(kMaxRules, read_reward_rule);
  const Cursor links = c.at("links");
  only(links, std::to_array<std::string_view>({"voids", "returns", "resumes"}));
  d.voids = read_link(links.at("voids"));
  d.returns = read_link(links.at("returns"));
  d.resumes = read_link(links.at("resumes"));
}

}  // namespace

Result<Dialect> parse_dialect(std::string_view json) {
  Document doc(json);
  const Cursor root = doc.root();
  Dialect dialect;
  only(root, std::to_array<std::string_view>({"schema", "name", "title", "format", "namespaces", "recognise",
                                              "transactions", "amounts", "voided_lines", "ticket"}));
  read_header(root, dialect);
  read_ticket_rules(root.need("ticket"), dialect);
  return doc.finish(std::move(dialect));
}

}  // namespace tg
