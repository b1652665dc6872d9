// A profile from anywhere, and a time zone file from anywhere: read or refused.
#include "codec/dialect.hpp"
#include "codec/dialect_ticket.hpp"
#include "codec/time_zone.hpp"
#include "fuzz_input.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = tg::fuzz::text(data, size);
  if (const auto dialect = tg::parse_dialect(input)) {
    const auto tree = tg::read_pos_json(R"({"a":{"b":"1"},"l":[{"n":"2.00"},{"n":"x"}]})");
    (void)tg::understand(*tree, *dialect, {"paris-042", tg::TimeZone{}, "POS1", true});
  }
  if (const auto zone = tg::TimeZone::parse(input)) (void)zone->utc_of(tg::WallTime{});
  return 0;
}
