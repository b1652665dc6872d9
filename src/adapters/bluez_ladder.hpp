// Which remedy a receiver needs now: the recovery ladder. Pure: signs and the time come in, a rung goes out.
// Owner thread: the loop. Never reads a clock, never takes a rung itself (BluezRecovery does).
//
// A quiet night is not a fault. Whoever hears nothing is only then believed to be sick when another receiver of the box
// hears adverts at the same time, or when another adapter still says the box's beacon, which this one used to hear;
// without such a proof the scan is restarted at most once in ten minutes and nothing else is touched. See
// decisions/0008.
//
//     restart the scan -> power off and on -> reset the USB device -> a spare adapter -> call a person
#pragma once

#include <cstdint>
#include <optional>

#include "base/types.hpp"

namespace tg {

struct LadderTiming {
  // 90 s of silence is what long-running scanners wait for that know nothing about the air. Where the air was busy and
  // strong a moment ago, so much patience is not needed: five times the mean gap, but at least this.
  Millis patience_min{12'000};
  Millis patience_max{90'000};
  Millis settle_min{7'000};     ///< what a rung gets to show its effect; a power cycle takes about 3 s
  Millis settle_max{30'000};    ///< the same where the silence is not abrupt
  Millis quiet_pause{600'000};  ///< between two restarts without a witness
  Millis again{1'800'000};      ///< from the alarm to the first rung
  Millis window{30'000};        ///< over which adverts are counted
  std::uint64_t witness = 10;   ///< adverts elsewhere that prove that the air is not quiet
};

enum class Rung { none, restart_scan, power_cycle, reset_usb, take_spare, alarm };

enum class Trouble {
  none,
  silent,   ///< nothing is heard, and nobody says that there is something to hear
  deaf,     ///< nothing is heard, but others hear
  failing,  ///< the adapter is there, but BlueZ cannot bring it to scan
};

/// What was seen since the last step.
struct RadioSigns {
  std::uint64_t heard = 0;             ///< adverts of anybody else at this receiver
  std::optional<RssiDbm> strongest{};  ///< of those whose strength was measured
  std::uint64_t heard_elsewhere = 0;   ///< at all others, without the box's own beacon
  std::uint64_t own_beacon = 0;        ///< adverts of the box's own beacon at this receiver
  bool beacon_beside = false;          ///< another adapter of the box says it
  bool scanning = false;               ///< as BlueZ tells it
  bool answering = true;               ///< bluetoothd answers; while it does not, no rung would help
  bool spare = false;                  ///< an adapter is free
};

/// Adverts in the window that runs and in the one before.
class AdvertRate {
 public:
  void add(MonoTime now, Millis window, std::uint64_t count);
  [[nodiscard]] std::uint64_t recent() const { return current_ + previous_; }
  /// Mean time between adverts in the busier window; none when there were no two.
  [[nodiscard]] std::optional<Millis> gap(Millis window) const;

 private:
  std::optional<MonoTime> began_;
  std::uint64_t current_ = 0;
  std::uint64_t previous_ = 0;
};

class BluezLadder {
 public:
  explicit BluezLadder(LadderTiming timing) : timing_(timing) {}

  /// About once a second while the receiver has an adapter. What is to be done now, mostly nothing.
  [[nodiscard]] Rung step(MonoTime now, const RadioSigns& signs);
  /// The rung just given could not be taken: the next one is due at the next step.
  void pass_over() { skipped_ = true; }

  [[nodiscard]] Trouble trouble() const { return trouble_; }
  [[nodiscard]] Rung rung() const { return rung_; }  ///< the last one taken since the receiver heard something
  /// Deaf because it does not hear the box's own beacon any more; nobody else needs to be near for that.
  [[nodiscard]] bool by_beacon() const { return by_beacon_; }
  /// Nothing has been proven, but a restart has just been tried.
  [[nodiscard]] bool trying(MonoTime now) const;

 private:
  void take_in(MonoTime now, const RadioSigns& signs);
  [[nodiscard]] Trouble judge(MonoTime now, const RadioSigns& signs);
  [[nodiscard]] bool proven(MonoTime now) const;
  [[nodiscard]] bool due(MonoTime now) const;
  [[nodiscard]] Rung next(const RadioSigns& signs) const;
  [[nodiscard]] bool beacon_missed(MonoTime now) const;
  [[nodiscard]] bool abrupt() const;
  [[nodiscard]] Millis patience() const;
  [[nodiscard]] Millis beacon_patience() const;
  [[nodiscard]] Millis settle() const;

  LadderTiming timing_;
  AdvertRate own_;
  AdvertRate elsewhere_;
  AdvertRate beacon_;  ///< as long as anything is heard
  std::uint64_t elsewhere_in_silence_ = 0;
  std::optional<RssiDbm> last_strongest_;
  std::optional<MonoTime> silent_since_;
  std::optional<MonoTime> witnessed_since_;  ///< others hear without a break
  std::optional<MonoTime> beacon_since_;     ///< another adapter has said it without a break
  std::optional<MonoTime> failing_since_;
  std::optional<MonoTime> steady_since_;
  MonoTime taken_at_{};
  std::optional<MonoTime> restarted_at_;
  Trouble trouble_ = Trouble::none;
  Rung rung_ = Rung::none;
  bool skipped_ = false;
  bool by_beacon_ = false;
};

}  // namespace tg
