// The pump: what the doors bring becomes events, what the core wants goes out through the doors.
// Owner thread: the loop. Never decides anything: whatever could be decided either way belongs into core/.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "adapters/event_loop.hpp"
#include "adapters/journal_file.hpp"
#include "codec/config.hpp"
#include "codec/outgoing.hpp"
#include "codec/pos_reader.hpp"
#include "codec/status.hpp"
#include "core/core.hpp"
#include "ports/admin_port.hpp"
#include "ports/command_port.hpp"
#include "ports/config_port.hpp"
#include "ports/intake_port.hpp"
#include "ports/link_port.hpp"
#include "ports/peripheral_port.hpp"
#include "ports/radio_port.hpp"
#include "ports/store_port.hpp"
#include "runtime/clock.hpp"
#include "runtime/recorder.hpp"
#include "runtime/remote_watch.hpp"

namespace tg {

/// Every door, made by main; all outlive the gateway's last turn.
struct Doors {
  FactsPort* facts = nullptr;
  CachePort* cache = nullptr;
  CommandPort* commands = nullptr;
  LinkPort* central = nullptr;
  LinkPort* local = nullptr;
  IntakePort* intake = nullptr;
  const PosReader* dialects = nullptr;
  RadioPort* radio = nullptr;            ///< none without local receivers
  PeripheralPort* peripheral = nullptr;  ///< none without local receivers, or with beacon and check-in off
  JournalFile* journal = nullptr;        ///< none unless journal.enabled
  ConfigPort* config = nullptr;
};

/// What other threads may read: pages for probes.
struct Pages {
  std::mutex mutex;
  std::string ready_json, metrics_text;
  bool ready = false;
  MonoTime turned{};  ///< when the loop last refreshed this
};

class Gateway {
 public:
  /// `post` runs work on the loop from any thread (Inbox::post).
  Gateway(EventLoop& loop, Config config, Doors doors, std::function<void(std::function<void()>)> post, Clock clock,
          Stamp born);

  /// `finding`: what the files had to be cured of, the first "last error"; empty when they were well.
  void start(event::Restored restored, std::string finding);
  /// Says goodbye on both links; the loop may end when it returns.
  void stop();

  // From the doors, on the loop.
  void on_event(const Event& event);
  void on_advert(std::uint16_t receiver, const Eid& eid, RssiDbm rssi);
  void on_link(Link link, const LinkReport& report);
  void on_tickets(const TicketRequest& request);
  void on_admin(const std::string& line, const AdminReply& reply);
  /// Takes over what may change without a restart.
  void reconfigure(const Config& fresh);

  /// As they are on disk now; news is logged.
  void certificates(std::vector<CertificateStatus> now);

  [[nodiscard]] Pages& pages() { return pages_; }
  [[nodiscard]] std::string tablet_config() const;

 private:
  void handle(const Event& event);
  void carry_out(Effect effect);
  void rearm();
  void build_tables();
  void tick();
  void check_clock();
  void watch_receivers();
  void refresh_pages();
  [[nodiscard]] Status status() const;
  [[nodiscard]] std::vector<ReceiverStatus> receivers() const;
  [[nodiscard]] std::vector<PartStatus> parts() const;
  [[nodiscard]] PartStatus peripheral_part() const;
  [[nodiscard]] PartStatus certificates_part() const;
  [[nodiscard]] PartStatus link_part(Link which) const;
  [[nodiscard]] LinkStatus link_status(Link which) const;
  void publish(Outgoing message);
  void answer_command(const effect::PublishAck& ack);
  void send_unsent_acks();
  void publish_state(Link link, bool online);
  LinkPort& link(Link which) { return which == Link::central ? *doors_.central : *doors_.local; }

  void on_message(Link link, const LinkMessage& message);
  void on_command(const std::string& name, const std::string& payload);
  void on_rx(const std::string& receiver, const std::string& payload);
  void on_foreign_rx(const std::string& topic, const std::string& payload);
  void refuse_ticket(const std::string& workstation, const std::string& cause);
  void on_pos(const std::string& workstation, const std::string& payload);
  void on_action(const std::string& device, const std::string& payload);
  void on_retained_card(const std::string& visit, const std::string& payload);
  bool on_will(const std::string& topic, const std::string& payload);
  void feed_adverts(std::size_t receiver, const std::string& payload, bool foreign);

  void admin_status(const AdminRequest& request, const AdminReply& reply);
  void admin_visits(const AdminRequest& request, const AdminReply& reply);
  void admin_explain(const AdminRequest& request, const AdminReply& reply);
  void admin_inspect(const AdminRequest& request, const AdminReply& reply);
  void admin_match(const AdminRequest& request, const AdminReply& reply);
  void admin_configuration(const AdminRequest& request, const AdminReply& reply);
  void admin_metrics(const AdminRequest& request, const AdminReply& reply);
  void admin_kpi(const AdminRequest& request, const AdminReply& reply);
  void admin_forget(const AdminRequest& request, const AdminReply& reply);
  void admin_command(const AdminRequest& request, const AdminReply& reply);
  [[nodiscard]] VisitView view(const Visit& visit) const;

  EventLoop& loop_;
  Config config_;
  Doors doors_;
  std::function<void(std::function<void()>)> post_;
  Clock clock_;
  Prefixes prefixes_;
  Core core_;
  RemoteWatch remote_;
  std::vector<bool> hears_;           ///< by receiver, as the core was told
  std::optional<Recorder> recorder_;  ///< with a journal
  TimerSource deadline_;
  TimerSource tick_;
  DeferredSource idle_;
  Counters counters_{};
  LinkStatus links_[kLinkCount];
  std::vector<CertificateStatus> certificates_;
  std::map<std::string, Urgency> told_;  ///< of certificates, by key
  std::string last_error_;
  Stamp started_{};
  std::map<CommandId, AdminReply> waiting_acks_;  ///< commands that came through the admin door
  std::deque<Outgoing> unsent_acks_;              ///< central is away; the oldest go first when there are too many
  Pages pages_;
};

}  // namespace tg
