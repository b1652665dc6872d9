#include "adapters/mqtt_lane.hpp"

#include <netdb.h>
#include <sys/socket.h>

#include <atomic>
#include <chrono>
#include <deque>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <variant>

#include "adapters/lane.hpp"
#include "adapters/mqtt_client.hpp"
#include "adapters/tls_finding.hpp"
#include "base/bounded_queue.hpp"
#include "base/log.hpp"

namespace tg {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr std::size_t kWorkLimit = 70000;    // credits are at most 65,535; the rest is room for commands and answers
constexpr std::size_t kPacketOverhead = 64;  // header, packet id, lengths and the properties of a fixed size
constexpr std::size_t kUserPropertyOverhead = 5;
constexpr std::uint8_t kPacketTooLarge = 0x95;
constexpr std::size_t kWorkAtOnce = 256;
constexpr auto kBeat = 1s;
constexpr auto kAliveFor = 10s;
constexpr auto kLookUpAliveFor = 60s;   // glibc gives up on dead resolvers after 10 to 40 s
constexpr auto kConnectDeadline = 30s;  // CONNACK and SUBACK together
constexpr auto kDisconnectDeadline = 5s;
constexpr auto kProbeAfter = 10s;  // half of the keep-alive that the broker is told
constexpr auto kSilence = 29s;     // 1.5 times that, less the lane's beat

struct Drop {};
using Work = std::variant<Drop, Publication, MqttEvent>;

enum class Phase { connecting, subscribing, up, ending, down };

/// Bytes on the wire, rounded up.
std::size_t packet_size(const Publication& p) {
  std::size_t size = kPacketOverhead + p.topic.size() + p.payload.size() + p.content_type.size();
  for (const auto& [name, value] : p.user_properties) size += kUserPropertyOverhead + name.size() + value.size();
  return size;
}

/// Host and port of `scheme://host:port`, brackets of an IPv6 address removed.
std::pair<std::string, std::string> host_and_port(const std::string& url) {
  const auto start = url.find("://");
  std::string rest = start == std::string::npos ? url : url.substr(start + 3);
  const auto colon = rest.rfind(':');
  const bool has_port = colon != std::string::npos && rest.find(']', colon) == std::string::npos;
  std::string port = has_port ? rest.substr(colon + 1) : (url.starts_with("mqtts:") ? "8883" : "1883");
  if (has_port) rest.resize(colon);
  if (rest.starts_with('[') && rest.ends_with(']')) rest = rest.substr(1, rest.size() - 2);
  return {rest, port};
}

/// Paho looks names up under a mutex that all its clients share: a name that does not resolve never gets that far.
bool resolves(const std::string& url) {
  const auto [host, port] = host_and_port(url);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const bool ok = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &found) == 0;
  if (ok) ::freeaddrinfo(found);
  return ok;
}

}  // namespace

struct MqttLane::Impl {
  Impl(LinkSettings how, LinkSink to)
      : settings(std::move(how)),
        post(std::move(to)),
        work(kWorkLimit, WhenFull::refuse),
        client(settings, MqttHandlers{[this](MqttEvent event) { heard(std::move(event)); },
                                      [this](LinkMessage message) {
                                        hear();
                                        post(LinkReport{std::move(message)});
                                      }}),
        thread([this] { run(); }) {}

  ~Impl() {
    work.close();
    thread.join();
  }

  void run() {
    name_this_thread("mqtt");
    connect();
    while (true) {
      const bool closing = work.closed();
      const auto items = work.wait_some(kWorkAtOnce, kBeat);
      for (const auto& item : items) {
        std::visit([this](const auto& what) { handle(what); }, item);
        stay_alive(kAliveFor);
      }
      if (closing && items.empty()) return;  // what was posted before the end is still sent
      if (Clock::now() >= deadline) overdue();
      if (phase == Phase::up) listen();
      stay_alive(kAliveFor);
    }
  }

  void stay_alive(Clock::duration period) { alive_until = (Clock::now() + period).time_since_epoch().count(); }

  void enter(Phase next, Clock::time_point until = Clock::time_point::max()) {
    phase = next;
    deadline = until;
  }
  void go_down(LinkIsDown why) {
    if (phase == Phase::down) return;
    if (phase == Phase::ending) why = std::exchange(ending_because, {});
    enter(Phase::down);
    post(LinkReport{std::move(why)});
  }
  /// Reported when the client has let go: the broker has heard it, or never will.
  void end(std::string reason) {
    ending_because = LinkIsDown{std::move(reason)};
    enter(Phase::ending, Clock::now() + kDisconnectDeadline);
    client.disconnect();
  }
  void overdue() {
    if (phase == Phase::ending) return go_down({});
    end("the broker does not answer");
  }

