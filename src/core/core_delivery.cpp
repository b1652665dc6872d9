// Core, part "delivery": the two links and the outbox.
#include "core/core.hpp"

namespace tg {

void Core::on(const event::RowsRead& e) { outbox_.rows_read(e, now_.mono, *effects_); }

void Core::on(const event::Delivered& e) { outbox_.delivered(e, now_.mono, *effects_); }

void Core::on(const event::LinkUp& e) {
  links_.up(e.link, now_.mono);
  now_do(effect::PublishState{e.link});
  if (e.link == Link::central) return outbox_.link_up(e.receive_maximum);
  // The local broker keeps nothing over its restart: the gateway owns the retained cards.
  for (const Card* card : suggestions_.shown()) {
    unheard_withdrawals_.erase(card->visit);
    say(effect::PublishCard{*card});
  }
  for (const auto& visit : std::exchange(unheard_withdrawals_, {})) say(effect::WithdrawCard{visit});
}

void Core::on(const event::LinkDown& e) {
  links_.down(e.link, now_.mono);
  if (e.link == Link::central) outbox_.link_down();
}

}  // namespace tg
