#include "adapters/bluez_receiver.hpp"

#include <sdbus-c++/sdbus-c++.h>

#include <map>
#include <utility>

#include "adapters/bluez_error.hpp"
#include "base/log.hpp"

namespace tg {
namespace {

const std::string kAdapterInterface = "org.bluez.Adapter1";

void write_power_on(sdbus::Message& arguments) { arguments << kAdapterInterface << "Powered" << sdbus::Variant(true); }

/// Any filter makes bluetoothd signal the RSSI of every report and scan without its pause of 5 s in 15; DuplicateData
/// repeats unchanged service data.
void write_discovery_filter(sdbus::Message& arguments) {
  arguments << std::map<std::string, sdbus::Variant>{{"Transport", sdbus::Variant(std::string("le"))},
                                                     {"DuplicateData", sdbus::Variant(true)}};
}

std::string because(std::string_view what, std::string_view error) {
  return std::string(what) + ": " + std::string(bluez_error_words(error));
}

}  // namespace

ScanMode scan_mode(std::string_view configured) {
  if (configured == "monitor") return ScanMode::monitor;
  return configured == "discovery" ? ScanMode::discovery : ScanMode::automatic;
}

BluezReceiver::BluezReceiver(BluezBus& bus, RadioReceiver receiver, ScanMode mode)
    : bus_(bus), receiver_(std::move(receiver)), mode_(mode) {}

void BluezReceiver::use(const BluezAdapter& adapter) {
  const bool another = adapter.path != adapter_.path || adapter.address != adapter_.address;
  if (another) release({});
  note_lost_parts(adapter);
  const bool can_monitor_now = adapter.monitor_manager && !adapter_.monitor_manager;
  adapter_ = adapter;
  if (another || (can_monitor_now && step_ != Step::working)) begin();
}

/// What bluetoothd took away without being asked is set up again from tick().
void BluezReceiver::note_lost_parts(const BluezAdapter& adapter) {
  if (!adapter.monitor_manager) monitor_on_ = false;
  const bool switched_off = adapter_.powered && !adapter.powered;
  const bool stopped = adapter_.discovering && !adapter.discovering;
  if (switched_off || stopped) discovery_on_ = false;
  if (step_ != Step::scanning) return;
  if (switched_off) return fail_step("the adapter was switched off");
  if (stopped && mode_ != ScanMode::monitor) fail_step("the scan was stopped");
}

void BluezReceiver::release(std::string cause) {
  ++round_;
  step_ = Step::released;
  monitor_on_ = monitor_refused_ = monitor_released_ = discovery_on_ = false;
  backoff_ = {};
  monitor_.reset();
  adapter_ = {};
  cause_ = std::move(cause);
}

void BluezReceiver::tick(MonoTime now) {
  if (step_ == Step::failed && backoff_.due(now)) begin();
}

ReceiverStatus BluezReceiver::status() const {
  const bool one_still_works = adapter_.powered && (monitor_on_ || discovery_on_);
  const bool scanning = step_ == Step::scanning || (step_ == Step::failed && one_still_works);
  return {receiver_.id, scanning, scanning ? std::string{} : cause_};
}

void BluezReceiver::begin() {
  ++round_;
  step_ = Step::working;
  if (cause_.empty()) cause_ = "the scan is being started";
  adapter_.powered ? register_monitor() : power_on();
}

void BluezReceiver::power_on() {
  call("org.freedesktop.DBus.Properties", "Set", write_power_on, [this](std::string_view error) {
    if (!error.empty()) return fail_step(because("the adapter cannot be switched on", error));
    adapter_.powered = true;
    register_monitor();
  });
}

bool BluezReceiver::wants_monitor() const {
  return mode_ != ScanMode::discovery && !monitor_on_ && adapter_.monitor_manager;
}

void BluezReceiver::register_monitor() {
  if (mode_ == ScanMode::monitor && !adapter_.monitor_manager)
    return fail_step("this BlueZ offers no advertisement monitor: it needs Experimental = true in main.conf");
  if (!wants_monitor()) return set_discovery_filter();
  if (!monitor_) {
    monitor_ = std::make_unique<BluezMonitor>(bus_, "/touchpoint/receiver" + std::to_string(receiver_.index),
                                              [this] { on_monitor_released(); });
  }
  if (std::exchange(monitor_released_, false)) monitor_->unregister_from(adapter_.path);
  monitor_->register_with(adapter_.path, [this, round = round_](std::string_view error) {
    if (round != round_) return;
    monitor_on_ = error.empty();
    if (monitor_on_) return set_discovery_filter();
    if (mode_ == ScanMode::monitor) return fail_step(because("the monitor is refused", error));
    if (!std::exchange(monitor_refused_, true))
      log(LogLevel::warning, "radio",
          receiver_.id + ": no advertisement monitor (" + std::string(bluez_error_words(error)) +
              "), a controller that filters duplicates will report each phone rarely");
    set_discovery_filter();
  });
}

void BluezReceiver::set_discovery_filter() {
  if (mode_ == ScanMode::monitor || discovery_on_) return settle();
  call(kAdapterInterface, "SetDiscoveryFilter", write_discovery_filter, [this](std::string_view error) {
    error.empty() ? start_discovery() : on_discovery_refused("the discovery filter is refused", error);
  });
}

void BluezReceiver::start_discovery() {
  call(kAdapterInterface, "StartDiscovery", {}, [this](std::string_view error) {
    if (!error.empty()) return on_discovery_refused("the scan cannot be started", error);
    discovery_on_ = true;
    settle();
  });
}

void BluezReceiver::settle() {
  if (wants_monitor() && !monitor_refused_) return register_monitor();  // its manager appeared in the meantime
  step_ = Step::scanning;
  backoff_.succeeded();
  log(LogLevel::info, "radio", receiver_.id + ": scanning" + (monitor_on_ ? ", with a monitor" : ""));
}

/// Not answered at once: bluetoothd releases monitors when it ends as well, and a call would start it again.
void BluezReceiver::on_monitor_released() {
  monitor_on_ = false;
  monitor_released_ = true;
  if (step_ == Step::scanning) fail_step("bluetoothd released the monitor");
}

/// "InProgress" is what bluetoothd says when it believes that we scan already; only stopping clears that.
void BluezReceiver::on_discovery_refused(std::string_view what, std::string_view error) {
  fail_step(because(what, error));
  if (error == "org.bluez.Error.NotReady") {
    adapter_.powered = false;
    return;
  }
  call(kAdapterInterface, "StopDiscovery", {}, [](std::string_view) {});  // refused when there was nothing to stop
}

void BluezReceiver::fail_step(std::string cause) {
  step_ = Step::failed;
  backoff_.failed();
  if (backoff_.failures() == 1 || cause != cause_) log(LogLevel::warning, "radio", receiver_.id + ": " + cause);
  cause_ = std::move(cause);
}

void BluezReceiver::call(const std::string& interface, const std::string& method,
                         const BluezBus::MessageHandler& arguments,
                         std::function<void(std::string_view error)> on_reply) {
  bus_.call(adapter_.path, interface, method, arguments,
            [this, round = round_, on_reply = std::move(on_reply)](sdbus::Message&, std::string_view error) {
              if (round == round_) on_reply(error);
            });
}

}  // namespace tg
