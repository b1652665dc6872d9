#include "core/checkin.hpp"

#include <algorithm>
#include <string_view>

namespace tg {

std::vector<std::uint8_t> checkin_message(const Challenge& challenge, const CheckinToken& token) {
  constexpr std::string_view kForget = "forget";
  std::vector<std::uint8_t> message(challenge.begin(), challenge.end());
  message.insert(message.end(), token.eid.begin(), token.eid.end());
  if (token.kind == CheckinKind::forget) message.insert(message.end(), kForget.begin(), kForget.end());
  return message;
}

bool ProvenCheckins::contains(const CheckinToken& token, std::span<const Challenge> challenges) const {
  return std::ranges::any_of(challenges, [&](const Challenge& c) { return proofs_.contains({c, token}); });
}

bool ProvenCheckins::remember(const CheckinToken& token, const Challenge& challenge, MonoTime now) {
  if (proofs_.size() >= kMost) return false;
  const auto [proof, fresh] = proofs_.insert({challenge, token});
  if (fresh) by_age_.emplace_back(now, *proof);
  return true;
}

void ProvenCheckins::expire(MonoTime now) {
  while (!by_age_.empty() && now - by_age_.front().first > kMemory) {
    proofs_.erase(by_age_.front().second);
    by_age_.pop_front();
  }
}

}  // namespace tg
