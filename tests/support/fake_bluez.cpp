#include "support/fake_bluez.hpp"

#include <sdbus-c++/sdbus-c++.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <utility>

namespace tg::support {
namespace {

using Properties = std::map<std::string, sdbus::Variant>;
using Interfaces = std::map<std::string, Properties>;
using Objects = std::map<sdbus::ObjectPath, Interfaces>;
using Pattern = sdbus::Struct<std::uint8_t, std::uint8_t, std::vector<std::uint8_t>>;

const std::string kAdapter = "org.bluez.Adapter1";
const std::string kDevice = "org.bluez.Device1";
const std::string kManager = "org.bluez.AdvertisementMonitorManager1";
const std::string kMonitor = "org.bluez.AdvertisementMonitor1";
const std::string kObjectManager = "org.freedesktop.DBus.ObjectManager";
const std::string kProperties = "org.freedesktop.DBus.Properties";

std::string path_of(const std::string& hci) { return "/org/bluez/" + hci; }

std::string path_of(const FakeAdvert& advert) {
  auto device = advert.device;
  std::ranges::replace(device, ':', '_');
  return path_of(advert.hci) + "/dev_" + device;
}

Properties device_properties(const FakeAdvert& advert) {
  const Properties data{{advert.uuid, sdbus::Variant(advert.service_data)}};
  return {{"RSSI", sdbus::Variant(advert.rssi)},
          {"ManufacturerData",
           sdbus::Variant(std::map<std::uint16_t, sdbus::Variant>{{0x004c, sdbus::Variant(advert.manufacturer_data)}})},
          {"ServiceData", sdbus::Variant(data)}};
}

/// Empty when bluetoothd could work with it.
std::string problem_of(const Objects& objects) {
  for (const auto& [path, interfaces] : objects) {
    const auto found = interfaces.find(kMonitor);
    if (found == interfaces.end()) continue;
    const auto& properties = found->second;
    if (properties.at("Type").get<std::string>() != "or_patterns") return "Type is not or_patterns";
    const auto patterns = properties.at("Patterns").get<std::vector<Pattern>>();
    const auto has = [&](const Pattern& wanted) { return std::ranges::find(patterns, wanted) != patterns.end(); };
    if (!has(Pattern{std::uint8_t{0}, std::uint8_t{0x16}, std::vector<std::uint8_t>{0xaa, 0xfe}})) return "no UUID";
    if (!has(Pattern{std::uint8_t{0}, std::uint8_t{0x16}, std::vector<std::uint8_t>{0x30}})) return "no frame type";
    if (properties.contains("RSSISamplingPeriod")) return "an RSSI property";
    return {};
  }
  return "no monitor among the objects";
}

struct AdapterState {
  FakeBluez::Adapter facts;
  FakeBluez::Seen seen;
  std::set<std::string> filter_uuids;
  std::string monitor_owner;  // empty: none is registered
  std::string monitor_path;
  std::optional<FakeBluez::Cure> deaf_until;
  bool filter_lost = false;
  bool session_lost = false;
  std::string power_refusal;
  std::unique_ptr<sdbus::IObject> object;
};

}  // namespace

struct FakeBluez::Impl {
  explicit Impl(const std::string& address) : connection(sdbus::createSessionBusConnectionWithAddress(address)) {
    root = sdbus::createObject(*connection, "/");
    root->addObjectManager();
    root->finishRegistration();
    connection->requestName("org.bluez");
    connection->enterEventLoopAsync();
  }

  void signal_added(const std::string& path, const Interfaces& interfaces) const {
    auto signal = root->createSignal(kObjectManager, "InterfacesAdded");
    signal << sdbus::ObjectPath(path) << interfaces;
    root->emitSignal(signal);
  }
  void signal_removed(const std::string& path, const std::vector<std::string>& interfaces) const {
    auto signal = root->createSignal(kObjectManager, "InterfacesRemoved");
    signal << sdbus::ObjectPath(path) << interfaces;
    root->emitSignal(signal);
  }
  void signal_changed(const std::string& path, const std::string& interface, const Properties& changed) const {
    const auto object = sdbus::createObject(*connection, path);
    auto signal = object->createSignal(kProperties, "PropertiesChanged");
    signal << interface << changed << std::vector<std::string>{};
    object->emitSignal(signal);
  }

