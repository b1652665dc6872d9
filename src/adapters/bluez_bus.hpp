// One connection to the bus on which org.bluez lives, turned by the event loop. Owner thread: the loop.
// Never blocks after connect() (every call is answered by a callback; bluetoothd calls back before it replies), never
// lets an exception of a handler reach libsystemd's C frames, and never repeats the text of a D-Bus error.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "adapters/event_loop.hpp"
#include "base/result.hpp"

namespace sdbus {
class IConnection;
class Message;
}  // namespace sdbus

namespace tg {

class BluezBus {
 public:
  using MessageHandler = std::function<void(sdbus::Message& message)>;
  /// `error` is a D-Bus error name, empty on success; `body` stands before the first value of the answer.
  using ReplyHandler = std::function<void(sdbus::Message& body, std::string_view error)>;

  /// `address`: "system", "session" or any D-Bus address of a message bus ("unix:path=…").
  BluezBus(EventLoop& loop, std::string address);
  ~BluezBus();
  BluezBus(const BluezBus&) = delete;
  BluezBus& operator=(const BluezBus&) = delete;

  /// Waits for the handshake with the local bus daemon (milliseconds; up to 25 s with one that hangs).
  [[nodiscard]] Result<void> connect();
  /// Ends the connection, its matches and its open calls, whose handlers never run. Not from a handler.
  void disconnect();
  [[nodiscard]] bool connected() const;  ///< false as soon as the bus has gone

  /// Waits for the bus daemon, like connect(). The handler is called until disconnect().
  [[nodiscard]] Result<void> match(const std::string& rule, MessageHandler handler);
  /// Calls org.bluez. `arguments` writes the body and may be empty. Without an answer in time `on_reply` gets an error
  /// that is_no_answer().
  void call(const std::string& path, const std::string& interface, const std::string& method,
            const MessageHandler& arguments, ReplyHandler on_reply, Millis timeout = Millis{15'000});

  [[nodiscard]] sdbus::IConnection& connection();  ///< for exported objects; only while connected
  void note_malformed();                           ///< a handler met a value of another type than BlueZ documents
  [[nodiscard]] std::uint64_t malformed() const;   ///< such messages since construction

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tg
