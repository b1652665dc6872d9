#include "adapters/bluez_error.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace tg {
namespace {

using Words = std::pair<std::string_view, std::string_view>;

constexpr auto kWords = std::to_array<Words>({
    {"org.bluez.Error.InProgress", "another scan is in progress"},
    {"org.bluez.Error.NotReady", "the adapter is switched off"},
    {"org.bluez.Error.Blocked", "the radio is blocked (rfkill)"},
    {"org.bluez.Error.Failed", "the controller refused"},
    {"org.bluez.Error.Busy", "the controller is busy"},
    {"org.bluez.Error.NotAuthorized", "BlueZ does not authorise this"},
    {"org.bluez.Error.NotPermitted", "BlueZ does not permit this"},
    {"org.bluez.Error.NotSupported", "the controller does not support this"},
    {"org.bluez.Error.InvalidArguments", "BlueZ does not understand the request"},
    {kAlreadyExists, "it is registered already"},
    {"org.freedesktop.DBus.Error.AccessDenied", "the bus policy forbids it"},
    {"org.freedesktop.DBus.Error.NoReply", "bluetoothd does not answer"},
    {"org.freedesktop.DBus.Error.Timeout", "bluetoothd does not answer"},
    {"org.freedesktop.DBus.Error.UnknownMethod", "this BlueZ does not offer it"},
    {"org.freedesktop.DBus.Error.UnknownInterface", "this BlueZ does not offer it"},
    {"org.freedesktop.DBus.Error.UnknownObject", "the adapter is gone"},
    {"org.freedesktop.DBus.Error.Disconnected", "the bus connection is lost"},
    {"org.freedesktop.DBus.Error.ServiceUnknown", "bluetoothd is not running"},
    {"org.freedesktop.DBus.Error.NameHasNoOwner", "bluetoothd is not running"},
});

}  // namespace

std::string_view bluez_error_words(std::string_view error_name) {
  const auto* const found = std::ranges::find(kWords, error_name, &Words::first);
  return found == kWords.end() ? "an error of an unknown kind" : found->second;
}

bool is_service_absent(std::string_view error_name) {
  return error_name == "org.freedesktop.DBus.Error.ServiceUnknown" ||
         error_name == "org.freedesktop.DBus.Error.NameHasNoOwner";
}

bool is_no_answer(std::string_view error_name) {
  return error_name == "org.freedesktop.DBus.Error.Timeout" || error_name == "org.freedesktop.DBus.Error.NoReply";
}

}  // namespace tg
