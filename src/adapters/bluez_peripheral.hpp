// The box as a Bluetooth peripheral, through BlueZ (contract §3.3): on every local adapter the iBeacon, the check-in
// service and the connectable advert that leads to it. Owner thread: the loop; the sink is called on it.
// A bus connection of its own: a phone that waits for its answer does not queue behind the adverts of a crowd.
// Never looks for adapters: the radio tells which receiver has which. Never logs or keeps an address.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adapters/event_loop.hpp"
#include "ports/peripheral_port.hpp"
#include "ports/radio_port.hpp"

namespace tg {

struct BluezPeripheralConfig {
  std::string bus = "system";            ///< "system" | "session" | any D-Bus address
  std::vector<std::uint8_t> ibeacon;     ///< manufacturer data; empty = no beacon
  bool checkin = true;                   ///< offer the GATT check-in
  std::vector<RadioReceiver> receivers;  ///< the local ones
};

class BluezPeripheral final : public PeripheralPort {
 public:
  BluezPeripheral(EventLoop& loop, BluezPeripheralConfig config, CheckinSink sink);
  ~BluezPeripheral() override;

  /// The adapter of a receiver, switched on; an empty path: it has none now, or bluetoothd is gone.
  void use(std::uint16_t receiver, const std::string& adapter_path);

  /// Whether the receiver's adapter says the iBeacon now, as far as bluetoothd tells.
  [[nodiscard]] bool sends_beacon(std::uint16_t receiver) const;

  void start() override;
  void tick(MonoTime now) override;
  void answer(std::uint64_t request, CheckinVerdict verdict) override;
  [[nodiscard]] std::vector<PeripheralStatus> status() const override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tg
