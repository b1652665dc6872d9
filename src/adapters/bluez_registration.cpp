#include "adapters/bluez_registration.hpp"

#include <sdbus-c++/sdbus-c++.h>

#include <map>
#include <utility>

#include "adapters/bluez_error.hpp"
#include "base/log.hpp"

namespace tg {

BluezManager advertising_manager() { return {"org.bluez.LEAdvertisingManager1", "Advertisement"}; }
BluezManager gatt_manager() { return {"org.bluez.GattManager1", "Application"}; }

BluezRegistration::BluezRegistration(BluezBus& bus, BluezManager manager, std::string object_path, std::string what)
    : bus_(bus),
      manager_(std::move(manager)),
      object_path_(std::move(object_path)),
      what_(std::move(what)),
      cause_(what_ + ": not started") {}

void BluezRegistration::use(const std::string& adapter_path) {
  if (adapter_path == adapter_path_) return;
  adapter_path_ = adapter_path;
  backoff_ = BluezBackoff{};
  ask();
}

void BluezRegistration::release() {
  ++round_;
  adapter_path_.clear();
  state_ = State::released;
  cause_ = what_ + ": no adapter is switched on for it";
}

void BluezRegistration::lost(std::string_view why) {
  if (state_ == State::holds) fail(what_ + ": " + std::string(why));
}

void BluezRegistration::tick(MonoTime now) {
  if (state_ == State::failed && backoff_.due(now)) ask();
}

/// What bluetoothd may still hold of an earlier round goes first: it reads an object once, when it is registered.
void BluezRegistration::ask() {
  ++round_;
  state_ = State::asked;
  if (cause_.empty()) cause_ = what_ + ": is being registered";
  if (std::exchange(asked_before_, true)) call("Unregister", [](sdbus::Message&, std::string_view) {});
  call("Register", [this, round = round_](sdbus::Message&, std::string_view error) {
    if (round == round_) on_reply(error);
  });
}

void BluezRegistration::on_reply(std::string_view error) {
  if (!error.empty() && error != kAlreadyExists) return fail(what_ + ": " + std::string(bluez_error_words(error)));
  state_ = State::holds;
  cause_.clear();
  backoff_.succeeded();
  log(LogLevel::info, "radio", what_ + " is on");
}

void BluezRegistration::fail(std::string cause) {
  state_ = State::failed;
  backoff_.failed();
  if (backoff_.failures() == 1 || cause != cause_) log(LogLevel::warning, "radio", cause);
  cause_ = std::move(cause);
}

void BluezRegistration::call(std::string_view verb, BluezBus::ReplyHandler on_reply) {
  const bool with_options = verb == "Register";
  bus_.call(
      adapter_path_, manager_.interface, std::string(verb) + manager_.noun,
      [&](sdbus::Message& arguments) {
        arguments << sdbus::ObjectPath(object_path_);
        if (with_options) arguments << std::map<std::string, sdbus::Variant>{};
      },
      std::move(on_reply));
}

}  // namespace tg
