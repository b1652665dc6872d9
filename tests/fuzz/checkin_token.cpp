// What a phone writes: exactly 17 bytes that start 01 or 02 are a token.
#include "codec/checkin_token.hpp"

#include "fuzz_input.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto token = tg::decode_checkin_token({data, size});
  tg::fuzz::promise(token.has_value() == (size == 17 && (data[0] == 0x01 || data[0] == 0x02)));
  return 0;
}
