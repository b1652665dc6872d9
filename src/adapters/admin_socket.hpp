// The unix socket that touchpointctl talks to: one JSON line in, one JSON line out (ports/admin_port.hpp).
// Owner thread: the loop. Never blocks; holds at most 16 clients with 1 MiB of request each, and reads nothing more
// from a client while its request is being answered.
#pragma once

#include <cstddef>
#include <list>
#include <memory>
#include <string>

#include "adapters/event_loop.hpp"
#include "base/result.hpp"
#include "ports/admin_port.hpp"

namespace tg {

class AdminSocket {
 public:
  static constexpr std::size_t kMaxClients = 16;
  static constexpr std::size_t kMaxLine = 1 << 20;

  /// Mode 0660. A socket file that nobody listens to any more is replaced; one that is in use is an error.
  [[nodiscard]] static Result<std::unique_ptr<AdminSocket>> open(EventLoop& loop, std::string path, AdminSink sink);
  ~AdminSocket();  ///< removes the file; replies that come later are ignored
  AdminSocket(const AdminSocket&) = delete;
  AdminSocket& operator=(const AdminSocket&) = delete;

 private:
  struct Client;
  AdminSocket(EventLoop& loop, std::string path, int fd, AdminSink sink);
  void accept();
  void on_ready(const std::shared_ptr<Client>& client, PollEvents ready);
  void read_from(const std::shared_ptr<Client>& client);
  void ask_next(const std::shared_ptr<Client>& client);
  void reply(const std::shared_ptr<Client>& client, const std::string& json);
  void write_to(const std::shared_ptr<Client>& client);
  void watch(Client& client);
  void forget(const std::shared_ptr<Client>& client);

  EventLoop& loop_;
  const std::string path_;
  const int fd_;
  const AdminSink sink_;
  FdSource source_;
  std::list<std::shared_ptr<Client>> clients_;
};

}  // namespace tg
