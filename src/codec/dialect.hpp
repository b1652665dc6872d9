// How one kind of till writes its tickets, as data: which value of the canonical ticket stands where (decision 0018).
// A profile is a JSON file of config/pos-dialects (schema: config/schemas/pos_dialect.schema.json).
// Owner thread: any; immutable once read. Never holds anything of a ticket.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"
#include "codec/pos_path.hpp"
#include "core/model/ticket.hpp"

namespace tg {

enum class DialectFormat : std::uint8_t { xml, json };
enum class AmountStyle : std::uint8_t { decimal, comma, minor };
enum class Sign : std::uint8_t { as_is, minus, plus, flip };
/// What becomes of a line that the till marks as void: it stands beside the line that it undoes, it is itself the line
/// that does not count, or both occur and its sign tells which.
enum class VoidedLines : std::uint8_t { undo, skip, by_sign };

template <class T>
struct Ruled {
  PosPath when;
  T is;
};

/// Where a value comes from and what is done to it, in this order.
struct ValueRule {
  std::vector<PosPath> paths;            ///< the first that leads to a text
  std::optional<std::string> otherwise;  ///< when none does, or when `map` has no row for the text
  bool sum = false;                      ///< of an amount: all places of the first path that leads anywhere
  std::vector<std::pair<std::string, std::string>> map;
  bool trim_zeros = false;           ///< leading ones
  bool plain_id = false;             ///< other characters than A-Z a-z 0-9 _ - become -
  std::int64_t never_card_from = 0;  ///< with so many digits (both included) it is no card number
  std::int64_t never_card_to = 0;
  std::optional<PosPath> times;   ///< of an amount: a quantity that it is multiplied by
  std::vector<PosPath> less;      ///< of an amount: all of these are taken off
  std::vector<Ruled<Sign>> sign;  ///< of an amount; the first that fits

  [[nodiscard]] bool given() const { return !paths.empty() || otherwise.has_value(); }
};

struct LinkRule {
  std::optional<PosPath> at;  ///< what the three are relative to; absent: no link in this dialect
  ValueRule workstation, business_day, sequence;
  ValueRule store;    ///< of the ticket named; another one than Dialect::store says: not of this shop
  ValueRule session;  ///< as Dialect::session
};
struct LineRule {
  PosPath each;
  ValueRule n, kind, sku, gtin, qty, unit_price, net;
  ValueRule discount;  ///< off the list price, positive; `net` is after it
  ValueRule department;
  ValueRule ref;                  ///< by which a reward names the line
  std::vector<Ruled<Sign>> sign;  ///< of quantity and net
  std::optional<PosPath> voided;
};
struct TenderRule {
  PosPath each;
  ValueRule kind, amount;
};
struct RewardRule {
  PosPath each;
  ValueRule code, amount, ref;
};

struct Dialect {
  std::string name;
  std::string title;
  DialectFormat format = DialectFormat::xml;
  PosNamespaces namespaces;
  std::vector<std::string> recognise_spaces;  ///< prefixes; a document that uses all of them is of this dialect
  std::vector<PosPath> recognise_paths;       ///< likewise one in which any of these leads somewhere
  std::vector<PosPath> transactions;          ///< the first that leads anywhere; all its places are tickets
  AmountStyle amounts = AmountStyle::decimal;
  VoidedLines voided_lines = VoidedLines::by_sign;

  ValueRule workstation, business_day, sequence, revision, ended_at, currency, total, rounding, collect_order;
  ValueRule store;    ///< the shop's number as this till writes it, to tell links to other shops
  ValueRule session;  ///< where numbers begin anew within a day: put before the sequence, `session-sequence`
  ValueRule begun_at, channel;
  ValueRule native_id;         ///< what the till calls the ticket or prints on it, beside its key
  std::vector<ValueRule> tax;  ///< added up
  ValueRule loyalty_id, loyalty_entry;
  std::vector<Ruled<TicketType>> type;  ///< none fits: by the lines
  std::vector<Ruled<TicketStatus>> status;
  std::vector<PosPath> training, employee;
  std::vector<LineRule> lines;
  std::vector<TenderRule> tenders;
  std::vector<RewardRule> rewards;
  LinkRule voids, returns, resumes;
};

/// An error names the place in the profile and what is allowed there. Unknown keys are errors.
[[nodiscard]] Result<Dialect> parse_dialect(std::string_view json);

}  // namespace tg
