// Hashes, HMAC and AES from libcrypto in our own words. Owner thread: any; each call stands alone.
// Never keeps key material beyond the call, but for Aes128, which wipes its schedule.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/types.hpp"

namespace tg {

using Sha256 = std::array<std::uint8_t, 32>;
using Bytes = std::span<const std::uint8_t>;

[[nodiscard]] inline Bytes as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

[[nodiscard]] Sha256 sha256(Bytes data);
[[nodiscard]] Sha256 hmac_sha256(Bytes key, Bytes data);
/// Constant time in the length of `a`; false when the lengths differ.
[[nodiscard]] bool equal_constant_time(Bytes a, Bytes b);
void wipe(std::span<std::uint8_t> secret);

[[nodiscard]] std::string hex(Bytes data);
/// Lower or upper case digits, exactly 2 * out.size() of them; false otherwise.
[[nodiscard]] bool unhex(std::string_view text, std::span<std::uint8_t> out);

/// RFC 9562 UUIDs as lower-case text.
[[nodiscard]] std::string uuid_v5(const Key128& name_space, std::string_view name);
/// Time-ordered; the 74 random bits come from `seed` (first 10 bytes), so equal input gives equal ids.
[[nodiscard]] std::string uuid_v7(WallTime at, const Sha256& seed);

/// AES-128 single blocks under changing keys: on the processor's instructions where it has them, else libcrypto's.
class Aes128 {
 public:
  enum class Engine { best, libcrypto };
  explicit Aes128(Engine engine = Engine::best);
  ~Aes128();
  Aes128(const Aes128&) = delete;
  Aes128& operator=(const Aes128&) = delete;
  [[nodiscard]] Key128 encrypt(const Key128& key, const Key128& block);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tg
