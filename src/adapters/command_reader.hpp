// Decodes central's commands in a thread of its own, so that the next part of an import is read while the last one is
// written. Owner thread: the loop calls; events are posted from the lane in order of the calls.
// Never holds more than 3072 commands or 16 MiB that are not read yet, nor reads ahead of the disk: beyond 4 MiB of
// payload whose rows are still alive it waits until they are written or refused.
#pragma once

#include <memory>
#include <string>

#include "ports/command_port.hpp"
#include "ports/store_port.hpp"

namespace tg {

class CommandReader final : public CommandPort {
 public:
  explicit CommandReader(EventPost post);
  ~CommandReader() override;  ///< stop()

  void start();
  /// What waits is forgotten: central sends it again. Posts may still come until it returns.
  void stop();
  [[nodiscard]] bool answering() const;  ///< for the watchdog; any thread

  [[nodiscard]] bool read(std::string name, std::string payload) override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tg
