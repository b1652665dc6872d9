// The files by which this box proves who it is: noticed when somebody renews them, and before they end.
// Owner thread: the loop; looks at a handful of small local files. Never keeps or logs what is in them.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "codec/config.hpp"
#include "codec/status.hpp"

namespace tg {

/// Who shows credentials: the two links to their brokers, the two servers to tills and tablets.
enum class Holder : std::uint8_t { central, local, tills, tablets };
inline constexpr std::array kHolders{Holder::central, Holder::local, Holder::tills, Holder::tablets};

class Credentials {
 public:
  /// What is there now counts as known.
  explicit Credentials(const Config& config);

  /// What became of its files, told once, when they have stayed the same from one call to the next: their writer has
  /// finished. `unusable`: the certificate does not belong to the key, the other half is still to come.
  enum class News : std::uint8_t { none, unusable, renewed };
  [[nodiscard]] News look(Holder holder, const Config& config);
  /// Other paths, after the configuration was read again.
  void know(Holder holder, const Config& config);

  /// Every certificate of the configuration; reads the files.
  [[nodiscard]] static std::vector<CertificateStatus> read(const Config& config);

 private:
  using Print = std::vector<std::int64_t>;  ///< changes whenever a file does
  struct Watched {
    Print last, told;
  };
  static Print print_of(Holder holder, const Config& config);

  std::array<Watched, kHolders.size()> watched_;
};

}  // namespace tg
