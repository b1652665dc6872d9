// The door that commands of central come through: payloads of up to megabytes become core events elsewhere than on the
// loop. Owner thread: the loop calls; answers are posted in order of the calls. Never blocks the caller.
#pragma once

#include <string>

namespace tg {

class CommandPort {
 public:
  virtual ~CommandPort() = default;
  /// Answered by event::CommandArrived. False, and nothing taken, while too much waits to be read.
  [[nodiscard]] virtual bool read(std::string name, std::string payload) = 0;
};

}  // namespace tg
