// The exit codes of touchpointctl (contract §7). Owner thread: any.
#pragma once

namespace tg {

enum ExitCode : int { kDone = 0, kFailed = 1, kUsage = 2, kNotReachable = 3 };

}  // namespace tg
