#include "runtime/credentials.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
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

/// Where one holder's credentials lie; `name` is the key of the configuration above them.
struct Files {
  std::string name;
  std::optional<std::string> ca, cert, key, password;
};

Files files_of(Holder holder, const Config& config) {
  const auto link = [](std::string name, const LinkConfig& l) {
    return Files{std::move(name), l.ca_file, l.cert_file, l.key_file, l.password_file};
  };
  const auto server = [](std::string name, const std::optional<TlsConfig>& tls) {
    Files files{std::move(name), {}, {}, {}, {}};
    if (tls) files.cert = tls->cert_file, files.key = tls->key_file;
    return files;
  };
  switch (holder) {
    case Holder::central:
      return link("central", config.central);
    case Holder::local:
      return link("local", config.local);
    case Holder::tills:
      return server("pos.http.tls", config.pos_tls);
    case Holder::tablets:
      break;
  }
  return server("tablet.tls", config.tablet_tls);
}

bool pair_fits(const Files& files) {
  return !files.cert || !files.key || key_fits(content(*files.key), content(*files.cert));
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

void inspect(const Files& files, std::vector<CertificateStatus>& out) {
  if (files.ca) out.push_back(inspect(files.name + ".ca_file", *files.ca, Counts::last_to_end));
  if (!files.cert) return;
  out.push_back(inspect(files.name + ".cert_file", *files.cert, Counts::first_to_end));
  if (out.back().trouble.empty() && !pair_fits(files)) {
    out.back().trouble = "does not belong to " + files.name + ".key_file; what was there before is still used";
  }
}

}  // namespace

Credentials::Credentials(const Config& config) {
  for (const Holder holder : kHolders) know(holder, config);
}

void Credentials::know(Holder holder, const Config& config) {
  Watched& watched = watched_.at(static_cast<std::size_t>(holder));
  watched.last = watched.told = print_of(holder, config);
}

Credentials::Print Credentials::print_of(Holder holder, const Config& config) {
  const Files files = files_of(holder, config);
  Print print;
  for (const auto* path : {&files.ca, &files.cert, &files.key, &files.password}) {
    struct stat found {};
    if (!*path || ::stat((*path)->c_str(), &found) != 0) found = {};
    print.insert(print.end(),
                 {static_cast<std::int64_t>(found.st_ino), found.st_size, found.st_mtim.tv_sec, found.st_mtim.tv_nsec});
  }
  return print;
}

Credentials::News Credentials::look(Holder holder, const Config& config) {
  Watched& watched = watched_.at(static_cast<std::size_t>(holder));
  Print now = print_of(holder, config);
  const bool settled = now == watched.last && now != watched.told;
  watched.last = std::move(now);
  if (!settled) return News::none;
  watched.told = watched.last;
  return pair_fits(files_of(holder, config)) ? News::renewed : News::unusable;
}

std::vector<CertificateStatus> Credentials::read(const Config& config) {
  std::vector<CertificateStatus> out;
  for (const Holder holder : kHolders) inspect(files_of(holder, config), out);
  return out;
}

}  // namespace tg
