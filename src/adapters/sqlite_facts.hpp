// The facts file: what only this box knows, behind a lane that commits in groups.
// Owner thread: the loop calls; answers are posted from the lane. Never loses or reorders a batch while the process
// lives: a batch that fails waits and is tried again. Never blocks the caller.
//
// Queue: a batch is one place. From kSoftLimit on the intake should refuse tickets (StoreHealth::waiting_batches); when
// the hard limit is exceeded for 5 s, or the file is found damaged, Settings::fatal is told so that the process ends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/page_cipher.hpp"
#include "base/result.hpp"
#include "core/events.hpp"
#include "ports/store_port.hpp"

namespace tg {

class SqliteFacts final : public FactsPort {
 public:
  static constexpr std::size_t kSoftLimit = 48;

  struct Settings {
    std::string path;
    std::string store;                             ///< store.id
    std::string source;                            ///< Policy::source()
    std::string topic_prefix;                      ///< Config::central_prefix()
    std::int64_t max_bytes = 0;                    ///< quota of the file, 0 = none
    bool lived_before = false;                     ///< another file says that this box has a past
    std::size_t hard_limit = 64;                   ///< batches
    Millis first_retry{250};                       ///< after an error; doubles up to a second
    std::shared_ptr<const AtRestKeys> keys;        ///< profiles.at_rest_key_file; none: a file in the clear
    std::function<void(std::string cause)> alarm;  ///< in the lane: trouble began ("facts: disk full") or ended ("")
    std::function<void(std::string cause)> fatal;  ///< any thread, once: only a new start can help
  };

  /// Opens, checks and migrates; blocks (start-up). A damaged file is set aside and its readable rows are kept.
  static Result<std::unique_ptr<SqliteFacts>> open(Settings settings, EventPost post);
  ~SqliteFacts() override;  ///< stop()

  /// What the start found wrong and did about it, in words; empty when all was well.
  [[nodiscard]] const std::string& finding() const;
  /// What the last run left; before start(). profiles_updated_at is the cache's to fill.
  [[nodiscard]] Result<event::Restored> restore();
  void start();
  /// Commits what waits if the disk lets it, then ends the lane; posts may still come until it returns.
  void stop();

  void persist(effect::Persist batch) override;
  void read_rows(effect::ReadRows request) override;
  void survey(effect::SurveyOutbox request) override;
  void revive(effect::ReviveRows request) override;
  void erase_rows(effect::EraseRows request) override;
  void load_ticket_facts(effect::LoadTicketFacts request,
                         std::function<void(effect::LoadTicketFacts, event::TicketFactsLoaded)> done) override;
  void inspect(std::string kind, std::function<void(std::string)> done) override;
  [[nodiscard]] StoreHealth health() const override;

 private:
  class Impl;
  explicit SqliteFacts(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tg
