#include "adapters/bluez_hardware.hpp"

#include <fcntl.h>
#include <linux/rfkill.h>
#include <unistd.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string_view>

namespace tg {
namespace {

namespace fs = std::filesystem;

fs::path class_directory(const std::string& sys, const std::string& hci) {
  return fs::path(sys) / "class" / "bluetooth" / hci;
}

struct Switch {
  std::uint32_t number = 0;
  fs::path directory;
};

/// The adapter's own switch: /sys/class/bluetooth/hciN/rfkillM.
std::optional<Switch> switch_of(const std::string& sys, const std::string& hci) {
  constexpr std::string_view kPrefix = "rfkill";
  std::error_code error;
  fs::directory_iterator entry(class_directory(sys, hci), error);
  for (; !error && entry != fs::directory_iterator(); entry.increment(error)) {
    const auto name = entry->path().filename().string();
    Switch found{0, entry->path()};
    if (!name.starts_with(kPrefix)) continue;
    const auto* const end = name.data() + name.size();
    if (std::from_chars(name.data() + kPrefix.size(), end, found.number).ptr == end) return found;
  }
  return std::nullopt;
}

bool is_set(const fs::path& attribute) {
  std::ifstream file(attribute);
  return file.get() == '1';
}

/// The USB device above the interface that the adapter hangs on; empty for any other bus.
fs::path usb_device(const std::string& sys, const std::string& hci) {
  std::error_code gone;
  const auto interface = fs::canonical(class_directory(sys, hci) / "device", gone);
  if (gone) return {};
  auto device = interface.parent_path();
  return fs::exists(device / "authorized", gone) ? device : fs::path{};
}

bool write_attribute(const fs::path& attribute, std::string_view text) {
  const int file = open(attribute.c_str(), O_WRONLY | O_CLOEXEC);
  if (file < 0) return false;
  const bool written = write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  return close(file) == 0 && written;
}

}  // namespace

BluezHardware::~BluezHardware() {
  if (resetting_.joinable()) resetting_.join();
}

RadioBlock BluezHardware::blocked(const std::string& hci) const {
  const auto found = switch_of(places_.sys, hci);
  if (!found) return RadioBlock::none;
  if (is_set(found->directory / "hard")) return RadioBlock::hard;
  return is_set(found->directory / "soft") ? RadioBlock::soft : RadioBlock::none;
}

Result<void> BluezHardware::unblock(const std::string& hci) const {
  const auto found = switch_of(places_.sys, hci);
  if (!found) return fail("the radio has no switch");
  const int file = open((fs::path(places_.dev) / "rfkill").c_str(), O_WRONLY | O_CLOEXEC);
  if (file < 0) return fail("the gateway may not open /dev/rfkill");
  rfkill_event change{};
  change.idx = found->number;
  change.type = RFKILL_TYPE_BLUETOOTH;
  change.op = RFKILL_OP_CHANGE;
  const bool written = write(file, &change, sizeof change) == static_cast<ssize_t>(sizeof change);
  close(file);
  if (!written) return fail("the kernel refuses to switch the radio on");
  return {};
}

Result<void> BluezHardware::reset_usb(const std::string& hci) {
  const auto device = usb_device(places_.sys, hci);
  if (device.empty()) return fail("it is no USB adapter");
  const auto attribute = device / "authorized";
  if (access(attribute.c_str(), W_OK) != 0) return fail("the gateway may not reset USB devices");
  if (in_reset_.exchange(true)) return fail("another USB reset has not ended");
  if (resetting_.joinable()) resetting_.join();
  resetting_ = std::thread([this, attribute] {
    write_attribute(attribute, "0");
    write_attribute(attribute, "1");
    in_reset_ = false;
  });
  return {};
}

std::string BluezHardware::place(const std::string& hci) const {
  const auto device = usb_device(places_.sys, hci);
  return device.empty() ? hci : hci + " at USB port " + device.filename().string();
}

}  // namespace tg
