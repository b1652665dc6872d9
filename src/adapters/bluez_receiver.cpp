#include "adapters/bluez_receiver.hpp"

#include <sdbus-c++/sdbus-c++.h>

#include <map>
#include <utility>

#include "adapters/bluez_error.hpp"
#include "base/log.hpp"

namespace tg {
namespace {

const std::string kAdapterInterface = "org.bluez.Adapter1";
const std::string kPropertiesInterface = "org.freedesktop.DBus.Properties";
constexpr std::string_view kInProgress = "org.bluez.Error.InProgress";
constexpr std::string_view kNotReady = "org.bluez.Error.NotReady";

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
  if (stopped && discovers()) fail_step("the scan was stopped");
}

void BluezReceiver::release(std::string cause) {
  ++round_;
  step_ = Step::released;
  monitor_on_ = monitor_active_ = monitor_released_ = discovery_on_ = probing_ = heard_lately_ = false;
  never_activated_ = 0;
  monitor_note_.clear();
  answering_ = true;
  backoff_ = BluezBackoff(world_.timing.first_retry);
  monitor_.reset();
  adapter_ = {};
  cause_ = std::move(cause);
}

void BluezReceiver::tick(MonoTime now) {
  now_ = now;
  if (step_ == Step::failed && backoff_.due(now)) return begin();
  if (step_ != Step::scanning) return;
  check_activation();
  if (!answering_ || now - refreshed_at_ < world_.timing.refresh_filter) return probe();
  if (discovers()) refresh_discovery();
  refreshed_at_ = now;
}

BluezReceiver::Heard BluezReceiver::take_heard() {
  heard_lately_ = heard_lately_ || heard_.count + heard_.own_beacon > 0;
  return std::exchange(heard_, {});
}

ReceiverStatus BluezReceiver::status() const {
  if (!answering_) return {receiver_.id, false, "bluetoothd does not answer"};
  const bool one_still_works = adapter_.powered && (monitor_on_ || discovery_on_);
  const bool scanning = step_ == Step::scanning || (step_ == Step::failed && one_still_works);
  return {receiver_.id, scanning, step_ == Step::scanning ? monitor_note_ : cause_};
}

void BluezReceiver::restart_scan() {
  ++round_;
  step_ = Step::working;
  cause_ = "the scan is being restarted";
  call(kAdapterInterface, "StopDiscovery", {}, world_.timing.answer, [this](std::string_view) {
    discovery_on_ = false;
    drop_monitor();
    begin();
  });
}

void BluezReceiver::power_cycle() {
  ++round_;
  step_ = Step::working;
  cause_ = "the adapter is being switched off and on";
  set_powered(false, [this](std::string_view) {
    discovery_on_ = adapter_.powered = false;
    drop_monitor();
    begin();
  });
}

void BluezReceiver::begin() {
  ++round_;
  step_ = Step::working;
  probing_ = false;
  if (cause_.empty()) cause_ = "the scan is being started";
  adapter_.powered ? register_monitor() : power_on();
}

void BluezReceiver::set_powered(bool powered, std::function<void(std::string_view error)> on_reply) {
  call(
      kPropertiesInterface, "Set",
      [powered](sdbus::Message& arguments) { arguments << kAdapterInterface << "Powered" << sdbus::Variant(powered); },
      world_.timing.start_discovery, std::move(on_reply));
}

void BluezReceiver::power_on() {
  set_powered(true, [this](std::string_view error) {
    if (!error.empty()) return on_power_refused(error);
    adapter_.powered = true;
    register_monitor();
  });
}

/// A soft block is taken away at once; the next try finds the radio open.
void BluezReceiver::on_power_refused(std::string_view error) {
  const auto hci = hci_of(adapter_);
  switch (world_.hardware.blocked(hci)) {
    case RadioBlock::hard:
      return fail_step("the radio is blocked by a hardware switch (rfkill): switch it on");
    case RadioBlock::soft: {
      const auto done = world_.hardware.unblock(hci);
      return fail_step(done ? "the radio was blocked (rfkill) and is being unblocked"
                            : "the radio is blocked (rfkill): " + done.error().message);
    }
    case RadioBlock::none:
      return fail_step(because("the adapter cannot be switched on", error));
  }
}

bool BluezReceiver::wants_monitor() const {
  return world_.mode != ScanMode::discovery && !monitor_on_ && adapter_.monitor_manager;
}

void BluezReceiver::register_monitor() {
  if (world_.mode == ScanMode::monitor && !adapter_.monitor_manager)
    return fail_step("this BlueZ offers no advertisement monitor: it needs Experimental = true in main.conf");
  if (!wants_monitor()) return set_discovery_filter();
  if (!monitor_) {
    monitor_ = std::make_unique<BluezMonitor>(
        world_.bus, "/touchpoint/receiver" + std::to_string(receiver_.index), [this] { monitor_active_ = true; },
        [this] { on_monitor_released(); });
  }
  if (std::exchange(monitor_released_, false)) monitor_->unregister_from(adapter_.path);
  monitor_active_ = false;
  monitor_->register_with(adapter_.path, [this, round = round_](std::string_view error) {
    if (round == round_) on_monitor_answer(error);
  });
}

void BluezReceiver::on_monitor_answer(std::string_view error) {
  monitor_on_ = error.empty();
  monitor_since_ = now_;
  if (!monitor_on_ && world_.mode == ScanMode::monitor) return fail_step(because("the monitor is refused", error));
  if (!monitor_on_ && monitor_note_.empty()) {
    monitor_note_ = because("no advertisement monitor, so a controller may report each phone rarely", error);
    log(LogLevel::warning, "radio", receiver_.id + ": " + monitor_note_);
  }
  if (monitor_on_ && never_activated_ == 0) monitor_note_.clear();
  set_discovery_filter();
}

void BluezReceiver::drop_monitor() {
  if (monitor_on_) monitor_->unregister_from(adapter_.path);
  monitor_on_ = monitor_active_ = false;
}

/// bluetoothd accepts a registration before it has looked at the monitor. One that it never activates is registered
/// once more; after that we go on without it until the scan is set up anew.
void BluezReceiver::check_activation() {
  if (monitor_active_) {
    never_activated_ = 0;
    monitor_note_.clear();
  }
  if (!monitor_on_ || monitor_active_ || now_ - monitor_since_ < world_.timing.activate) return;
  drop_monitor();
  monitor_note_ = "bluetoothd never activated the advertisement monitor, so a controller may report each phone rarely";
  if (++never_activated_ == 1) log(LogLevel::warning, "radio", receiver_.id + ": " + monitor_note_);
  if (never_activated_ == 1) return register_monitor();
  if (world_.mode == ScanMode::monitor) fail_step("bluetoothd never activated the advertisement monitor");
}

void BluezReceiver::set_discovery_filter() {
  if (!discovers() || discovery_on_) return settle();
  call(kAdapterInterface, "SetDiscoveryFilter", write_discovery_filter, world_.timing.answer,
       [this](std::string_view error) {
         error.empty() ? start_discovery() : on_discovery_refused("the discovery filter is refused", error);
       });
}

void BluezReceiver::start_discovery() {
  call(kAdapterInterface, "StartDiscovery", {}, world_.timing.start_discovery, [this](std::string_view error) {
    if (!error.empty()) return on_discovery_refused("the scan cannot be started", error);
    discovery_on_ = true;
    settle();
  });
}

void BluezReceiver::settle() {
  if (wants_monitor() && monitor_note_.empty()) return register_monitor();  // its manager appeared in the meantime
  step_ = Step::scanning;
  backoff_.succeeded();
  probed_at_ = refreshed_at_ = now_;
  cause_.clear();
  log(LogLevel::info, "radio", receiver_.id + ": scanning" + (monitor_on_ ? ", with a monitor" : ""));
}

/// Asks the adapter how it is; only while nothing is heard, because every advert is an answer too.
void BluezReceiver::probe() {
  if (std::exchange(heard_lately_, false)) probed_at_ = now_;
  if (probing_ || now_ - probed_at_ < world_.timing.probe) return;
  probing_ = true;
  probed_at_ = now_;
  world_.bus.call(
      adapter_.path, kPropertiesInterface, "GetAll", [](sdbus::Message& arguments) { arguments << kAdapterInterface; },
      [this, round = round_](sdbus::Message& body, std::string_view error) {
        if (round != round_) return;
        probing_ = false;
        answering_ = !is_no_answer(error);
        if (!error.empty()) return;
        const auto path = adapter_.path;
        const auto report = read_adapter_properties(body);
        const bool stopped = discovery_on_ && report.discovering == false;
        world_.on_properties(path, report);
        if (round == round_ && stopped && step_ == Step::scanning) {
          discovery_on_ = false;
          fail_step("the scan was stopped");
        }
      },
      world_.timing.answer);
}

/// "InProgress" is the answer to be hoped for: our scan still runs, whatever other clients started and stopped.
void BluezReceiver::refresh_discovery() {
  call(kAdapterInterface, "SetDiscoveryFilter", write_discovery_filter, world_.timing.answer,
       [this](std::string_view refused) {
         if (is_no_answer(refused)) return;
         if (!refused.empty()) return on_discovery_refused("the discovery filter is refused", refused);
         call(kAdapterInterface, "StartDiscovery", {}, world_.timing.start_discovery, [this](std::string_view error) {
           if (error.empty() || error == kInProgress || is_no_answer(error)) return;
           on_discovery_refused("the scan cannot be started", error);
         });
       });
}

/// Not answered at once: bluetoothd releases monitors when it ends as well, and a call would start it again.
void BluezReceiver::on_monitor_released() {
  monitor_on_ = monitor_active_ = false;
  monitor_released_ = true;
  if (step_ == Step::scanning) fail_step("bluetoothd released the monitor");
}

/// "InProgress" is what bluetoothd says when it believes that we scan already; only stopping clears that.
void BluezReceiver::on_discovery_refused(std::string_view what, std::string_view error) {
  discovery_on_ = false;
  fail_step(because(what, error));
  if (error == kNotReady) {
    adapter_.powered = false;
    return;
  }
  call(kAdapterInterface, "StopDiscovery", {}, world_.timing.answer,
       [](std::string_view) {});  // refused when there was nothing to stop
}

void BluezReceiver::fail_step(std::string cause) {
  step_ = Step::failed;
  backoff_.failed();
  if (backoff_.failures() == 1 || cause != cause_) log(LogLevel::warning, "radio", receiver_.id + ": " + cause);
  cause_ = std::move(cause);
}

void BluezReceiver::call(const std::string& interface, const std::string& method,
                         const BluezBus::MessageHandler& arguments, Millis timeout,
                         std::function<void(std::string_view error)> on_reply) {
  world_.bus.call(
      adapter_.path, interface, method, arguments,
      [this, round = round_, on_reply = std::move(on_reply)](sdbus::Message&, std::string_view error) {
        if (round != round_) return;
        answering_ = !is_no_answer(error);
        on_reply(error);
      },
      timeout);
}

}  // namespace tg
