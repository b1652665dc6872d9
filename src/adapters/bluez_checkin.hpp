// The GATT check-in of one adapter (contract §3.2): service, challenge and token characteristics as objects on the bus.
// Owner thread: the loop. Never decides whether a token is right. The address of the phone, which bluetoothd hands over
// with each read and write, is kept while the phone may stay, 15 s at most, and never logged.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "adapters/bluez_bus.hpp"
#include "adapters/event_loop.hpp"
#include "ports/peripheral_port.hpp"

namespace tg {

inline constexpr std::string_view kCheckinService = "61e911ad-945e-44c1-8721-74115baa9ba8";
inline constexpr std::string_view kChallengeCharacteristic = "d9614c8b-8946-4e93-89f5-bf77d31d5ad6";
inline constexpr std::string_view kTokenCharacteristic = "f3b66154-2b04-400d-981b-d53c26d43668";

class BluezCheckin {
 public:
  /// Exports the application below `root`. `requests` numbers the offers of all adapters.
  BluezCheckin(EventLoop& loop, BluezBus& bus, const std::string& root, std::uint16_t receiver, std::uint64_t& requests,
               CheckinSink sink);
  ~BluezCheckin();  ///< while the bus connection still exists; phones that wait get no answer
  BluezCheckin(const BluezCheckin&) = delete;
  BluezCheckin& operator=(const BluezCheckin&) = delete;

  /// False when the request is none of this adapter's, or was answered before. An accepted phone is disconnected, to
  /// free its slot for the next one.
  bool answer(std::uint64_t request, CheckinVerdict verdict);
  /// Phones that have waited for too long hear that it failed; those that have stayed for too long are disconnected.
  void tick(MonoTime now);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tg
