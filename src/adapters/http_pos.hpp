// The till's door over HTTP: POST /v1/pos/tickets (contract §6). Authenticates before it parses, answers after the
// commit. Owner thread: the HTTP lane. Never stores or logs a body: a refused one leaves its cause and its SHA-256 in
// the log.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "adapters/http_message.hpp"
#include "adapters/pos_desk.hpp"
#include "base/result.hpp"
#include "base/types.hpp"
#include "codec/config.hpp"
#include "codec/pos_reader.hpp"

namespace tg {

struct HttpPosSettings {
  std::vector<PosKey> keys;  ///< none: unsigned requests, from loopback only
  Seconds clock_skew{300};
};

class HttpPos {
 public:
  /// `clock` must be thread-safe; `desk` outlives this.
  HttpPos(HttpPosSettings settings, std::shared_ptr<const PosReader> reader, PosDesk& desk,
          std::function<WallTime()> clock);

  /// For HttpListener::handler. Captures this object, which must outlive the server.
  [[nodiscard]] HttpHandler handler();

 private:
  void handle(const HttpRequest& request, const HttpReply& reply);
  [[nodiscard]] Result<TicketBatch, HttpResponse> tickets_of(const HttpRequest& request) const;
  [[nodiscard]] std::optional<HttpResponse> refuse_sender(const HttpRequest& request) const;
  [[nodiscard]] std::optional<HttpResponse> refuse_signature(const HttpRequest& request) const;
  [[nodiscard]] bool signature_is_right(const HttpRequest& request) const;

  const HttpPosSettings settings_;
  const std::shared_ptr<const PosReader> reader_;
  PosDesk& desk_;
  const std::function<WallTime()> clock_;
};

}  // namespace tg
