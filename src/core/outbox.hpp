// The outbox: numbers facts, releases committed rows to the central link for credits, forgets only what was acked.
// Owner thread: the loop. Never reorders a partition; never sends a row before its commit; memory does not grow with
// the backlog: the rows are on disk, two cursors say how far they were sent.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
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
  /// `max_rate`: events a second, 0 = no limit.
  void link_up(std::uint16_t receive_maximum, std::int32_t max_rate, MonoTime now);
  void link_down();
  /// Rows that the facts file gave for an earlier ReadRows; those to send now are added to `effects`. What expired
  /// before `expired_before` dies instead; nothing does without it.
  void rows_read(const event::RowsRead& read, MonoTime now, std::optional<WallTime> expired_before, Effects& effects);
  /// Whether central has the row, and was not known to have it.
  bool delivered(const event::Delivered& ack, MonoTime now, Effects& effects);
  /// Rows from this one on wait again.
  void revived(Sequence from);
  /// Asks for more rows when there is room for them, gives up on a broker that never acks.
  void pump(MonoTime now, Effects& effects);
  /// Acked rows that are worth writing down now; call once a step.
  [[nodiscard]] std::vector<Sequence> take_acked(MonoTime now);
  /// Rows that central will never get, since the last call.
  [[nodiscard]] std::vector<Drop> take_drops() { return std::exchange(drops_, {}); }

  [[nodiscard]] std::optional<MonoTime> next_deadline() const;
  [[nodiscard]] std::uint64_t in_flight() const { return in_flight_.size(); }
  /// On its way, or acked: nothing to drop.
  [[nodiscard]] bool is_sent(Sequence sequence) const;
  [[nodiscard]] bool waiting() const { return cursor_ <= committed_ || !in_flight_.empty(); }

 private:
  /// A read under way.
  struct Asked {
    bool fresh = false;
    Sequence from = 0;
    Sequence backlog = 0;    ///< cursor_; once it differs the answer is to another question
    Sequence committed = 0;  ///< what the read can certainly see
  };
  struct Sent {
    MonoTime at{};
    DeliveryClass cls = DeliveryClass::keep;
    bool explains = false;
  };

  void put_fresh_first();
  [[nodiscard]] bool in_two() const { return fresh_ > cursor_; }
  [[nodiscard]] MonoTime oldest_sent() const;
  [[nodiscard]] std::uint32_t room() const;
  void refill(MonoTime now);
  [[nodiscard]] std::int64_t worth_a_read() const;
  void refused(const event::Delivered& ack, const Sent& sent, MonoTime now, Effects& effects);

  Sequence last_ = 0;
  std::uint32_t epoch_ = 0;
  Sequence committed_ = 0;
  Sequence cursor_ = 1;  ///< next row to look at; every waiting row before it was sent
  Sequence fresh_ = 1;   ///< beyond cursor_: rows from here on go before the backlog between the two
  std::uint32_t reads_ = 0;
  std::optional<Asked> asked_;
  bool up_ = false;
  std::uint32_t credits_ = 0;
  std::map<Sequence, Sent> in_flight_;
  std::vector<Sequence> acked_;
  std::vector<Drop> drops_;
  std::optional<MonoTime> flush_;   ///< when acked_ is written at the latest
  std::optional<MonoTime> paused_;  ///< a refusal: not before then
  std::int64_t max_rate_ = 0;
  std::int64_t allowance_ = 0;  ///< thousandths of an event; negative never
  MonoTime refilled_{};
};

}  // namespace tg
