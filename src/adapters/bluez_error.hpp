// D-Bus error names -> words for a person. Pure, any thread.
// Never repeats the text of an error: bluetoothd puts object paths into it, and those contain addresses.
#pragma once

#include <string>
#include <string_view>

namespace tg {

/// Why BlueZ refused, in our own words; an unknown name becomes "an error of an unknown kind".
[[nodiscard]] std::string_view bluez_error_words(std::string_view error_name);

/// True when nobody owns the name: a later NameOwnerChanged will tell, asking again would not help.
[[nodiscard]] bool is_service_absent(std::string_view error_name);

/// True when bluetoothd let the time for an answer pass.
[[nodiscard]] bool is_no_answer(std::string_view error_name);

inline constexpr std::string_view kAlreadyExists = "org.bluez.Error.AlreadyExists";

}  // namespace tg
