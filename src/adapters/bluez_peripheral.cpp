#include "adapters/bluez_peripheral.hpp"

#include <sdbus-c++/sdbus-c++.h>

#include <algorithm>
#include <deque>
#include <utility>

#include "adapters/bluez_backoff.hpp"
#include "adapters/bluez_beacon.hpp"
#include "adapters/bluez_bus.hpp"
#include "adapters/bluez_checkin.hpp"
#include "adapters/bluez_registration.hpp"
#include "base/log.hpp"
#include "codec/ibeacon.hpp"

namespace tg {
namespace {

const std::string kRoot = "/touchpoint/";
/// How often bluetoothd is asked whether it still advertises: it does not always say when it stopped.
constexpr Seconds kLookEvery{10};

/// What one receiver's adapter says and offers. The registrations outlive the bus connection, the objects do not.
class Station {
 public:
  Station(EventLoop& loop, BluezBus& bus, const BluezPeripheralConfig& config, RadioReceiver receiver,
          std::uint64_t& requests, const CheckinSink& sink);

  void export_objects();
  void drop_objects();
  void use(const std::string& adapter_path);
  void release();
  void tick(MonoTime now);
  bool answer(std::uint64_t request, CheckinVerdict verdict) { return checkin_ && checkin_->answer(request, verdict); }
  [[nodiscard]] PeripheralStatus status() const;
  [[nodiscard]] bool sends_beacon() const { return beacon_on_.holds(); }
  [[nodiscard]] std::uint16_t index() const { return receiver_.index; }

 private:
  [[nodiscard]] std::string path(const char* what) const { return kRoot + what + std::to_string(receiver_.index); }
  [[nodiscard]] std::vector<BluezRegistration*> registrations();
  [[nodiscard]] std::size_t adverts_held() const;
  void look(MonoTime now);
  void on_active_instances(sdbus::Message& body, std::string_view error);

  EventLoop& loop_;
  BluezBus& bus_;
  const BluezPeripheralConfig& config_;
  const RadioReceiver receiver_;
  std::uint64_t& requests_;
  const CheckinSink& sink_;
  std::string adapter_path_;
  BluezRegistration beacon_on_, invitation_on_, checkin_on_;
  std::unique_ptr<BluezBeacon> beacon_, invitation_;
  std::unique_ptr<BluezCheckin> checkin_;
  MonoTime looked_at_{};
};

Station::Station(EventLoop& loop, BluezBus& bus, const BluezPeripheralConfig& config, RadioReceiver receiver,
                 std::uint64_t& requests, const CheckinSink& sink)
    : loop_(loop),
      bus_(bus),
      config_(config),
      receiver_(std::move(receiver)),
      requests_(requests),
      sink_(sink),
      beacon_on_(bus, advertising_manager(), path("beacon"), receiver_.id + ": the beacon"),
      invitation_on_(bus, advertising_manager(), path("invitation"), receiver_.id + ": the check-in's advert"),
      checkin_on_(bus, gatt_manager(), path("checkin"), receiver_.id + ": the check-in") {}

void Station::export_objects() {
  const auto lost = [](BluezRegistration& on) { return [&on] { on.lost("bluetoothd dropped it"); }; };
  if (!config_.ibeacon.empty()) {
    beacon_ = std::make_unique<BluezBeacon>(bus_, path("beacon"), BeaconContent{kAppleCompany, config_.ibeacon, {}},
                                            lost(beacon_on_));
  }
  if (config_.checkin) {
    invitation_ = std::make_unique<BluezBeacon>(
        bus_, path("invitation"), BeaconContent{0, {}, {std::string(kCheckinService)}}, lost(invitation_on_));
    checkin_ = std::make_unique<BluezCheckin>(loop_, bus_, path("checkin"), receiver_.index, requests_, sink_);
  }
  if (!adapter_path_.empty()) use(adapter_path_);
}

void Station::drop_objects() {
  for (auto* on : registrations()) on->release();
  beacon_.reset();
  invitation_.reset();
  checkin_.reset();
}

std::vector<BluezRegistration*> Station::registrations() {
  std::vector<BluezRegistration*> out;
  if (beacon_) out.push_back(&beacon_on_);
  if (invitation_) out.push_back(&invitation_on_);
  if (checkin_) out.push_back(&checkin_on_);
  return out;
}

void Station::use(const std::string& adapter_path) {
  adapter_path_ = adapter_path;
  for (auto* on : registrations()) adapter_path.empty() ? on->release() : on->use(adapter_path);
}

void Station::tick(MonoTime now) {
  if (checkin_) checkin_->tick(now);
  if (adapter_path_.empty()) return;
  for (auto* on : registrations()) on->tick(now);
  if (now - looked_at_ >= kLookEvery) look(now);
}

std::size_t Station::adverts_held() const {
  return std::size_t{beacon_on_.holds()} + std::size_t{invitation_on_.holds()};
}

void Station::look(MonoTime now) {
  looked_at_ = now;
  if (adverts_held() == 0) return;
  bus_.call(
      adapter_path_, "org.freedesktop.DBus.Properties", "Get",
      [](sdbus::Message& arguments) { arguments << advertising_manager().interface << "ActiveInstances"; },
      [this](sdbus::Message& body, std::string_view error) { on_active_instances(body, error); });
}

/// Fewer than we registered: nobody says which, so all of ours are registered anew.
void Station::on_active_instances(sdbus::Message& body, std::string_view error) {
  if (!error.empty()) return;  // whatever it is, the radio meets it too and releases the adapter
  sdbus::Variant active;
  body >> active;
  if (active.get<std::uint8_t>() >= adverts_held()) return;
  for (auto* on : {&beacon_on_, &invitation_on_}) on->lost("the adapter does not advertise any more");
}

PeripheralStatus Station::status() const {
  PeripheralStatus out{receiver_.id, beacon_on_.holds(), checkin_on_.holds() && invitation_on_.holds(), {}};
  const std::pair<bool, const BluezRegistration*> wanted[] = {
      {!config_.ibeacon.empty(), &beacon_on_}, {config_.checkin, &invitation_on_}, {config_.checkin, &checkin_on_}};
  for (const auto& [configured, on] : wanted) {
    if (configured && !on->holds() && out.cause.empty()) out.cause = on->cause();
  }
  return out;
}

}  // namespace

struct BluezPeripheral::Impl {
  Impl(EventLoop& loop, BluezPeripheralConfig c, CheckinSink s)
      : config(std::move(c)), sink(std::move(s)), bus(loop, config.bus) {
    for (const auto& r : config.receivers) stations.emplace_back(loop, bus, config, r, requests, sink);
  }
  ~Impl() { drop(); }  // exported objects go before the connection

