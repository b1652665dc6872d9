// A small HTTP/1.1 server with absolute deadlines and hard limits, for tills, probes and the tablet page.
// Owner thread: one lane thread runs every listener and calls every handler; the owner only starts and destroys it.
// Never waits for a slow client beyond its deadline, never buffers more than the limits, never logs a request.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "adapters/http_message.hpp"
#include "base/result.hpp"
#include "codec/config.hpp"

namespace tg {

struct HttpLimits {
  std::size_t header_bytes = 8 << 10;
  std::size_t body_bytes = 1 << 20;        ///< more is answered 413
  std::size_t connections = 64;            ///< beyond: the one that has been reading longest makes room, else 503
  std::chrono::milliseconds read{5000};    ///< from the first byte awaited to the last of a request, idle included
  std::chrono::milliseconds reply{10000};  ///< for the handler; then 503 with Retry-After
  std::chrono::milliseconds write{10000};  ///< for the client to take the whole answer
};

struct HttpListener {
  Endpoint listen;  ///< an address, not a name; port 0 takes a free one
  std::optional<TlsConfig> tls;
  HttpHandler handler;
  HttpLimits limits = {};
};

class HttpServer {
 public:
  /// Binds every listener before it returns, so that a taken port is an error at start.
  [[nodiscard]] static Result<std::unique_ptr<HttpServer>> start(std::vector<HttpListener> listeners);
  ~HttpServer();  ///< ends every connection and joins the lane
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  [[nodiscard]] std::uint16_t port(std::size_t listener) const;
  /// The listener's certificate was renewed: connections from now on see what its files hold. Ignored without TLS.
  void renew(std::size_t listener);
  [[nodiscard]] bool alive() const;  ///< the lane turned within the last 10 s: feeds the watchdog

 private:
  struct Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tg
