#include "codec/dialects.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "pos_dialects.hpp"

namespace tg {
namespace {

constexpr std::uintmax_t kMaxFileBytes = 1 << 20;

bool speaks(const PosTree& tree, const Dialect& d) {
  const auto& spaces = tree.spaces();
  const auto used = [&](const std::string& prefix) {
    const auto& uris = d.namespaces.at(prefix);
    return std::ranges::any_of(uris, [&](const auto& uri) { return std::ranges::find(spaces, uri) != spaces.end(); });
  };
  if (d.recognise_spaces.empty() && d.recognise_paths.empty()) return false;
  if (!std::ranges::all_of(d.recognise_spaces, used)) return false;
  const PosScope scope(tree, d.namespaces);
  return d.recognise_paths.empty() ||
         std::ranges::any_of(d.recognise_paths, [&](const auto& path) { return scope.matches(tree.root(), path); });
}

std::vector<std::filesystem::path> profiles_in(const std::string& directory, std::error_code& error) {
  std::vector<std::filesystem::path> files;
  for (std::filesystem::directory_iterator at(directory, error), end; !error && at != end; at.increment(error)) {
    if (at->path().extension() == ".json" && !at->path().filename().string().starts_with('.'))
      files.push_back(at->path());
  }
  std::ranges::sort(files);
  return files;
}

}  // namespace

Result<Dialect> Dialects::load_file(const std::string& path) {
  std::error_code error;
  const auto bytes = std::filesystem::file_size(path, error);
  if (error || bytes > kMaxFileBytes) return fail(path + ": cannot be read; a file of at most 1 MiB is allowed");
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  auto dialect = parse_dialect(text);
  if (!dialect) return fail(path + ": " + dialect.error().message);
  return dialect;
}

Result<Dialects> Dialects::load(const std::optional<std::string>& directory) {
  Dialects out;
  for (const auto& [file, text] : built_in_dialects()) {
    auto dialect = parse_dialect(text);
    if (!dialect) return fail(std::string(file) + ": " + dialect.error().message);
    out.all_.insert_or_assign(dialect->name, std::move(*dialect));
  }
  if (!directory) return out;
  std::error_code error;
  for (const auto& path : profiles_in(*directory, error)) {
    auto dialect = load_file(path.string());
    if (!dialect) return fail(dialect.error().message);
    out.all_.insert_or_assign(dialect->name, std::move(*dialect));
  }
  if (error) return fail(*directory + ": cannot be listed; a readable folder is allowed");
  return out;
}

const Dialect* Dialects::find(std::string_view name) const {
  const auto known = all_.find(name);
  return known == all_.end() ? nullptr : &known->second;
}

const Dialect* Dialects::recognise(const PosTree& tree, DialectFormat format) const {
  const Dialect* best = nullptr;
  for (const auto& [name, dialect] : all_) {
    if (dialect.format != format || !speaks(tree, dialect)) continue;
    if (best == nullptr || dialect.recognise_spaces.size() > best->recognise_spaces.size()) best = &dialect;
  }
  return best;
}

std::string Dialects::names() const {
  std::string list;
  for (const auto& [name, dialect] : all_) list.append(list.empty() ? "" : ", ").append(name);
  return list;
}

}  // namespace tg
