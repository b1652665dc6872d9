// What every fuzz target needs: the input as text, and a loud way to say that a promise was broken.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace tg::fuzz {

inline std::string_view text(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}
inline void promise(bool kept) {
  if (!kept) std::abort();
}

}  // namespace tg::fuzz
