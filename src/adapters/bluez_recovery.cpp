#include "adapters/bluez_recovery.hpp"

#include <algorithm>
#include <utility>

#include "base/log.hpp"

namespace tg {
namespace {

constexpr std::string_view kSilent = "nothing was heard although the air was busy: the scan was restarted";
constexpr std::string_view kDeaf = "it hears nothing while other receivers do";
constexpr std::string_view kBeaconUnheard =
    "it hears nothing, not even the beacon of another adapter of this box (or that one has fallen mute)";

}  // namespace

std::string_view BluezRecovery::Patient::deafness() const { return ladder.by_beacon() ? kBeaconUnheard : kDeaf; }

BluezRecovery::BluezRecovery(std::deque<BluezReceiver>& receivers, BluezAdapters& adapters, BluezHardware& hardware,
                             const BluezTiming& timing, SendsBeacon sends_beacon, std::function<void()> reassign)
    : receivers_(receivers),
      adapters_(adapters),
      hardware_(hardware),
      timing_(timing),
      sends_beacon_(std::move(sends_beacon)),
      reassign_(std::move(reassign)),
      patients_(receivers.size(), Patient(timing.ladder)) {}

void BluezRecovery::tick(MonoTime now, std::uint64_t heard_remotely) {
  now_ = now;
  std::vector<BluezReceiver::Heard> heard;
  std::uint64_t witnessed = heard_remotely;
  for (std::size_t i = 0; i < receivers_.size(); ++i) {
    heard.push_back(receivers_[i].take_heard());
    witnessed += heard[i].count;
  }
  for (std::size_t i = 0; i < receivers_.size(); ++i) {
    const auto& receiver = receivers_[i];
    note_adapter(i);
    watch_absence(i, now);
    if (receiver.adapter_path().empty()) continue;
    const bool scanning = receiver.status().scanning || !receiver.answering();
    // Whoever has heard something is not judged by what others heard, so his own share need not be taken out.
    step(i, now,
         {heard[i].count, heard[i].strongest, witnessed, heard[i].own_beacon, beacon_beside(i), scanning,
          receiver.answering(), adapters_.has_free()});
  }
}

/// Another adapter of this box says the beacon. Both may be near each other or not: whether this one should hear it is
/// known by the ladder, which remembers whether it did.
bool BluezRecovery::beacon_beside(std::size_t i) const {
  if (!sends_beacon_) return false;
  const auto& self = receivers_[i];
  return std::ranges::any_of(receivers_, [&](const BluezReceiver& other) {
    return &other != &self && !other.adapter_path().empty() && sends_beacon_(other.index());
  });
}

bool BluezRecovery::has_its_own(std::size_t i) const {
  const auto& receiver = receivers_[i];
  const auto& wanted = receiver.configured().adapter;
  return receiver.adapter().address == wanted || (wanted == "auto" && !adapters_.given_up(patients_[i].lost_address));
}

/// Another adapter is another patient.
void BluezRecovery::note_adapter(std::size_t i) {
  auto& patient = patients_[i];
  const auto& receiver = receivers_[i];
  if (receiver.adapter_path().empty()) return;
  if (has_its_own(i)) patient.lost.clear();
  if (receiver.adapter().address == patient.address) return;
  patient.ladder = BluezLadder(timing_.ladder);
  patient.address = receiver.adapter().address;
  patient.advice.clear();
}

void BluezRecovery::watch_absence(std::size_t i, MonoTime now) {
  auto& patient = patients_[i];
  if (!receivers_[i].adapter_path().empty()) return patient.absent_since.reset();
  if (!patient.absent_since) patient.absent_since = now;
  if (now - *patient.absent_since < timing_.spare_after) return;
  patient.address.clear();  // a USB reset takes less: whatever comes now was plugged in by a person and begins anew
  if (!adapters_.has_free()) return;
  patient.lost = "its own adapter is not plugged in";
  log(LogLevel::warning, "radio", receivers_[i].configured().id + ": " + patient.lost + ", a spare one serves it");
  adapters_.allow_spare(receivers_[i].index());
  reassign_();
}

void BluezRecovery::step(std::size_t i, MonoTime now, const RadioSigns& signs) {
  auto& patient = patients_[i];
  const auto before = patient.ladder.trouble();
  const Rung rung = patient.ladder.step(now, signs);
  if (patient.ladder.trouble() == Trouble::none && before != Trouble::none) {
    if (before != Trouble::silent || signs.heard > 0)
      log(LogLevel::info, "radio", receivers_[i].configured().id + ": well again");
    patient.advice.clear();
  }
  if (rung != Rung::none) take(i, rung);
}

void BluezRecovery::take(std::size_t i, Rung rung) {
  auto& patient = patients_[i];
  auto& receiver = receivers_[i];
  const auto hci = hci_of(receiver.adapter());
  const auto place = hardware_.place(hci);
  const auto why = patient.ladder.trouble() == Trouble::silent ? std::string("nothing was heard")
                   : patient.ladder.trouble() == Trouble::deaf ? std::string(patient.deafness())
                                                               : receiver.status().cause;
  switch (rung) {
    case Rung::none:
      return;
    case Rung::restart_scan:
      patient.advice = "the scan was restarted";
      receiver.restart_scan();
      break;
    case Rung::power_cycle:
      patient.advice = "the adapter was switched off and on";
      receiver.power_cycle();
      break;
    case Rung::reset_usb: {
      const auto begun = hardware_.reset_usb(hci);
      patient.advice = begun ? "the USB device was reset" : "the adapter cannot be reset: " + begun.error().message;
      if (!begun) patient.ladder.pass_over();
      break;
    }
    case Rung::take_spare:
      patient.lost = "its own adapter (" + place + ") is sick: unplug that one and plug it in again, else replace it";
      patient.advice = "a spare adapter takes over";
      patient.lost_address = receiver.adapter().address;
      adapters_.give_up(patient.lost_address);
      adapters_.allow_spare(receiver.index());
      break;
    case Rung::alarm:
      patient.advice = "unplug the adapter " + place + " and plug it in again, else replace it";
      break;
  }
  log(rung == Rung::alarm ? LogLevel::error : LogLevel::warning, "radio",
      receiver.configured().id + ": " + why + "; " + patient.advice);
  if (rung == Rung::take_spare) reassign_();
}

ReceiverStatus BluezRecovery::status(std::size_t i) const {
  const auto& patient = patients_[i];
  auto status = receivers_[i].status();
  if (receivers_[i].adapter_path().empty()) return status;
  const auto add = [&](const std::string& words) {
    if (!words.empty()) status.cause += (status.cause.empty() ? "" : "; ") + words;
  };
  if (patient.ladder.trouble() == Trouble::deaf && receivers_[i].answering()) {
    status.scanning = false;
    status.cause = patient.deafness();
    add(patient.advice);
  } else if (patient.ladder.trouble() == Trouble::failing) {
    add(patient.advice);
  } else if (patient.ladder.trying(now_)) {
    add(std::string(kSilent));
  }
  if (!patient.lost.empty()) add("works with a spare adapter, " + patient.lost);
  return status;
}

}  // namespace tg
