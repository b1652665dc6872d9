// A journal line: what was read is an event for a known receiver.
#include "codec/journal.hpp"
#include "fuzz_input.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  tg::Policy policy;
  policy.store = "paris-042";
  policy.receivers = {{tg::ReceiverId{"hci0"}, tg::ZoneId{"entrance"}}};
  const auto line = tg::decode_journal_line(tg::fuzz::text(data, size), policy);
  if (!line) return 0;
  tg::fuzz::promise(line->event.has_value());
  if (const auto* advert = std::get_if<tg::event::AdvertSeen>(&*line->event)) tg::fuzz::promise(advert->receiver == 0);
  return 0;
}
