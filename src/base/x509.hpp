// What must be known of certificates before a broker refuses them: until when, and whether the key belongs to them.
// Owner thread: any; each call stands alone. Never verifies a chain: that is TLS's, against the real peer.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/types.hpp"

namespace tg {

/// The ends of validity (notAfter) of all certificates in `pem`, in their order; empty when there is none.
[[nodiscard]] std::vector<WallTime> certificate_ends(std::string_view pem);

/// True when the private key in `key_pem` (not encrypted) belongs to the first certificate in `certificate_pem`.
[[nodiscard]] bool key_fits(std::string_view key_pem, std::string_view certificate_pem);

}  // namespace tg
