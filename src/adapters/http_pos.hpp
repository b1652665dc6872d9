// The till's door over HTTP: POST /v1/pos/tickets (contract §6). Authenticates before it parses, answers after the
// commit. Owner thread: the handler runs in the HTTP lane; answer() and refuse_because() may come from any thread (the
// loop). Never stores or logs a body: a refused one leaves its cause and its SHA-256 in the log.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/http_message.hpp"
#include "base/result.hpp"
#include "base/types.hpp"
#include "codec/config.hpp"
#include "ports/intake_port.hpp"

namespace tg {

struct HttpPosSettings {
  std::string store;
  std::vector<PosKey> keys;  ///< none: unsigned requests, from loopback only
  Seconds clock_skew{300};
};

class HttpPos : public IntakePort {
 public:
  /// `clock` and `sink` are called in the HTTP lane and must be thread-safe; `sink` carries the request to the loop.
  HttpPos(HttpPosSettings settings, std::function<WallTime()> clock, TicketSink sink);

  void answer(std::uint64_t token, std::uint32_t index, const TicketAnswer& answer) override;
  void refuse_because(std::string cause) override;

  /// For HttpListener::handler. Captures this object, which must outlive the server.
  [[nodiscard]] HttpHandler handler();

 private:
  struct Waiting {
    std::vector<std::optional<TicketAnswer>> answers;
    std::size_t missing = 0;
    HttpReply reply;
    WallTime since;
  };

  void handle(const HttpRequest& request, const HttpReply& reply);
  [[nodiscard]] Result<std::vector<Ticket>, HttpResponse> tickets_of(const HttpRequest& request) const;
  [[nodiscard]] std::optional<HttpResponse> refuse_sender(const HttpRequest& request) const;
  [[nodiscard]] std::optional<HttpResponse> refuse_signature(const HttpRequest& request) const;
  [[nodiscard]] bool signature_is_right(const HttpRequest& request) const;
  [[nodiscard]] std::optional<std::uint64_t> wait_for(std::size_t tickets, const HttpReply& reply);
  [[nodiscard]] std::string refusal_cause() const;

  const HttpPosSettings settings_;
  const std::function<WallTime()> clock_;
  const TicketSink sink_;
  mutable std::mutex mutex_;  // guards what follows
  std::string cause_;
  std::uint64_t last_token_ = 0;
  std::map<std::uint64_t, Waiting> waiting_;
};

}  // namespace tg
