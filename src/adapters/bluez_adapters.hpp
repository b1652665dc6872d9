// The box's Bluetooth adapters and which receiver uses which. Pure, owner thread: the loop.
// Never names an adapter by its path: `hciN` may point at another radio after each plug; the address does not.
#pragma once

#include <map>
#include <optional>
#include <set>
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

/// "hci0": for the kernel's trees and for a person, for the length of one call.
[[nodiscard]] std::string hci_of(const BluezAdapter& adapter);

class BluezAdapters {
 public:
  void update(const ObjectReport& object);  ///< ignores objects that are neither adapter nor monitor manager
  void update(const std::string& path, const AdapterReport& changed);
  void remove(const RemovalReport& removal);
  void clear();

  /// For each receiver its adapter or nullptr. An exact address goes before every "auto". Those that are "auto" share
  /// what is left in the order of the addresses; once each had one, it keeps that as long as it is there, and who loses
  /// his takes the first free one. A receiver of an exact address may do the same after allow_spare().
  [[nodiscard]] std::vector<const BluezAdapter*> assign(const std::vector<RadioReceiver>& receivers);

  /// The receiver's own adapter is gone or given up: whatever adapter nobody is configured for may serve it, until its
  /// own is back.
  void allow_spare(std::uint16_t receiver) { may_borrow_.insert(receiver); }
  /// Nobody is given this adapter any more, until it is unplugged or bluetoothd restarts.
  void give_up(const std::string& address) { dead_.insert(address); }
  [[nodiscard]] bool given_up(const std::string& address) const { return dead_.contains(address); }
  /// After the last assign(): an adapter is left that serves nobody and is not given up.
  [[nodiscard]] bool has_free() const;

 private:
  [[nodiscard]] const BluezAdapter* by_address(const std::string& address) const;
  [[nodiscard]] const BluezAdapter* own_of(const RadioReceiver& receiver) const;
  [[nodiscard]] const BluezAdapter* first_free() const;
  void reserve(const std::vector<RadioReceiver>& receivers);
  void choose(const RadioReceiver& receiver);

  std::map<std::string, BluezAdapter> by_path_;
  std::map<std::uint16_t, std::string> choice_;  ///< receiver index -> address, for those without one of their own
  std::set<std::string> taken_;                  ///< addresses
  std::set<std::string> dead_;
  std::set<std::uint16_t> may_borrow_;
  bool settled_ = false;  ///< every "auto" had an adapter once
};

}  // namespace tg
