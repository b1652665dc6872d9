#include "adapters/http_server.hpp"

#include <utility>  // Boost.Asio 1.74 uses std::exchange without including it

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <list>
#include <thread>

#include "adapters/lane.hpp"
#include "base/log.hpp"

namespace tg {
namespace {

namespace net = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace ssl = net::ssl;
using boost::system::error_code;
using net::ip::tcp;
using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto kBeat = 1s;
constexpr auto kAliveFor = 10s;
constexpr auto kAcceptPause = 100ms;  // after an accept that failed: no descriptors left, most likely
constexpr auto kLinger = 2s;          // for a client that still sends what was refused
constexpr std::size_t kLingerBytes = 16 << 20;
constexpr std::string_view kTooManyConnections =
    "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 2\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

/// One open connection, as the listener sees it.
class Connection {
 public:
  virtual ~Connection() = default;
  virtual void abort() = 0;
  bool reading = false;
  Clock::time_point reading_since{};
};

/// What the connections of one listener share.
struct Site {
  HttpHandler handler;
  HttpLimits limits;
  std::optional<TlsConfig> files;
  std::optional<ssl::context> tls;  // an open connection keeps what it began with: OpenSSL counts its users
  std::list<Connection*> open;

  /// False when every connection is being answered.
  bool make_room() {
    Connection* longest = nullptr;
    for (auto* connection : open)
      if (connection->reading && (!longest || connection->reading_since < longest->reading_since)) longest = connection;
    if (!longest) return false;
    longest->reading = false;
    longest->abort();
    return true;
  }
};

struct Gate {
  tcp::acceptor acceptor;
  net::steady_timer pause;
  std::shared_ptr<Site> site;
};

HttpRequest to_request(http::request<http::string_body>& message, bool remote_is_loopback) {
  HttpRequest out;
  out.method = std::string(message.method_string());
  const auto target = message.target();
  out.path = std::string(target.substr(0, target.find('?')));
  for (const auto& field : message) out.headers.emplace_back(field.name_string(), field.value());
  out.body = std::move(message.body());
  out.remote_is_loopback = remote_is_loopback;
  return out;
}

http::response<http::string_body> to_message(HttpResponse response, bool head, bool keep_alive) {
  http::response<http::string_body> out;
  out.result(static_cast<unsigned>(response.status));
  out.version(11);
  if (!response.content_type.empty()) out.set(http::field::content_type, response.content_type);
  for (const auto& [name, value] : response.headers) out.set(name, value);
  out.keep_alive(keep_alive);
  out.body() = std::move(response.body);
  if (response.status == 304) return out;
  out.prepare_payload();
  if (head) out.body().clear();
  return out;
}

/// The answer to a request that could not be read, or nothing when nobody would hear it.
std::optional<HttpResponse> answer_to(const error_code& error, const HttpLimits& limits) {
  if (error == http::error::end_of_stream || error == http::error::partial_message) return std::nullopt;
  if (error == http::error::body_limit)
    return problem(413, "a body has at most " + std::to_string(limits.body_bytes) + " bytes");
  if (error == http::error::header_limit)
    return problem(431, "headers have at most " + std::to_string(limits.header_bytes) + " bytes");
  if (error.category() == make_error_code(http::error::bad_method).category())
    return problem(400, "this is not HTTP/1.1: " + error.message());
  return std::nullopt;
}

bool is_loopback(const tcp::socket& socket) {
  error_code error;
  const auto address = socket.remote_endpoint(error).address();
  if (error) return false;
  if (address.is_v6() && address.to_v6().is_v4_mapped())
    return net::ip::make_address_v4(net::ip::v4_mapped, address.to_v6()).is_loopback();
  return address.is_loopback();
}

/// The life of one connection: read a request, ask the handler, write the answer, again. `Stream` is plain or TLS.
/// Kept alive by the operation it waits for; Beast's expiry bounds each phase as a whole, not each byte.
template <class Stream>
class Session : public Connection, public std::enable_shared_from_this<Session<Stream>> {
 public:
  static constexpr bool kTls = !std::is_same_v<Stream, beast::tcp_stream>;

  Session(std::shared_ptr<Site> site, const std::shared_ptr<net::io_context>& lane, Stream stream)
      : site_(std::move(site)),
        lane_(lane),
        stream_(std::move(stream)),
        reply_deadline_(*lane),
        remote_is_loopback_(is_loopback(lowest().socket())),
        place_(site_->open.insert(site_->open.end(), this)) {}
  ~Session() override { site_->open.erase(place_); }
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void run() {
    if constexpr (kTls) {
      start_reading();
      stream_.async_handshake(ssl::stream_base::server, then([](auto& self, const error_code& error) {
                                if (!error) self.read_request();
                              }));
    } else {
      read_request();
    }
  }
  void abort() override { lowest().close(); }

