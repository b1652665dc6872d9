// The outbox: numbers facts, releases committed rows to the central link for credits, forgets only what was acked.
// Owner thread: the loop. Never reorders; never sends a row before its commit; memory does not grow with the backlog.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "base/types.hpp"
#include "core/effects.hpp"

namespace tg {

class Outbox {
 public:
  void restore(Sequence last, std::uint32_t epoch, Sequence first_undelivered);
  [[nodiscard]] Sequence last() const { return last_; }
  [[nodiscard]] std::uint32_t epoch() const { return epoch_; }
  /// The number of the next fact.
  [[nodiscard]] Sequence append() { return ++last_; }

  void committed(Sequence up_to) { committed_ = std::max(committed_, up_to); }
  void link_up(std::uint16_t receive_maximum);
  void link_down();
  /// Rows that the facts file gave for an earlier ReadRows; those to send now are added to `effects`.
  void rows_read(const event::RowsRead& read, MonoTime now, Effects& effects);
  void delivered(const event::Delivered& ack, MonoTime now, Effects& effects);
  /// Asks for more rows when there is room for them, marks acks, gives up on a broker that never acks.
  void pump(MonoTime now, Effects& effects);
  /// Acked rows that are worth writing down now; call once a step.
  [[nodiscard]] std::vector<Sequence> take_acked(MonoTime now);

  [[nodiscard]] std::optional<MonoTime> next_deadline() const;
  [[nodiscard]] std::uint64_t in_flight() const { return in_flight_.size(); }

 private:
  Sequence last_ = 0;
  std::uint32_t epoch_ = 0;
  Sequence committed_ = 0;
  Sequence cursor_ = 1;                ///< next row to ask for
  Sequence asked_ = 0;                 ///< cursor_ of the read under way: an answer to another question is dropped
  Sequence committed_when_asked_ = 0;  ///< what that read could certainly see
  bool up_ = false;
  bool reading_ = false;
  std::uint32_t credits_ = 0;
  std::map<Sequence, MonoTime> in_flight_;  ///< sent at
  std::vector<Sequence> acked_;
  std::optional<MonoTime> flush_;   ///< when acked_ is written at the latest
  std::optional<MonoTime> paused_;  ///< a refusal: not before then
};

}  // namespace tg
