// A till's document in any dialect: refused, or tickets that add up without overflow and keep their content hash. The
// first byte chooses the dialect.
#include <array>
#include <string>

#include "codec/dialect_ticket.hpp"
#include "codec/dialects.hpp"
#include "codec/pos_reader.hpp"
#include "codec/ticket_json.hpp"
#include "fuzz_input.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto dialects = tg::Dialects::load(std::nullopt);
  static constexpr std::array kNames{"arts-plain", "ncr-acs-2.1", "futura-roqqio-6.0", "kivra", "shopify"};
  if (size == 0) return 0;
  const auto* dialect = dialects->find(kNames.at(data[0] % kNames.size()));
  const auto bytes = tg::fuzz::text(data + 1, size - 1);
  const auto tree = dialect->format == tg::DialectFormat::xml ? tg::read_pos_xml(bytes) : tg::read_pos_json(bytes);
  if (!tree) return 0;
  const auto understood = tg::understand(*tree, *dialect, {"paris-042", tg::TimeZone{}, "POS1", true});
  if (!understood) return 0;
  for (const auto& [ticket, rows, notes] : understood->tickets) {
    (void)ticket.adds_up();
    tg::fuzz::promise(ticket.key.store == "paris-042" && !ticket.key.sequence.empty());
    tg::fuzz::promise(tg::ticket_content(ticket) == ticket.content);
    for (const auto& row : rows) tg::fuzz::promise(row.value.empty() || tg::is_utf8(row.value));
  }
  return 0;
}
