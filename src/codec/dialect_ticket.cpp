#include "codec/dialect_ticket.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "codec/amount.hpp"
#include "codec/dialect_lines.hpp"
#include "codec/dialect_value.hpp"
#include "codec/names.hpp"
#include "codec/readers.hpp"
#include "codec/text.hpp"
#include "codec/ticket_json.hpp"

namespace tg {
namespace {

constexpr std::size_t kMaxTickets = 10'000;
constexpr std::size_t kMaxTenders = 1000;
constexpr std::string_view kNoCurrency = "XXX";  // ISO 4217: no currency is involved

std::string decimal(std::int64_t value, int digits) {
  std::string text = std::to_string(value < 0 ? -value : value);
  const auto width = static_cast<std::size_t>(digits);
  if (text.size() <= width) text.insert(0, width + 1 - text.size(), '0');
  if (digits > 0) text.insert(text.size() - width, ".");
  return (value < 0 ? "-" : "") + text;
}

std::string masked(const std::string& text) {
  return text.size() <= 4 ? "…" : "…" + text.substr(text.size() - 4) + " (" + std::to_string(text.size()) + " long)";
}

/// "2026-11-21" of itself, of 20261121 and of an instant that begins with it.
std::string day_of(std::string text) {
  if (text.size() == 8 && text.find_first_not_of("0123456789") == std::string::npos) text.insert(6, "-").insert(4, "-");
  return text.substr(0, 10);
}

/// Reads one transaction.
class TransactionReader {
 public:
  TransactionReader(const PosScope& scope, const Dialect& dialect, const PosContext& context, const PosNode& at)
      : values_(scope, dialect.amounts, 2), dialect_(dialect), context_(context), at_(at) {}

  Result<UnderstoodTicket> read() {
    const auto type = first_of(dialect_.type);
    ticket_.status = first_of(dialect_.status).value_or(TicketStatus::final);
    ticket_.training = any_of(dialect_.training);
    ticket_.employee = any_of(dialect_.employee);
    read_time();
    read_circumstances();
    read_key();
    read_revision();
    const bool amounts_matter = ticket_.status == TicketStatus::final &&
                                (!type || (*type != TicketType::control && *type != TicketType::void_));
    read_currency(amounts_matter);
    read_lines();
    read_tenders();
    read_totals(amounts_matter);
    ticket_.type = type.value_or(type_of_lines());
    note("type", std::string(name_of(kTicketTypeNames, ticket_.type)), nullptr);
    note("status", std::string(name_of(kTicketStatusNames, ticket_.status)), nullptr);
    read_loyalty();
    if (auto order = values_.kept(at_, dialect_.collect_order); !order.text.empty())
      ticket_.collect_order = keep("collect_order", order);
    ticket_.voids = read_link("voids", dialect_.voids);
    ticket_.returns = read_link("returns", dialect_.returns);
    ticket_.resumes = read_link("resumes", dialect_.resumes);
    if (!values_.problem().empty()) return fail(values_.problem());
    ticket_.content = ticket_content(ticket_);
    return UnderstoodTicket{std::move(ticket_), std::move(rows_), std::move(notes_)};
  }

 private:
  // --- small steps ---------------------------------------------------------------------------------------------------

  template <class T>
  std::optional<T> first_of(const std::vector<Ruled<T>>& rules) const {
    const auto rule = std::ranges::find_if(rules, [&](const auto& r) { return values_.scope().matches(at_, r.when); });
    return rule == rules.end() ? std::nullopt : std::optional{rule->is};
  }
  bool any_of(const std::vector<PosPath>& paths) const {
    return std::ranges::any_of(paths, [&](const auto& path) { return values_.scope().matches(at_, path); });
  }

