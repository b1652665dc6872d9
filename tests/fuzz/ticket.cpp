// A ticket from anywhere: read or refused; what was read adds up without overflow and has a stable content hash.
#include "codec/ticket_json.hpp"
#include "fuzz_input.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = tg::fuzz::text(data, size);
  if (const auto ticket = tg::decode_ticket(input, "paris-042")) {
    (void)ticket->adds_up();
    tg::fuzz::promise(ticket->key.store == "paris-042");
    tg::fuzz::promise(tg::ticket_content(*ticket) == ticket->content);
  }
  (void)tg::decode_ticket_lines(tg::lines_of(input, tg::kMaxTicketsInBody), "paris-042");
  return 0;
}
