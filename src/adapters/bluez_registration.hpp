// Keeps one object of ours registered with one adapter of bluetoothd. Owner thread: the loop.
// Never waits (bluetoothd calls back before it answers) and never calls while bluetoothd may be ending: the call would
// start it again. What fails or was lost is registered again from tick() after 1, 2, 4 … 30 s.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "adapters/bluez_backoff.hpp"
#include "adapters/bluez_bus.hpp"

namespace tg {

/// Which manager takes the object, and what a person calls it.
struct BluezManager {
  std::string interface;  ///< "org.bluez.LEAdvertisingManager1"
  std::string noun;       ///< "Advertisement": Register…, Unregister…
};
[[nodiscard]] BluezManager advertising_manager();
[[nodiscard]] BluezManager gatt_manager();

class BluezRegistration {
 public:
  /// `what`: "hci0: the beacon", for log and status.
  BluezRegistration(BluezBus& bus, BluezManager manager, std::string object_path, std::string what);

  /// Registers with that adapter unless it holds there already.
  void use(const std::string& adapter_path);
  /// There is no such adapter, or it is switched off: nothing holds any more.
  void release();
  /// bluetoothd dropped the object although the adapter is there.
  void lost(std::string_view why);
  void tick(MonoTime now);

  [[nodiscard]] bool holds() const { return state_ == State::holds; }
  [[nodiscard]] const std::string& adapter_path() const { return adapter_path_; }  ///< empty without one
  [[nodiscard]] const std::string& cause() const { return cause_; }                ///< empty while it holds

 private:
  enum class State { released, asked, failed, holds };

  void ask();
  void on_reply(std::string_view error);
  void fail(std::string cause);
  void call(std::string_view verb, BluezBus::ReplyHandler on_reply);

  BluezBus& bus_;
  const BluezManager manager_;
  const std::string object_path_;
  const std::string what_;
  std::string adapter_path_;
  std::string cause_;
  State state_ = State::released;
  bool asked_before_ = false;
  std::uint64_t round_ = 0;  ///< answers to an older round are ignored
  BluezBackoff backoff_;
};

}  // namespace tg
