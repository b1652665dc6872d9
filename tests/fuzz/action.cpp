// A tap on a tablet: what was read names a visit and itself.
#include "codec/messages.hpp"
#include "fuzz_input.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto action = tg::decode_action("t1", tg::fuzz::text(data, size));
  if (action) tg::fuzz::promise(!action->id.empty() && !action->visit.empty() && !action->associate.empty());
  return 0;
}
