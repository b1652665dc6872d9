// An entry of the audit log: what was done to members' data, and on whose word. Plain data, any thread.
// Never names a member, a visit or a ticket: the log outlives them.
#pragma once

#include <string>

#include "base/types.hpp"

namespace tg {

struct AuditEntry {
  WallTime at{};
  std::string action;  ///< "consent", "erase", "data" or "policy"
  CommandId command;   ///< empty when no command asked for it
  std::string detail;  ///< in words, e.g. "recognition revoked by device"
};

}  // namespace tg
