#include "base/crypto.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <cstdlib>

#include "base/aes_ni.hpp"

namespace tg {
namespace {

// libcrypto fails here only when memory is gone or the library is broken: an invariant, not a value.
void require(bool ok) {
  if (!ok) std::abort();
}

constexpr std::string_view kDigits = "0123456789abcdef";

int digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string uuid_text(Key128 raw, std::uint8_t version) {
  raw[6] = static_cast<std::uint8_t>((raw[6] & 0x0F) | (version << 4));
  raw[8] = static_cast<std::uint8_t>((raw[8] & 0x3F) | 0x80);
  std::string text = hex(raw);
  for (const std::size_t dash : {20U, 16U, 12U, 8U}) text.insert(dash, 1, '-');
  return text;
}

}  // namespace

Sha256 sha256(Bytes data) {
  Sha256 out{};
  require(EVP_Digest(data.data(), data.size(), out.data(), nullptr, EVP_sha256(), nullptr) == 1);
  return out;
}

Sha256 hmac_sha256(Bytes key, Bytes data) {
  Sha256 out{};
  unsigned int size = 0;
  require(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), data.data(), data.size(), out.data(), &size) !=
          nullptr);
  return out;
}

bool equal_constant_time(Bytes a, Bytes b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

void wipe(std::span<std::uint8_t> secret) { OPENSSL_cleanse(secret.data(), secret.size()); }

std::string hex(Bytes data) {
  std::string text;
  text.reserve(data.size() * 2);
  for (const std::uint8_t byte : data) {
    text.push_back(kDigits[byte >> 4]);
    text.push_back(kDigits[byte & 0x0F]);
  }
  return text;
}

bool unhex(std::string_view text, std::span<std::uint8_t> out) {
  if (text.size() != out.size() * 2) return false;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const int high = digit(text[2 * i]);
    const int low = digit(text[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    out[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return true;
}

std::string uuid_v5(const Key128& name_space, std::string_view name) {
  std::string input(reinterpret_cast<const char*>(name_space.data()), name_space.size());
  input += name;
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest{};
  require(EVP_Digest(input.data(), input.size(), digest.data(), nullptr, EVP_sha1(), nullptr) == 1);
  Key128 raw{};
  std::copy_n(digest.begin(), raw.size(), raw.begin());
  return uuid_text(raw, 5);
}

std::string uuid_v7(WallTime at, const Sha256& seed) {
  Key128 raw{};
  const auto ms = static_cast<std::uint64_t>(unix_ms(at));
  for (std::size_t i = 0; i < 6; ++i) raw[i] = static_cast<std::uint8_t>(ms >> (8 * (5 - i)));
  std::copy_n(seed.begin(), 10, raw.begin() + 6);
  return uuid_text(raw, 7);
}

struct Aes128::Impl {
  const bool accelerated;
  EVP_CIPHER_CTX* context = EVP_CIPHER_CTX_new();
  explicit Impl(Engine engine) : accelerated(engine == Engine::best && aes_ni::available()) {
    require(context != nullptr);
    require(EVP_EncryptInit_ex(context, EVP_aes_128_ecb(), nullptr, nullptr, nullptr) == 1);
    EVP_CIPHER_CTX_set_padding(context, 0);
  }
  ~Impl() { EVP_CIPHER_CTX_free(context); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
};

Aes128::Aes128(Engine engine) : impl_(std::make_unique<Impl>(engine)) {}
Aes128::~Aes128() = default;

Key128 Aes128::encrypt(const Key128& key, const Key128& block) {
  if (impl_->accelerated) return aes_ni::encrypt(key, block);
  Key128 out{};
  int size = 0;
  require(EVP_EncryptInit_ex(impl_->context, nullptr, nullptr, key.data(), nullptr) == 1);
  require(EVP_EncryptUpdate(impl_->context, out.data(), &size, block.data(), static_cast<int>(block.size())) == 1);
  return out;
}

}  // namespace tg
