// The door to the configuration's files. Owner thread: the loop calls; the answer is posted. Never blocks the caller.
#pragma once

#include "core/effects.hpp"

namespace tg {

class ConfigPort {
 public:
  virtual ~ConfigPort() = default;
  /// Checks the patch against the files, writes it and takes it into force; answered by event::ConfigPatched, in order.
  virtual void patch(effect::PatchConfig patch) = 0;
};

}  // namespace tg
