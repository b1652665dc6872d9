// An org.bluez of our own for tests: adapters, discovery, advertisement monitors and adverts, with bluetoothd's types.
// Answers on a thread of its own, so that a caller that waits for an answer on its loop thread is seen to hang.
// Never simulates the air: a test says which advert is heard.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace tg::support {

struct FakeAdvert {
  std::string hci = "hci0";
  std::string device = "AA:BB:CC:DD:EE:01";
  std::int16_t rssi = -60;
  std::string uuid = "0000feaa-0000-1000-8000-00805f9b34fb";
  std::vector<std::uint8_t> service_data;
  std::vector<std::uint8_t> manufacturer_data{0x10, 0x05};  ///< of company 0x004c
  bool lists_uuid = true;  ///< the advert carries the UUID list that a UUID filter looks at
};

class FakeBluez {
 public:
  explicit FakeBluez(const std::string& bus_address);  ///< owns org.bluez on return
  ~FakeBluez();
  FakeBluez(const FakeBluez&) = delete;
  FakeBluez& operator=(const FakeBluez&) = delete;

  struct Adapter {
    std::string hci = "hci0";
    std::string address = "00:1A:7D:DA:71:01";
    bool powered = true;
    bool monitor_manager = true;
  };
  void plug(const Adapter& adapter);
  void unplug(const std::string& hci);
  void switch_off(const std::string& hci);  ///< by somebody else; ends discovery

  /// As bluetoothd when the kernel refuses the monitor; the application stays registered. Not before it is.
  void release_monitor(const std::string& hci);

  /// As bluetoothd: the first advert of a device announces it, later ones change its properties.
  /// False when nothing listens: no discovery, no monitor, or the discovery filter excludes it.
  bool hear(const FakeAdvert& advert);
  void hear_rssi_only(const FakeAdvert& advert);
  void forget_device(const FakeAdvert& advert);  ///< InterfacesRemoved, as after TemporaryTimeout
  /// ServiceData as `aa{sv}` and RSSI as a string, in PropertiesChanged and in InterfacesAdded; a signal without a
  /// body.
  void send_wrong_types(const std::string& hci);

  // --- faults that a controller, bluetoothd or another client may bring ---
  enum class Cure { restarted_scan, power_cycle, nothing };
  /// Hears nothing any more although `Discovering` stays true.
  void go_deaf(const std::string& hci, Cure cure);
  /// Method calls are not answered, but the name is owned and signals still go out.
  void hang();
  void answer_again();
  /// Monitors are registered but never activated, `times` times.
  void ignore_monitors(int times);
  /// Another client's wishes replace our filter: nothing comes until it is set again.
  void lose_filter(const std::string& hci);
  /// Our session is gone, but another client keeps the adapter discovering.
  void lose_session(const std::string& hci);
  /// Discovery ends and no signal tells it.
  void stop_silently(const std::string& hci);
  /// Powered cannot be set to true, with this error.
  void refuse_power(const std::string& hci, const std::string& error);

  void refuse_discovery(const std::string& error, int times);  ///< for the next StartDiscovery calls

  struct Seen {
    int filters = 0;
    int starts = 0;
    int stops = 0;
    int switched_off = 0;
    int monitors_activated = 0;
    int monitors_dropped = 0;
    std::string monitor_problem;  ///< what is wrong with the monitor that was registered
    bool discovering = false;
    bool powered = false;
  };
  [[nodiscard]] Seen seen(const std::string& hci = "hci0") const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tg::support
