// Facts -> CloudEvents 1.0 structured JSON and their topics (contract §4.1); one table row per event type.
// Owner thread: any. Never a member identifier outside `data`.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/model/audit.hpp"
#include "core/model/fact.hpp"

namespace tg {

struct FactKind {
  std::string_view family;  ///< "visit"
  std::string_view name;    ///< "started"
  DeliveryClass cls;
};
[[nodiscard]] FactKind fact_kind(const FactData& data);

/// `<prefix>event/<family>/<name>`; `prefix` is Config::central_prefix().
[[nodiscard]] std::string fact_topic(std::string_view prefix, const FactData& data);
/// CloudEvents attribute `partitionkey` (order holds within it).
[[nodiscard]] std::string fact_partition(std::string_view store, const FactData& data);
/// The bytes of the outbox row; equal facts give equal bytes.
[[nodiscard]] std::string encode_fact(std::string_view store, std::string_view source, const Fact& fact);
/// `id`, `source` and `type` of such bytes, read without the rest; empty where they are not what encode_fact wrote.
[[nodiscard]] std::vector<std::pair<std::string, std::string>> repeated_attributes(std::string_view envelope);

/// The member that a fact names, for the erasure index; empty when none.
[[nodiscard]] std::string_view fact_member(const FactData& data);
/// What the audit log says of it: facts of consent and erasure only.
[[nodiscard]] std::optional<AuditEntry> audit_of(const Fact& fact);
/// The payload again with `data.member` null and a new `recordedtime`; same id and sequence (contract §4.2 erase).
/// Empty when `payload` is not one of ours: then nothing of it may be kept.
[[nodiscard]] std::string anonymise_fact(std::string_view payload, WallTime recorded_at);

}  // namespace tg
