#include "adapters/bluez_radio.hpp"

#include <sdbus-c++/sdbus-c++.h>

#include <algorithm>
#include <deque>
#include <set>
#include <utility>

#include "adapters/bluez_adapters.hpp"
#include "adapters/bluez_backoff.hpp"
#include "adapters/bluez_bus.hpp"
#include "adapters/bluez_eid_cache.hpp"
#include "adapters/bluez_error.hpp"
#include "adapters/bluez_receiver.hpp"
#include "adapters/bluez_recovery.hpp"
#include "adapters/bluez_walk.hpp"
#include "base/log.hpp"
#include "codec/ibeacon.hpp"

namespace tg {
namespace {

const std::string kPropertiesChanged =
    "type='signal',sender='org.bluez',path_namespace='/org/bluez',"
    "interface='org.freedesktop.DBus.Properties',member='PropertiesChanged',arg0=";
const std::string kObjects =
    "type='signal',sender='org.bluez',interface='org.freedesktop.DBus.ObjectManager',arg0path='/org/bluez/',member=";
const std::string kNameOwner =
    "type='signal',sender='org.freedesktop.DBus',interface='org.freedesktop.DBus',member='NameOwnerChanged',"
    "arg0='org.bluez'";

constexpr std::string_view kNotRunning = "bluetoothd is not running";

/// The adapter part of "/org/bluez/hci0/dev_…".
std::string_view adapter_of(std::string_view device_path) { return device_path.substr(0, device_path.rfind('/')); }

std::deque<BluezReceiver> make_receivers(const ReceiverWorld& world, const std::vector<RadioReceiver>& configured) {
  std::deque<BluezReceiver> out;
  for (const auto& receiver : configured) out.emplace_back(world, receiver);
  return out;
}

}  // namespace

struct BluezRadio::Impl {
  Impl(EventLoop& loop, BluezRadioConfig config, AdvertSink s)
      : bus(loop, std::move(config.bus)),
        sink(std::move(s)),
        on_adapter(std::move(config.on_adapter)),
        configured(std::move(config.receivers)),
        hardware(std::move(config.places)),
        world{bus, hardware, config.timing, scan_mode(config.scan),
              [this](const std::string& path, const AdapterReport& report) { on_properties(path, report); }},
        receivers(make_receivers(world, configured)),
        recovery(receivers, adapters, hardware, config.timing, std::move(config.sends_beacon),
                 [this] { assign_adapters(); }) {
    if (!config.own_beacon.empty()) own_beacon = beacon_region(config.own_beacon);
  }
  ~Impl() { release_all("stopped"); }  // exported objects go before the connection

  void connect();
  void detach(const std::string& cause);
  void tick(MonoTime now);
  [[nodiscard]] Result<void> subscribe();
  void ask_for_objects();
  void on_objects(sdbus::Message& body);
  void on_asking_failed(std::string_view error);

  void on_device_changed(sdbus::Message& message);
  void on_adapter_changed(sdbus::Message& message);
  void on_added(sdbus::Message& message);
  void on_removed(sdbus::Message& message);
  void on_properties(const std::string& path, const AdapterReport& report);
  void on_owner_changed(sdbus::Message& message);

  void note_own_beacon(const std::string& path);
  void take_advert(const std::string& path, const DeviceReport& report);
  void assign_adapters();
  void release_all(std::string_view cause);
  void tell_adapter(const BluezReceiver& receiver, const BluezAdapter* adapter) const;

