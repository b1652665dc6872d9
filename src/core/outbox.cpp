#include "core/outbox.hpp"

namespace tg {
namespace {
constexpr std::uint32_t kMostInFlight = 100;  // facts on performance: a window of 16-100 is the plateau
constexpr std::uint32_t kReadAtOnce = 64;
constexpr std::size_t kMarkAtOnce = 64;
constexpr Millis kMarkWithin{50};
constexpr Millis kAckDeadline{30'000};  // MQTT 5 never sends again by itself while connected
constexpr Millis kPauseAfterRefusal{5'000};
constexpr std::uint8_t kFirstRefusal = 0x80;
}  // namespace

void Outbox::restore(Sequence last, std::uint32_t epoch, Sequence first_undelivered) {
  last_ = committed_ = last;
  epoch_ = epoch;
  cursor_ = first_undelivered == 0 ? last + 1 : first_undelivered;
}

void Outbox::link_up(std::uint16_t receive_maximum) {
  up_ = true;
  credits_ = std::min<std::uint32_t>(receive_maximum, kMostInFlight);
  paused_.reset();
}

/// What was in flight is unknown to have arrived: it is sent again, with the same bytes.
void Outbox::link_down() {
  up_ = false;
  if (!in_flight_.empty()) cursor_ = std::min(cursor_, in_flight_.begin()->first);
  in_flight_.clear();
}

void Outbox::rows_read(const event::RowsRead& read, MonoTime now, Effects& effects) {
  reading_ = false;
  if (!up_ || asked_ != cursor_) return;  // the link went down meanwhile, or a row was refused: ask again
  for (const auto& row : read.rows) {
    if (row.sequence > committed_) break;  // a lane may see a row before its commit is reported
    cursor_ = row.sequence + 1;
    in_flight_.emplace(row.sequence, now);
    effects.emplace_back(effect::PublishRow{row});
  }
  if (read.end && read.rows.empty()) cursor_ = std::max(cursor_, committed_when_asked_ + 1);
}

void Outbox::delivered(const event::Delivered& ack, MonoTime now, Effects& effects) {
  const auto it = in_flight_.find(ack.sequence);
  if (it == in_flight_.end()) return;
  in_flight_.erase(it);
  if (ack.reason_code >= kFirstRefusal) {
    cursor_ = std::min(cursor_, ack.sequence);
    paused_ = now + kPauseAfterRefusal;
    effects.emplace_back(effect::Count{effect::Counter::rows_refused});
    effects.emplace_back(
        effect::Note{true, "central refuses an event, MQTT reason " + std::to_string(ack.reason_code)});
    return;
  }
  acked_.push_back(ack.sequence);
  if (!flush_) flush_ = now + kMarkWithin;
  effects.emplace_back(effect::Count{effect::Counter::rows_delivered});
  if (ack.reason_code == 0x10) effects.emplace_back(effect::Count{effect::Counter::no_subscriber});
}

void Outbox::pump(MonoTime now, Effects& effects) {
  if (!up_) return;
  if (!in_flight_.empty() && now - in_flight_.begin()->second >= kAckDeadline) {
    effects.emplace_back(effect::Note{true, "central does not acknowledge: connecting again"});
    effects.emplace_back(effect::DropLink{Link::central});
    in_flight_.begin()->second = now;  // asked once; the link's own report follows
    return;
  }
  if (paused_ && now < *paused_) return;
  paused_.reset();
  const bool room = in_flight_.size() + kReadAtOnce / 4 <= credits_ || in_flight_.empty();
  if (reading_ || !room || cursor_ > committed_) return;
  const auto free = credits_ - static_cast<std::uint32_t>(in_flight_.size());
  reading_ = true;
  asked_ = cursor_;
  committed_when_asked_ = committed_;
  effects.emplace_back(effect::ReadRows{cursor_, std::min(kReadAtOnce, std::max(1U, free))});
}

std::vector<Sequence> Outbox::take_acked(MonoTime now) {
  const bool due = flush_ && (*flush_ <= now || acked_.size() >= kMarkAtOnce || in_flight_.empty());
  if (!due) return {};
  flush_.reset();
  return std::exchange(acked_, {});
}

std::optional<MonoTime> Outbox::next_deadline() const {
  std::optional<MonoTime> next = flush_;
  const auto consider = [&](MonoTime t) { next = next ? std::min(*next, t) : t; };
  if (up_ && !in_flight_.empty()) consider(in_flight_.begin()->second + kAckDeadline);
  if (up_ && paused_) consider(*paused_);
  return next;
}

}  // namespace tg
