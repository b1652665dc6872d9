// The door for tills: tickets come in, answers go out after the commit. Owner thread: the loop; tells_refusal() any.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/model/ticket.hpp"

namespace tg {

/// One request of a till: one ticket or a batch, already authenticated and parsed.
struct TicketRequest {
  std::uint64_t token = 0;  ///< never 0
  std::vector<Ticket> tickets;
};
using TicketSink = std::function<void(TicketRequest)>;
/// A body that could not be understood: of which workstation, if that is known from outside, and why, without a value.
using RefusalSink = std::function<void(std::string workstation, std::string cause)>;

class IntakePort {
 public:
  virtual ~IntakePort() = default;
  /// The answer to ticket `index` of request `token`; the till hears when all are there. Unknown tokens are ignored.
  virtual void answer(std::uint64_t token, std::uint32_t index, const TicketAnswer& answer) = 0;
  /// A body was not understood. True if it should be told on: one in ten minutes, so that a broken till is no flood.
  [[nodiscard]] virtual bool tells_refusal() = 0;
  /// While a cause is set, new requests are answered 503 with Retry-After and nothing is taken in.
  virtual void refuse_because(std::string cause) = 0;
};

}  // namespace tg
