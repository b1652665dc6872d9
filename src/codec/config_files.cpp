#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>

#include "codec/config_check.hpp"

namespace tg::config {

std::string find_file(const std::string& path) {
  const auto exists = [](const std::filesystem::path& p) {
    std::error_code ignored;
    return std::filesystem::exists(p, ignored);
  };
  if (exists(path)) return path;
  const char* credentials = std::getenv("CREDENTIALS_DIRECTORY");
  if (credentials == nullptr || *credentials == '\0') return {};
  const std::filesystem::path wanted(path);
  const auto candidate = std::filesystem::path(credentials) / (wanted.is_absolute() ? wanted.filename() : wanted);
  return exists(candidate) ? candidate.string() : std::string{};
}

std::optional<std::string> read_file(const std::string& path, std::size_t max_bytes) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) return std::nullopt;  // a FIFO would block
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::nullopt;
  std::string text(max_bytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad() || static_cast<std::size_t>(in.gcount()) > max_bytes) return std::nullopt;
  text.resize(static_cast<std::size_t>(in.gcount()));
  return text;
}

}  // namespace tg::config
