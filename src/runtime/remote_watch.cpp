#include "runtime/remote_watch.hpp"

#include <algorithm>
#include <cctype>

namespace tg {
namespace {

constexpr int kLostInARow = 3;  // QoS 0 over Wi-Fi loses a batch now and then, and sometimes two
constexpr std::string_view kReports = "/BTtoMQTT";
constexpr std::string_view kWill =
    "/LWT";  // User_config.h of OpenMQTTGateway; lwt_topic of Theengs Gateway, its default

}  // namespace

void RemoteWatch::reported(std::size_t receiver, std::optional<Seconds> next, MonoTime now) {
  nodes_[receiver] = {next == Seconds{0}, next.value_or(Seconds{0}), now};
}

void RemoteWatch::connected(std::size_t receiver, bool yes) { nodes_[receiver].gone = !yes; }

void RemoteWatch::link_changed(bool up, MonoTime now) {
  link_up_ = up;
  for (auto& node : nodes_) node.since = now;
}

std::string RemoteWatch::trouble(std::size_t receiver, MonoTime now) const {
  const Node& node = nodes_[receiver];
  if (!link_up_) return "the local broker is not connected";
  if (node.gone) return "it has left the local broker";
  if (node.promised == Seconds{0} || now - node.since <= kLostInARow * node.promised) return {};
  return "it reports every " + std::to_string(node.promised.count()) + " s, and nothing comes any more";
}

std::optional<std::string> will_topic(const ReceiverConfig& receiver) {
  if (!receiver.topic) return std::nullopt;
  const auto at = receiver.topic->rfind(kReports);
  if (at == std::string::npos) return std::nullopt;
  const std::string base = receiver.topic->substr(0, at);
  if (base.empty() || base.find_first_of("+#") != std::string::npos) return std::nullopt;  // more than one node
  return base + std::string(kWill);
}

std::optional<bool> decode_will(std::string_view payload) {
  std::string word(payload.substr(0, 8));
  std::transform(word.begin(), word.end(), word.begin(), [](unsigned char c) { return std::tolower(c); });
  if (word == "online") return true;
  if (word == "offline") return false;
  return std::nullopt;
}

}  // namespace tg
