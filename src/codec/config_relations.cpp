#include <cctype>
#include <filesystem>
#include <functional>
#include <map>
#include <set>

#include "base/page_cipher.hpp"
#include "codec/config_check.hpp"
#include "codec/dialects.hpp"
#include "codec/pos_reader.hpp"

namespace tg::config {
namespace {

using Findings = std::vector<Finding>;

std::string item(const std::string& list, std::size_t index) { return list + '/' + std::to_string(index); }

/// Finds names that an earlier item of the list has already; `name` may give "" for none.
template <class Item>
void unique(const std::string& list, const std::vector<Item>& items, const std::string& key,
            const std::function<std::string(const Item&)>& name, Findings& findings) {
  std::map<std::string, std::size_t> first;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const auto text = name(items[i]);
    if (text.empty()) continue;
    const auto [earlier, is_new] = first.emplace(text, i);
    if (!is_new)
      findings.push_back(
          {item(list, i) + key, "is the same as in " + item(list, earlier->second) + "; must be unique"});
  }
}

std::string joined(const std::set<std::string>& names) {
  std::string list;
  for (const auto& name : names) list += (list.empty() ? "" : ", ") + name;
  return list;
}

std::string local_adapter(const ReceiverConfig& receiver) {
  std::string name = receiver.remote || receiver.adapter == "auto" ? "" : receiver.adapter;  // each auto takes its own
  for (auto& c : name) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return name;
}

/// Only where the machine has time zones at all: a minimal image may leave them to others.
void time_zone_exists(const Config& config, Findings& findings) {
  static const std::filesystem::path kZones = "/usr/share/zoneinfo";
  std::error_code ignored;
  if (config.timezone.empty() || !std::filesystem::is_directory(kZones, ignored)) return;
  if (std::filesystem::is_regular_file(kZones / config.timezone, ignored)) return;
  findings.push_back({"/store/timezone", "is not known to this machine; must be an IANA name such as Europe/Paris"});
}

void tills_stand_once(const Config& config, Findings& findings) {
  std::map<std::string, std::string> place;
  for (std::size_t z = 0; z < config.zones.size(); ++z) {
    const auto at = item("/zones", z) + "/workstations";
    for (std::size_t w = 0; w < config.zones[z].workstations.size(); ++w) {
      const auto [earlier, is_new] = place.emplace(config.zones[z].workstations[w], item(at, w));
      if (!is_new)
        findings.push_back({item(at, w), "stands already at " + earlier->second + "; must be in one zone only"});
    }
  }
}

void receiver_is_complete(const Config& config, const ReceiverConfig& receiver, const std::string& at,
                          Findings& findings) {
  std::set<std::string> zones;
  for (const auto& zone : config.zones) zones.insert(zone.id.value);
  zones.erase("");  // refused already
  if (!receiver.zone.empty() && !zones.contains(receiver.zone)) {
    findings.push_back(
        {at + "/zone", "names no zone; must be one of: " + (zones.empty() ? "(there are none)" : joined(zones))});
  }
  if (receiver.remote && receiver.format != "touchpoint" && !receiver.topic) {
    findings.push_back(
        {at + "/topic", "is missing; must be the topic to which the " + receiver.format + " receiver publishes"});
  }
  if (receiver.x_m.has_value() != receiver.y_m.has_value()) {
    findings.push_back({at + (receiver.x_m ? "/y_m" : "/x_m"),
                        "is missing; must be given together with " + std::string(receiver.x_m ? "x_m" : "y_m")});
  }
}

void link_is_complete(const LinkConfig& link, const std::string& at, Findings& findings) {
  if (link.cert_file && !link.key_file) findings.push_back({at + "/key_file", "is missing; must go with cert_file"});
  if (link.key_file && !link.cert_file) findings.push_back({at + "/cert_file", "is missing; must go with key_file"});
}

void key_is_a_key(const Config& config, Findings& findings) {
  if (!config.at_rest_key || parse_at_rest_keys(*config.at_rest_key)) return;
  findings.push_back({"/profiles/at_rest_key_file",
                      "does not name a file of keys; must hold 64 hexadecimal digits a line, the current key first "
                      "(or off), then former ones"});
}

void dialects_are_known(const Config& config, Findings& findings) {
  const auto dialects = Dialects::load(config.dialect_dir);
  if (!dialects) {
    findings.push_back({"/pos/dialect_dir", "does not hold dialects only: " + dialects.error().message});
    return;
  }
  for (std::size_t i = 0; i < config.workstations.size(); ++i) {
    const auto& dialect = config.workstations[i].dialect;
    if (!dialect || *dialect == kContractDialect || dialects->find(*dialect) != nullptr) continue;
    findings.push_back({item("/pos/workstations", i) + "/dialect",
                        "is unknown; must be one of: " + dialects->names() + ", " + std::string(kContractDialect)});
  }
}

}  // namespace

Findings check_relations(const Config& config) {
  Findings findings;
  unique<Zone>(
      "/zones", config.zones, "/id", [](const Zone& zone) { return zone.id.value; }, findings);
  time_zone_exists(config, findings);
  tills_stand_once(config, findings);
  unique<ReceiverConfig>("/radio/receivers", config.receivers, "/id", &ReceiverConfig::id, findings);
  unique<ReceiverConfig>("/radio/receivers", config.receivers, "/adapter", local_adapter, findings);
  for (std::size_t i = 0; i < config.receivers.size(); ++i) {
    receiver_is_complete(config, config.receivers[i], item("/radio/receivers", i), findings);
  }
  unique<PosKey>("/pos/http/keys", config.pos_keys, "/id", &PosKey::id, findings);
  unique<WorkstationConfig>("/pos/workstations", config.workstations, "/id", &WorkstationConfig::id, findings);
  dialects_are_known(config, findings);
  link_is_complete(config.central, "/central", findings);
  link_is_complete(config.local, "/local", findings);
  key_is_a_key(config, findings);
  return findings;
}

}  // namespace tg::config
