// The box's Bluetooth adapters and which receiver uses which. Pure, owner thread: the loop.
// Never names an adapter by its path: `hciN` may point at another radio after each plug; the address does not.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "adapters/bluez_walk.hpp"
#include "ports/radio_port.hpp"

namespace tg {

struct BluezAdapter {
  std::string path;
  std::string address;
  bool powered = false;
  bool discovering = false;
  bool monitor_manager = false;
};

class BluezAdapters {
 public:
  void update(const ObjectReport& object);  ///< ignores objects that are neither adapter nor monitor manager
  void update(const std::string& path, const AdapterReport& changed);
  void remove(const RemovalReport& removal);
  void clear();

  /// For each receiver its adapter or nullptr. An exact address goes before every "auto"; an "auto" keeps the address
  /// it had as long as that is there, else takes the first free adapter, a powered one if possible.
  [[nodiscard]] std::vector<const BluezAdapter*> assign(const std::vector<RadioReceiver>& receivers);

 private:
  [[nodiscard]] const BluezAdapter* by_address(const std::string& address) const;

  std::map<std::string, BluezAdapter> by_path_;
  std::map<std::uint16_t, std::string> auto_choice_;  ///< receiver index -> address
};

}  // namespace tg