  void note(std::string field, std::string value, const PosNode* from) {
    if (context_.trace) rows_.push_back({std::move(field), std::move(value), from ? place_of(*from) : ""});
  }
  std::string keep(const std::string& field, const FoundText& found) {
    note(field, found.text, found.node);
    return found.text;
  }
  MinorUnits keep(const std::string& field, const FoundNumber& found, int digits) {
    if (!context_.trace || !found.given) return found.value;
    std::string from = found.node ? place_of(*found.node) : "";
    if (found.places > 1) from += " and " + std::to_string(found.places - 1) + " more";
    rows_.push_back({field, decimal(found.value, digits), std::move(from)});
    return found.value;
  }

  /// `fits` or a complaint that says what is.
  std::string text_if(const ValueRule& rule, FoundText found, bool (*fits)(std::string_view),
                      std::string_view allowed) {
    if (fits(found.text)) return std::move(found.text);
    const std::string what = std::string(allowed) + " is allowed";
    if (found.node != nullptr) {
      values_.complain(*found.node, what);
    } else {
      values_.complain(at_, rule, what);
    }
    return {};
  }

  // --- head ----------------------------------------------------------------------------------------------------------

  struct Moment {
    WallTime at{};
    TimeQuality quality = TimeQuality::zoned;
    std::optional<std::int32_t> utc_offset_min = {};
  };
  /// With its offset, else as the store's clocks show it.
  std::optional<Moment> moment_of(std::string text) const {
    if (text.size() <= 10) return std::nullopt;
    if (text[10] == ' ') text[10] = 'T';
    if (const auto zoned = parse_time(text)) return Moment{*zoned, TimeQuality::zoned, utc_offset_min(text)};
    const auto face = parse_time(text + 'Z');
    if (!face) return std::nullopt;
    const auto instant = context_.zone.utc_of(*face);
    const auto east = std::chrono::duration_cast<std::chrono::minutes>(*face - instant.at).count();
    return Moment{instant.at, instant.ambiguous ? TimeQuality::ambiguous_hour : TimeQuality::assumed_store_zone,
                  static_cast<std::int32_t>(east)};
  }

  void read_time() {
    const FoundText found = values_.text(at_, dialect_.ended_at);
    local_day_ = day_of(found.text);
    const auto moment = moment_of(found.text);
    if (!moment)
      return values_.complain(found.node ? *found.node : at_, "a time such as 2026-11-21T15:04:05 is allowed");
    ticket_.ended_at = moment->at;
    ticket_.time_quality = moment->quality;
    ticket_.utc_offset_min = moment->utc_offset_min;
    note("ended_at", format_time(ticket_.ended_at), found.node);
    if (ticket_.time_quality == TimeQuality::assumed_store_zone)
      notes_.push_back("local time: the store's zone is assumed");
    if (ticket_.time_quality == TimeQuality::ambiguous_hour)
      notes_.push_back("local time in the hour that occurs twice: the first one is assumed");
  }

  /// What may be missing and is no part of the content.
  void read_circumstances() {
    const FoundText begun = values_.text(at_, dialect_.begun_at);
    if (const auto moment = moment_of(begun.text)) {
      ticket_.begun_at = moment->at;
      note("begun_at", format_time(moment->at), begun.node);
    }
    if (const FoundText native = values_.text(at_, dialect_.native_id); !native.text.empty()) {
      ticket_.native_id = native.text;
      note("native_id", ticket_.native_id, native.node);
    }
    const FoundText channel = values_.text(at_, dialect_.channel);
    if (channel.text.empty()) return;
    ticket_.channel = value_of(kSaleChannelNames, channel.text).value_or(SaleChannel::store);
    note("channel", std::string(name_of(kSaleChannelNames, ticket_.channel)), channel.node);
  }

  /// Where numbers begin anew within a day, the number alone names nothing.
  FoundText sequence_of(const PosNode& at, const ValueRule& session, const ValueRule& sequence) {
    FoundText out = values_.kept(at, sequence);
    const std::string prefix = values_.kept(at, session).text;
    if (!prefix.empty() && !out.text.empty()) out.text = prefix + '-' + out.text;
    return out;
  }

