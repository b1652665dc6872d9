// The cache file: what central can send again, behind a lane of its own so that an import never delays a ticket.
// Owner thread: the loop calls; answers are posted from the lane in order of the calls. Never blocks the caller; may
// wait in its own thread until the loop has taken earlier slices of keys (EventPost may block).
//
// Queue: 4096 calls. A write that fails is answered `rejected` with the cause.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/page_cipher.hpp"
#include "base/result.hpp"
#include "core/events.hpp"
#include "ports/store_port.hpp"

namespace tg {

/// For the status screen: one data set as it is in effect.
struct DataSetFigures {
  std::int64_t revision = 0;
  std::int64_t entries = 0;
  std::optional<WallTime> updated_at;
};
using CacheFigures = std::array<DataSetFigures, kDataSetCount>;  ///< by DataSet

class SqliteCache final : public CachePort {
 public:
  struct Settings {
    std::string path;
    std::int64_t max_bytes = 0;                    ///< quota of the file, 0 = none
    bool lived_before = false;                     ///< another file says that this box has a past
    std::int64_t max_members = 1'000'000;          ///< profiles.max_members
    std::shared_ptr<const AtRestKeys> keys;        ///< profiles.at_rest_key_file; none: a file in the clear
    std::function<void(std::string cause)> alarm;  ///< in the lane: trouble began ("cache: disk full") or ended ("")
  };

  /// Opens, checks and migrates; blocks (start-up). A damaged file is set aside and an empty one begun.
  static Result<std::unique_ptr<SqliteCache>> open(Settings settings, EventPost post);
  ~SqliteCache() override;  ///< stop()

  /// What the start found wrong and did about it, in words; empty when all was well.
  [[nodiscard]] const std::string& finding() const;
  void start();
  /// Finishes what waits, then ends the lane; posts may still come until it returns.
  void stop();

  /// Any thread.
  [[nodiscard]] CacheFigures figures() const;
  [[nodiscard]] std::optional<WallTime> profiles_updated_at() const;

  void load_keys() override;
  void load_dossier(effect::LoadDossier request) override;
  void complete_ticket_facts(effect::LoadTicketFacts request, event::TicketFactsLoaded so_far) override;
  void write(effect::WriteCache request) override;
  void evict(effect::EvictMembers request) override;
  void forget(effect::ForgetMember request) override;
  [[nodiscard]] StoreHealth health() const override;

 private:
  class Impl;
  explicit SqliteCache(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tg
