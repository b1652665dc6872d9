#include "adapters/pos_desk.hpp"

#include <utility>

namespace tg {
namespace {

constexpr std::size_t kMaxWaiting = 64;
constexpr Seconds kBetweenRefusals{600};
constexpr Seconds kForgottenAfter{60};  // the till was told to come back long before

}  // namespace

PosDesk::PosDesk(std::function<WallTime()> clock, TicketSink sink, RefusalSink refusals)
    : clock_(std::move(clock)), sink_(std::move(sink)), refusals_(std::move(refusals)) {}

bool PosDesk::tells_refusal() {
  const auto now = clock_();
  const std::scoped_lock lock(mutex_);
  if (told_ && now >= *told_ && now - *told_ < kBetweenRefusals) return false;
  told_ = now;
  return true;
}

void PosDesk::refused(const std::string& workstation, const std::string& cause) {
  if (refusals_ && tells_refusal()) refusals_(workstation, cause);
}

bool PosDesk::submit(std::vector<Ticket> tickets, Done done) {
  const auto token = wait_for(tickets.size(), std::move(done));
  if (token) sink_(TicketRequest{*token, std::move(tickets)});
  return token.has_value();
}

std::optional<std::uint64_t> PosDesk::wait_for(std::size_t tickets, Done done) {
  const auto now = clock_();
  const std::scoped_lock lock(mutex_);
  std::erase_if(waiting_, [now](const auto& entry) { return now - entry.second.since > kForgottenAfter; });
  if (waiting_.size() >= kMaxWaiting) return std::nullopt;
  waiting_.emplace(++last_token_,
                   Waiting{std::vector<std::optional<TicketAnswer>>(tickets), tickets, std::move(done), now});
  return last_token_;
}

void PosDesk::answer(std::uint64_t token, std::uint32_t index, const TicketAnswer& answer) {
  std::unique_lock lock(mutex_);
  const auto found = waiting_.find(token);
  if (found == waiting_.end() || index >= found->second.answers.size()) return;
  auto& waiting = found->second;
  if (waiting.answers[index]) return;
  waiting.answers[index] = answer;
  if (--waiting.missing > 0) return;
  const auto done = waiting_.extract(found);
  lock.unlock();
  std::vector<TicketAnswer> answers;
  for (auto& one : done.mapped().answers) answers.push_back(std::move(*one));
  done.mapped().done(std::move(answers));
}

void PosDesk::refuse_because(std::string cause) {
  const std::scoped_lock lock(mutex_);
  cause_ = std::move(cause);
}

std::string PosDesk::refusal_cause() const {
  const std::scoped_lock lock(mutex_);
  return cause_;
}

}  // namespace tg