  BluezBus bus;
  AdvertSink sink;
  const decltype(BluezRadioConfig::on_adapter) on_adapter;
  const std::vector<RadioReceiver> configured;
  BluezHardware hardware;
  const ReceiverWorld world;
  std::deque<BluezReceiver> receivers;
  BluezAdapters adapters;
  BluezRecovery recovery;
  std::optional<Key128> own_beacon;
  std::set<std::string> own_beacons;  ///< paths of the devices that are this box itself; the only ones kept
  std::uint64_t heard_remotely = 0;   ///< since the last tick
  BluezEidCache eids;
  std::uint64_t foreign = 0;
  bool attached = false;       ///< connected and subscribed, as far as we know
  bool asking_failed = false;  ///< GetManagedObjects must be asked again
  BluezBackoff backoff{world.timing.first_retry};
};

void BluezRadio::Impl::connect() {
  auto done = bus.connect();
  if (done) done = subscribe();
  if (!done) return detach(done.error().message);
  attached = true;
  release_all("waiting for bluetoothd");
  ask_for_objects();
}

void BluezRadio::Impl::detach(const std::string& cause) {
  release_all(cause);
  bus.disconnect();
  attached = asking_failed = false;
  backoff.failed();
  if (backoff.failures() == 1) log(LogLevel::warning, "radio", cause);
}

void BluezRadio::Impl::tick(MonoTime now) {
  if (attached && !bus.connected()) detach("the bus connection is lost");
  recovery.tick(now, std::exchange(heard_remotely, 0));
  for (auto& receiver : receivers) receiver.tick(now);
  if ((attached && !asking_failed) || !backoff.due(now)) return;
  attached ? ask_for_objects() : connect();
}

Result<void> BluezRadio::Impl::subscribe() {
  using Handler = void (Impl::*)(sdbus::Message&);
  const std::pair<std::string, Handler> rules[] = {
      {kPropertiesChanged + "'org.bluez.Device1'", &Impl::on_device_changed},
      {kPropertiesChanged + "'org.bluez.Adapter1'", &Impl::on_adapter_changed},
      {kObjects + "'InterfacesAdded'", &Impl::on_added},
      {kObjects + "'InterfacesRemoved'", &Impl::on_removed},
      {kNameOwner, &Impl::on_owner_changed},
  };
  for (const auto& [rule, handler] : rules) {
    auto done = bus.match(rule, [this, h = handler](sdbus::Message& message) { (this->*h)(message); });
    if (!done) return done;
  }
  return {};
}

/// After the match rules, so that nothing falls between the picture and the changes to it. Devices only fill the cache:
/// what they sent may be half a minute old.
void BluezRadio::Impl::ask_for_objects() {
  asking_failed = false;
  bus.call(
      "/", "org.freedesktop.DBus.ObjectManager", "GetManagedObjects", {},
      [this](sdbus::Message& body, std::string_view error) {
        error.empty() ? on_objects(body) : on_asking_failed(error);
      },
      world.timing.answer);
}

void BluezRadio::Impl::on_objects(sdbus::Message& body) {
  backoff.succeeded();
  read_managed_objects(body, own_beacon, [this](const ObjectReport& object) {
    adapters.update(object);
    if (!object.device) return;
    if (object.device->own_beacon) note_own_beacon(object.path);
    if (object.device->eid) eids.remember(object.path, *object.device->eid);
  });
  assign_adapters();
}

/// Without an owner of the name there is nothing to ask again: NameOwnerChanged will tell.
void BluezRadio::Impl::on_asking_failed(std::string_view error) {
  asking_failed = !is_service_absent(error);
  if (asking_failed) backoff.failed();
  release_all(bluez_error_words(error));
}

void BluezRadio::Impl::on_device_changed(sdbus::Message& message) {
  const auto path = message.getPath();
  take_advert(path, read_device_changed(message, own_beacon));
}

void BluezRadio::Impl::take_advert(const std::string& path, const DeviceReport& report) {
  if (report.malformed) bus.note_malformed();
  const auto heard_by = std::ranges::find(receivers, adapter_of(path), &BluezReceiver::adapter_path);
  if (report.own_beacon) note_own_beacon(path);
  if (report.advert && heard_by != receivers.end()) {
    const bool own = !own_beacons.empty() && own_beacons.contains(path);
    own ? heard_by->note_own_beacon() : heard_by->note_heard(report.rssi);
  }
  auto eid = report.eid;
  if (eid) {
    eids.remember(path, *eid);
  } else if (report.has_service_data) {
    eids.forget(path);
  } else if (report.rssi) {
    eid = eids.recall(path);
  }
  if (!eid && (report.rssi || report.has_service_data)) ++foreign;
  if (!eid || !report.rssi) return;
  if (heard_by != receivers.end()) sink(heard_by->index(), *eid, *report.rssi);
}

/// Each adapter of the box hears the beacon that another one sends, all night long. Its device is remembered, because
/// it says the check-in's invitation as well, and BlueZ may signal an RSSI alone.
void BluezRadio::Impl::note_own_beacon(const std::string& path) {
  constexpr std::size_t kLimit = 64;  // a new address each quarter of an hour; strangers may copy the beacon
  if (own_beacons.contains(path)) return;
  if (own_beacons.size() >= kLimit) own_beacons.clear();
  own_beacons.insert(path);
}

void BluezRadio::Impl::on_adapter_changed(sdbus::Message& message) {
  on_properties(message.getPath(), read_adapter_changed(message));
}

void BluezRadio::Impl::on_properties(const std::string& path, const AdapterReport& report) {
  adapters.update(path, report);
  assign_adapters();
}

void BluezRadio::Impl::on_added(sdbus::Message& message) {
  const auto object = read_interfaces_added(message, own_beacon);
  if (object.device) return take_advert(object.path, *object.device);
  if (!object.adapter && !object.monitor_manager) return;
  adapters.update(object);
  assign_adapters();
}

void BluezRadio::Impl::on_removed(sdbus::Message& message) {
  const auto removal = read_interfaces_removed(message);
  if (removal.device) {
    own_beacons.erase(removal.path);
    return eids.forget(removal.path);
  }
  if (!removal.adapter && !removal.monitor_manager) return;
  adapters.remove(removal);
  assign_adapters();
}

void BluezRadio::Impl::on_owner_changed(sdbus::Message& message) {
  std::string name;
  std::string before;
  std::string after;
  message >> name >> before >> after;
  log(after.empty() ? LogLevel::warning : LogLevel::info, "radio",
      after.empty() ? kNotRunning : "bluetoothd is running");
  release_all(after.empty() ? kNotRunning : "bluetoothd is starting");
  if (!after.empty()) ask_for_objects();
}

void BluezRadio::Impl::assign_adapters() {
  const auto assigned = adapters.assign(configured);
  for (std::size_t i = 0; i < receivers.size(); ++i) {
    if (assigned[i]) {
      receivers[i].use(*assigned[i]);
    } else {
      receivers[i].release("no such Bluetooth adapter is plugged in");
    }
    tell_adapter(receivers[i], assigned[i]);
  }
}

void BluezRadio::Impl::release_all(std::string_view cause) {
  adapters.clear();
  eids.clear();
  own_beacons.clear();
  for (auto& receiver : receivers) {
    receiver.release(std::string(cause));
    tell_adapter(receiver, nullptr);
  }
}

void BluezRadio::Impl::tell_adapter(const BluezReceiver& receiver, const BluezAdapter* adapter) const {
  if (on_adapter) on_adapter(receiver.index(), adapter != nullptr && adapter->powered ? adapter->path : std::string{});
}

BluezRadio::BluezRadio(EventLoop& loop, BluezRadioConfig config, AdvertSink sink)
    : impl_(std::make_unique<Impl>(loop, std::move(config), std::move(sink))) {}
BluezRadio::~BluezRadio() = default;

void BluezRadio::start() { impl_->connect(); }

void BluezRadio::tick(MonoTime now) { impl_->tick(now); }

void BluezRadio::note_heard_remotely(std::uint64_t adverts) { impl_->heard_remotely += adverts; }

std::vector<ReceiverStatus> BluezRadio::status() const {
  std::vector<ReceiverStatus> out;
  for (std::size_t i = 0; i < impl_->receivers.size(); ++i) out.push_back(impl_->recovery.status(i));
  return out;
}

std::uint64_t BluezRadio::foreign_adverts() const { return impl_->foreign; }
std::uint64_t BluezRadio::malformed_messages() const { return impl_->bus.malformed(); }

}  // namespace tg
