// What the box says about itself: admin answers, /readyz, /metrics (contract §7). Owner thread: any.
// Never a member: visits are shown by their pseudonym.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "core/effects.hpp"
#include "core/events.hpp"
#include "core/model/visit.hpp"

namespace tg {

struct Config;

enum class PartState : std::uint8_t { ok, degraded, down, disabled };
struct PartStatus {
  std::string name;  ///< radio, peripheral, store, recognition, local, central
  PartState state = PartState::ok;
  std::string cause;  ///< empty when ok
};
struct LinkStatus {
  bool up = false;
  bool verified = true;    ///< false on a 3.1.1 link: a refusal looks like a delivery there
  std::string last_error;  ///< empty when there was none
  Rival rival = Rival::none;
  std::vector<std::string> warnings;  ///< what a person should see to, whether it is up or not
};
/// One of the configuration; told by its key, so that no path is shown.
struct CertificateStatus {
  std::string key;                  ///< "central.cert_file"
  std::optional<WallTime> ends_at;  ///< absent when it cannot be read
  std::string trouble;              ///< beside its end; empty when there is none
};
enum class Urgency : std::uint8_t { none, in_a_month, in_a_week, tomorrow, over };
[[nodiscard]] Urgency urgency(const CertificateStatus& certificate, WallTime now);
/// "central.cert_file ends in 6 d"; empty while there is nothing to say.
[[nodiscard]] std::string certificate_text(const CertificateStatus& certificate, WallTime now);

struct RadioStatus {
  std::string id;
  bool scanning = false;  ///< of a remote one: it reports
  bool remote = false;
  bool beacon = false, checkin = false;  ///< what the adapter says and offers
  std::string cause;
};

struct Status {
  std::string version, store, gateway;
  Seconds uptime{0};
  ClockState clock = ClockState::synced;
  std::uint64_t members = 0;
  std::optional<Seconds> profiles_age;
  std::uint64_t visits_open = 0;
  LinkStatus central, local;
  std::vector<CertificateStatus> certificates;
  WallTime now{};
  std::vector<RadioStatus> radio;
  bool store_writable = true;
  std::string store_cause;
  std::string facts_mirror;  ///< StoreHealth::mirror
  std::uint64_t in_flight = 0;
  Sequence last_sequence = 0;
  std::vector<PartStatus> parts;
  std::string last_error;

  /// It can recognise, store and reach the local broker; an unreachable central only degrades.
  [[nodiscard]] bool ready() const;
};

[[nodiscard]] std::string encode_status(const Status& status);
[[nodiscard]] std::string encode_ready(const Status& status);

struct VisitView {
  Visit visit;
  std::optional<VisitCards> cards;
};
[[nodiscard]] std::string encode_visits(const std::vector<VisitView>& visits);
[[nodiscard]] std::string encode_explanation(const VisitView& visit);
[[nodiscard]] std::string encode_admin_error(std::string_view text);
[[nodiscard]] std::string encode_forgotten();
/// `/tablet/config.json`.
[[nodiscard]] std::string encode_tablet_config(std::string_view mqtt_url, std::string_view topic_root,
                                               const Policy& policy, const std::vector<std::string>& languages,
                                               std::string_view timezone);

using Counters = std::array<std::uint64_t, effect::kCounterCount>;
/// Prometheus text exposition.
[[nodiscard]] std::string encode_metrics(const Status& status, const Counters& counters);
/// `{"configuration": …}`, as print_config has it.
[[nodiscard]] std::string encode_configuration(const Config& config);
/// `{"metrics": text}`
[[nodiscard]] std::string encode_metrics_answer(const std::string& metrics);

struct AdminRequest {
  std::string cmd;
  std::string visit, member;  ///< for explain, forget
  std::string day;            ///< for kpi; empty = today
  std::string name, payload;  ///< for command: the payload's text, not parsed here
  std::string command_id;     ///< read from the payload's first key; empty when it is another one
};
/// One line of the admin socket. `payload` is the last key of a command, so that its text can be handed on unread.
[[nodiscard]] Result<AdminRequest> decode_admin_request(std::string_view line);

}  // namespace tg
