#include "runtime/credentials.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <utility>

#include "base/x509.hpp"

namespace tg {
namespace {

constexpr std::size_t kMaxPem = 1 << 20;

std::string content(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::string text(kMaxPem, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(std::max<std::streamsize>(0, in.gcount())));
  return text;
}

bool pair_fits(const LinkConfig& link) {
  return !link.cert_file || !link.key_file || key_fits(content(*link.key_file), content(*link.cert_file));
}

/// Of a chain the first to end counts; of trusted authorities the last, because the old one stays beside the new.
enum class Counts { first_to_end, last_to_end };

CertificateStatus inspect(std::string key, const std::string& path, Counts counts) {
  CertificateStatus out{std::move(key), std::nullopt, ""};
  const auto ends = certificate_ends(content(path));
  if (ends.empty()) {
    out.trouble = "holds no certificate that can be read";
  } else {
    out.ends_at = counts == Counts::first_to_end ? *std::ranges::min_element(ends) : *std::ranges::max_element(ends);
  }
  return out;
}

void inspect_link(const std::string& name, const LinkConfig& link, std::vector<CertificateStatus>& out) {
  if (link.ca_file) out.push_back(inspect(name + ".ca_file", *link.ca_file, Counts::last_to_end));
  if (!link.cert_file) return;
  out.push_back(inspect(name + ".cert_file", *link.cert_file, Counts::first_to_end));
  if (out.back().trouble.empty() && !pair_fits(link)) {
    out.back().trouble = "does not belong to " + name + ".key_file; the connection goes on with what was there before";
  }
}

}  // namespace

Credentials::Credentials(const Config& config) {
  know(Link::central, config.central);
  know(Link::local, config.local);
}

void Credentials::know(Link link, const LinkConfig& config) {
  Watched& watched = links_[static_cast<std::size_t>(link)];
  watched.last = watched.told = print_of(config);
}

Credentials::Print Credentials::print_of(const LinkConfig& config) {
  Print print;
  for (const auto* path : {&config.ca_file, &config.cert_file, &config.key_file, &config.password_file}) {
    struct stat found {};
    if (!*path || ::stat((*path)->c_str(), &found) != 0) found = {};
    print.insert(print.end(),
                 {static_cast<std::int64_t>(found.st_ino), found.st_size, found.st_mtim.tv_sec, found.st_mtim.tv_nsec});
  }
  return print;
}

Credentials::News Credentials::look(Link link, const LinkConfig& config) {
  Watched& watched = links_[static_cast<std::size_t>(link)];
  Print now = print_of(config);
  const bool settled = now == watched.last && now != watched.told;
  watched.last = std::move(now);
  if (!settled) return News::none;
  watched.told = watched.last;
  return pair_fits(config) ? News::renewed : News::unusable;
}

std::vector<CertificateStatus> Credentials::read(const Config& config) {
  std::vector<CertificateStatus> out;
  inspect_link("central", config.central, out);
  inspect_link("local", config.local, out);
  const auto server = [&](const char* key, const std::optional<TlsConfig>& tls) {
    if (tls) out.push_back(inspect(key, tls->cert_file, Counts::first_to_end));
  };
  server("pos.http.tls.cert_file", config.pos_tls);
  server("tablet.tls.cert_file", config.tablet_tls);
  return out;
}

}  // namespace tg
