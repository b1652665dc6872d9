#include "adapters/bluez_beacon.hpp"

#include <sdbus-c++/sdbus-c++.h>

#include <map>
#include <utility>

namespace tg {
namespace {

const std::string kInterface = "org.bluez.LEAdvertisement1";

/// 100 ms, as iPhones expect of a beacon; 1.28 s by default. BlueZ before 5.77 takes it with Experimental = true only
/// and ignores it otherwise; config/bluetooth/main.conf sets the same for the whole controller.
constexpr std::uint32_t kIntervalMs = 100;

/// Not "broadcast", for the iBeacon neither: for an advert to which nobody can connect the kernel wants a random
/// address, which a controller without extended advertising refuses while it scans, so that nothing would be sent
/// (kernel 6.1). iPhones wake up for either.
const std::string kType = "peripheral";

}  // namespace

struct BluezBeacon::Impl {
  BeaconContent content;
  std::unique_ptr<sdbus::IObject> object;

  void export_properties() {
    auto& o = *object;
    o.registerProperty("Type").onInterface(kInterface).withGetter([] { return kType; });
    o.registerProperty("MinInterval").onInterface(kInterface).withGetter([] { return kIntervalMs; });
    o.registerProperty("MaxInterval").onInterface(kInterface).withGetter([] { return kIntervalMs; });
    if (!content.manufacturer_data.empty()) {
      o.registerProperty("ManufacturerData").onInterface(kInterface).withGetter([this] {
        return std::map<std::uint16_t, sdbus::Variant>{{content.company, sdbus::Variant(content.manufacturer_data)}};
      });
    }
    if (!content.service_uuids.empty()) {
      o.registerProperty("ServiceUUIDs").onInterface(kInterface).withGetter([this] { return content.service_uuids; });
    }
  }
};

BluezBeacon::BluezBeacon(BluezBus& bus, const std::string& path, BeaconContent content,
                         std::function<void()> on_release)
    : impl_(std::make_unique<Impl>(Impl{std::move(content), {}})) {
  try {
    impl_->object = sdbus::createObject(bus.connection(), path);
    auto& o = *impl_->object;
    o.registerMethod("Release").onInterface(kInterface).implementedAs(std::move(on_release)).withNoReply();
    impl_->export_properties();
    o.finishRegistration();
  } catch (const sdbus::Error&) {
    impl_->object.reset();  // bluetoothd will refuse what it cannot find, and status says so
  }
}

BluezBeacon::~BluezBeacon() = default;

}  // namespace tg
