// Card numbers in free text end here (contract §6). Owner thread: any. Never says which number it found.
#pragma once

#include <string>
#include <string_view>

namespace tg {

/// Each payment card number (13-19 digits, single spaces or dashes between them, an issuer's prefix and length, Luhn)
/// becomes "redacted". Loyalty numbers and GTINs, which often pass Luhn too, carry no issuer's prefix and stay.
[[nodiscard]] std::string redact_card_numbers(std::string_view text);

}  // namespace tg
