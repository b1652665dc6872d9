#include "base/page_cipher.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <cstdlib>

namespace tg {
namespace {

// libcrypto fails here only when memory is gone or the library is broken: an invariant, not a value.
void require(bool ok) {
  if (!ok) std::abort();
}

Sha256 derived(const Key256& key, std::string_view purpose) { return hmac_sha256(key, as_bytes(purpose)); }

/// XTS wants two keys that differ: one for the data, one for the places.
std::array<std::uint8_t, 64> xts_key(const Key256& key) {
  std::array<std::uint8_t, 64> both{};
  Sha256 data = derived(key, "touchpoint at rest: data"), place = derived(key, "touchpoint at rest: place");
  std::copy(place.begin(), place.end(), std::copy(data.begin(), data.end(), both.begin()));
  wipe(data);
  wipe(place);
  return both;
}

std::array<std::uint8_t, 16> bytes_of(PageCipher::Tweak tweak) {
  std::array<std::uint8_t, 16> bytes{};
  for (std::size_t i = 0; i < 8; ++i) {
    bytes[i] = static_cast<std::uint8_t>(tweak.number >> (8 * i));
    bytes[8 + i] = static_cast<std::uint8_t>(tweak.domain >> (8 * i));
  }
  return bytes;
}

}  // namespace

std::optional<AtRestKeys> parse_at_rest_keys(std::string_view text) {
  AtRestKeys keys;
  for (bool first = true; first || !text.empty(); first = false) {
    const auto end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (first && line == "off") continue;
    Key256 key{};
    if (!unhex(line, key)) return std::nullopt;
    if (first)
      keys.current = key;
    else
      keys.former.push_back(key);
  }
  return keys;
}

struct PageCipher::Impl {
  EVP_CIPHER_CTX* encrypt = EVP_CIPHER_CTX_new();
  EVP_CIPHER_CTX* decrypt = EVP_CIPHER_CTX_new();
  explicit Impl(const Key256& key) {
    require(encrypt != nullptr && decrypt != nullptr);
    auto both = xts_key(key);
    require(EVP_EncryptInit_ex(encrypt, EVP_aes_256_xts(), nullptr, both.data(), nullptr) == 1);
    require(EVP_DecryptInit_ex(decrypt, EVP_aes_256_xts(), nullptr, both.data(), nullptr) == 1);
    wipe(both);
  }
  ~Impl() {  // wipes the schedules
    EVP_CIPHER_CTX_free(encrypt);
    EVP_CIPHER_CTX_free(decrypt);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
};

PageCipher::PageCipher(const Key256& key) : impl_(std::make_unique<Impl>(key)) {}
PageCipher::~PageCipher() = default;
PageCipher::PageCipher(PageCipher&&) noexcept = default;
PageCipher& PageCipher::operator=(PageCipher&&) noexcept = default;

void PageCipher::encrypt(Tweak tweak, Bytes in, std::span<std::uint8_t> out) {
  int size = 0;
  require(EVP_EncryptInit_ex(impl_->encrypt, nullptr, nullptr, nullptr, bytes_of(tweak).data()) == 1);
  require(EVP_EncryptUpdate(impl_->encrypt, out.data(), &size, in.data(), static_cast<int>(in.size())) == 1);
}

void PageCipher::decrypt(Tweak tweak, Bytes in, std::span<std::uint8_t> out) {
  int size = 0;
  require(EVP_DecryptInit_ex(impl_->decrypt, nullptr, nullptr, nullptr, bytes_of(tweak).data()) == 1);
  require(EVP_DecryptUpdate(impl_->decrypt, out.data(), &size, in.data(), static_cast<int>(in.size())) == 1);
}

PageCipher::Check PageCipher::check_of(const Key256& key) {
  const Sha256 whole = derived(key, "touchpoint at rest: check");
  Check check{};
  std::copy_n(whole.begin(), check.size(), check.begin());
  return check;
}

}  // namespace tg
