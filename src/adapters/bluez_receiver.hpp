// One receiver of the configuration: brings its adapter to scanning and back to it after every trouble.
// Owner thread: the loop. Never waits (each step begins in the answer to the one before) and never repeats a step that
// holds; a step that fails is tried again from tick() after 1, 2, 4 … 30 s.
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
#include <string>
#include <string_view>

#include "adapters/bluez_adapters.hpp"
#include "adapters/bluez_backoff.hpp"
#include "adapters/bluez_bus.hpp"
#include "adapters/bluez_monitor.hpp"
#include "ports/radio_port.hpp"

namespace tg {

enum class ScanMode { automatic, monitor, discovery };
[[nodiscard]] ScanMode scan_mode(std::string_view configured);  ///< "auto" | "monitor" | "discovery"

class BluezReceiver {
 public:
  BluezReceiver(BluezBus& bus, RadioReceiver receiver, ScanMode mode);

  /// The adapter as it is now; begins or repairs the scan where needed. Cheap when nothing changed.
  void use(const BluezAdapter& adapter);
  /// No adapter: nothing is held any more, `cause` says why.
  void release(std::string cause);
  void tick(MonoTime now);

  [[nodiscard]] ReceiverStatus status() const;
  [[nodiscard]] std::uint16_t index() const { return receiver_.index; }
  [[nodiscard]] const std::string& adapter_path() const { return adapter_.path; }  ///< empty without an adapter

 private:
  enum class Step { released, working, failed, scanning };

  void begin();
  void power_on();
  void register_monitor();
  void set_discovery_filter();
  void start_discovery();
  void fail_step(std::string cause);
  void on_discovery_refused(std::string_view what, std::string_view error);
  void settle();
  void on_monitor_released();
  void note_lost_parts(const BluezAdapter& adapter);
  [[nodiscard]] bool wants_monitor() const;
  void call(const std::string& interface, const std::string& method, const BluezBus::MessageHandler& arguments,
            std::function<void(std::string_view error)> on_reply);

  BluezBus& bus_;
  const RadioReceiver receiver_;
  const ScanMode mode_;
  BluezAdapter adapter_;
  std::unique_ptr<BluezMonitor> monitor_;
  Step step_ = Step::released;
  bool monitor_on_ = false;
  bool monitor_refused_ = false;
  bool monitor_released_ = false;
  bool discovery_on_ = false;
  std::uint64_t round_ = 0;  ///< answers to an older round are ignored
  BluezBackoff backoff_;
  std::string cause_ = "not started";
};

}  // namespace tg
