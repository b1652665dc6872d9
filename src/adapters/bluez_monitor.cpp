#include "adapters/bluez_monitor.hpp"

#include <sdbus-c++/sdbus-c++.h>

#include <utility>
#include <vector>

#include "adapters/bluez_error.hpp"

namespace tg {
namespace {

const std::string kInterface = "org.bluez.AdvertisementMonitor1";
const std::string kManagerInterface = "org.bluez.AdvertisementMonitorManager1";

constexpr std::uint8_t kServiceData16 = 0x16;  // AD type: service data of a 16-bit UUID

using Pattern = sdbus::Struct<std::uint8_t, std::uint8_t, std::vector<std::uint8_t>>;  // start, AD type, bytes

/// Up to BlueZ 5.68, and in controllers that match themselves, position 0 is the UUID; since 5.71 it is the byte after
/// it. Either pattern is enough. What else begins like this is sorted out by the decoder.
std::vector<Pattern> eddystone_patterns() { return {{0, kServiceData16, {0xaa, 0xfe}}, {0, kServiceData16, {0x30}}}; }

}  // namespace

struct BluezMonitor::Impl {
  BluezBus& bus;
  std::string root_path;
  std::unique_ptr<sdbus::IObject> root;
  std::unique_ptr<sdbus::IObject> monitor;

  [[nodiscard]] BluezBus::MessageHandler root_argument() const {
    return [path = root_path](sdbus::Message& arguments) { arguments << sdbus::ObjectPath(path); };
  }

  void export_root() {
    root = sdbus::createObject(bus.connection(), root_path);
    root->addObjectManager();
    root->finishRegistration();
  }

  void export_monitor(std::function<void()> on_activate, std::function<void()> on_release) {
    monitor = sdbus::createObject(bus.connection(), root_path + "/eddystone");
    auto& m = *monitor;
    const auto ignore_device = [](const sdbus::ObjectPath&) {};
    m.registerMethod("Activate").onInterface(kInterface).implementedAs(std::move(on_activate)).withNoReply();
    m.registerMethod("Release").onInterface(kInterface).implementedAs(std::move(on_release)).withNoReply();
    m.registerMethod("DeviceFound").onInterface(kInterface).implementedAs(ignore_device).withNoReply();
    m.registerMethod("DeviceLost").onInterface(kInterface).implementedAs(ignore_device).withNoReply();
    m.registerProperty("Type").onInterface(kInterface).withGetter([] { return std::string("or_patterns"); });
    m.registerProperty("Patterns").onInterface(kInterface).withGetter(&eddystone_patterns);
    m.finishRegistration();
  }
};

BluezMonitor::BluezMonitor(BluezBus& bus, std::string root, std::function<void()> on_activate,
                           std::function<void()> on_release)
    : impl_(new Impl{bus, std::move(root), {}, {}}) {
  try {
    impl_->export_root();
    impl_->export_monitor(std::move(on_activate), std::move(on_release));
  } catch (const sdbus::Error&) {
    impl_->monitor.reset();
  }
}

BluezMonitor::~BluezMonitor() = default;

void BluezMonitor::register_with(const std::string& adapter_path,
                                 std::function<void(std::string_view error)> on_reply) {
  if (!impl_->monitor) return on_reply("org.bluez.Error.Failed");
  impl_->bus.call(
      adapter_path, kManagerInterface, "RegisterMonitor", impl_->root_argument(),
      [weak = std::weak_ptr(impl_), on_reply = std::move(on_reply)](sdbus::Message&, std::string_view error) {
        const auto impl = weak.lock();
        if (!impl) return;
        if (error == kAlreadyExists) error = {};
        // Announced again: bluetoothd may have looked before it listened.
        if (error.empty()) impl->monitor->emitInterfacesAddedSignal({kInterface});
        on_reply(error);
      });
}

void BluezMonitor::unregister_from(const std::string& adapter_path) {
  impl_->bus.call(adapter_path, kManagerInterface, "UnregisterMonitor", impl_->root_argument(),
                  [](sdbus::Message&, std::string_view) {});
}

}  // namespace tg