 private:
  beast::tcp_stream& lowest() { return beast::get_lowest_layer(stream_); }

  /// A completion handler that keeps this session alive and drops the byte count.
  template <class Next>
  auto then(Next next) {
    return [self = this->shared_from_this(), next](const error_code& error, std::size_t = 0) { next(*self, error); };
  }

  void start_reading() {
    reading = true;
    reading_since = Clock::now();
    lowest().expires_after(site_->limits.read);
  }

  void read_request() {
    start_reading();
    parser_.emplace();
    parser_->header_limit(static_cast<std::uint32_t>(site_->limits.header_bytes));
    parser_->body_limit(site_->limits.body_bytes);
    http::async_read_header(stream_, buffer_, *parser_, then([](auto& self, const error_code& error) {
                              error ? self.read_failed(error) : self.read_body();
                            }));
  }

  void read_body() {
    if (beast::iequals(parser_->get()[http::field::expect], "100-continue")) return write_continue();
    http::async_read(stream_, buffer_, *parser_,
                     then([](auto& self, const error_code& error) { error ? self.read_failed(error) : self.ask(); }));
  }

  void write_continue() {
    parser_->get().erase(http::field::expect);
    response_ = {};
    response_.result(http::status::continue_);
    http::async_write(stream_, response_, then([](auto& self, const error_code& error) {
                        if (!error) self.read_body();
                      }));
  }

  void read_failed(const error_code& error) {
    reading = false;
    keep_alive_ = false;
    head_ = false;
    refused_midway_ = true;
    if (auto response = answer_to(error, site_->limits)) return write(std::move(*response));
    abort();
  }

  void ask() {
    reading = false;
    lowest().expires_never();
    keep_alive_ = parser_->keep_alive();
    auto request = to_request(parser_->get(), remote_is_loopback_);
    head_ = request.method == "HEAD";
    const auto number = ++request_number_;
    waiting_ = true;
    reply_deadline_.expires_after(site_->limits.reply);
    reply_deadline_.async_wait(then([number](auto& self, const error_code& error) {
      if (!error) self.answer(number, come_back_later("no answer in time; whether it took effect is unknown"));
    }));
    try {
      site_->handler(request, replier(number));
    } catch (const std::exception&) {
      answer(number, problem(500, "the request could not be handled"));
    }
  }

  /// A reply may come after the client, and after the server.
  HttpReply replier(std::uint64_t number) {
    return [lane_of_session = lane_, session = this->weak_from_this(), number](HttpResponse response) {
      const auto lane = lane_of_session.lock();
      if (!lane) return;
      net::post(*lane, [session, number, response = std::move(response)]() mutable {
        if (const auto self = session.lock()) self->answer(number, std::move(response));
      });
    };
  }

  void answer(std::uint64_t number, HttpResponse response) {
    if (!waiting_ || number != request_number_) return;
    waiting_ = false;
    reply_deadline_.cancel();
    write(std::move(response));
  }

  void write(HttpResponse response) {
    response_ = to_message(std::move(response), head_, keep_alive_);
    lowest().expires_after(site_->limits.write);
    http::async_write(stream_, response_, then([](auto& self, const error_code& error) {
                        if (error) return;
                        self.keep_alive_ ? self.read_request() : self.close();
                      }));
  }

  void close() {
    lowest().expires_after(kLinger);
    if constexpr (kTls) {
      stream_.async_shutdown(then([](auto&, const error_code&) {}));
    } else {
      error_code ignored;
      lowest().socket().shutdown(tcp::socket::shutdown_send, ignored);
      if (refused_midway_) drain();
    }
  }

  /// Closing while the client still sends would reset the connection, and the client would never read why.
  void drain() {
    lowest().async_read_some(net::buffer(sink_),
                             [self = this->shared_from_this()](const error_code& error, std::size_t bytes) {
                               self->drained_ += bytes;
                               if (!error && self->drained_ < kLingerBytes) self->drain();
                             });
  }