  void read_key() {
    FoundText workstation = values_.text(at_, dialect_.workstation);
    if (workstation.text.empty()) workstation.text = context_.workstation;
    FoundText day = values_.text(at_, dialect_.business_day);
    day.text = day.text.empty() ? local_day_ : day_of(day.text);
    note("workstation", workstation.text, workstation.node);
    note("business_day", day.text, day.node);
    const FoundText sequence = sequence_of(at_, dialect_.session, dialect_.sequence);
    note("sequence", sequence.text, sequence.node);
    ticket_.key =
        read_key_of(dialect_.workstation, workstation, dialect_.business_day, day, dialect_.sequence, sequence);
  }

  TicketKey read_key_of(const ValueRule& workstation_rule, const FoundText& workstation, const ValueRule& day_rule,
                        const FoundText& day, const ValueRule& sequence_rule, const FoundText& sequence) {
    return {.store = context_.store,
            .workstation =
                text_if(workstation_rule, workstation, is_plain_id, "an id of letters, digits, _ and -, at most 32,"),
            .business_day = text_if(day_rule, day, is_day, "a day such as 2026-11-21"),
            .sequence = text_if(sequence_rule, sequence, is_ticket_sequence,
                                "a text of 1 to 40 printable characters without |")};
  }

  /// A number, or an instant: tills that change a ticket later say when.
  void read_revision() {
    const FoundText found = values_.text(at_, dialect_.revision);
    if (found.text.empty()) return;
    const auto at = found.text.size() > 10 ? parse_time(found.text) : std::nullopt;
    const auto number = at ? std::optional{unix_ms(*at) / 1000} : parse_scaled(found.text, 0);
    if (!number || *number < 0)
      return values_.complain(found.node ? *found.node : at_, "a whole number or an instant is allowed");
    ticket_.revision = *number;
    note("revision", std::to_string(ticket_.revision), found.node);
  }

  void read_currency(bool needed) {
    FoundText found = values_.text(at_, dialect_.currency);
    if (found.text.empty() && !needed) found.text = kNoCurrency;
    const auto is_code = [](std::string_view text) { return currency_digits(text).has_value(); };
    ticket_.currency = text_if(dialect_.currency, found, is_code, "an ISO 4217 code such as EUR");
    digits_ = currency_digits(ticket_.currency).value_or(2);
    values_.money_digits(digits_);
    note("currency", ticket_.currency, found.node);
  }

  // --- lines, rewards, tenders
  // -----------------------------------------------------------------------------------------

  /// Rules one after the other, places in the order of the document.
  template <class Rule>
  std::vector<std::pair<const PosNode*, const Rule*>> places(const std::vector<Rule>& rules) {
    std::vector<std::pair<const PosNode*, const Rule*>> found;
    for (const auto& rule : rules) {
      for (const PosNode* node : values_.scope().select(at_, rule.each)) found.emplace_back(node, &rule);
    }
    std::ranges::stable_sort(found, {}, [](const auto& entry) { return entry.first->order; });
    return found;
  }

  LineKind kind_of(const PosNode& node, const ValueRule& rule) {
    const FoundText found = values_.text(node, rule);
    if (found.text.empty()) return LineKind::sale;
    const auto kind = value_of(kLineKindNames, found.text);
    if (!kind) values_.complain(node, rule, names_in(kLineKindNames) + " is allowed (after /map)");
    return kind.value_or(LineKind::sale);
  }

