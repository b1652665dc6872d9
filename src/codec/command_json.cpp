// Commands of the central platform (contract §4.2) and their acks.
#include <algorithm>
#include <charconv>
#include <map>

#include "codec/json_write.hpp"
#include "codec/messages.hpp"
#include "codec/names.hpp"
#include "codec/readers.hpp"

namespace tg {
namespace {

constexpr std::int64_t kMaxRevision = (std::int64_t{1} << 53) - 1;  ///< what every JSON library keeps exactly
constexpr std::int32_t kMaxParts = 100'000;
constexpr std::size_t kMaxRows = 1'000'000;
constexpr std::size_t kMaxIdBytes = 128;

using Body = decltype(Command::body);

/// How the rows of a data set are called in snapshots and deltas.
struct SetWords {
  const char* rows;      ///< list in a snapshot
  const char* upserted;  ///< in an op
  const char* removed;   ///< in an op: what names the row
};
constexpr std::array<SetWords, kDataSetCount> kWords{{{"profiles", "profile", "member"},
                                                      {"items", "item", "variant"},
                                                      {"rules", "rule", ""},
                                                      {"scenarios", "scenario", ""}}};
const SetWords& words_of(DataSet set) { return kWords.at(static_cast<std::size_t>(set)); }

/// Reads one row into the vector that fits the set and returns what names it.
std::string add_row(DataSet set, const Cursor& c, DataRows& rows) {
  switch (set) {
    case DataSet::profiles:
      return rows.profiles.emplace_back(profile_row(read_profile(c))).profile.member.value;
    case DataSet::catalog:
      return rows.items.emplace_back(read_item(c)).variant;
    case DataSet::complements:
      return rows.rules.emplace_back(read_rule(c)).style;
    case DataSet::scenarios:
      break;
  }
  return rows.scenarios.emplace_back(read_scenario(c)).id;
}

template <DataSet Set>
Body read_snapshot(const CommandId& id, const Cursor& c) {
  SnapshotPart part;
  part.set = Set;
  part.snapshot = c.at("snapshot").text(kMaxIdBytes);
  if (part.snapshot.empty()) part.snapshot = id.value;
  // `scenarios.set` may come without one: it is always the whole, and has no deltas that could leave a gap.
  const Cursor revision = Set == DataSet::scenarios ? c.at("revision") : c.need("revision");
  part.revision = revision.integer(0, kMaxRevision);
  part.parts = c.at("parts").int32(1, kMaxParts, 1);
  part.part = c.at("part").int32(1, part.parts, 1);
  auto rows = std::make_shared<DataRows>();
  c.need(words_of(Set).rows).each(kMaxRows, [&](const Cursor& row) { (void)add_row(Set, row, *rows); });
  part.rows = std::move(rows);
  return part;
}

std::string read_removed(DataSet set, const Cursor& op) {
  return set == DataSet::profiles ? read_member(op).value : op.need(words_of(set).removed).filled_text();
}

enum class Op : std::uint8_t { upsert, remove };
constexpr auto kOpNames = std::to_array<Named<Op>>({{Op::upsert, "upsert"}, {Op::remove, "remove"}});

/// Ops apply in order, so of several for one row only the last counts: later ones take the place of earlier ones.
template <DataSet Set>
Body read_delta(const CommandId&, const Cursor& c) {
  Delta delta;
  delta.set = Set;
  delta.from_revision = c.need("from_revision").integer(0, kMaxRevision);
  delta.to_revision = c.need("to_revision").integer(0, kMaxRevision);
  std::map<std::string, std::optional<DataRows>> last;  // row name -> its new content, nothing = removed
  c.need("ops").each(kMaxRows, [&](const Cursor& op) {
    if (op.need("op").choice(kOpNames, Op::upsert) == Op::remove) {
      last[read_removed(Set, op)] = std::nullopt;
      return;
    }
    DataRows row;
    const std::string name = add_row(Set, op.need(words_of(Set).upserted), row);
    last[name] = std::move(row);
  });
  auto upserts = std::make_shared<DataRows>();
  for (auto& [name, row] : last) {
    if (!row) {
      delta.removes.push_back(name);
      continue;
    }
    for (auto& profile : row->profiles) upserts->profiles.push_back(std::move(profile));
    for (auto& item : row->items) upserts->items.push_back(std::move(item));
  }
  delta.upserts = std::move(upserts);
  return delta;
}

Body read_consent(const CommandId&, const Cursor& c) {
  return ConsentChange{.member = read_member(c),
                       .purpose = c.need("purpose").choice(kPurposeNames, Purpose::recognition),
                       .record = read_consent_record(c)};
}

Body read_erase(const CommandId& id, const Cursor& c) {
  EraseRequest request{.request_id = c.at("request_id").text(kMaxIdBytes), .member = read_member(c)};
  if (request.request_id.empty()) request.request_id = id.value;
  return request;
}

bool is_sequence(std::string_view text) {
  return !text.empty() && text.size() <= 20 && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// A number, or the 20 digits of an event's `sequence`; what is out of range is no event's.
Sequence read_sequence(const Cursor& c) {
  if (!c.is_text()) return static_cast<Sequence>(c.integer(1, kMaxRevision, 1));
  const std::string digits = c.text_if(is_sequence, "an event's sequence, as digits or as a number, is allowed");
  std::int64_t value = kMaxRevision;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return static_cast<Sequence>(std::clamp<std::int64_t>(value, 1, kMaxRevision));
}

Body read_replay(const CommandId&, const Cursor& c) {
  const ReplayRequest request{.from = read_sequence(c.need("from_sequence")),
                              .to = read_sequence(c.need("to_sequence"))};
  if (request.to < request.from) return BadCommand{"/to_sequence: from_sequence or more is allowed"};
  return request;
}

constexpr auto kVerdictNames = std::to_array<Named<bool>>({{true, "confirm"}, {false, "reject"}});
/// `claim_code`: the member redeemed the code of the receipt, at a till or in the app, possibly days later.
constexpr auto kConfirmMethods =
    std::to_array<Named<std::string_view>>({{"confirmed", "confirmed"}, {"claim_code", "claim_code"}});

Body read_match(const CommandId&, const Cursor& c) {
  MatchVerdict verdict{.ticket = TicketId{c.need("ticket_id").filled_text()},
                       .confirmed = c.need("verdict").choice(kVerdictNames, false),
                       .member = std::nullopt,
                       .method = std::string(c.at("method").choice(kConfirmMethods, std::string_view("confirmed")))};
  if (c.at("member").present()) verdict.member = read_member(c);
  return verdict;
}

Body read_config_patch(const CommandId&, const Cursor& c) {
  const Cursor patch = c.need("patch");
  if (patch.present() && !patch.is_object()) patch.complain("an object is allowed");
  return ConfigPatch{patch.raw()};
}

struct CommandRow {
  std::string_view name;
  Body (*read)(const CommandId& id, const Cursor& c);
};
constexpr auto kCommands = std::to_array<CommandRow>({{"profiles.snapshot", read_snapshot<DataSet::profiles>},
                                                      {"profiles.delta", read_delta<DataSet::profiles>},
                                                      {"catalog.snapshot", read_snapshot<DataSet::catalog>},
                                                      {"catalog.delta", read_delta<DataSet::catalog>},
                                                      {"complements.snapshot", read_snapshot<DataSet::complements>},
                                                      {"consent", read_consent},
                                                      {"erase", read_erase},
                                                      {"replay", read_replay},
                                                      {"match", read_match},
                                                      {"config", read_config_patch},
                                                      {"scenarios.set", read_snapshot<DataSet::scenarios>}});

bool is_command_id(std::string_view text) {
  return !text.empty() && text.size() <= kMaxIdBytes &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

CommandId read_id(const Cursor& c, std::string_view if_absent) {
  const Cursor id = if_absent.empty() ? c.need("command_id") : c.at("command_id");
  if (!id.present()) return CommandId{if_absent};
  return CommandId{id.text_if(is_command_id, "1 to 128 printable characters without a space")};
}

}  // namespace

Command decode_command_or(std::string_view name, std::string_view payload, std::string_view id_if_absent) {
  Document doc(payload);
  Command command{
      .id = read_id(doc.root(), id_if_absent), .name = std::string(name), .body = BadCommand{"unknown command"}};
  for (const auto& row : kCommands) {
    if (row.name == name) command.body = row.read(command.id, doc.root());
  }
  if (doc.failed()) command.body = BadCommand{doc.problem()};
  return command;
}

Command decode_command(std::string_view name, std::string_view payload) { return decode_command_or(name, payload, {}); }

std::string encode_ack(const CommandAck& ack) {
  return dump({{"command_id", or_null(ack.id)},
               {"status", name_of(kAckStatusNames, ack.status)},
               {"reason", or_null(ack.reason)},
               {"revision", number_or_null(ack.revision)},
               {"missing", ack.missing.empty() ? Json() : Json(ack.missing)}});
}

}  // namespace tg