  void connect() {
    if (!bus.connect()) return backoff.failed();  // the radio uses the same bus, and status has its cause
    backoff.succeeded();
    for (auto& station : stations) station.export_objects();
  }
  void drop() {
    for (auto& station : stations) station.drop_objects();
    bus.disconnect();
  }

  const BluezPeripheralConfig config;
  const CheckinSink sink;
  std::uint64_t requests = 0;
  BluezBus bus;
  std::deque<Station> stations;
  BluezBackoff backoff;
};

BluezPeripheral::BluezPeripheral(EventLoop& loop, BluezPeripheralConfig config, CheckinSink sink)
    : impl_(std::make_unique<Impl>(loop, std::move(config), std::move(sink))) {}
BluezPeripheral::~BluezPeripheral() = default;

void BluezPeripheral::start() { impl_->connect(); }

void BluezPeripheral::tick(MonoTime now) {
  if (!impl_->bus.connected()) {
    if (impl_->backoff.failures() == 0) {
      impl_->drop();
      impl_->backoff.failed();
    }
    if (impl_->backoff.due(now)) impl_->connect();
    return;
  }
  for (auto& station : impl_->stations) station.tick(now);
}

void BluezPeripheral::use(std::uint16_t receiver, const std::string& adapter_path) {
  const auto station = std::ranges::find(impl_->stations, receiver, &Station::index);
  if (station != impl_->stations.end()) station->use(adapter_path);
}

bool BluezPeripheral::sends_beacon(std::uint16_t receiver) const {
  const auto station = std::ranges::find(impl_->stations, receiver, &Station::index);
  return station != impl_->stations.end() && station->sends_beacon();
}

void BluezPeripheral::answer(std::uint64_t request, CheckinVerdict verdict) {
  for (auto& station : impl_->stations) {
    if (station.answer(request, verdict)) return;
  }
}

std::vector<PeripheralStatus> BluezPeripheral::status() const {
  std::vector<PeripheralStatus> out;
  for (const auto& station : impl_->stations) out.push_back(station.status());
  return out;
}

}  // namespace tg
