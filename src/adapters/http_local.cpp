#include "adapters/http_local.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/crypto.hpp"

namespace tg {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kTabletRoot = "/tablet/";
constexpr std::string_view kHashedAssets = "assets/";  // the build names these files by their content
constexpr std::uintmax_t kMaxFileBytes = 8 << 20;
constexpr std::size_t kMaxPathLength = 256;

constexpr std::string_view kPageIsMissing =
    "<!doctype html><meta charset=utf-8><title>Tablet page not built</title><h1>The tablet page is not built</h1>"
    "<p>Build it with <code>npm ci &amp;&amp; npm run build</code> in <code>src/tablet</code> and point "
    "<code>tablet.assets</code> of the configuration to the folder <code>dist</code> it makes.\n";

struct ContentType {
  std::string_view extension, name;
};
constexpr std::array kContentTypes{
    ContentType{".html", "text/html; charset=utf-8"},
    ContentType{".js", "text/javascript; charset=utf-8"},
    ContentType{".css", "text/css; charset=utf-8"},
    ContentType{".json", "application/json"},
    ContentType{".webmanifest", "application/manifest+json"},
    ContentType{".svg", "image/svg+xml"},
    ContentType{".png", "image/png"},
    ContentType{".jpg", "image/jpeg"},
    ContentType{".webp", "image/webp"},
    ContentType{".ico", "image/x-icon"},
    ContentType{".woff2", "font/woff2"},
};

std::string content_type_of(const fs::path& file) {
  const auto found = std::ranges::find(kContentTypes, file.extension().string(), &ContentType::extension);
  return found == kContentTypes.end() ? "application/octet-stream" : std::string(found->name);
}

bool is_plain(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.' || c == '/';
}

/// An allow-list, before anything touches the disk: no percent-encoding, no hidden or empty segment, no "..".
bool is_safe(std::string_view relative) {
  if (relative.size() > kMaxPathLength || relative.starts_with('.') || relative.starts_with('/')) return false;
  if (relative.find("/.") != std::string_view::npos || relative.find("//") != std::string_view::npos) return false;
  return std::ranges::all_of(relative, is_plain);
}

std::optional<std::string> read_file(const fs::path& file) {
  std::error_code error;
  if (!fs::is_regular_file(file, error) || fs::file_size(file, error) > kMaxFileBytes || error) return std::nullopt;
  std::ifstream in(file, std::ios::binary);
  std::string content{std::istreambuf_iterator<char>(in), {}};
  if (!in) return std::nullopt;
  return content;
}

bool is_get(const HttpRequest& request) { return request.method == "GET" || request.method == "HEAD"; }

HttpResponse guarded(HttpResponse response) {
  for (const auto& [name, value] : std::initializer_list<std::pair<const char*, const char*>>{
           {"Content-Security-Policy",
            "default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data: https:; style-src 'self'; "
            "frame-ancestors 'none'"},
           {"X-Content-Type-Options", "nosniff"},
           {"Referrer-Policy", "no-referrer"}})
    response.headers.emplace_back(name, value);
  return response;
}

HttpResponse asset(const HttpRequest& request, const std::string& assets_dir, std::string_view relative) {
  const auto file = fs::path(assets_dir) / relative;
  auto content = assets_dir.empty() ? std::nullopt : read_file(file);
  if (!content) {
    if (relative == "index.html") return {404, "text/html; charset=utf-8", std::string(kPageIsMissing)};
    return problem(404, "no such file");
  }
  const auto etag = '"' + hex(sha256(as_bytes(*content))).substr(0, 32) + '"';
  const bool hashed = relative.starts_with(kHashedAssets);
  HttpHeaders headers{{"ETag", etag}, {"Cache-Control", hashed ? "public, max-age=31536000, immutable" : "no-cache"}};
  if (request.header("If-None-Match") == etag) return {304, "", "", std::move(headers)};
  return {200, content_type_of(file), std::move(*content), std::move(headers)};
}

HttpResponse tablet(const HttpRequest& request, const TabletPages& pages) {
  if (!is_get(request)) return method_not_allowed("GET, HEAD");
  if (request.path == "/tablet" || request.path == "/") return {308, "", "", {{"Location", std::string(kTabletRoot)}}};
  if (!request.path.starts_with(kTabletRoot)) return problem(404, "the page is at /tablet/");
  const auto relative = std::string_view(request.path).substr(kTabletRoot.size());
  if (relative == "config.json") {
    auto response = pages.config();
    response.headers.emplace_back("Cache-Control", "no-store");
    return response;
  }
  if (!is_safe(relative)) return problem(404, "no such file");
  return asset(request, pages.assets_dir, relative.empty() ? "index.html" : relative);
}

HttpResponse health(const HttpRequest& request, const HealthPages& pages) {
  if (!is_get(request)) return method_not_allowed("GET, HEAD");
  if (request.path == "/healthz") return pages.healthz();
  if (request.path == "/readyz") return pages.readyz();
  if (request.path == "/metrics") return pages.metrics();
  return problem(404, "there are /healthz, /readyz and /metrics");
}

}  // namespace

HttpHandler health_pages(HealthPages pages) {
  return
      [pages = std::move(pages)](const HttpRequest& request, const HttpReply& reply) { reply(health(request, pages)); };
}

HttpHandler tablet_pages(TabletPages pages) {
  return [pages = std::move(pages)](const HttpRequest& request, const HttpReply& reply) {
    reply(guarded(tablet(request, pages)));
  };
}

}  // namespace tg
