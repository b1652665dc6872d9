// One receiver of the configuration: brings its adapter to scanning and back to it after every trouble that BlueZ tells
// of. What BlueZ does not tell (nothing is heard any more) is for BluezRecovery, which uses the remedies below.
// Owner thread: the loop. Never waits (each step begins in the answer to the one before) and never repeats a step that
// holds; a step that fails is tried again from tick() after 1, 2, 4, 8 s.
//
//     power on -> register the monitor -> set the discovery filter -> start discovery -> scanning
//
// Why both monitor and discovery: discovery alone leaves the controller's duplicate filter on, so that a filtering
// controller reports a phone once in ten seconds; the monitor alone signals an RSSI only when it moves by 8 dB.
//
// Why the discovery filter names no UUIDs although fewer strangers' adverts would then cross the bus: kernel and
// bluetoothd compare it with the advert's UUID list (AD types 0x02-0x07) only, and do so before any monitor sees the
// advert. A phone that sends service data without the 4 bytes of that list would never be heard. In mode "monitor" only
// Eddystone adverts reach us; in the others, what is foreign is dropped in the call that brings it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/bluez_adapters.hpp"
#include "adapters/bluez_backoff.hpp"
#include "adapters/bluez_bus.hpp"
#include "adapters/bluez_hardware.hpp"
#include "adapters/bluez_monitor.hpp"
#include "adapters/bluez_timing.hpp"
#include "ports/radio_port.hpp"

namespace tg {

enum class ScanMode { automatic, monitor, discovery };
[[nodiscard]] ScanMode scan_mode(std::string_view configured);  ///< "auto" | "monitor" | "discovery"

/// What all receivers share. `on_properties`: an adapter was asked how it is, because signals can be missed.
struct ReceiverWorld {
  BluezBus& bus;
  const BluezHardware& hardware;
  const BluezTiming timing;
  const ScanMode mode;
  std::function<void(const std::string& path, const AdapterReport&)> on_properties;
};

class BluezReceiver {
 public:
  BluezReceiver(const ReceiverWorld& world, RadioReceiver receiver) : world_(world), receiver_(std::move(receiver)) {}

  /// The adapter as it is now; begins or repairs the scan where needed. Cheap when nothing changed.
  void use(const BluezAdapter& adapter);
  /// No adapter: nothing is held any more, `cause` says why.
  void release(std::string cause);
  void tick(MonoTime now);

  /// Remedies: both end in a scan with a new registration of the monitor, or in a failed step.
  void restart_scan();
  void power_cycle();

  /// An advert of anybody came in; `rssi` none when it was not measured.
  void note_heard(std::optional<RssiDbm> rssi) {
    ++heard_.count;
    if (rssi && (!heard_.strongest || *rssi > *heard_.strongest)) heard_.strongest = rssi;
  }
  void note_own_beacon() { ++heard_.own_beacon; }  ///< that of this box came in, from another adapter
  struct Heard {
    std::uint64_t count = 0;  ///< of anybody else
    std::optional<RssiDbm> strongest;
    std::uint64_t own_beacon = 0;
  };
  [[nodiscard]] Heard take_heard();  ///< since the last call

  [[nodiscard]] ReceiverStatus status() const;
  [[nodiscard]] bool answering() const { return answering_; }  ///< bluetoothd answered the last call
  [[nodiscard]] const RadioReceiver& configured() const { return receiver_; }
  [[nodiscard]] std::uint16_t index() const { return receiver_.index; }
  [[nodiscard]] const BluezAdapter& adapter() const { return adapter_; }
  [[nodiscard]] const std::string& adapter_path() const { return adapter_.path; }  ///< empty without an adapter

 private:
  enum class Step { released, working, failed, scanning };

  void begin();
  void power_on();
  void on_power_refused(std::string_view error);
  void register_monitor();
  void on_monitor_answer(std::string_view error);
  void drop_monitor();
  void check_activation();
  void set_discovery_filter();
  void start_discovery();
  void probe();
  void refresh_discovery();
  void fail_step(std::string cause);
  void on_discovery_refused(std::string_view what, std::string_view error);
  void settle();
  void on_monitor_released();
  void note_lost_parts(const BluezAdapter& adapter);
  [[nodiscard]] bool wants_monitor() const;
  [[nodiscard]] bool discovers() const { return world_.mode != ScanMode::monitor; }
  void set_powered(bool powered, std::function<void(std::string_view error)> on_reply);
  void call(const std::string& interface, const std::string& method, const BluezBus::MessageHandler& arguments,
            Millis timeout, std::function<void(std::string_view error)> on_reply);

  const ReceiverWorld& world_;
  const RadioReceiver receiver_;
  BluezAdapter adapter_;
  std::unique_ptr<BluezMonitor> monitor_;
  Step step_ = Step::released;
  bool monitor_on_ = false;
  bool monitor_active_ = false;
  bool monitor_released_ = false;
  int never_activated_ = 0;   ///< registrations in vain
  std::string monitor_note_;  ///< why we scan without one
  bool discovery_on_ = false;
  std::uint64_t round_ = 0;  ///< answers to an older round are ignored
  BluezBackoff backoff_;
  std::string cause_ = "not started";

  MonoTime now_{};  ///< of the last tick
  MonoTime monitor_since_{};
  MonoTime probed_at_{};
  MonoTime refreshed_at_{};
  bool probing_ = false;
  bool answering_ = true;
  Heard heard_;
  bool heard_lately_ = false;  ///< since the last probe
};

}  // namespace tg
