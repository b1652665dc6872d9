#include "adapters/tls_finding.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>

#include <chrono>
#include <memory>

namespace tg {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto kPatience = 5s;

struct Free {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(BIO* bio) const { BIO_free_all(bio); }
};

std::string newest_error() {
  const char* text = ERR_reason_error_string(ERR_peek_last_error());
  return text == nullptr ? "" : text;
}

/// The first setting that OpenSSL does not take, or empty.
std::string configure(SSL_CTX* context, const TlsPeer& peer) {
  const bool trusts = peer.ca_file.empty() ? SSL_CTX_load_verify_dir(context, "/etc/ssl/certs") == 1
                                           : SSL_CTX_load_verify_file(context, peer.ca_file.c_str()) == 1;
  if (!trusts) return "ca_file: " + newest_error();
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  if (!peer.cert_file.empty() && SSL_CTX_use_certificate_chain_file(context, peer.cert_file.c_str()) != 1)
    return "cert_file: " + newest_error();
  if (!peer.key_file.empty() && SSL_CTX_use_PrivateKey_file(context, peer.key_file.c_str(), SSL_FILETYPE_PEM) != 1)
    return "key_file: " + newest_error();
  return {};
}

void expect_host(SSL* ssl, const std::string& host) {
  if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str()) == 1) return;  // no name to ask for
  SSL_set1_host(ssl, host.c_str());
  std::string name = host;
  SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data());
}

/// True once the handshake is over; false after an error or `kPatience`.
bool shake_hands(BIO* bio) {
  const auto until = Clock::now() + kPatience;
  while (BIO_do_connect(bio) != 1) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()).count();
    int fd = -1;
    if (left <= 0 || BIO_should_retry(bio) == 0 || BIO_get_fd(bio, &fd) < 0) return false;
    const bool reads = BIO_should_read(bio) != 0;
    pollfd waited{fd, static_cast<short>(reads ? POLLIN : POLLOUT), 0};
    ::poll(&waited, 1, static_cast<int>(left));
  }
  return true;
}

}  // namespace

std::string tls_finding(const TlsPeer& peer) {
  const std::unique_ptr<SSL_CTX, Free> context(SSL_CTX_new(TLS_client_method()));
  ERR_clear_error();
  if (auto refused = configure(context.get(), peer); !refused.empty()) return refused;
  const std::unique_ptr<BIO, Free> bio(BIO_new_ssl_connect(context.get()));
  SSL* ssl = nullptr;
  BIO_get_ssl(bio.get(), &ssl);
  expect_host(ssl, peer.host);
  BIO_set_conn_hostname(bio.get(), peer.host.c_str());
  BIO_set_conn_port(bio.get(), peer.port.c_str());
  BIO_set_nbio(bio.get(), 1);
  if (shake_hands(bio.get())) return {};
  const long verdict = SSL_get_verify_result(ssl);
  if (verdict != X509_V_OK) return std::string("certificate verify failed: ") + X509_verify_cert_error_string(verdict);
  return SSL_get_state(ssl) == TLS_ST_BEFORE ? "" : newest_error();
}

}  // namespace tg
