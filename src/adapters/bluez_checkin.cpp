#include "adapters/bluez_checkin.hpp"

#include <sdbus-c++/sdbus-c++.h>
#include <sys/random.h>

#include <cstdlib>
#include <map>
#include <utility>
#include <vector>

#include "adapters/bluez_challenge.hpp"
#include "adapters/bluez_rate_limit.hpp"
#include "codec/checkin_token.hpp"

namespace tg {
namespace {

using Options = std::map<std::string, sdbus::Variant>;
using Octets = std::vector<std::uint8_t>;
using Reply = sdbus::Result<>;

const std::string kServiceInterface = "org.bluez.GattService1";
const std::string kCharacteristicInterface = "org.bluez.GattCharacteristic1";

// A phone needs one write for a visit, and a connection takes longer than 100 ms: an adapter cannot have more guests.
constexpr std::int64_t kWritesAtOnce = 20, kWritesASecond = 10;
constexpr std::size_t kMostWaiting = 32;
/// The commit takes milliseconds; a disk that hangs for longer must not hold the phone (ATT gives up after 30 s).
constexpr Seconds kPatience{10};
/// A controller has a handful of connections: who read the challenge has so long to prove something, tries included.
constexpr Seconds kStay{15};
constexpr std::size_t kMostGuests = 64;

// Names that bluetoothd turns into ATT errors (5.66, src/gatt-database.c).
constexpr const char* kFailed = "org.bluez.Error.Failed";
constexpr const char* kNotPermitted = "org.bluez.Error.NotPermitted";
constexpr const char* kNotSupported = "org.bluez.Error.NotSupported";
constexpr const char* kInvalidOffset = "org.bluez.Error.InvalidOffset";
constexpr const char* kInvalidLength = "org.bluez.Error.InvalidValueLength";

Challenge draw_challenge() {
  Challenge challenge{};
  if (getrandom(challenge.data(), challenge.size(), 0) != static_cast<ssize_t>(challenge.size())) std::abort();
  return challenge;
}

template <class T>
T option(const Options& options, const char* name) {
  const auto found = options.find(name);
  if (found == options.end() || !found->second.containsValueOfType<T>()) return {};
  return found->second.get<T>();
}

}  // namespace

struct BluezCheckin::Impl {
  struct Phone {
    Reply reply;
    std::string device_path;  // an address
    MonoTime since;
  };

  void export_root(BluezBus& bus, const std::string& path);
  void export_service(BluezBus& bus, const std::string& path);
  void export_characteristic(BluezBus& bus, const std::string& name, std::string_view uuid, const char* flag,
                             const std::function<void(sdbus::IObject&)>& add_method);
  [[nodiscard]] Octets read_challenge(const Options& options);
  void write_token(Reply reply, const Octets& value, const Options& options);
  void welcome(const Options& options, MonoTime now);
  void show_out(MonoTime now);
  void disconnect(const std::string& device_path);

