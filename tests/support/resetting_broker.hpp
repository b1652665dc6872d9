// A broker that ends each connection with a reset in the middle of what comes, as a mobile network does.
// Owner thread: the test; each connection has a thread of its own. Bounded by the number of connections it takes.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "support/mosquitto.hpp"

namespace tg::test {

/// MQTT 5, as little as a publisher needs: lets everybody in and acknowledges each publication.
class ResettingBroker {
 public:
  explicit ResettingBroker(unsigned seed) : random_(seed) {
    listener_ = loopback_socket(port, true);
    const int small = 4096;  // so that the publisher's writes are still under way when the reset comes
    ::setsockopt(listener_, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    ::listen(listener_, 16);
    acceptor_ = std::thread([this] { accept_all(); });
  }
  ~ResettingBroker() {
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    for (auto& thread : connections_) thread.join();
    ::close(listener_);
  }
  ResettingBroker(const ResettingBroker&) = delete;
  ResettingBroker& operator=(const ResettingBroker&) = delete;

  /// A payload is whole if it is as long as it should be and of one letter only.
  [[nodiscard]] static std::string payload(std::uint64_t number) {
    return std::string(kSize, static_cast<char>('a' + number % 26));
  }

  std::uint16_t port = 0;
  std::atomic<int> whole{0}, garbled{0}, resets{0};

 private:
  static constexpr std::size_t kSize = 1000;
  static constexpr std::size_t kFewest = 20000, kMost = 90000;  // bytes until the reset

  void accept_all() {
    std::uniform_int_distribution<std::size_t> until(kFewest, kMost);
    while (true) {
      const int client = ::accept(listener_, nullptr, nullptr);
      if (client < 0) return;
      connections_.emplace_back([this, client, limit = until(random_)] { serve(client, limit); });
    }
  }

  void serve(int client, std::size_t limit) {
    std::size_t taken = 0;
    while (taken <= limit) {
      const auto packet = read_packet(client);
      if (!packet) break;
      taken += packet->second.size();
      answer(client, packet->first >> 4U, packet->second);
    }
    const linger at_once{1, 0};
    ::setsockopt(client, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    ::close(client);
    ++resets;
  }

  void answer(int client, unsigned kind, std::string_view body) {
    constexpr unsigned kConnect = 1, kPublish = 3;
    if (kind == kConnect) send(client, {"\x20\x03\x00\x00\x00", 5});
    if (kind != kPublish) return;
    body.remove_prefix(2 + number(body));
    send(client, std::string("\x40\x02") + std::string(body.substr(0, 2)));
    body.remove_prefix(2);
    body.remove_prefix(1 + static_cast<std::uint8_t>(body[0]));  // properties, fewer than 128 bytes
    const bool good = body.size() == kSize && body.find_first_not_of(body[0]) == std::string_view::npos;
    ++(good ? whole : garbled);
  }

  static std::size_t number(std::string_view two) {
    return static_cast<std::size_t>(static_cast<std::uint8_t>(two[0]) << 8U | static_cast<std::uint8_t>(two[1]));
  }
  static void send(int client, std::string_view bytes) {
    [[maybe_unused]] const auto sent = ::send(client, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }
  static std::optional<std::string> read_exactly(int client, std::size_t size) {
    std::string out(size, '\0');
    const auto got = ::recv(client, out.data(), size, MSG_WAITALL);
    if (got != static_cast<ssize_t>(size)) return std::nullopt;
    return out;
  }
  static std::optional<std::pair<unsigned, std::string>> read_packet(int client) {
    const auto head = read_exactly(client, 1);
    std::size_t length = 0;
    for (unsigned shift = 0; head; shift += 7) {
      const auto next = read_exactly(client, 1);
      if (!next) return std::nullopt;
      const auto octet = static_cast<std::uint8_t>((*next)[0]);
      length |= static_cast<std::size_t>(octet & 0x7FU) << shift;
      if (octet < 0x80) break;
    }
    auto body = head ? read_exactly(client, length) : std::nullopt;
    if (!body) return std::nullopt;
    return std::pair{static_cast<unsigned>(static_cast<std::uint8_t>((*head)[0])), std::move(*body)};
  }

  std::mt19937 random_;
  int listener_ = -1;
  std::thread acceptor_;
  std::vector<std::thread> connections_;
};

}  // namespace tg::test
