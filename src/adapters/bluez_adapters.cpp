#include "adapters/bluez_adapters.hpp"

#include <algorithm>

namespace tg {
namespace {

constexpr std::string_view kAuto = "auto";

void apply(BluezAdapter& adapter, const AdapterReport& report) {
  if (report.address) adapter.address = *report.address;
  if (report.powered) adapter.powered = *report.powered;
  if (report.discovering) adapter.discovering = *report.discovering;
}

}  // namespace

std::string hci_of(const BluezAdapter& adapter) { return adapter.path.substr(adapter.path.rfind('/') + 1); }

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
    dead_.erase(found->second.address);  // plugged in again, it gets another chance
    by_path_.erase(found);
  } else if (removal.monitor_manager) {
    found->second.monitor_manager = false;
  }
}

void BluezAdapters::clear() {
  by_path_.clear();
  dead_.clear();
  may_borrow_.clear();
}

const BluezAdapter* BluezAdapters::by_address(const std::string& address) const {
  const auto found = std::ranges::find_if(by_path_, [&](const auto& e) { return e.second.address == address; });
  return found == by_path_.end() || address.empty() ? nullptr : &found->second;
}

const BluezAdapter* BluezAdapters::own_of(const RadioReceiver& receiver) const {
  return receiver.adapter == kAuto || dead_.contains(receiver.adapter) ? nullptr : by_address(receiver.adapter);
}

const BluezAdapter* BluezAdapters::first_free() const {
  const BluezAdapter* first = nullptr;
  for (const auto& [path, adapter] : by_path_) {
    const bool free = !adapter.address.empty() && !taken_.contains(adapter.address) && !dead_.contains(adapter.address);
    if (free && (first == nullptr || adapter.address < first->address)) first = &adapter;
  }
  return first;
}

bool BluezAdapters::has_free() const { return first_free() != nullptr; }

/// What is spoken for: configured addresses, then the choices that still hold.
void BluezAdapters::reserve(const std::vector<RadioReceiver>& receivers) {
  taken_.clear();
  for (const auto& r : receivers) {
    if (r.adapter != kAuto) taken_.insert(r.adapter);
    if (own_of(r) != nullptr) may_borrow_.erase(r.index);
  }
  for (const auto& r : receivers) {
    const auto kept = choice_.find(r.index);
    if (kept == choice_.end()) continue;
    const bool needed = r.adapter == kAuto ? settled_ : may_borrow_.contains(r.index);
    const bool there = by_address(kept->second) != nullptr && !dead_.contains(kept->second);
    if (!needed || !there || !taken_.insert(kept->second).second) choice_.erase(kept);
  }
}

void BluezAdapters::choose(const RadioReceiver& receiver) {
  const bool may = receiver.adapter == kAuto || may_borrow_.contains(receiver.index);
  const auto* const free = may && !choice_.contains(receiver.index) ? first_free() : nullptr;
  if (free == nullptr) return;
  taken_.insert(free->address);
  choice_.emplace(receiver.index, free->address);
}

std::vector<const BluezAdapter*> BluezAdapters::assign(const std::vector<RadioReceiver>& receivers) {
  reserve(receivers);
  for (const auto& r : receivers) choose(r);
  std::vector<const BluezAdapter*> out;
  settled_ = true;
  for (const auto& r : receivers) {
    const auto chosen = choice_.find(r.index);
    const auto* const own = own_of(r);
    out.push_back(own != nullptr ? own : chosen == choice_.end() ? nullptr : by_address(chosen->second));
    settled_ = settled_ && (r.adapter != kAuto || out.back() != nullptr);
  }
  return out;
}

}  // namespace tg
