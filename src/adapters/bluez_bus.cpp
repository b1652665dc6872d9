#include "adapters/bluez_bus.hpp"

#include <poll.h>
#include <sdbus-c++/sdbus-c++.h>
#include <sys/socket.h>
#include <unistd.h>

#include <bit>
#include <limits>
#include <map>
#include <string_view>
#include <utility>
#include <vector>

#include "adapters/unix_address.hpp"
#include "base/log.hpp"

namespace tg {
namespace {

// Messages handled in one callback, so that a busy radio cannot keep the rest of the daemon from its turn.
constexpr int kMessagesPerTurn = 256;

// After the last waiting message the bus is left alone for so long: a busy radio signals a thousand times a second, and
// to wake up for each costs more than all the rest. An advert or an answer that is 10 ms late is late for nobody.
constexpr Millis kRest{10};
// Not after so many, though: a socket holds about 200 signals.
constexpr int kBusy = 64;

/// False when nobody listens at a plain `unix:path=` address; true for every other kind, which is not looked into.
bool may_listen(const std::string& address) {
  constexpr std::string_view kUnixPath = "unix:path=";
  if (!address.starts_with(kUnixPath) || address.find_first_of(",;%") != std::string::npos) return true;
  const auto socket_address = unix_address(address.substr(kUnixPath.size()));
  const int probe = socket_address ? socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0) : -1;
  if (probe < 0) return false;
  const bool listens = connect(probe, as_sockaddr(&*socket_address), sizeof *socket_address) == 0;
  close(probe);
  return listens;
}

std::unique_ptr<sdbus::IConnection> open_bus(const std::string& address) {
  if (address == "system") return sdbus::createSystemBusConnection();
  if (address == "session") return sdbus::createSessionBusConnection();
  // sdbus-c++ 1.2 leaks the connection when it fails to open an address of ours, and we try again for days.
  if (!may_listen(address)) throw sdbus::Error("org.freedesktop.DBus.Error.NoServer");
  return sdbus::createSessionBusConnectionWithAddress(address);
}

/// Rounded up, so that the loop does not wake a moment too early again and again.
MonoTime from_us(std::uint64_t us) { return MonoTime{Millis{static_cast<std::int64_t>((us + 999) / 1000)}}; }

}  // namespace

struct BluezBus::Impl {
  Impl(EventLoop& l, std::string a) : loop(l), address(std::move(a)) {}

  // Everything the library calls back into passes here.
  template <class Handler>
  void guarded(Handler&& handler) noexcept {
    try {
      handler();
    } catch (const std::exception&) {
      note_malformed();
    }
  }

  void note_malformed() {
    if (!std::has_single_bit(++malformed)) return;  // logs 1, 2, 4, 8 …: a flood must not flood the log
    log(LogLevel::warning, "radio",
        "BlueZ sent values of unexpected types, ignored; messages: " + std::to_string(malformed));
  }

  void pump() {
    try {
      int handled = 0;
      while (handled < kMessagesPerTurn && connection->processPendingRequest()) ++handled;
      rest_until = handled > 0 && handled < kBusy ? loop.now().mono + kRest : MonoTime{};
    } catch (const sdbus::Error&) {
      lose();
    }
  }

  /// What sdbus-c++ has already read waits in a queue of its own: then it asks for no event and a timeout of 0, and
  /// a loop that only watched the descriptor would sleep beside unread messages.
  void before_sleep() {
    try {
      if (loop.now().mono < rest_until) {
        descriptor.watch(0);
        return timeout.arm_at(rest_until);
      }
      const auto wanted = connection->getEventLoopPollData();
      descriptor.watch(static_cast<PollEvents>(wanted.events));
      if (wanted.timeout_usec == std::numeric_limits<std::uint64_t>::max()) {
        timeout.disarm();
      } else {
        timeout.arm_at(from_us(wanted.timeout_usec));
      }
    } catch (const sdbus::Error&) {
      timeout.arm_at(MonoTime{});  // the pump finds out what is wrong
    }
  }

  void watch() {
    timeout = loop.add_timer([this] { pump(); });
    descriptor = loop.add_fd(connection->getEventLoopPollData().fd, POLLIN, [this](PollEvents) { pump(); });
    descriptor.before_sleep([this] { before_sleep(); });
  }

  void lose() {
    lost = true;
    descriptor.reset();
    timeout.reset();
  }

  sdbus::IProxy& proxy(const std::string& path) {
    auto& slot = proxies[path];
    if (!slot) slot = sdbus::createProxy(*connection, "org.bluez", path);
    return *slot;
  }

  EventLoop& loop;
  const std::string address;
  std::unique_ptr<sdbus::IConnection> connection;
  // One for "/" and one for each adapter, never one for a device. Kept until disconnect(): a proxy must not be
  // destroyed inside the handler of its own reply.
  std::map<std::string, std::unique_ptr<sdbus::IProxy>> proxies;
  std::vector<sdbus::Slot> matches;
  FdSource descriptor;
  TimerSource timeout;
  MonoTime rest_until{};
  bool lost = false;
  std::uint64_t malformed = 0;
};

BluezBus::BluezBus(EventLoop& loop, std::string address) : impl_(std::make_unique<Impl>(loop, std::move(address))) {}
BluezBus::~BluezBus() { disconnect(); }

Result<void> BluezBus::connect() {
  disconnect();
  try {
    impl_->connection = open_bus(impl_->address);
    impl_->watch();
    return {};
  } catch (const sdbus::Error&) {
    disconnect();
    return fail("the D-Bus message bus cannot be reached");
  }
}

void BluezBus::disconnect() {
  impl_->descriptor.reset();
  impl_->timeout.reset();
  impl_->matches.clear();
  impl_->proxies.clear();
  impl_->connection.reset();
  impl_->lost = false;
}

bool BluezBus::connected() const { return impl_->connection && !impl_->lost; }

Result<void> BluezBus::match(const std::string& rule, MessageHandler handler) {
  try {
    impl_->matches.push_back(
        impl_->connection->addMatch(rule, [impl = impl_.get(), handler = std::move(handler)](sdbus::Message& message) {
          impl->guarded([&] { handler(message); });
        }));
    return {};
  } catch (const sdbus::Error&) {
    return fail("the D-Bus message bus refuses a match rule");
  }
}

void BluezBus::call(const std::string& path, const std::string& interface, const std::string& method,
                    const MessageHandler& arguments, ReplyHandler on_reply, Millis timeout) {
  if (!connected()) return;
  try {
    auto& proxy = impl_->proxy(path);
    auto message = proxy.createMethodCall(interface, method);
    if (arguments) arguments(message);
    proxy.callMethod(
        message,
        [impl = impl_.get(), on_reply = std::move(on_reply)](sdbus::MethodReply& reply, const sdbus::Error* error) {
          impl->guarded([&] { on_reply(reply, error ? std::string_view(error->getName()) : std::string_view{}); });
        },
        timeout);
  } catch (const sdbus::Error&) {
    impl_->lose();  // the only way for a local send to fail
  }
}

sdbus::IConnection& BluezBus::connection() { return *impl_->connection; }
void BluezBus::note_malformed() { impl_->note_malformed(); }
std::uint64_t BluezBus::malformed() const { return impl_->malformed; }

}  // namespace tg
