// AES-256-XTS for pages of a file, and the keys that an operator gives for it. Owner thread: one at a time.
// Never keeps the operator's key: only what is derived from it. XTS hides, it does not authenticate (decisions/0015).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/crypto.hpp"

namespace tg {

using Key256 = std::array<std::uint8_t, 32>;

/// What `profiles.at_rest_key_file` holds.
struct AtRestKeys {
  std::optional<Key256> current;  ///< what is written from now on; none: in the clear
  std::vector<Key256> former;     ///< what older files may have been written with
};
/// One key a line, 64 hexadecimal digits; the first line is the current one, or `off`, the others are former ones.
/// Nullopt when a line is anything else.
[[nodiscard]] std::optional<AtRestKeys> parse_at_rest_keys(std::string_view text);

class PageCipher {
 public:
  using Check = std::array<std::uint8_t, 8>;
  /// Where a unit stands; the same bytes at another place give another cipher text.
  struct Tweak {
    std::uint64_t number = 0;
    std::uint64_t domain = 0;
  };

  explicit PageCipher(const Key256& key);
  ~PageCipher();
  PageCipher(PageCipher&&) noexcept;
  PageCipher& operator=(PageCipher&&) noexcept;

  /// `in` and `out` have the same size, 16 bytes or more, and are the same memory or apart.
  void encrypt(Tweak tweak, Bytes in, std::span<std::uint8_t> out);
  void decrypt(Tweak tweak, Bytes in, std::span<std::uint8_t> out);

  /// Tells this key from another one, and nothing else about it.
  [[nodiscard]] static Check check_of(const Key256& key);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tg
