#include "codec/facts.hpp"

#include <array>
#include <variant>

#include "codec/fact_data.hpp"
#include "codec/json_write.hpp"
#include "codec/names.hpp"

namespace tg {
namespace {

enum class Scope { visit, ticket, command, store };  ///< what subject and partition key name (contract §4.1)

struct Row {
  FactKind kind;
  Scope scope;
};

// In the order of FactData.
constexpr auto kRows = std::to_array<Row>({{{"visit", "started", DeliveryClass::keep}, Scope::visit},
                                           {{"visit", "zone_changed", DeliveryClass::keep}, Scope::visit},
                                           {{"visit", "ended", DeliveryClass::keep}, Scope::visit},
                                           {{"identity", "linked", DeliveryClass::keep}, Scope::visit},
                                           {{"identity", "unlinked", DeliveryClass::keep}, Scope::visit},
                                           {{"suggestion", "created", DeliveryClass::perishable}, Scope::visit},
                                           {{"suggestion", "outcome", DeliveryClass::perishable}, Scope::visit},
                                           {{"suggestion", "suppressed", DeliveryClass::perishable}, Scope::visit},
                                           {{"ticket", "recorded", DeliveryClass::keep}, Scope::ticket},
                                           {{"ticket", "revised", DeliveryClass::keep}, Scope::ticket},
                                           {{"ticket", "voided", DeliveryClass::keep}, Scope::ticket},
                                           {{"attribution", "created", DeliveryClass::keep}, Scope::ticket},
                                           {{"attribution", "revised", DeliveryClass::keep}, Scope::ticket},
                                           {{"attribution", "retracted", DeliveryClass::keep}, Scope::ticket},
                                           {{"collect", "picked_up", DeliveryClass::keep}, Scope::ticket},
                                           {{"consent", "applied", DeliveryClass::keep}, Scope::command},
                                           {{"erase", "completed", DeliveryClass::keep}, Scope::command},
                                           {{"outbox", "dropped", DeliveryClass::keep}, Scope::store},
                                           {{"dq", "alert", DeliveryClass::telemetry}, Scope::store},
                                           {{"stats", "interval", DeliveryClass::telemetry}, Scope::store}});
static_assert(kRows.size() == std::variant_size_v<FactData>);

const Row& row_of(const FactData& data) { return kRows.at(data.index()); }

/// The id that the scope asks for; empty for the store.
std::string_view entity(const FactData& data) {
  return std::visit(
      [](const auto& f) -> std::string_view {
        if constexpr (requires { f.attribution; }) {
          return f.attribution.ticket.value;
        } else if constexpr (requires { f.ticket.value; }) {
          return f.ticket.value;
        } else if constexpr (requires { f.id.value; }) {
          return f.id.value;
        } else if constexpr (requires { f.command; }) {
          return f.command.value;
        } else if constexpr (requires { f.visit.value; }) {
          return f.visit.value;
        } else {
          return {};
        }
      },
      data);
}

/// The visit that a ticket family belongs to, where the data names one.
std::optional<VisitId> named_visit(const FactData& data) {
  return std::visit(
      [](const auto& f) -> std::optional<VisitId> {
        if constexpr (requires { f.attribution; }) {
          return f.attribution.visit;
        } else if constexpr (requires { f.visit; }) {
          return f.visit;
        } else {
          return std::nullopt;
        }
      },
      data);
}

std::string subject(const FactData& data) {
  switch (row_of(data).scope) {
    case Scope::visit:
      return "visit/" + std::string(entity(data));
    case Scope::ticket:
      return "ticket/" + std::string(entity(data));
    case Scope::command:
      return "command/" + std::string(entity(data));
    case Scope::store:
      break;
  }
  return "store";
}

/// Empty when the event belongs to no visit.
std::string correlation(const Fact& fact) {
  const Scope scope = row_of(fact.data).scope;
  if (scope == Scope::command || scope == Scope::store) return {};
  if (scope == Scope::ticket && fact.correlation) return fact.correlation->value;
  const auto visit = named_visit(fact.data);
  return visit ? visit->value : std::string{};
}

std::string sequence_text(Sequence sequence) {
  constexpr std::size_t kDigits = 20;
  const std::string digits = std::to_string(sequence);
  return std::string(kDigits - digits.size(), '0') + digits;
}

std::string dotted(const FactKind& kind) { return std::string(kind.family).append(".").append(kind.name); }

}  // namespace

FactKind fact_kind(const FactData& data) { return row_of(data).kind; }

std::string fact_topic(std::string_view prefix, const FactData& data) {
  const FactKind kind = fact_kind(data);
  return std::string(prefix).append("event/").append(kind.family).append("/").append(kind.name);
}

std::string fact_partition(std::string_view store, const FactData& data) {
  return std::string(row_of(data).scope == Scope::store ? store : entity(data));
}

std::string encode_fact(std::string_view store, std::string_view source, const Fact& fact) {
  const std::string name = dotted(fact_kind(fact.data));
  Json envelope = {{"specversion", "1.0"},
                   {"id", fact.id},
                   {"source", source},
                   {"type", "touchpoint." + name + ".v1"},
                   {"subject", subject(fact.data)},
                   {"time", format_time(fact.time)},
                   {"recordedtime", format_time(fact.recorded_at)},
                   {"sequence", sequence_text(fact.sequence)}};
  if (fact.epoch > 0) envelope["epoch"] = fact.epoch;
  if (const auto visit = correlation(fact); !visit.empty()) envelope["correlationid"] = visit;
  envelope["partitionkey"] = fact_partition(store, fact.data);
  if (!fact.clock_synced) envelope["clock"] = "unsynced";
  envelope["dataschema"] = "urn:touchpoint:schema:" + name + ":1";
  envelope["datacontenttype"] = "application/json";
  envelope["data"] = fact_data(fact);
  return dump(envelope);
}

/// The three stand at the beginning, and none of them holds a character that JSON escapes.
std::vector<std::pair<std::string, std::string>> repeated_attributes(std::string_view envelope) {
  std::vector<std::pair<std::string, std::string>> out;
  for (const std::string_view name : {"id", "source", "type"}) {
    const std::string opening = std::string(",\"").append(name).append("\":\"");
    const auto at = envelope.find(opening);
    const auto end = at == std::string_view::npos ? at : envelope.find('"', at + opening.size());
    if (end == std::string_view::npos) return {};
    out.emplace_back(name, envelope.substr(at + opening.size(), end - at - opening.size()));
  }
  return out;
}

std::string_view fact_member(const FactData& data) {
  return std::visit(
      [](const auto& f) -> std::string_view {
        if constexpr (requires { f.attribution; }) {
          return f.attribution.member ? std::string_view(f.attribution.member->value) : std::string_view{};
        } else if constexpr (requires { f.change; }) {
          return f.change.member.value;
        } else if constexpr (requires { f.member; }) {
          return f.member ? std::string_view(f.member->value) : std::string_view{};
        } else {
          return {};
        }
      },
      data);
}

std::string anonymise_fact(std::string_view payload, WallTime recorded_at) {
  Json envelope = Json::parse(payload, nullptr, /*allow_exceptions=*/false);
  if (!envelope.is_object() || !envelope.contains("data") || !envelope["data"].is_object()) return {};
  if (envelope["data"].contains("member")) envelope["data"]["member"] = nullptr;
  envelope["recordedtime"] = format_time(recorded_at);
  return dump(envelope);
}

std::optional<AuditEntry> audit_of(const Fact& fact) {
  if (const auto* consent = std::get_if<fact::ConsentApplied>(&fact.data)) {
    const ConsentChange& change = consent->change;
    std::string detail(name_of(kPurposeNames, change.purpose));
    detail.append(" ").append(name_of(kConsentStatusNames, change.record.status));
    detail.append(" by ").append(name_of(kConsentSourceNames, change.source));
    return AuditEntry{fact.recorded_at, "consent", consent->command, std::move(detail)};
  }
  if (const auto* erasure = std::get_if<fact::EraseCompleted>(&fact.data)) {
    std::int64_t rows = 0;
    for (const auto& [table, count] : erasure->tables) rows += count;
    return AuditEntry{fact.recorded_at, "erase", erasure->command, std::to_string(rows) + " rows"};
  }
  return std::nullopt;
}

}  // namespace tg
