#include "core/outbox.hpp"

namespace tg {
namespace {
constexpr std::uint32_t kMostInFlight = 256;  // what the way to the link's process and back holds at full speed
constexpr std::uint32_t kReadAtOnce = 128;
constexpr Sequence kBacklog = 64;          // fewer rows than this are sent as they come
constexpr std::uint32_t kBacklogTurn = 4;  // of this many reads one is the backlog's, whatever is fresh
constexpr std::size_t kMarkAtOnce = 2048;  // a commit each: what a crash repeats at most
constexpr Millis kMarkWithin{100};
constexpr Millis kAckDeadline{30'000};  // MQTT 5 never sends again by itself while connected
constexpr Millis kPauseAfterRefusal{5'000};
constexpr std::int64_t kReadsPerSecond = 20;  // at a limited rate
constexpr std::uint8_t kFirstRefusal = 0x80, kNoSubscriber = 0x10;

/// Topic name invalid, packet too large, payload format invalid: no later attempt can end otherwise.
bool is_for_good(std::uint8_t reason) { return reason == 0x90 || reason == 0x95 || reason == 0x99; }

bool is_dead(const OutboxRow& row, std::optional<WallTime> expired_before) {
  return row.cls == DeliveryClass::perishable && row.expires_at && expired_before && *row.expires_at <= *expired_before;
}
}  // namespace

void Outbox::restore(Sequence last, std::uint32_t epoch, Sequence first_undelivered) {
  last_ = committed_ = last;
  epoch_ = epoch;
  cursor_ = fresh_ = first_undelivered == 0 ? last + 1 : first_undelivered;
}

// --- the link --------------------------------------------------------------------------------------------------------

void Outbox::link_up(std::uint16_t receive_maximum, std::int32_t max_rate, MonoTime now) {
  up_ = true;
  credits_ = std::min<std::uint32_t>(receive_maximum, kMostInFlight);
  max_rate_ = max_rate;
  allowance_ = 0;
  refilled_ = now;
  paused_.reset();
  put_fresh_first();
}

/// What was in flight is unknown to have arrived: it is sent again, with the same bytes.
void Outbox::link_down() {
  up_ = false;
  if (!in_flight_.empty()) cursor_ = std::min(cursor_, in_flight_.begin()->first);
  in_flight_.clear();
}

/// What has piled up is backlog from now on.
void Outbox::put_fresh_first() { fresh_ = committed_ + 1 - cursor_ > kBacklog ? committed_ + 1 : cursor_; }

void Outbox::revived(Sequence from) {
  cursor_ = std::min(cursor_, from);
  put_fresh_first();
}

// --- rows ------------------------------------------------------------------------------------------------------------

bool Outbox::is_sent(Sequence sequence) const {
  return in_flight_.contains(sequence) || std::find(acked_.begin(), acked_.end(), sequence) != acked_.end();
}

/// A fresh row whose partition has an unsent row is left to the backlog; so is, by the same test, the one after it.
void Outbox::rows_read(const event::RowsRead& read, MonoTime now, std::optional<WallTime> expired_before,
                       Effects& effects) {
  const auto asked = std::exchange(asked_, std::nullopt);
  if (!up_ || !asked) return;
  Sequence& cursor = asked->fresh ? fresh_ : cursor_;
  if (asked->from != cursor || asked->backlog != cursor_)
    return;  // the link went down meanwhile, or a row was refused: ask again
  for (const auto& row : read.rows) {
    if (row.sequence > committed_) break;  // a lane may see a row before its commit is reported
    cursor = row.sequence + 1;
    if (is_sent(row.sequence) || (row.behind != 0 && !is_sent(row.behind))) continue;
    if (row.damaged || is_dead(row, expired_before)) {
      const DropReason reason = row.damaged ? DropReason::damaged : DropReason::expired;
      drops_.push_back({row.sequence, row.cls, reason, 0, row.explains});
      continue;
    }
    in_flight_.emplace(row.sequence, Sent{now, row.cls, row.explains});
    allowance_ -= max_rate_ == 0 ? 0 : 1'000;
    effects.emplace_back(effect::PublishRow{row});
  }
  if (read.end && read.rows.empty()) cursor = std::max(cursor, asked->committed + 1);
}

bool Outbox::delivered(const event::Delivered& ack, MonoTime now, Effects& effects) {
  const auto row = in_flight_.extract(ack.sequence);
  if (row.empty()) return false;
  if (ack.reason_code >= kFirstRefusal) {
    refused(ack, row.mapped(), now, effects);
    return false;
  }
  acked_.push_back(ack.sequence);
  if (!flush_) flush_ = now + kMarkWithin;
  effects.emplace_back(effect::Count{effect::Counter::rows_delivered});
  if (ack.reason_code == kNoSubscriber) effects.emplace_back(effect::Count{effect::Counter::no_subscriber});
  return true;
}

/// For good: set aside, the rest flows. For now: the row is kept and everything pauses, so that order holds.
void Outbox::refused(const event::Delivered& ack, const Sent& sent, MonoTime now, Effects& effects) {
  const std::string reason = std::to_string(ack.reason_code);
  effects.emplace_back(effect::Count{effect::Counter::rows_refused});
  if (is_for_good(ack.reason_code)) {
    drops_.push_back({ack.sequence, sent.cls, DropReason::refused, ack.reason_code, sent.explains});
    effects.emplace_back(effect::Note{true, "central refuses event " + std::to_string(ack.sequence) +
                                                " for good, MQTT reason " + reason + "; it is set aside"});
    return;
  }
  cursor_ = std::min(cursor_, ack.sequence);
  paused_ = now + kPauseAfterRefusal;
  effects.emplace_back(effect::Note{true, "central refuses an event, MQTT reason " + reason});
}

// --- the pump --------------------------------------------------------------------------------------------------------

MonoTime Outbox::oldest_sent() const {
  const auto sooner = [](const auto& a, const auto& b) { return a.second.at < b.second.at; };
  return std::min_element(in_flight_.begin(), in_flight_.end(), sooner)->second.at;
}

void Outbox::pump(MonoTime now, Effects& effects) {
  if (!up_) return;
  if (!in_flight_.empty() && now - oldest_sent() >= kAckDeadline) {
    effects.emplace_back(effect::Note{true, "central does not acknowledge: connecting again"});
    effects.emplace_back(effect::DropLink{Link::central});
    for (auto& [sequence, sent] : in_flight_) sent.at = now;  // asked once; the link's own report follows
    return;
  }
  if (paused_ && now < *paused_) return;
  if (std::exchange(paused_, std::nullopt)) put_fresh_first();
  refill(now);
  const std::uint32_t limit = room();
  if (asked_ || limit == 0 || cursor_ > committed_) return;
  const bool fresh = in_two() && fresh_ <= committed_ && ++reads_ % kBacklogTurn != 0;
  asked_ = Asked{fresh, fresh ? fresh_ : cursor_, cursor_, committed_};
  effects.emplace_back(effect::ReadRows{asked_->from, limit, fresh ? cursor_ : 0});
}

/// How many rows a read may bring now; none when it would not be worth one.
std::uint32_t Outbox::room() const {
  const auto used = static_cast<std::uint32_t>(in_flight_.size());
  if (used != 0 && used + kReadAtOnce / 4 > credits_) return 0;
  const std::uint32_t free = std::min(kReadAtOnce, std::max(1U, credits_ - std::min(used, credits_)));
  if (max_rate_ == 0) return free;
  if (allowance_ < worth_a_read()) return 0;
  return static_cast<std::uint32_t>(std::min<std::int64_t>(free, allowance_ / 1'000));
}

std::int64_t Outbox::worth_a_read() const {
  return std::clamp<std::int64_t>(max_rate_ / kReadsPerSecond, 1, 16) * 1'000;
}

/// At most what a read can bring is saved up.
void Outbox::refill(MonoTime now) {
  const std::int64_t most = std::min<std::int64_t>(std::max<std::int64_t>(max_rate_, 1), kReadAtOnce) * 1'000;
  allowance_ = std::min(most, allowance_ + (now - refilled_).count() * max_rate_);
  refilled_ = now;
}

std::vector<Sequence> Outbox::take_acked(MonoTime now) {
  const bool due = flush_ && (*flush_ <= now || acked_.size() >= kMarkAtOnce || !waiting());
  if (!due) return {};
  flush_.reset();
  return std::exchange(acked_, {});
}

std::optional<MonoTime> Outbox::next_deadline() const {
  std::optional<MonoTime> next = flush_;
  const auto consider = [&](MonoTime t) { next = next ? std::min(*next, t) : t; };
  if (!up_) return next;
  if (!in_flight_.empty()) consider(oldest_sent() + kAckDeadline);
  if (paused_) consider(*paused_);
  const std::int64_t lacking = worth_a_read() - allowance_;
  if (max_rate_ > 0 && lacking > 0 && !asked_ && !paused_ && cursor_ <= committed_) {
    consider(refilled_ + Millis{(lacking + max_rate_ - 1) / max_rate_});
  }
  return next;
}

}  // namespace tg
