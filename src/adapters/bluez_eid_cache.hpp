// The last EID heard from each device that BlueZ knows, because BlueZ may signal a new RSSI without repeating the
// service data. Owner thread: the loop.
// Never holds a device that has not sent an Eddystone-EID frame; never outlives the Device1 object (the owner forgets
// at InterfacesRemoved and when bluetoothd goes); never grows past its limit; is never written or logged.
#pragma once

#include <cstddef>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/types.hpp"

namespace tg {

class BluezEidCache {
 public:
  static constexpr std::size_t kLimit = 4096;

  /// The device heard longest ago makes room when the cache is full.
  void remember(std::string_view device_path, const Eid& eid) {
    if (const auto found = by_path_.find(device_path); found != by_path_.end()) {
      found->second->second = eid;
      touch(found->second);
      return;
    }
    if (by_path_.size() >= kLimit) forget(std::string(newest_first_.back().first));
    newest_first_.emplace_front(device_path, eid);
    by_path_.emplace(newest_first_.front().first, newest_first_.begin());
  }

  [[nodiscard]] std::optional<Eid> recall(std::string_view device_path) {
    const auto found = by_path_.find(device_path);
    if (found == by_path_.end()) return std::nullopt;
    touch(found->second);
    return found->second->second;
  }

  void forget(std::string_view device_path) {
    const auto found = by_path_.find(device_path);
    if (found == by_path_.end()) return;
    const auto entry = found->second;
    by_path_.erase(found);
    newest_first_.erase(entry);
  }

  void clear() {
    by_path_.clear();
    newest_first_.clear();
  }

  [[nodiscard]] std::size_t size() const { return by_path_.size(); }

 private:
  using Entries = std::list<std::pair<std::string, Eid>>;
  void touch(Entries::iterator entry) { newest_first_.splice(newest_first_.begin(), newest_first_, entry); }

  Entries newest_first_;
  std::unordered_map<std::string_view, Entries::iterator> by_path_;  // keys live in newest_first_
};

}  // namespace tg
