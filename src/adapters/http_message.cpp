#include "adapters/http_message.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <nlohmann/json.hpp>

namespace tg {
namespace {

struct StatusTitle {
  int status;
  std::string_view title;
};
constexpr std::array kTitles{
    StatusTitle{400, "Bad Request"},
    StatusTitle{401, "Unauthorized"},
    StatusTitle{403, "Forbidden"},
    StatusTitle{404, "Not Found"},
    StatusTitle{405, "Method Not Allowed"},
    StatusTitle{409, "Conflict"},
    StatusTitle{413, "Content Too Large"},
    StatusTitle{415, "Unsupported Media Type"},
    StatusTitle{431, "Request Header Fields Too Large"},
    StatusTitle{500, "Internal Server Error"},
    StatusTitle{503, "Service Unavailable"},
};

std::string_view title_of(int status) {
  const auto found = std::ranges::find(kTitles, status, &StatusTitle::status);
  return found == kTitles.end() ? "Error" : found->title;
}

char lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

bool same_name(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace

std::string_view HttpRequest::header(std::string_view name) const {
  const auto found = std::ranges::find_if(headers, [name](const auto& field) { return same_name(field.first, name); });
  return found == headers.end() ? std::string_view{} : std::string_view(found->second);
}

HttpResponse problem(int status, std::string_view detail) {
  // Statuses are the whole vocabulary, so the type is RFC 9457's default.
  const nlohmann::ordered_json body{
      {"type", "about:blank"}, {"title", title_of(status)}, {"status", status}, {"detail", detail}};
  return {status, "application/problem+json",
          body.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace)};
}

HttpResponse come_back_later(std::string_view detail) {
  auto response = problem(503, detail);
  response.headers.emplace_back("Retry-After", "2");
  return response;
}

HttpResponse method_not_allowed(std::string_view allowed) {
  auto response = problem(405, "allowed here: " + std::string(allowed));
  response.headers.emplace_back("Allow", allowed);
  return response;
}

}  // namespace tg
