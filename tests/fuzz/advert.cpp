// Service data of an advert: exactly ten bytes that start 30 are an EID.
#include "codec/advert.hpp"
#include "fuzz_input.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto eid = tg::decode_eddystone_eid({data, size});
  tg::fuzz::promise(eid.has_value() == (size == 10 && data[0] == 0x30));
  return 0;
}
