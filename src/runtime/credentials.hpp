// The files by which this box proves who it is: noticed when somebody renews them, and before they end.
// Owner thread: the loop; looks at a handful of small local files. Never keeps or logs what is in them.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "codec/config.hpp"
#include "codec/status.hpp"
#include "core/events.hpp"

namespace tg {

class Credentials {
 public:
  /// What is there now counts as known.
  explicit Credentials(const Config& config);

  /// What became of the link's files, told once, when they have stayed the same from one call to the next: their writer
  /// has finished. `unusable`: the certificate does not belong to the key, the other half is still to come.
  enum class News : std::uint8_t { none, unusable, renewed };
  [[nodiscard]] News look(Link link, const LinkConfig& config);
  /// Other paths, after the configuration was read again.
  void know(Link link, const LinkConfig& config);

  /// Every certificate of the configuration; reads the files.
  [[nodiscard]] static std::vector<CertificateStatus> read(const Config& config);

 private:
  using Print = std::vector<std::int64_t>;  ///< changes whenever a file does
  struct Watched {
    Print last, told;
  };
  static Print print_of(const LinkConfig& config);

  std::array<Watched, kLinkCount> links_;
};

}  // namespace tg