  void hear() { heard_at = Clock::now().time_since_epoch().count(); }
  /// A WAN that swallows packets ends no connection: who hears nothing asks, and then gives up.
  void listen() {
    const auto now = Clock::now();
    const auto silent = now - Clock::time_point(Clock::duration(heard_at));
    if (silent >= kSilence) return end("nothing was heard from the broker for 30 s");
    if (silent < kProbeAfter || now < next_probe) return;
    next_probe = now + kProbeAfter;
    client.probe();
  }

  void connect() {
    stay_alive(kLookUpAliveFor);
    enter(Phase::connecting, Clock::now() + kConnectDeadline);
    if (resolves(settings.url)) {
      client.connect();
    } else {
      go_down({"the broker's name cannot be resolved"});
    }
  }
  void handle(const Drop&) {
    if (phase != Phase::down && phase != Phase::ending) end("ended on purpose");
  }
  void handle(const Publication& publication) {
    if (phase != Phase::up || held.size() >= kWorkLimit) return;
    held.push_back(publication);
    holding = true;  // before in_flight is read: an acknowledgement that it does not show comes over the lane
    send_held();
  }
  void send_held() {
    while (phase == Phase::up && !held.empty() && in_flight < limits.receive_maximum) {
      send(held.front());
      held.pop_front();
    }
    holding = !held.empty();
  }
  void send(const Publication& publication) {
    if (packet_size(publication) <= limits.maximum_packet) {
      ++in_flight;
      client.publish(publication);
    } else if (publication.token != 0) {
      post(LinkReport{LinkDelivered{publication.token, kPacketTooLarge}});
    }
  }
  void handle(const MqttEvent& event) {
    std::visit([this](const auto& what) { happened(what); }, event);
  }

  void happened(const MqttConnected& granted) {
    if (phase != Phase::connecting) {
      client.disconnect();  // it came after its deadline
      return;
    }
    hear();
    limits = granted;
    enter(Phase::subscribing, deadline);
    client.subscribe();
  }
  void happened(const MqttSubscribed& subscribed) {
    if (phase != Phase::subscribing) return;
    if (subscribed.refused > 0)
      log(LogLevel::warning, "link", "the broker refused " + std::to_string(subscribed.refused) + " subscription(s)");
    enter(Phase::up);
    post(LinkReport{LinkIsUp{limits.receive_maximum}});
  }
  void happened(const MqttEnded& ended) {
    std::string reason = ended.reason;
    if (phase == Phase::connecting && ended.reason_code == 0 && settings.url.starts_with("mqtts:")) {
      const auto [host, port] = host_and_port(settings.url);
      stay_alive(kLookUpAliveFor);
      const auto finding = tls_finding({host, port, settings.ca_file, settings.cert_file, settings.key_file});
      if (!finding.empty()) reason += " (" + finding + ')';
    }
    go_down({std::move(reason), ended.reason_code, phase == Phase::up});
  }
  void happened(const MqttAlive&) { hear(); }
  void happened(const MqttPublished&) { send_held(); }

  /// In Paho's thread. Acknowledgements are many: they take no way over the lane unless it waits for one.
  void heard(MqttEvent event) {
    if (const auto* published = std::get_if<MqttPublished>(&event)) {
      --in_flight;
      if (published->reason_code) hear();
      if (published->token != 0 && published->reason_code)
        post(LinkReport{LinkDelivered{published->token, *published->reason_code}});
      if (!holding) return;
    }
    work.post(Work{std::move(event)});
  }

  const LinkSettings settings;
  const LinkSink post;
  BoundedQueue<Work> work;
  Phase phase = Phase::connecting;  // this and the next five: lane thread only
  Clock::time_point deadline = Clock::time_point::max();
  Clock::time_point next_probe{};
  LinkIsDown ending_because;
  MqttConnected limits;
  std::deque<Publication> held;            // above the receive maximum
  std::atomic<bool> holding{false};        ///< `held` is looked at, or not empty
  std::atomic<std::int64_t> in_flight{0};  ///< taken by Paho and not ended
  std::atomic<Clock::rep> heard_at{0};     ///< the broker's last word of any kind; messages come in Paho's thread
  std::atomic<Clock::rep> alive_until{(Clock::now() + kAliveFor).time_since_epoch().count()};
  MqttClient client;
  std::thread thread;
};

MqttLane::MqttLane(LinkSettings settings, LinkSink post)
    : impl_(std::make_unique<Impl>(std::move(settings), std::move(post))) {}
MqttLane::~MqttLane() = default;

void MqttLane::drop() { impl_->work.post(Drop{}); }
void MqttLane::publish(Publication publication) { impl_->work.post(std::move(publication)); }
bool MqttLane::alive() const { return Clock::now().time_since_epoch().count() < impl_->alive_until; }

}  // namespace tg
