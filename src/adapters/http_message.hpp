// What goes in and out of an HTTP handler, in plain values. Owner thread: any.
// Never depends on the library that carries it; never holds a secret in an answer.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tg {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
  std::string method;  ///< upper case
  std::string path;    ///< as sent, percent-encoding untouched, without the query
  HttpHeaders headers;
  std::string body;
  bool remote_is_loopback = false;

  /// The first header of that name (any case); empty when absent.
  [[nodiscard]] std::string_view header(std::string_view name) const;
};

struct HttpResponse {
  int status = 200;
  std::string content_type;
  std::string body;
  HttpHeaders headers = {};
};

/// An error as RFC 9457 wants it: application/problem+json with type, title, status and detail.
[[nodiscard]] HttpResponse problem(int status, std::string_view detail);
/// 503 that tells the client when to come back.
[[nodiscard]] HttpResponse come_back_later(std::string_view detail);
/// 405 with the methods that are allowed ("GET, HEAD").
[[nodiscard]] HttpResponse method_not_allowed(std::string_view allowed);

/// May be called once, from any thread, at any later time; what comes after the reply deadline is ignored.
using HttpReply = std::function<void(HttpResponse)>;
/// Runs in the server's lane and must not wait; an exception becomes 500.
using HttpHandler = std::function<void(const HttpRequest&, HttpReply)>;

}  // namespace tg
