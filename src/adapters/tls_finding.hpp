// Why TLS with a broker fails, in OpenSSL's words. Paho C++ 1.2.0 hands that text to an object that is gone by then
// (seen in gdb: the context of its error callback is a dead stack frame), so we shake hands once more ourselves.
// Owner thread: any; blocks for at most five seconds.
#pragma once

#include <string>

namespace tg {

struct TlsPeer {
  std::string host, port;
  std::string ca_file;              ///< empty: the system's authorities
  std::string cert_file, key_file;  ///< ours; empty: none
};

/// Empty if the handshake succeeds, or if the broker cannot be reached at all. Never contains a secret.
[[nodiscard]] std::string tls_finding(const TlsPeer& peer);

}  // namespace tg
