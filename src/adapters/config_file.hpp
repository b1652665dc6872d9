// The configuration of a running daemon: read again on demand, and patched by central's `config` command.
// Owner thread: the loop; patches are written in a lane. Never leaves half a file, never lets a bad patch near the
// disk.
#pragma once

#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "adapters/lane.hpp"
#include "codec/config.hpp"
#include "ports/config_port.hpp"

namespace tg {

/// Every problem a line of the log.
void log_problems(const std::vector<ConfigProblem>& problems);

class ConfigFile final : public ConfigPort {
 public:
  /// Called in the lane. `fresh` is on disk and has to come into force; nothing when the patch was refused.
  using Answer = std::function<void(event::ConfigPatched answer, std::optional<Config> fresh)>;

  ConfigFile(std::string path, Answer answer);

  void start() { lane_.start("config"); }
  void stop() { lane_.stop(); }
  [[nodiscard]] bool answering() const { return lane_.answering(); }

  /// As it is now; a bad one is refused and logged. Blocks on disk.
  [[nodiscard]] std::optional<Config> reread() const;
  void patch(effect::PatchConfig patch) override;

 private:
  Millis turn();
  void apply(const effect::PatchConfig& patch) const;

  const std::string path_;
  const Answer answer_;
  std::mutex mutex_;
  std::deque<effect::PatchConfig> waiting_;
  Lane lane_{[this] { return turn(); }};
};

}  // namespace tg
