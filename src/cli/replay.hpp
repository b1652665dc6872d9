// `touchpointctl replay`: a journal through the same core, without broker, bus, database or clock (contract §8).
// Owner thread: the caller's. Never reads the clock: the same journal and configuration give the same bytes.
#pragma once

#include <deque>
#include <iosfwd>
#include <string>

#include "cli/memory_store.hpp"
#include "codec/config.hpp"
#include "core/core.hpp"

namespace tg {

class Replay {
 public:
  Replay(const Config& config, std::ostream& out);
  /// Lets deadlines before `at` fire at their own time, then the event at `at`.
  void feed(const Event& event, WallTime at);
  /// Only time passes.
  void pass(WallTime at);
  [[nodiscard]] const Core& core() const { return core_; }

 private:
  void step(const Event& event, WallTime at);
  void carry_out(const Effects& effects, WallTime at);
  void build_tables(WallTime at);

  const Prefixes prefixes_;
  std::ostream& out_;
  Core core_;
  MemoryStore store_;
  std::deque<Event> answers_;
  bool started_ = false;
};

/// Exit code: 0, or 1 with the line and the reason on `err`.
int run_replay(const std::string& config_path, const std::string& journal_path, std::ostream& out, std::ostream& err);

}  // namespace tg
