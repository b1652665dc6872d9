// A profile: what was read survives the cache unchanged.
#include "codec/messages.hpp"
#include "fuzz_input.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto profile = tg::decode_profile(tg::fuzz::text(data, size));
  if (!profile) return 0;
  const std::string kept = tg::encode_profile(*profile);
  const auto again = tg::decode_profile(kept);
  tg::fuzz::promise(again.has_value() && tg::encode_profile(*again) == kept);
  return 0;
}
