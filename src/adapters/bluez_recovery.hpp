// Climbs the recovery ladder for every receiver and says in words how far it has come. Owner thread: the loop.
// Decides nothing about silence itself (BluezLadder does) and never names an adapter by its address: a person is told
// "hci0 at USB port 1-1.4".
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "adapters/bluez_adapters.hpp"
#include "adapters/bluez_hardware.hpp"
#include "adapters/bluez_ladder.hpp"
#include "adapters/bluez_receiver.hpp"
#include "adapters/bluez_timing.hpp"

namespace tg {

class BluezRecovery {
 public:
  /// `reassign`: an adapter was given up or may be borrowed; who uses which is to be decided anew.
  BluezRecovery(std::deque<BluezReceiver>& receivers, BluezAdapters& adapters, BluezHardware& hardware,
                const BluezTiming& timing, std::function<void()> reassign);

  /// About once a second. `heard_remotely`: adverts that receivers outside this box reported since the last tick.
  void tick(MonoTime now, std::uint64_t heard_remotely);
  /// Adverts of the box's own beacon: whoever hears them is well, but they do not prove that others should hear.
  void note_own_beacon(std::size_t receiver) { ++patients_[receiver].own_beacon; }
  [[nodiscard]] ReceiverStatus status(std::size_t receiver) const;

 private:
  struct Patient {
    explicit Patient(const LadderTiming& timing) : ladder(timing) {}
    BluezLadder ladder;
    MonoTime since{};     ///< of the last step
    std::string address;  ///< the adapter that the ladder knows
    std::string advice;   ///< what was done or is to be done
    std::string lost;     ///< why it works with a spare
    std::string lost_address;
    std::uint64_t own_beacon = 0;
    std::optional<MonoTime> absent_since;
  };

  void step(std::size_t receiver, MonoTime now, const RadioSigns& signs);
  void take(std::size_t receiver, Rung rung);
  void watch_absence(std::size_t receiver, MonoTime now);
  void note_adapter(std::size_t receiver);
  [[nodiscard]] bool has_its_own(std::size_t receiver) const;

  std::deque<BluezReceiver>& receivers_;
  BluezAdapters& adapters_;
  BluezHardware& hardware_;
  const BluezTiming timing_;
  const std::function<void()> reassign_;
  std::vector<Patient> patients_;
  MonoTime now_{};
};

}  // namespace tg
