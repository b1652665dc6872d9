// Climbs the recovery ladder for every receiver and says in words how far it has come. Owner thread: the loop.
// Decides nothing about silence itself (BluezLadder does) and never names an adapter by its address: a person is told
// "hci0 at USB port 1-1.4".
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/bluez_adapters.hpp"
#include "adapters/bluez_hardware.hpp"
#include "adapters/bluez_ladder.hpp"
#include "adapters/bluez_receiver.hpp"
#include "adapters/bluez_timing.hpp"

namespace tg {

class BluezRecovery {
 public:
  using SendsBeacon = std::function<bool(std::uint16_t receiver)>;
  /// `reassign`: an adapter was given up or may be borrowed; who uses which is to be decided anew.
  BluezRecovery(std::deque<BluezReceiver>& receivers, BluezAdapters& adapters, BluezHardware& hardware,
                const BluezTiming& timing, SendsBeacon sends_beacon, std::function<void()> reassign);

  /// About once a second. `heard_remotely`: adverts that receivers outside this box reported since the last tick.
  void tick(MonoTime now, std::uint64_t heard_remotely);
  [[nodiscard]] ReceiverStatus status(std::size_t receiver) const;

 private:
  struct Patient {
    explicit Patient(const LadderTiming& timing) : ladder(timing) {}
    [[nodiscard]] std::string_view deafness() const;  ///< how it is known, in words
    BluezLadder ladder;
    MonoTime since{};     ///< of the last step
    std::string address;  ///< the adapter that the ladder knows
    std::string advice;   ///< what was done or is to be done
    std::string lost;     ///< why it works with a spare
    std::string lost_address;
    std::optional<MonoTime> absent_since;
  };

  void step(std::size_t receiver, MonoTime now, const RadioSigns& signs);
  void take(std::size_t receiver, Rung rung);
  void watch_absence(std::size_t receiver, MonoTime now);
  void note_adapter(std::size_t receiver);
  [[nodiscard]] bool has_its_own(std::size_t receiver) const;
  [[nodiscard]] bool beacon_beside(std::size_t receiver) const;

  std::deque<BluezReceiver>& receivers_;
  BluezAdapters& adapters_;
  BluezHardware& hardware_;
  const BluezTiming timing_;
  const SendsBeacon sends_beacon_;
  const std::function<void()> reassign_;
  std::vector<Patient> patients_;
  MonoTime now_{};
};

}  // namespace tg
