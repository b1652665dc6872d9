// What it takes to have something on the disk. Owner thread: the caller's, which waits for the disk. Never throws.
#pragma once

#include <string>

#include "base/crypto.hpp"

namespace tg {

/// All of it, through interruptions and short writes. 0, or the errno.
[[nodiscard]] int write_all(int fd, Bytes bytes);
/// A rename into, or a deletion from, the folder that holds `path` survives a power cut afterwards. 0, or the errno.
[[nodiscard]] int sync_folder_of(const std::string& path);

}  // namespace tg
