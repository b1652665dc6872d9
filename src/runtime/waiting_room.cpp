#include "runtime/waiting_room.hpp"

#include <csignal>
#include <memory>
#include <string>
#include <utility>

#include "adapters/event_loop.hpp"
#include "adapters/http_local.hpp"
#include "adapters/http_server.hpp"
#include "base/log.hpp"
#include "codec/status.hpp"

namespace tg {
namespace {

constexpr Millis kEvery{1'000};

HttpSnapshot page(int status, std::string json) {
  return [status, json = std::move(json)] { return HttpResponse{status, "application/json", json}; };
}

/// The till and the probes; the tablet page needs no file, but has nothing to show either.
std::unique_ptr<HttpServer> say_why(const Config& config, const std::string& cause) {
  Status status;
  status.parts = {PartStatus{"store", PartState::down, cause}};
  status.last_error = cause;
  const HttpHandler later = [](const HttpRequest&, const HttpReply& reply) {
    reply(come_back_later("nothing can be stored at the moment"));
  };
  std::vector<HttpListener> listeners;
  listeners.push_back({config.pos_listen, config.pos_tls, later});
  listeners.push_back({config.http_listen, std::nullopt,
                       health_pages({page(200, "{\"alive\":true}"), page(503, encode_ready(status)), [] {
                                       return HttpResponse{200, "text/plain; version=0.0.4", ""};
                                     }})});
  auto server = HttpServer::start(std::move(listeners));
  if (server) return std::move(*server);
  log(LogLevel::error, "start", server.error().message);
  return nullptr;
}

}  // namespace

bool wait_until_open(const Config& config, const std::function<Result<void>()>& open) {
  auto opened = open();
  if (opened) return true;
  EventLoop loop;
  std::vector<EventSource> signals;
  for (const int number : {SIGTERM, SIGINT}) signals.push_back(loop.add_signal(number, [&] { loop.exit(1); }));
  signals.push_back(loop.add_signal(SIGHUP, [] {}));  // unhandled, a reload would end what is meant to wait
  std::string cause = opened.error().message;
  log(LogLevel::error, "store", cause + "; waiting until it can be opened");
  auto server = say_why(config, cause);
  notify_service_manager("READY=1\nSTATUS=waiting: " + cause);
  TimerSource timer;
  timer = loop.add_timer([&] {
    notify_service_manager("WATCHDOG=1");
    if (open()) return loop.exit(0);
    timer.arm_at(loop.now().mono + kEvery);
  });
  timer.arm_at(loop.now().mono + kEvery);
  return loop.run() == 0;
}

}  // namespace tg
