// What lies below BlueZ: the kernel's switch for radios (rfkill) and the USB device of an adapter. Owner thread: the
// loop; one USB reset at a time runs on a thread of its own, because the kernel's driver may take seconds to let go.
// Never fails loudly: without the rights, or on hardware that is not USB, it says so in words.
//
// An adapter is named "hciN" here and only for the length of one call: the number changes with each plug.
#pragma once

#include <atomic>
#include <string>
#include <thread>
#include <utility>

#include "base/result.hpp"

namespace tg {

/// The two trees of the kernel; tests use directories of their own.
struct HardwarePlaces {
  std::string sys = "/sys";
  std::string dev = "/dev";
};

enum class RadioBlock { none, soft, hard };

class BluezHardware {
 public:
  explicit BluezHardware(HardwarePlaces places) : places_(std::move(places)) {}
  ~BluezHardware();
  BluezHardware(const BluezHardware&) = delete;
  BluezHardware& operator=(const BluezHardware&) = delete;

  /// `none` also where there is no switch.
  [[nodiscard]] RadioBlock blocked(const std::string& hci) const;
  /// Takes the soft block away through /dev/rfkill.
  [[nodiscard]] Result<void> unblock(const std::string& hci) const;
  /// Logs the device off and on again (`authorized` 0, 1), as if it were unplugged for a moment. Success: it has begun.
  [[nodiscard]] Result<void> reset_usb(const std::string& hci);
  /// Where a person finds it: "hci0 at USB port 1-1.4", or just "hci0".
  [[nodiscard]] std::string place(const std::string& hci) const;

 private:
  const HardwarePlaces places_;
  std::thread resetting_;
  std::atomic<bool> in_reset_ = false;
};

}  // namespace tg
