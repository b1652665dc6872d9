// Where every door for tickets hands in what it has read and waits for the commit. Owner thread: submit() any door's
// own thread; answer() and refuse_because() the loop. Never stores a ticket itself; never answers before the core did.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/types.hpp"
#include "ports/intake_port.hpp"

namespace tg {

class PosDesk : public IntakePort {
 public:
  /// In the order of the tickets. Called in the thread of the last answer; not called at all for a request that nobody
  /// answered within a minute.
  using Done = std::function<void(std::vector<TicketAnswer>)>;

  /// `clock` and the sinks are called in the doors' threads and must be thread-safe; they carry what they get to the
  /// loop.
  PosDesk(std::function<WallTime()> clock, TicketSink sink, RefusalSink refusals = {});

  /// False when too many requests wait; nothing has happened then.
  [[nodiscard]] bool submit(std::vector<Ticket> tickets, Done done);
  /// Why nothing is taken in at the moment; empty while it is.
  [[nodiscard]] std::string refusal_cause() const;

  /// For the doors' own threads: the sink may wait for the loop.
  void refused(const std::string& workstation, const std::string& cause);

  void answer(std::uint64_t token, std::uint32_t index, const TicketAnswer& answer) override;
  [[nodiscard]] bool tells_refusal() override;
  void refuse_because(std::string cause) override;

 private:
  struct Waiting {
    std::vector<std::optional<TicketAnswer>> answers;
    std::size_t missing = 0;
    Done done;
    WallTime since;
  };
  [[nodiscard]] std::optional<std::uint64_t> wait_for(std::size_t tickets, Done done);

  const std::function<WallTime()> clock_;
  const TicketSink sink_;
  const RefusalSink refusals_;
  mutable std::mutex mutex_;  // guards what follows
  std::string cause_;
  std::optional<WallTime> told_;  ///< of a refused body
  std::uint64_t last_token_ = 0;
  std::map<std::uint64_t, Waiting> waiting_;
};

}  // namespace tg
