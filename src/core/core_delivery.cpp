// Core, part "delivery": the two links, the outbox, and the events that never arrive (contract §4.5).
#include <map>
#include <utility>

#include "core/core.hpp"

namespace tg {
namespace {

constexpr Millis kSurveyEvery{60'000};
constexpr std::uint32_t kSurveyAfterFacts = 1'000;
constexpr std::uint32_t kMostDropsAtOnce = 1'000;
constexpr Sequence kMostRevivedAtOnce = 100'000;

std::string ranges_text(const std::vector<std::pair<Sequence, Sequence>>& ranges) {
  std::string out;
  for (const auto& [from, to] : ranges) {
    out += (out.empty() ? "" : ", ") + std::to_string(from);
    if (to != from) out += '-' + std::to_string(to);
  }
  return out;
}

}  // namespace

void Core::on(const event::LinkUp& e) {
  links_.up(e.link, now_.mono);
  now_do(effect::PublishState{e.link});
  if (e.link == Link::central) return outbox_.link_up(e.receive_maximum, policy_.central_max_rate, now_.mono);
  // The local broker keeps nothing over its restart: the gateway owns the retained cards.
  for (const Card* card : suggestions_.shown()) {
    unheard_withdrawals_.erase(card->visit);
    figures_.delivered(card->visit, now_.wall);
    say(effect::PublishCard{*card});
  }
  for (const auto& visit : std::exchange(unheard_withdrawals_, {})) say(effect::WithdrawCard{visit});
}

void Core::on(const event::LinkDown& e) {
  if (links_.down(e, now_.mono)) {
    now_do(effect::Note{true, std::string(e.link == Link::central ? "central" : "the local broker") +
                                  ": another client uses this gateway's client id, or the line fails over and over"});
  }
  if (e.by_peer) {
    now_do(effect::Count{e.link == Link::central ? effect::Counter::lost_central : effect::Counter::lost_local});
  }
  if (e.link == Link::central) outbox_.link_down();
}

// --- delivery --------------------------------------------------------------------------------------------------------

/// A clock that may jump must not end everything that is perishable at once.
std::optional<WallTime> Core::expiry_now() const {
  return clock_ == ClockState::synced ? std::optional(now_.wall) : std::nullopt;
}

void Core::on(const event::RowsRead& e) {
  outbox_.rows_read(e, now_.mono, expiry_now(), *effects_);
  bury(outbox_.take_drops());
}

void Core::on(const event::Delivered& e) {
  if (outbox_.delivered(e, now_.mono, *effects_)) figures_.told(e.sequence, now_.wall);
  bury(outbox_.take_drops());
}

/// The rows go, or are set aside, in one batch with what explains them: one fact for each class and reason.
void Core::bury(const std::vector<Drop>& drops) {
  std::map<std::pair<DeliveryClass, DropReason>, std::vector<std::pair<Sequence, Sequence>>> graves;
  row::DropFacts gone;
  for (const auto& drop : drops) {
    const bool kept = drop.reason == DropReason::refused || drop.reason == DropReason::damaged;
    if (kept) ops_.emplace_back(row::SetAside{drop.sequence, drop.mqtt_reason});
    if (drop.reason == DropReason::expired || drop.reason == DropReason::limit) gone.sequences.push_back(drop.sequence);
    if (drop.explains) continue;
    auto& ranges = graves[{drop.cls, drop.reason}];
    if (!ranges.empty() && ranges.back().second + 1 == drop.sequence) {
      ranges.back().second = drop.sequence;
    } else {
      ranges.emplace_back(drop.sequence, drop.sequence);
    }
  }
  if (!gone.sequences.empty()) ops_.emplace_back(std::move(gone));
  for (auto& [grave, ranges] : graves) append(fact::OutboxDropped{grave.first, grave.second, std::move(ranges)});
  if (!drops.empty()) now_do(effect::Count{effect::Counter::rows_dropped, drops.size()});
}

// --- limits ----------------------------------------------------------------------------------------------------------

/// While events wait: what should die, once a minute and after each thousand of them.
void Core::survey_when_due() {
  if (surveying_ || !outbox_.waiting()) return;
  if (!next_survey_) next_survey_ = now_.mono + kSurveyEvery;
  if (facts_since_survey_<kSurveyAfterFacts&& * next_survey_> now_.mono) return;
  surveying_ = true;
  facts_since_survey_ = 0;
  now_do(effect::SurveyOutbox{expiry_now(), policy_.outbox_max_rows, policy_.outbox_max_bytes, kMostDropsAtOnce});
}

void Core::on(const event::OutboxSurveyed& e) {
  surveying_ = false;
  next_survey_ = now_.mono + (e.more ? Millis{0} : kSurveyEvery);
  std::vector<Drop> drops;
  for (const Sequence s : e.expired) drops.push_back({s, DeliveryClass::perishable, DropReason::expired});
  for (const Sequence s : e.surplus) drops.push_back({s, DeliveryClass::telemetry, DropReason::limit});
  std::erase_if(drops, [&](const Drop& drop) { return outbox_.is_sent(drop.sequence); });
  bury(drops);
  const bool over = e.rows > policy_.outbox_max_rows || e.bytes > policy_.outbox_max_bytes;
  if (over && !std::exchange(over_limit_, over)) {
    now_do(effect::Note{true, "the outbox is above its limits: " + std::to_string(e.rows) + " events, " +
                                  std::to_string(e.bytes) + " bytes; nothing of class keep is dropped"});
  }
  over_limit_ = over;
}

// --- replay ----------------------------------------------------------------------------------------------------------

void Core::run(const Command& c, const ReplayRequest& body) {
  if (body.to - body.from >= kMostRevivedAtOnce) {
    return ack(c.id, c.name, AckStatus::rejected, "at most " + std::to_string(kMostRevivedAtOnce) + " events at once");
  }
  now_do(effect::ReviveRows{c.id, c.name, body.from, body.to});
}

void Core::on(const event::RowsRevived& e) {
  ops_.emplace_back(row::PutCommand{e.command, e.name, now_.wall});
  if (e.first == 0) return ack(e.command, e.name, AckStatus::rejected, "expired");
  outbox_.revived(e.first);
  ack(e.command, e.name, AckStatus::applied, e.gone.empty() ? "" : "expired: " + ranges_text(e.gone));
}

}  // namespace tg
