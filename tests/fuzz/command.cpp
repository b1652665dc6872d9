// A command: the first byte picks its name, the rest is the payload. What cannot be understood says why.
#include <array>

#include "codec/messages.hpp"
#include "fuzz_input.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::array<std::string_view, 8> kNames{"profiles.snapshot",
                                                   "profiles.delta",
                                                   "catalog.snapshot",
                                                   "catalog.delta",
                                                   "complements.snapshot",
                                                   "consent",
                                                   "erase",
                                                   "replay"};
  if (size == 0) return 0;
  const auto command = tg::decode_command(kNames[data[0] % kNames.size()], tg::fuzz::text(data + 1, size - 1));
  const auto* bad = std::get_if<tg::BadCommand>(&command.body);
  tg::fuzz::promise(bad == nullptr ? !command.id.empty() : !bad->reason.empty());
  return 0;
}
