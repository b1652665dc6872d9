// The box's own pages: health and metrics for probes, and the tablet page with its assets (contract §7).
// Owner thread: handlers run in the HTTP lane; what they ask must be thread-safe snapshots.
// Never serves a file outside the assets directory; never says anything about a person.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "adapters/http_message.hpp"

namespace tg {

using HttpSnapshot = std::function<HttpResponse()>;

struct HealthPages {
  HttpSnapshot healthz;
  HttpSnapshot readyz;
  HttpSnapshot metrics;
};
/// GET /healthz, /readyz, /metrics.
[[nodiscard]] HttpHandler health_pages(HealthPages pages);

struct TabletPages {
  std::string assets_dir;  ///< the built page: index.html and assets/; may be missing
  HttpSnapshot config;     ///< /tablet/config.json
};
/// GET /tablet/ and what is below it, with a strict content security policy. A file has at most 8 MiB.
[[nodiscard]] HttpHandler tablet_pages(TabletPages pages);

}  // namespace tg