  DraftLine draft(const PosNode& node, const LineRule& rule, std::int32_t position) {
    DraftLine out;
    const auto n = parse_scaled(values_.text(node, rule.n).text, 0);
    out.line.n = static_cast<std::int32_t>(n && *n >= 0 && *n <= 1'000'000 ? *n : position);
    const std::string field = "lines/" + std::to_string(position - 1) + '/';
    out.line.kind = kind_of(node, rule.kind);
    note(field + "kind", std::string(name_of(kLineKindNames, out.line.kind)), &node);
    out.line.sku = keep(field + "sku", values_.kept(node, rule.sku));
    if (auto gtin = values_.kept(node, rule.gtin); !gtin.text.empty()) out.line.gtin = keep(field + "gtin", gtin);
    FoundNumber qty = rule.qty.given() ? values_.quantity(node, rule.qty) : FoundNumber{};
    if (!qty.given) qty.value = 1000;
    qty.value = values_.with_sign(node, rule.sign, qty.value);
    out.line.qty_milli = keep(field + "qty", qty, kMilliDigits);
    out.line.unit_minor = keep(field + "unit_price", values_.money(node, rule.unit_price), digits_);
    FoundNumber net = values_.money(node, rule.net);
    if (!net.given) values_.complain(node, rule.net, "is required");
    net.value = values_.with_sign(node, rule.sign, net.value);
    out.line.net_minor = keep(field + "net", net, digits_);
    out.line.discount_minor = keep(field + "discount", values_.money(node, rule.discount), digits_);
    if (auto department = values_.kept(node, rule.department); !department.text.empty())
      out.line.department = keep(field + "department", department);
    out.ref = values_.text(node, rule.ref).text;
    out.voided = rule.voided && values_.scope().matches(node, *rule.voided);
    return out;
  }

  void read_lines() {
    std::vector<DraftLine> drafts;
    for (const auto& [node, rule] : places(dialect_.lines)) {
      if (drafts.size() >= kMaxTicketLines) return values_.complain(at_, "at most 10000 lines are allowed");
      drafts.push_back(draft(*node, *rule, static_cast<std::int32_t>(drafts.size()) + 1));
    }
    settle_voided(drafts, dialect_.voided_lines, notes_);
    auto rewards = read_rewards();
    settle_rewards(drafts, rewards, notes_);
    for (auto& d : drafts) ticket_.lines.push_back(std::move(d.line));
    for (auto& r : rewards) ticket_.rewards.push_back(std::move(r.reward));
  }

  std::vector<DraftReward> read_rewards() {
    std::vector<DraftReward> rewards;
    for (const auto& [node, rule] : places(dialect_.rewards)) {
      const FoundNumber amount = values_.money(*node, rule->amount);
      if (amount.value == 0) continue;
      if (rewards.size() >= kMaxTicketLines) break;
      const std::string field = "rewards/" + std::to_string(rewards.size()) + '/';
      DraftReward reward{{keep(field + "code", values_.kept(*node, rule->code)), 0, 0},
                         values_.text(*node, rule->ref).text};
      reward.reward.amount_minor = keep(field + "amount", amount, digits_);
      rewards.push_back(std::move(reward));
    }
    return rewards;
  }

  void read_tenders() {
    for (const auto& [node, rule] : places(dialect_.tenders)) {
      if (ticket_.tenders.size() >= kMaxTenders) return values_.complain(at_, "at most 1000 tenders are allowed");
      const std::string field = "tenders/" + std::to_string(ticket_.tenders.size()) + '/';
      FoundText kind = values_.text(*node, rule->kind);
      kind.text = tender_kind(kind.text);
      const FoundNumber amount = values_.money(*node, rule->amount);
      if (!amount.given) continue;
      ticket_.tenders.push_back({keep(field + "kind", kind), keep(field + "amount", amount, digits_)});
    }
  }

  void read_totals(bool needed) {
    const FoundNumber total = values_.money(at_, dialect_.total);
    if (needed && !total.given) notes_.push_back("no total where the dialect expects it");  // adds up by chance only
    ticket_.total_minor = keep("total", total, digits_);
    for (const auto& rule : dialect_.tax) ticket_.tax_minor += keep("tax", values_.money(at_, rule), digits_);
    ticket_.rounding_minor = keep("rounding", values_.money(at_, dialect_.rounding), digits_);
  }

