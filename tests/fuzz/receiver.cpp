// Batches of remote receivers, our own form and that of others.
#include "codec/messages.hpp"
#include "fuzz_input.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = tg::fuzz::text(data, size);
  if (const auto batch = tg::decode_rx(input)) tg::fuzz::promise(batch->adverts.size() <= 512);
  if (const auto batch = tg::decode_rx_foreign(input)) tg::fuzz::promise(batch->adverts.size() <= 1);
  return 0;
}