  [[nodiscard]] AdapterState& adapter(const std::string& hci) const;
  [[nodiscard]] bool ignores_monitor();
  [[nodiscard]] bool listens_to(const FakeAdvert& advert) const;
  void export_adapter(AdapterState& a);
  void export_manager(AdapterState& a);
  void on_set_filter(AdapterState& a, const Properties& filter);
  void on_start(AdapterState& a);
  void on_stop(AdapterState& a);
  void on_power(AdapterState& a, bool powered);
  void on_register_monitor(AdapterState& a, sdbus::MethodCall call);
  void activate_monitors(AdapterState& a, const std::string& client, const Objects& objects);

  // Guards the state below. Never held by the test's thread while it sends: the library holds a lock of its own while
  // it runs the handlers, which take this one.
  mutable std::mutex mutex;
  std::string refusal;
  int refusals = 0;
  int ignored_monitors = 0;
  std::unique_ptr<sdbus::IConnection> connection;  // before the objects on it
  std::map<std::string, std::unique_ptr<AdapterState>> adapters;
  std::set<std::string> devices;                        // of the test's thread alone
  std::vector<std::unique_ptr<sdbus::IProxy>> clients;  // not destroyed inside the handler of their own reply
  std::unique_ptr<sdbus::IObject> root;
};

bool FakeBluez::Impl::ignores_monitor() {
  const std::scoped_lock lock(mutex);
  return ignored_monitors > 0 && ignored_monitors-- > 0;
}

AdapterState& FakeBluez::Impl::adapter(const std::string& hci) const {
  const std::scoped_lock lock(mutex);
  return *adapters.at(hci);
}

bool FakeBluez::Impl::listens_to(const FakeAdvert& advert) const {
  const std::scoped_lock lock(mutex);
  const auto found = adapters.find(advert.hci);
  if (found == adapters.end()) return false;
  const auto& a = *found->second;
  if (a.deaf_until || a.filter_lost || a.session_lost || !a.seen.powered) return false;
  if (!a.seen.discovering) return a.seen.monitors_activated > 0;
  return a.filter_uuids.empty() || (advert.lists_uuid && a.filter_uuids.contains(advert.uuid));
}

void FakeBluez::Impl::export_adapter(AdapterState& a) {
  a.object = sdbus::createObject(*connection, path_of(a.facts.hci));
  auto& o = *a.object;
  o.registerMethod("SetDiscoveryFilter").onInterface(kAdapter).implementedAs([this, &a](const Properties& filter) {
    on_set_filter(a, filter);
  });
  o.registerMethod("StartDiscovery").onInterface(kAdapter).implementedAs([this, &a] { on_start(a); });
  o.registerMethod("StopDiscovery").onInterface(kAdapter).implementedAs([this, &a] { on_stop(a); });
  o.registerProperty("Address").onInterface(kAdapter).withGetter([&a] { return a.facts.address; });
  o.registerProperty("Powered")
      .onInterface(kAdapter)
      .withGetter([this, &a] {
        const std::scoped_lock lock(mutex);
        return a.seen.powered;
      })
      .withSetter([this, &a](const bool& powered) { on_power(a, powered); });
  o.registerProperty("Discovering").onInterface(kAdapter).withGetter([this, &a] {
    const std::scoped_lock lock(mutex);
    return a.seen.discovering;
  });
  if (a.facts.monitor_manager) export_manager(a);
  o.finishRegistration();
}

void FakeBluez::Impl::export_manager(AdapterState& a) {
  a.object->registerMethod(kManager, "RegisterMonitor", "o", "",
                           [this, &a](sdbus::MethodCall call) { on_register_monitor(a, std::move(call)); });
  a.object->registerMethod(kManager, "UnregisterMonitor", "o", "", [this, &a](const sdbus::MethodCall& call) {
    const std::scoped_lock lock(mutex);
    a.monitor_owner.clear();
    ++a.seen.monitors_dropped;
    call.createReply().send();
  });
}

void FakeBluez::Impl::on_set_filter(AdapterState& a, const Properties& filter) {
  const std::scoped_lock lock(mutex);
  if (!a.seen.powered) throw sdbus::Error("org.bluez.Error.NotReady", "");
  ++a.seen.filters;
  a.filter_lost = false;
  a.filter_uuids.clear();
  if (const auto uuids = filter.find("UUIDs"); uuids != filter.end()) {
    const auto list = uuids->second.get<std::vector<std::string>>();
    a.filter_uuids.insert(list.begin(), list.end());
  }
}

void FakeBluez::Impl::on_start(AdapterState& a) {
  const std::scoped_lock lock(mutex);
  ++a.seen.starts;
  if (!a.seen.powered) throw sdbus::Error("org.bluez.Error.NotReady", "");
  if (std::exchange(a.session_lost, false)) return;
  if (a.seen.discovering) throw sdbus::Error("org.bluez.Error.InProgress", "");
  if (refusals > 0) {
    --refusals;
    throw sdbus::Error(refusal, "an error text with /org/bluez/hci0/dev_AA_BB_CC_DD_EE_01 in it");
  }
  a.seen.discovering = true;
  signal_changed(path_of(a.facts.hci), kAdapter, {{"Discovering", sdbus::Variant(true)}});
}

void FakeBluez::Impl::on_stop(AdapterState& a) {
  const std::scoped_lock lock(mutex);
  ++a.seen.stops;
  if (!a.seen.discovering) throw sdbus::Error("org.bluez.Error.Failed", "No discovery started");
  a.seen.discovering = a.session_lost = false;
  if (a.deaf_until == Cure::restarted_scan) a.deaf_until.reset();
  signal_changed(path_of(a.facts.hci), kAdapter, {{"Discovering", sdbus::Variant(false)}});
}

void FakeBluez::Impl::on_power(AdapterState& a, bool powered) {
  {
    const std::scoped_lock lock(mutex);
    if (powered && !a.power_refusal.empty()) throw sdbus::Error(a.power_refusal, "");
    if (!powered && a.deaf_until == Cure::power_cycle) a.deaf_until.reset();
    a.seen.switched_off += powered ? 0 : 1;
    a.seen.powered = powered;
    a.seen.discovering = a.session_lost = false;
  }
  signal_changed(path_of(a.facts.hci), kAdapter,
                 {{"Powered", sdbus::Variant(powered)}, {"Discovering", sdbus::Variant(false)}});
}

/// As bluetoothd, it looks at the caller's objects and activates the monitor before it answers. Without waiting: the
/// library keeps its lock while it waits, and the test's thread, which owns those objects, may want to send meanwhile.
void FakeBluez::Impl::on_register_monitor(AdapterState& a, sdbus::MethodCall call) {
  sdbus::ObjectPath app;
  call >> app;
  if (const std::scoped_lock lock(mutex); !a.monitor_owner.empty())
    return call.createErrorReply(sdbus::Error("org.bluez.Error.AlreadyExists")).send();
  auto client = sdbus::createProxy(*connection, call.getSender(), app);
  auto& proxy = *client;
  {
    const std::scoped_lock lock(mutex);
    clients.push_back(std::move(client));
  }
  proxy.callMethodAsync("GetManagedObjects")
      .onInterface(kObjectManager)
      .uponReplyInvoke([this, &a, request = std::make_shared<sdbus::MethodCall>(std::move(call))](
                           const sdbus::Error* error, const Objects& objects) {
        if (error != nullptr) return request->createErrorReply(*error).send();
        activate_monitors(a, request->getSender(), objects);
        request->createReply().send();
      });
}

void FakeBluez::Impl::activate_monitors(AdapterState& a, const std::string& client, const Objects& objects) {
  int activated = 0;
  std::string monitor_path;
  for (const auto& [path, interfaces] : objects) {
    if (!interfaces.contains(kMonitor)) continue;
    monitor_path = path;
    if (ignores_monitor()) continue;
    sdbus::createProxy(*connection, client, path)->callMethod("Activate").onInterface(kMonitor).dontExpectReply();
    ++activated;
  }
  const std::scoped_lock lock(mutex);
  a.seen.monitor_problem = problem_of(objects);
  a.seen.monitors_activated += activated;
  a.monitor_owner = client;
  a.monitor_path = monitor_path;
}

FakeBluez::FakeBluez(const std::string& bus_address) : impl_(std::make_unique<Impl>(bus_address)) {}

FakeBluez::~FakeBluez() { impl_->connection->leaveEventLoop(); }

void FakeBluez::plug(const Adapter& adapter) {
  auto state = std::make_unique<AdapterState>();
  state->facts = adapter;
  state->seen.powered = adapter.powered;
  auto& object = (impl_->export_adapter(*state), *state->object);
  {
    const std::scoped_lock lock(impl_->mutex);
    impl_->adapters[adapter.hci] = std::move(state);
  }
  object.emitInterfacesAddedSignal();
}

void FakeBluez::unplug(const std::string& hci) {
  impl_->signal_removed(path_of(hci), {kAdapter, kManager});
  std::unique_ptr<AdapterState> gone;  // destroyed after the lock is given back
  const std::scoped_lock lock(impl_->mutex);
  gone = std::exchange(impl_->adapters.at(hci), nullptr);
  impl_->adapters.erase(hci);
}

void FakeBluez::switch_off(const std::string& hci) { impl_->on_power(impl_->adapter(hci), false); }

void FakeBluez::release_monitor(const std::string& hci) {
  const auto& a = impl_->adapter(hci);
  sdbus::createProxy(*impl_->connection, a.monitor_owner, a.monitor_path)
      ->callMethod("Release")
      .onInterface(kMonitor)
      .dontExpectReply();
}

bool FakeBluez::hear(const FakeAdvert& advert) {
  const auto path = path_of(advert);
  if (!impl_->listens_to(advert)) return false;
  if (impl_->devices.insert(path).second) {
    impl_->signal_added(path, {{kDevice, device_properties(advert)}});
  } else {
    impl_->signal_changed(path, kDevice, device_properties(advert));
  }
  return true;
}

void FakeBluez::hear_rssi_only(const FakeAdvert& advert) {
  impl_->signal_changed(path_of(advert), kDevice, {{"RSSI", sdbus::Variant(advert.rssi)}});
}

void FakeBluez::forget_device(const FakeAdvert& advert) {
  impl_->devices.erase(path_of(advert));
  impl_->signal_removed(path_of(advert), {kDevice});
}

void FakeBluez::send_wrong_types(const std::string& hci) {
  const auto path = path_of(hci) + "/dev_AA_BB_CC_DD_EE_66";
  const Properties inner{{"0000feaa-0000-1000-8000-00805f9b34fb", sdbus::Variant(std::string("30"))}};
  const Properties wrong_array{{"ServiceData", sdbus::Variant(std::vector<Properties>{inner})}};
  const Properties wrong_bytes{{"ServiceData", sdbus::Variant(inner)}, {"RSSI", sdbus::Variant(std::int16_t{-50})}};
  const Properties wrong_rssi{{"RSSI", sdbus::Variant(std::string("-50"))}};
  for (const auto& wrong : {wrong_array, wrong_bytes, wrong_rssi}) {
    impl_->signal_changed(path, kDevice, wrong);
    impl_->signal_added(path, {{kDevice, wrong}});
  }
  const auto object = sdbus::createObject(*impl_->connection, path);
  auto odd = object->createSignal(kProperties, "PropertiesChanged");
  odd << kDevice << std::int32_t{7};
  object->emitSignal(odd);
}

void FakeBluez::go_deaf(const std::string& hci, Cure cure) {
  auto& a = impl_->adapter(hci);
  const std::scoped_lock lock(impl_->mutex);
  a.deaf_until = cure;
}

void FakeBluez::hang() { impl_->connection->leaveEventLoop(); }
void FakeBluez::answer_again() { impl_->connection->enterEventLoopAsync(); }

void FakeBluez::ignore_monitors(int times) {
  const std::scoped_lock lock(impl_->mutex);
  impl_->ignored_monitors = times;
}

void FakeBluez::lose_filter(const std::string& hci) {
  auto& a = impl_->adapter(hci);
  const std::scoped_lock lock(impl_->mutex);
  a.filter_lost = true;
}

void FakeBluez::lose_session(const std::string& hci) {
  auto& a = impl_->adapter(hci);
  const std::scoped_lock lock(impl_->mutex);
  a.session_lost = true;
}

void FakeBluez::stop_silently(const std::string& hci) {
  auto& a = impl_->adapter(hci);
  const std::scoped_lock lock(impl_->mutex);
  a.seen.discovering = false;
}

void FakeBluez::refuse_power(const std::string& hci, const std::string& error) {
  auto& a = impl_->adapter(hci);
  const std::scoped_lock lock(impl_->mutex);
  a.power_refusal = error;
}

void FakeBluez::refuse_discovery(const std::string& error, int times) {
  const std::scoped_lock lock(impl_->mutex);
  impl_->refusal = error;
  impl_->refusals = times;
}

FakeBluez::Seen FakeBluez::seen(const std::string& hci) const {
  const std::scoped_lock lock(impl_->mutex);
  const auto found = impl_->adapters.find(hci);
  return found == impl_->adapters.end() ? Seen{} : found->second->seen;
}

}  // namespace tg::support
