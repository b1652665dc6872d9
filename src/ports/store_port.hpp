// The doors to the two database files: facts (what only this box knows) and cache (what central can send again).
// Owner thread: the loop calls; each door answers with core events, posted from its own lane in order of the calls.
// Never blocks the caller. Never two connections to one file.
#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "core/effects.hpp"
#include "core/events.hpp"

namespace tg {

/// Thread-safe; carries an event to the loop.
using EventPost = std::function<void(Event)>;

struct StoreHealth {
  bool writable = true;
  std::string cause;  ///< empty while writable, e.g. "facts: disk full"
  std::size_t waiting_batches = 0;
  bool answering = true;   ///< the lane turned within the last 10 s: feeds the watchdog
  std::string mirror;      ///< facts: "complete", "copying", "none"
  std::string unmirrored;  ///< why there is none; empty else
};

class FactsPort {
 public:
  virtual ~FactsPort() = default;
  /// Answered by event::Committed. A batch that fails is tried again until it is on disk; order is kept.
  virtual void persist(effect::Persist batch) = 0;
  /// Answered by event::RowsRead.
  virtual void read_rows(effect::ReadRows request) = 0;
  /// Answered by event::OutboxSurveyed.
  virtual void survey(effect::SurveyOutbox request) = 0;
  /// Answered by event::RowsRevived.
  virtual void revive(effect::ReviveRows request) = 0;
  /// Answered by event::RowsErased, after secure deletion and a truncated write-ahead log.
  virtual void erase_rows(effect::EraseRows request) = 0;
  /// Fills known, voided_by and target, then calls `done` in the lane's thread.
  virtual void load_ticket_facts(effect::LoadTicketFacts request,
                                 std::function<void(effect::LoadTicketFacts, event::TicketFactsLoaded)> done) = 0;
  /// A question of the admin door: kind "outbox", "tickets" or "audit"; `done` gets JSON text, in the lane's thread.
  virtual void inspect(std::string kind, std::function<void(std::string)> done) = 0;
  [[nodiscard]] virtual StoreHealth health() const = 0;
};

class CachePort {
 public:
  virtual ~CachePort() = default;
  /// Answered by event::KeysLoaded slices of at most 256 members.
  virtual void load_keys() = 0;
  /// Answered by event::DossierLoaded.
  virtual void load_dossier(effect::LoadDossier request) = 0;
  /// Fills holder and items, answered by event::TicketFactsLoaded.
  virtual void complete_ticket_facts(effect::LoadTicketFacts request, event::TicketFactsLoaded so_far) = 0;
  /// Answered by event::CacheWritten.
  virtual void write(effect::WriteCache request) = 0;
  /// The answer to event::EvictionDue, which comes by itself while there are more members than allowed.
  virtual void evict(effect::EvictMembers request) = 0;
  /// Answered by event::MemberForgotten, after secure deletion and a truncated write-ahead log.
  virtual void forget(effect::ForgetMember request) = 0;
  [[nodiscard]] virtual StoreHealth health() const = 0;
};

}  // namespace tg
