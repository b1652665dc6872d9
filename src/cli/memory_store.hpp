// Both database files as maps, answering at once: the store of a replay (contract §8).
// Owner thread: the caller's. Never touches a disk; keeps the rules of the real ones (revisions, parts, one switch).
#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>

#include "codec/outgoing.hpp"
#include "core/effects.hpp"
#include "core/events.hpp"

namespace tg {

class MemoryStore {
 public:
  MemoryStore(std::string store, std::string source, std::string topic_prefix)
      : store_(std::move(store)), source_(std::move(source)), prefix_(std::move(topic_prefix)) {}

  /// Carries out a store effect and appends its answers; false when the effect is not for a store.
  bool carry_out(const Effect& effect, std::deque<Event>& answers);

 private:
  struct Set {
    std::int64_t revision = 0;
    std::string held;     ///< snapshot id in effect
    std::string staging;  ///< snapshot id of the parts below
    std::map<std::int32_t, SnapshotPart> parts;
  };

  void on(const effect::Persist& e, std::deque<Event>& answers);
  void on(const effect::ReadRows& e, std::deque<Event>& answers);
  void on(const effect::SurveyOutbox& e, std::deque<Event>& answers);
  void on(const effect::ReviveRows& e, std::deque<Event>& answers);
  void on(const effect::EraseRows& e, std::deque<Event>& answers);
  void on(const effect::LoadTicketFacts& e, std::deque<Event>& answers);
  void on(const effect::LoadDossier& e, std::deque<Event>& answers);
  void on(const effect::LoadKeys& e, std::deque<Event>& answers);
  void on(const effect::WriteCache& e, std::deque<Event>& answers);
  void on(const effect::EvictMembers& e, std::deque<Event>& answers);
  void on(const effect::PatchConfig& e, std::deque<Event>& answers);
  void on(const effect::ForgetMember& e, std::deque<Event>& answers);

  void find_links(const TicketId& returned, const effect::LoadTicketFacts& e, event::TicketFactsLoaded& loaded) const;
  event::CacheWritten write(const SnapshotPart& part);
  event::CacheWritten write(const Delta& delta);
  event::CacheWritten write(const ConsentChange& change);
  void take_over(DataSet set);
  void upsert(const DataRows& rows);

  const std::string store_, source_, prefix_;
  std::map<Sequence, OutboxRow> rows_;
  std::set<Sequence> delivered_;
  std::map<TicketId, TicketRecord> tickets_;
  std::set<TicketId> linking_;  ///< those that name another
  std::map<TicketId, std::set<MemberId>> rejected_;
  std::map<DataSet, Set> sets_;
  std::map<MemberId, Profile> profiles_;
  std::map<std::string, CatalogItem> items_;  ///< by variant
  std::vector<ComplementRule> rules_;
  std::map<std::string, Scenario> scenarios_;  ///< by id
};

}  // namespace tg