  const std::shared_ptr<Site> site_;
  const std::weak_ptr<net::io_context> lane_;  // weak: the lane's queue owns the sessions
  Stream stream_;
  net::steady_timer reply_deadline_;
  const bool remote_is_loopback_;
  const std::list<Connection*>::iterator place_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  http::response<http::string_body> response_;
  std::uint64_t request_number_ = 0;
  bool waiting_ = false;
  bool keep_alive_ = false;
  bool head_ = false;
  bool refused_midway_ = false;
  std::size_t drained_ = 0;
  std::array<char, 16 << 10> sink_;
};

}  // namespace

struct HttpServer::Impl {
  /// Nothing, or why the listener cannot be opened.
  Result<void> open(HttpListener listener) {
    auto site = std::make_shared<Site>();
    site->handler = std::move(listener.handler);
    site->limits = listener.limits;
    const auto name = listener.listen.host + ':' + std::to_string(listener.listen.port);
    try {
      site->files = listener.tls;
      if (site->files) site->tls = load_certificate(*site->files);
      tcp::resolver resolver(*lane);
      const auto found = resolver.resolve(listener.listen.host, std::to_string(listener.listen.port));
      gates.push_back(Gate{tcp::acceptor(*lane, *found.begin()), net::steady_timer(*lane), std::move(site)});
    } catch (const boost::system::system_error& error) {
      return fail("http " + name + ": " + error.code().message());
    }
    return {};
  }

  static ssl::context load_certificate(const TlsConfig& files) {
    ssl::context context(ssl::context::tls_server);
    context.set_options(ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1);
    context.use_certificate_chain_file(files.cert_file);
    context.use_private_key_file(files.key_file, ssl::context::pem);
    return context;
  }

  static void renew(Site& site) {
    if (!site.files) return;
    try {
      site.tls = load_certificate(*site.files);
      log(LogLevel::info, "http", "the certificate " + site.files->cert_file + " was renewed: new connections see it");
    } catch (const boost::system::system_error& error) {
      log(LogLevel::error, "http",
          "the certificate " + site.files->cert_file + " cannot be used, the former one is: " + error.code().message());
    }
  }

  void run() {
    for (auto& gate : gates) accept(gate);
    beat();
    lane->run();
  }

  void beat() {
    alive_until = (Clock::now() + kAliveFor).time_since_epoch().count();
    heart.expires_after(kBeat);
    heart.async_wait([this](const error_code& error) {
      if (!error) beat();
    });
  }

  void accept(Gate& gate) {
    gate.acceptor.async_accept([this, &gate](const error_code& error, tcp::socket socket) {
      if (error == net::error::operation_aborted) return;
      if (error) return accept_later(gate);
      welcome(gate, std::move(socket));
      accept(gate);
    });
  }

  void accept_later(Gate& gate) {
    gate.pause.expires_after(kAcceptPause);
    gate.pause.async_wait([this, &gate](const error_code& error) {
      if (!error) accept(gate);
    });
  }

  void welcome(Gate& gate, tcp::socket socket) {
    auto& site = *gate.site;
    error_code ignored;
    if (site.open.size() >= site.limits.connections && !site.make_room()) {
      socket.non_blocking(true, ignored);
      if (!site.tls) socket.write_some(net::buffer(kTooManyConnections), ignored);
      return;
    }
    socket.set_option(tcp::no_delay(true), ignored);
    using Plain = beast::tcp_stream;
    using Tls = beast::ssl_stream<Plain>;
    if (site.tls) {
      std::make_shared<Session<Tls>>(gate.site, lane, Tls(Plain(std::move(socket)), *site.tls))->run();
    } else {
      std::make_shared<Session<Plain>>(gate.site, lane, Plain(std::move(socket)))->run();
    }
  }

  std::shared_ptr<net::io_context> lane = std::make_shared<net::io_context>(1);
  std::vector<Gate> gates;
  net::steady_timer heart{*lane};
  std::atomic<Clock::rep> alive_until{0};
  std::thread thread;
};

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<HttpServer>> HttpServer::start(std::vector<HttpListener> listeners) {
  auto impl = std::make_unique<Impl>();
  for (auto& listener : listeners)
    if (auto opened = impl->open(std::move(listener)); !opened) return fail(opened.error().message);
  impl->alive_until = (Clock::now() + kAliveFor).time_since_epoch().count();
  impl->thread = std::thread([lane = impl.get()] {
    name_this_thread("http");
    lane->run();
  });
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

HttpServer::~HttpServer() {
  impl_->lane->stop();
  impl_->thread.join();
}

std::uint16_t HttpServer::port(std::size_t listener) const {
  error_code ignored;
  return impl_->gates.at(listener).acceptor.local_endpoint(ignored).port();
}

void HttpServer::renew(std::size_t listener) {
  net::post(*impl_->lane, [site = impl_->gates.at(listener).site] { Impl::renew(*site); });
}

bool HttpServer::alive() const { return Clock::now().time_since_epoch().count() < impl_->alive_until; }

}  // namespace tg
