#include <algorithm>
#include <limits>
#include <numeric>
#include <tuple>
#include <utility>

#include "codec/config_check.hpp"

namespace tg::config {
namespace {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const auto replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

std::string_view last_name(std::string_view pointer) { return pointer.substr(pointer.rfind('/') + 1); }

/// Every key of the table and every section on the way to it.
std::vector<std::string> all_keys(const Table& table) {
  std::vector<std::string> keys;
  for (const auto& rule : table) {
    for (auto end = rule.pointer.find('/', 1); end != std::string::npos; end = rule.pointer.find('/', end + 1)) {
      keys.push_back(rule.pointer.substr(0, end));
    }
    keys.push_back(rule.pointer);
  }
  return keys;
}

}  // namespace

std::string nearest_key(const Table& table, const std::string& pointer) {
  const auto parent = pointer.substr(0, pointer.rfind('/') + 1);
  std::string best;
  auto best_distance = std::numeric_limits<std::size_t>::max();
  for (const auto& key : all_keys(table)) {
    const bool sibling = key.starts_with(parent) && key.find('/', parent.size()) == std::string::npos;
    const auto distance = 2 * edit_distance(last_name(pointer), last_name(key)) + (sibling ? 0 : 1);
    if (distance < best_distance) std::tie(best_distance, best) = std::pair(distance, key);
  }
  return best;
}

}  // namespace tg::config
