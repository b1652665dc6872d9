#include "cli/doctor.hpp"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "cli/layout.hpp"

namespace tg {
namespace {

constexpr std::array<std::string_view, 3> kHealthNames{"ok", "warning", "failed"};

constexpr std::size_t kHealthColumn = 9;  // the longest name and two spaces

constexpr std::int64_t kStaleProfilesS = 24 * 3600;   // profiles.stale_after_h, its default
constexpr std::uint64_t kLowDiskBytes = 1U << 30U;    // outbox.max_bytes by default, twice
constexpr std::uint64_t kFullDiskBytes = 64U << 20U;  // SQLite's journals hardly fit

struct Remedy {
  std::string_view what;
  std::string_view text;
};
constexpr std::string_view kRadioRemedy =
    "Check that bluetooth.service runs and the adapter is powered (bluetoothctl show, rfkill list, dmesg for its "
    "firmware), that D-Bus lets the user touchpoint talk to org.bluez, and that radio.receivers names the adapter's "
    "address";
constexpr std::string_view kRemoteRemedy =
    "Check that the node has power and reaches the store's network, and that the local broker lets it in (its "
    "certificate and lan.acl); visits that only it can hear are held for a quarter of an hour";
constexpr std::string_view kStoreRemedy =
    "Check free space and permissions of state_dir (df -h, ls -ld), then restart touchpointd";
constexpr std::string_view kLinkWarningRemedy =
    "Two boxes with the same client_id end each other's connection: give each its own store.gateway, and look for a "
    "copy "
    "of this one's disk";
constexpr std::string_view kCertificateRemedy =
    "Put the new certificate and its key in the place of the old ones: they are read when they change, without a "
    "restart";
/// By part of the readiness; what is not here gets kGenericRemedy.
constexpr std::array<Remedy, 7> kRemedies{{
    {"radio", kRadioRemedy},
    {"peripheral",
     "Android phones are recognised all the same. Check that bluetoothd offers LEAdvertisingManager1 and GattManager1 "
     "(busctl introspect org.bluez /org/bluez/hci0), that the controller can advertise while it scans (another adapter "
     "may), and that nobody else uses up its advertising instances (btmgmt advinfo)"},
    {"recognition",
     "It begins by itself when the clock is right and the tables are built; a million members take some seconds"},
    {"store", kStoreRemedy},
    {"central",
     "Check the network, name resolution and central.url; then certificate and password files. Events wait "
     "on disk until it is back"},
    {"local",
     "Check that mosquitto runs (systemctl status mosquitto) and that local.url, user name and password fit; "
     "tablets get no cards until then"},
    {"clock", "Check time synchronisation (timedatectl timesync-status); the tokens of phones change with time"},
}};
constexpr std::string_view kGenericRemedy = "See its cause in the log: journalctl -u touchpointd -n 100";

std::string remedy_for(std::string_view part_name) {
  const auto* found =
      std::find_if(kRemedies.begin(), kRemedies.end(), [&](const Remedy& r) { return part_name.starts_with(r.what); });
  return std::string(found == kRemedies.end() ? kGenericRemedy : found->text);
}

std::string cause_of(const Answer& object, std::string_view key) { return text_of(object, key, "no cause given"); }

Check receiver_check(const Answer& receiver) {
  const std::string what = "receiver " + text_of(receiver, "id");
  const bool remote = is_true(receiver, "remote");
  const std::string well = remote ? "reporting" : "scanning";
  if (is_true(receiver, "scanning")) return {what, Health::ok, well, ""};
  return {what, Health::failed, "not " + well + ": " + cause_of(receiver, "cause"),
          std::string(remote ? kRemoteRemedy : kRadioRemedy)};
}

/// A missing central only delays; a missing local broker keeps the tablets empty.
Check link_check(const Answer& links, std::string_view name, std::string what, Health when_down) {
  const Answer& link = part(links, name);
  const Answer& warnings = list(link, "warnings");
  if (!is_true(link, "up")) {
    std::string finding = "down: " + cause_of(link, "last_error");
    for (const Answer& warning : warnings) finding += "; " + warning.get<std::string>();
    return {std::move(what), when_down, std::move(finding), remedy_for(name)};
  }
  if (!warnings.empty())
    return {std::move(what), Health::warning, "up, but " + warnings.front().get<std::string>(),
            std::string(kLinkWarningRemedy)};
  if (is_true(link, "verified")) return {std::move(what), Health::ok, "up", ""};
  return {std::move(what), Health::warning, "up, delivery unverified",
          "The link uses MQTT 3.1.1, which cannot report refusals; set protocol to \"5\" if the broker can"};
}

Check clock_check(const Answer& status) {
  const std::string clock = text_of(status, "clock");
  if (clock == "synced") return {"clock", Health::ok, clock, ""};
  return {"clock", clock == "unsynced" ? Health::warning : Health::failed, clock, remedy_for("clock")};
}

/// Facts and cache together, as readiness sees them.
Check store_check(const Answer& status) {
  const Answer& store = part(part(part(status, "ready"), "parts"), "store");
  if (text_of(store, "state") == "ok") return {"database", Health::ok, "writable", ""};
  return {"database", Health::failed, "not writable: " + cause_of(store, "cause"), std::string(kStoreRemedy)};
}

Check members_check(const Answer& status) {
  const std::string remedy = "Wait for a snapshot from central, or load one: touchpointctl import profiles FILE";
  const auto members = number_or_zero(status, "members");
  const auto age_s = number_of(status, "profiles_age_s");
  if (members == 0 || !age_s) return {"members", Health::warning, "none to recognise", remedy};
  const std::string finding = count_of(members, "member") + ", received " + duration_text(*age_s) + " ago";
  return *age_s > kStaleProfilesS ? Check{"members", Health::warning, finding, remedy}
                                  : Check{"members", Health::ok, finding, ""};
}

/// Those that say something; a certificate that has ended closes the link at the next connect.
void add_certificates(const Answer& status, std::vector<Check>& checks) {
  const Answer& all = list(status, "certificates");
  bool well = true;
  for (const Answer& certificate : all) {
    const std::string warning = text_of(certificate, "warning", "");
    if (warning.empty()) continue;
    well = false;
    checks.push_back({"certificate", Health::warning, warning, std::string(kCertificateRemedy)});
  }
  if (well && !all.empty())
    checks.push_back({"certificates", Health::ok, count_of(static_cast<std::int64_t>(all.size()), "file"), ""});
}

/// What readiness knows and no check before has said.
void add_other_parts(const Answer& status, std::vector<Check>& checks) {
  const bool receiver_said = std::any_of(checks.begin(), checks.end(), [](const Check& c) {
    return c.what.starts_with("receiver ") && c.health != Health::ok;
  });
  constexpr std::array<std::string_view, 5> kSaid{"store", "central", "local", "clock", "certificates"};
  for (const auto& [name, one] : part(part(status, "ready"), "parts").items()) {
    const std::string state = text_of(one, "state");
    const bool said = (name == "radio" && receiver_said) || std::find(kSaid.begin(), kSaid.end(), name) != kSaid.end();
    if (said || state == "ok" || state == "disabled") continue;
    checks.push_back({name, state == "degraded" ? Health::warning : Health::failed,
                      state + ": " + cause_of(one, "cause"), remedy_for(name)});
  }
}

}  // namespace

std::vector<Check> diagnose(const Answer& status) {
  std::vector<Check> checks;
  checks.push_back({"daemon", Health::ok, "version " + text_of(status, "version") + " answers", ""});
  for (const Answer& receiver : list(status, "radio")) checks.push_back(receiver_check(receiver));
  checks.push_back(clock_check(status));
  checks.push_back(link_check(part(status, "links"), "local", "local broker", Health::failed));
  checks.push_back(link_check(part(status, "links"), "central", "central", Health::warning));
  add_certificates(status, checks);
  checks.push_back(store_check(status));
  checks.push_back(members_check(status));
  add_other_parts(status, checks);
  return checks;
}

Check diagnose_disk(const std::string& state_dir, std::uint64_t free_bytes) {
  const std::string finding = count_text(static_cast<std::int64_t>(free_bytes >> 20U)) + " MiB free for " + state_dir;
  if (free_bytes >= kLowDiskBytes) return {"disk", Health::ok, finding, ""};
  return {"disk", free_bytes < kFullDiskBytes ? Health::failed : Health::warning, finding,
          "Make room (journalctl --vacuum-size=100M, apt-get clean) or move state_dir to a larger disk; events of a "
          "long outage are kept there"};
}

std::string view_checks(const std::vector<Check>& checks) {
  std::string out;
  for (const auto& check : checks) {
    std::string health(kHealthNames.at(static_cast<std::size_t>(check.health)));
    health.resize(kHealthColumn, ' ');
    out += health + printable(check.what + ": " + check.finding) + "\n";
    out += wrapped(check.remedy, kHealthColumn);
  }
  return out;
}

std::string checks_json(const std::vector<Check>& checks) {
  Answer rows = Answer::array();
  for (const auto& check : checks)
    rows.push_back({{"check", check.what},
                    {"state", kHealthNames.at(static_cast<std::size_t>(check.health))},
                    {"finding", check.finding},
                    {"remedy", check.remedy.empty() ? Answer() : Answer(check.remedy)}});
  return answer_line({{"checks", rows}});
}

}  // namespace tg
