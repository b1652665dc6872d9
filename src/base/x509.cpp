#include "base/x509.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <ctime>
#include <memory>

namespace tg {
namespace {

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Bio = std::unique_ptr<BIO, Freed<BIO_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using PrivateKey = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;

Bio reader(std::string_view text) { return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size()))); }

/// An encrypted key is none for a daemon; without this OpenSSL would ask the terminal.
int no_passphrase(char*, int, int, void*) { return -1; }

Certificate next_certificate(BIO* in) {
  Certificate found(PEM_read_bio_X509(in, nullptr, no_passphrase, nullptr));
  ERR_clear_error();  // the end of the text is an error to OpenSSL
  return found;
}

std::optional<WallTime> end_of(const X509* certificate) {
  std::tm utc{};
  if (ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &utc) != 1) return std::nullopt;
  return WallTime{std::chrono::seconds{::timegm(&utc)}};
}

}  // namespace

std::vector<WallTime> certificate_ends(std::string_view pem) {
  std::vector<WallTime> out;
  const Bio in = reader(pem);
  while (const Certificate certificate = next_certificate(in.get())) {
    if (const auto end = end_of(certificate.get())) out.push_back(*end);
  }
  return out;
}

bool key_fits(std::string_view key_pem, std::string_view certificate_pem) {
  const Certificate certificate = next_certificate(reader(certificate_pem).get());
  const PrivateKey key(PEM_read_bio_PrivateKey(reader(key_pem).get(), nullptr, no_passphrase, nullptr));
  const bool fits = certificate && key && X509_check_private_key(certificate.get(), key.get()) == 1;
  ERR_clear_error();
  return fits;
}

}  // namespace tg