  EventLoop& loop;
  BluezBus& bus;
  const std::string service_path;
  const std::uint16_t receiver;
  std::uint64_t& requests;
  const CheckinSink sink;
  BluezChallenge challenge{&draw_challenge};
  BluezRateLimit limit{kWritesAtOnce, kWritesASecond};
  std::vector<std::unique_ptr<sdbus::IObject>> objects{};
  std::map<std::uint64_t, Phone> waiting{};
  std::map<std::string, MonoTime> guests{};  // the end of each one's stay, by device path
};

namespace {

void refuse(const Reply& reply, const char* error) { reply.returnError(sdbus::Error(error, "")); }

/// A verdict as the phone hears it.
void give(const Reply& reply, CheckinVerdict verdict) {
  switch (verdict) {
    case CheckinVerdict::accepted:
      return reply.returnResults();
    case CheckinVerdict::refused:
      return refuse(reply, kNotPermitted);
    case CheckinVerdict::later:
      return refuse(reply, kFailed);
  }
}

}  // namespace

void BluezCheckin::Impl::export_root(BluezBus& on, const std::string& path) {
  auto& root = objects.emplace_back(sdbus::createObject(on.connection(), path));
  root->addObjectManager();
  root->finishRegistration();
}

void BluezCheckin::Impl::export_service(BluezBus& on, const std::string& path) {
  auto& service = objects.emplace_back(sdbus::createObject(on.connection(), path));
  service->registerProperty("UUID").onInterface(kServiceInterface).withGetter([] {
    return std::string(kCheckinService);
  });
  service->registerProperty("Primary").onInterface(kServiceInterface).withGetter([] { return true; });
  service->finishRegistration();
}

void BluezCheckin::Impl::export_characteristic(BluezBus& on, const std::string& name, std::string_view uuid,
                                               const char* flag,
                                               const std::function<void(sdbus::IObject&)>& add_method) {
  auto& object = *objects.emplace_back(sdbus::createObject(on.connection(), service_path + '/' + name));
  add_method(object);
  object.registerProperty("UUID").onInterface(kCharacteristicInterface).withGetter([uuid] {
    return std::string(uuid);
  });
  object.registerProperty("Service").onInterface(kCharacteristicInterface).withGetter([this] {
    return sdbus::ObjectPath(service_path);
  });
  object.registerProperty("Flags").onInterface(kCharacteristicInterface).withGetter([flag] {
    return std::vector<std::string>{flag};
  });
  object.finishRegistration();
}

Octets BluezCheckin::Impl::read_challenge(const Options& options) {
  const MonoTime now = loop.now().mono;
  welcome(options, now);
  const Challenge valid = challenge.current(now);
  const std::size_t offset = option<std::uint16_t>(options, "offset");
  if (offset > valid.size()) throw sdbus::Error(kInvalidOffset, "");
  return {valid.begin() + static_cast<std::ptrdiff_t>(offset), valid.end()};
}

/// Once: who reads again and again stays no longer.
void BluezCheckin::Impl::welcome(const Options& options, MonoTime now) {
  const std::string phone = option<sdbus::ObjectPath>(options, "device");
  if (!phone.empty() && guests.size() < kMostGuests) guests.try_emplace(phone, now + kStay);
}

void BluezCheckin::Impl::show_out(MonoTime now) {
  for (auto guest = guests.begin(); guest != guests.end();) {
    if (guest->second > now) {
      ++guest;
      continue;
    }
    disconnect(guest->first);
    guest = guests.erase(guest);
  }
}

/// The answer comes from answer(), perhaps before the sink returns.
void BluezCheckin::Impl::write_token(Reply reply, const Octets& value, const Options& options) {
  const MonoTime now = loop.now().mono;
  welcome(options, now);
  if (!limit.take(now) || waiting.size() >= kMostWaiting) return refuse(reply, kFailed);
  if (option<std::uint16_t>(options, "offset") != 0) return refuse(reply, kInvalidOffset);
  const auto token = decode_checkin_token(value);
  if (!token) return refuse(reply, token.error() == TokenProblem::length ? kInvalidLength : kNotSupported);
  const std::uint64_t request = ++requests;
  waiting.emplace(request, Phone{std::move(reply), option<sdbus::ObjectPath>(options, "device"), now});
  sink(event::CheckinOffered{request, receiver, *token, challenge.valid(now)});
}

/// Not BluezBus::call(), which keeps a proxy, and with it the path, for each object. bluetoothd waits two seconds
/// before it ends the connection, so the answer reaches the phone.
void BluezCheckin::Impl::disconnect(const std::string& device_path) {
  if (device_path.empty()) return;
  sdbus::createProxy(bus.connection(), "org.bluez", device_path)
      ->callMethod("Disconnect")
      .onInterface("org.bluez.Device1")
      .dontExpectReply();
}

BluezCheckin::BluezCheckin(EventLoop& loop, BluezBus& bus, const std::string& root, std::uint16_t receiver,
                           std::uint64_t& requests, CheckinSink sink)
    : impl_(new Impl{loop, bus, root + "/service", receiver, requests, std::move(sink)}) {
  auto& impl = *impl_;
  const auto readable = [&impl](sdbus::IObject& object) {
    object.registerMethod("ReadValue")
        .onInterface(kCharacteristicInterface)
        .implementedAs([&impl](const Options& options) { return impl.read_challenge(options); });
  };
  const auto writable = [&impl](sdbus::IObject& object) {
    object.registerMethod("WriteValue")
        .onInterface(kCharacteristicInterface)
        .implementedAs([&impl](Reply&& reply, const Octets& value, const Options& options) {
          impl.write_token(std::move(reply), value, options);
        });
  };
  try {
    impl.export_root(bus, root);
    impl.export_service(bus, impl.service_path);
    impl.export_characteristic(bus, "challenge", kChallengeCharacteristic, "read", readable);
    impl.export_characteristic(bus, "token", kTokenCharacteristic, "write", writable);
  } catch (const sdbus::Error&) {
    impl.objects.clear();  // bluetoothd will refuse what it cannot find, and status says so
  }
}

BluezCheckin::~BluezCheckin() = default;

bool BluezCheckin::answer(std::uint64_t request, CheckinVerdict verdict) {
  auto phone = impl_->waiting.extract(request);
  if (phone.empty()) return false;
  try {
    give(phone.mapped().reply, verdict);
    if (verdict == CheckinVerdict::accepted) {
      impl_->guests.erase(phone.mapped().device_path);
      impl_->disconnect(phone.mapped().device_path);
    }
  } catch (const sdbus::Error&) {
    return true;  // the bus is gone, and the phone with it: the next tick sees the former
  }
  return true;
}

void BluezCheckin::tick(MonoTime now) {
  std::vector<std::uint64_t> late;
  for (const auto& [request, phone] : impl_->waiting) {
    if (now - phone.since > kPatience) late.push_back(request);
  }
  for (const std::uint64_t request : late) answer(request, CheckinVerdict::later);
  try {
    impl_->show_out(now);
  } catch (const sdbus::Error&) {
    impl_->guests.clear();  // the bus is gone, and with it the connections
  }
}

}  // namespace tg