  TicketType type_of_lines() const {
    const auto has = [&](bool returned) {
      return std::ranges::any_of(ticket_.lines,
                                 [&](const auto& line) { return (line.kind == LineKind::return_) == returned; });
    };
    if (!has(true)) return TicketType::sale;
    return has(false) ? TicketType::exchange : TicketType::return_;
  }

  // --- who, and what it is about
  // ---------------------------------------------------------------------------------------

  void read_loyalty() {
    const FoundText id = values_.kept(at_, dialect_.loyalty_id);
    LoyaltyScan scan{normal_loyalty(id.text), LoyaltyEntry::scanned};
    if (scan.id.empty()) return;
    const FoundText entry = values_.text(at_, dialect_.loyalty_entry);
    scan.entry = value_of(kLoyaltyEntryNames, entry.text).value_or(LoyaltyEntry::scanned);
    note("loyalty/id", masked(scan.id), id.node);
    ticket_.loyalty = std::move(scan);
  }

  /// Only a whole key names a ticket; a part of one is said and dropped.
  std::optional<TicketKey> read_link(const std::string& name, const LinkRule& rule) {
    if (!rule.at) return std::nullopt;
    for (const PosNode* node : values_.scope().select(at_, *rule.at)) {
      TicketKey key{context_.store, values_.text(*node, rule.workstation).text,
                    day_of(values_.text(*node, rule.business_day).text),
                    sequence_of(*node, rule.session, rule.sequence).text};
      if (!is_plain_id(key.workstation) || !is_day(key.business_day) || !is_ticket_sequence(key.sequence)) {
        notes_.push_back("links/" + name + " is incomplete and dropped");
        continue;
      }
      const std::string store = values_.kept(*node, rule.store).text;
      const std::string own = values_.kept(at_, dialect_.store).text;
      if (!store.empty() && !own.empty() && store != own) {
        key.store = store;
        notes_.push_back("links/" + name + " names a ticket of another store");
      }
      note("links/" + name, key.workstation + ' ' + key.business_day + ' ' + key.sequence, node);
      return key;
    }
    return std::nullopt;
  }

  ValueReader values_;
  const Dialect& dialect_;
  const PosContext& context_;
  const PosNode& at_;
  int digits_ = 2;
  std::string local_day_;
  Ticket ticket_;
  std::vector<TraceRow> rows_;
  std::vector<std::string> notes_;
};

void count_ignored(const PosNode& node, const std::string& path, std::map<std::string, std::size_t>& out) {
  for (const PosNode* child : node.children) {
    const std::string at = path + '/' + std::string(child->name);
    if (!child->text.empty() && !child->used) ++out[at];
    count_ignored(*child, at, out);
  }
}

}  // namespace

Result<Understood> understand(const PosTree& tree, const Dialect& dialect, const PosContext& context) {
  const PosScope scope(tree, dialect.namespaces);
  PosNodes transactions;
  for (const auto& path : dialect.transactions) {
    if (transactions = scope.select(tree.root(), path); !transactions.empty()) break;
  }
  if (transactions.empty())
    return fail("no transaction where dialect " + dialect.name + " expects one; " +
                dialect.transactions.front().text() + " is allowed");
  if (transactions.size() > kMaxTickets) return fail("at most 10000 transactions are allowed");
  Understood out;
  for (const PosNode* node : transactions) {
    auto ticket = TransactionReader(scope, dialect, context, *node).read();
    if (ticket) {
      out.tickets.push_back(std::move(*ticket));
    } else {
      out.problems.push_back({out.tickets.size() + out.problems.size(), ticket.error().message});
    }
  }
  if (out.tickets.empty()) return fail(out.problems.front().cause);
  if (!context.trace) return out;
  std::map<std::string, std::size_t> ignored;
  count_ignored(tree.root(), "", ignored);
  for (const auto& [path, times] : ignored) out.ignored.push_back({path, times});
  return out;
}

}  // namespace tg
