// The two readers of JSON text (decisions/0019): what the quick one takes, the other takes too and reads the same.
#include "codec/json_scan.hpp"
#include "fuzz_input.hpp"
#include "support/json_same.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = tg::fuzz::text(data, size);
  tg::JsonTree quick, thorough;
  if (!tg::scan_quickly(text, quick)) return 0;
  tg::fuzz::promise(!tg::scan_with_reasons(text, thorough));
  tg::fuzz::promise(tg::test::same_tree(quick, quick.root(), thorough, thorough.root()));
  return 0;
}
