#include "adapters/bluez_adapters.hpp"

#include <algorithm>
#include <set>

namespace tg {
namespace {

constexpr std::string_view kAuto = "auto";

/// hci2 before hci10.
bool comes_before(const BluezAdapter& a, const BluezAdapter& b) {
  return std::pair(a.path.size(), a.path) < std::pair(b.path.size(), b.path);
}

void apply(BluezAdapter& adapter, const AdapterReport& report) {
  if (report.address) adapter.address = *report.address;
  if (report.powered) adapter.powered = *report.powered;
  if (report.discovering) adapter.discovering = *report.discovering;
}

}  // namespace

void BluezAdapters::update(const ObjectReport& object) {
  if (!object.adapter && !object.monitor_manager) return;
  auto& adapter = by_path_[object.path];  // the manager may be announced before the adapter
  adapter.path = object.path;
  adapter.monitor_manager |= object.monitor_manager;
  if (object.adapter) apply(adapter, *object.adapter);
}

void BluezAdapters::update(const std::string& path, const AdapterReport& changed) {
  if (const auto found = by_path_.find(path); found != by_path_.end()) apply(found->second, changed);
}

void BluezAdapters::remove(const RemovalReport& removal) {
  const auto found = by_path_.find(removal.path);
  if (found == by_path_.end()) return;
  if (removal.adapter) {
    by_path_.erase(found);
  } else if (removal.monitor_manager) {
    found->second.monitor_manager = false;
  }
}

void BluezAdapters::clear() { by_path_.clear(); }

const BluezAdapter* BluezAdapters::by_address(const std::string& address) const {
  const auto found = std::ranges::find_if(by_path_, [&](const auto& e) { return e.second.address == address; });
  return found == by_path_.end() || address.empty() ? nullptr : &found->second;
}

std::vector<const BluezAdapter*> BluezAdapters::assign(const std::vector<RadioReceiver>& receivers) {
  std::set<std::string> taken;
  for (const auto& r : receivers) {
    if (r.adapter != kAuto) taken.insert(r.adapter);
  }
  // First those that had an adapter, so that nobody loses his to a newcomer.
  for (const auto& r : receivers) {
    if (r.adapter != kAuto) continue;
    const auto kept = auto_choice_.find(r.index);
    if (kept != auto_choice_.end() && (!by_address(kept->second) || !taken.insert(kept->second).second))
      auto_choice_.erase(kept);
  }
  std::vector<const BluezAdapter*> in_order;
  for (const auto& [path, adapter] : by_path_) {
    if (!adapter.address.empty()) in_order.push_back(&adapter);
  }
  std::ranges::sort(in_order, [](const auto* a, const auto* b) {
    return a->powered != b->powered ? a->powered : comes_before(*a, *b);
  });
  std::vector<const BluezAdapter*> out;
  for (const auto& r : receivers) {
    if (r.adapter == kAuto && !auto_choice_.contains(r.index)) {
      const auto free = std::ranges::find_if(in_order, [&](const auto* a) { return !taken.contains(a->address); });
      if (free != in_order.end()) {
        taken.insert((*free)->address);
        auto_choice_.emplace(r.index, (*free)->address);
      }
    }
    const auto chosen = auto_choice_.find(r.index);
    out.push_back(r.adapter != kAuto             ? by_address(r.adapter)
                  : chosen == auto_choice_.end() ? nullptr
                                                 : by_address(chosen->second));
  }
  return out;
}

}  // namespace tg
