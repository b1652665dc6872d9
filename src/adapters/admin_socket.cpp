#include "adapters/admin_socket.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "adapters/unix_address.hpp"

namespace tg {
namespace {

constexpr int kBacklog = 16;
constexpr mode_t kMode = 0660;
constexpr std::string_view kTooManyClients = "{\"error\":\"too many clients\"}\n";
constexpr std::string_view kLineTooLong = "{\"error\":\"a request has at most 1 MiB\"}";

bool would_block() { return errno == EAGAIN || errno == EINTR; }

int new_socket() { return ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0); }

/// A file whose daemon died refuses connections; anything else is alive or not ours.
bool is_stale(const sockaddr_un& address) {
  const int probe = new_socket();
  if (probe < 0) return false;
  const bool refused = ::connect(probe, as_sockaddr(&address), sizeof address) != 0 && errno == ECONNREFUSED;
  ::close(probe);
  struct stat info {};
  return refused && ::lstat(address.sun_path, &info) == 0 && S_ISSOCK(info.st_mode);
}

/// 0, or the errno that says why not.
int bind_and_listen(int fd, const sockaddr_un& address) {
  int bound = ::bind(fd, as_sockaddr(&address), sizeof address);
  if (bound != 0 && errno == EADDRINUSE && is_stale(address)) {
    ::unlink(address.sun_path);
    bound = ::bind(fd, as_sockaddr(&address), sizeof address);
  } else if (bound != 0 && errno != EADDRINUSE) {
    return errno;
  }
  if (bound != 0) return EADDRINUSE;
  // Nobody can connect before listen(), so nobody gets in before the mode is right.
  if (::chmod(address.sun_path, kMode) != 0 || ::listen(fd, kBacklog) != 0) return errno;
  return 0;
}

}  // namespace

struct AdminSocket::Client {
  explicit Client(int descriptor) : fd(descriptor) {}
  ~Client() {
    source.reset();
    ::close(fd);
  }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  const int fd;
  FdSource source;
  std::string in;
  std::string out;
  bool answering = false;    ///< a request is with the sink
  bool input_ended = false;  ///< the client has said everything; it may still listen
};

Result<std::unique_ptr<AdminSocket>> AdminSocket::open(EventLoop& loop, std::string path, AdminSink sink) {
  const auto address = unix_address(path);
  if (!address) return fail("admin socket " + path + ": the path is too long for a unix socket");
  const int fd = new_socket();
  if (fd < 0) return fail(std::string("admin socket: ") + std::strerror(errno));
  if (const int error = bind_and_listen(fd, *address); error != 0) {
    ::close(fd);
    return fail("admin socket " + path + ": " +
                (error == EADDRINUSE ? "another daemon listens there" : std::strerror(error)));
  }
  return std::unique_ptr<AdminSocket>(new AdminSocket(loop, std::move(path), fd, std::move(sink)));
}

AdminSocket::AdminSocket(EventLoop& loop, std::string path, int fd, AdminSink sink)
    : loop_(loop),
      path_(std::move(path)),
      fd_(fd),
      sink_(std::move(sink)),
      source_(loop.add_fd(fd, POLLIN, [this](PollEvents) { accept(); })) {}

AdminSocket::~AdminSocket() {
  source_.reset();
  ::close(fd_);
  ::unlink(path_.c_str());
}

void AdminSocket::accept() {
  const int fd = ::accept4(fd_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) return;
  if (clients_.size() >= kMaxClients) {
    [[maybe_unused]] const auto sent = ::send(fd, kTooManyClients.data(), kTooManyClients.size(), MSG_NOSIGNAL);
    ::close(fd);
    return;
  }
  auto client = std::make_shared<Client>(fd);
  client->source = loop_.add_fd(fd, POLLIN, [this, weak = std::weak_ptr(client)](PollEvents ready) {
    if (const auto ours = weak.lock()) on_ready(ours, ready);
  });
  clients_.push_back(std::move(client));
}

void AdminSocket::on_ready(const std::shared_ptr<Client>& client, PollEvents ready) {
  if ((ready & POLLIN) != 0) {
    read_from(client);
  } else if ((ready & POLLOUT) != 0) {
    write_to(client);
  } else {
    forget(client);  // hung up: nobody waits for the answer
  }
}

void AdminSocket::read_from(const std::shared_ptr<Client>& client) {
  std::array<char, 64 << 10> bytes;
  const auto got = ::read(client->fd, bytes.data(), bytes.size());
  if (got < 0 && would_block()) return;
  if (got < 0) return forget(client);
  client->input_ended = got == 0;
  client->in.append(bytes.data(), static_cast<std::size_t>(got));
  ask_next(client);
}

/// Hands the next whole line to the sink, unless one is on its way.
void AdminSocket::ask_next(const std::shared_ptr<Client>& client) {
  const auto newline = client->in.find('\n');
  if (newline == std::string::npos && client->in.size() > kMaxLine) {
    client->input_ended = true;
    client->in.clear();
    return reply(client, std::string(kLineTooLong));
  }
  if (newline == std::string::npos) {
    if (client->input_ended && client->out.empty()) return forget(client);
    return watch(*client);
  }
  std::string line = client->in.substr(0, newline);
  client->in.erase(0, newline + 1);
  client->answering = true;
  watch(*client);
  sink_(std::move(line), [this, weak = std::weak_ptr(client)](const std::string& json) {
    const auto ours = weak.lock();
    if (ours && ours->answering) reply(ours, json);
  });
}

void AdminSocket::reply(const std::shared_ptr<Client>& client, const std::string& json) {
  client->answering = false;
  client->out += json;
  client->out += '\n';
  watch(*client);
}

void AdminSocket::write_to(const std::shared_ptr<Client>& client) {
  const auto sent = ::send(client->fd, client->out.data(), client->out.size(), MSG_NOSIGNAL);
  if (sent < 0 && would_block()) return;
  if (sent < 0) return forget(client);
  client->out.erase(0, static_cast<std::size_t>(sent));
  if (client->out.empty()) ask_next(client);
}

void AdminSocket::watch(Client& client) {
  if (!client.out.empty()) {
    client.source.watch(POLLOUT);
  } else {
    client.source.watch(client.answering || client.input_ended ? 0 : POLLIN);
  }
}

void AdminSocket::forget(const std::shared_ptr<Client>& client) { clients_.remove(std::shared_ptr<Client>(client)); }

}  // namespace tg
