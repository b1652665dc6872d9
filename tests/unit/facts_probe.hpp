// A facts file under test, and events to put into it. Owner thread: the test.
#pragma once

#include <future>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "adapters/sqlite_facts.hpp"
#include "unit/store_probe.hpp"

namespace tg::test {

inline constexpr WallTime kNoon = wall_ms(1'763'726'400'000);

inline SqliteFacts::Settings settings(const TempDir& dir) {
  SqliteFacts::Settings s;
  s.path = dir / "facts.db";
  s.store = "paris-042";
  s.source = "/stores/paris-042/gateways/gw-1";
  s.topic_prefix = "touchpoint/v1/paris-042/";
  return s;
}

inline std::unique_ptr<SqliteFacts> opened(SqliteFacts::Settings s, Inbox& inbox) {
  auto facts = SqliteFacts::open(std::move(s), inbox.post());
  if (!facts) ADD_FAILURE() << facts.error().message;
  return facts ? std::move(*facts) : nullptr;
}

inline Fact visit_started(Sequence sequence, const std::string& member = "m-1") {
  Fact fact;
  fact.sequence = sequence;
  fact.id = "id-" + std::to_string(sequence);
  fact.time = fact.recorded_at = kNoon + Seconds{static_cast<std::int64_t>(sequence)};
  fact::VisitStarted data;
  data.visit = VisitId("v-" + std::to_string(sequence));
  data.member = MemberId(member);
  data.zone = ZoneId("entrance");
  data.detected_at = kNoon;
  fact.data = data;
  return fact;
}

inline Fact suggestion_created(Sequence sequence, const std::string& member) {
  Fact fact = visit_started(sequence);
  fact::SuggestionCreated data;
  data.visit = VisitId("v-1");
  data.member = MemberId(member);
  data.scenario = "viewed_not_bought";
  data.expires_at = kNoon + Seconds{1200};
  fact.expires_at = data.expires_at;
  fact.data = data;
  return fact;
}

inline effect::Persist facts_batch(std::uint64_t batch, Sequence from, Sequence to) {
  effect::Persist persist{batch, {}};
  for (Sequence s = from; s <= to; ++s) persist.ops.push_back(row::AppendFact{visit_started(s)});
  return persist;
}

inline row::MarkDelivered delivered(Sequence from, Sequence to) {
  row::MarkDelivered op{{}, kNoon};
  for (Sequence s = from; s <= to; ++s) op.sequences.push_back(s);
  return op;
}

inline nlohmann::json inspected(SqliteFacts& facts, const std::string& kind) {
  std::promise<std::string> answer;
  facts.inspect(kind, [&](std::string json) { answer.set_value(std::move(json)); });
  return nlohmann::json::parse(answer.get_future().get());
}

}  // namespace tg::test
