// MQTT payloads other than facts: cards, states, acks, actions, remote receivers, commands (contract §4).
// Owner thread: any. Never throws: bad input is an Error that names the place and what is allowed, without the value.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "core/events.hpp"
#include "core/model/command.hpp"
#include "core/model/visit.hpp"

namespace tg {

// --- out -----------------------------------------------------------------------------------------------------------
[[nodiscard]] std::string encode_card(const Card& card);
[[nodiscard]] std::string encode_ack(const CommandAck& ack);
[[nodiscard]] std::string encode_gateway_state(bool online, std::uint64_t session, std::string_view version,
                                               WallTime since);
[[nodiscard]] std::string encode_tablet_state(bool online, std::string_view store, WallTime at);

// --- in ------------------------------------------------------------------------------------------------------------
/// `R/tablet/action/{device}`.
[[nodiscard]] Result<CardAction> decode_action(std::string_view device, std::string_view payload);

struct RemoteAdvert {
  Eid eid{};
  RssiDbm rssi = kRssiUnavailable;
};
struct RemoteBatch {
  std::vector<RemoteAdvert> adverts;
  std::optional<Seconds> next;  ///< the next batch comes within this, be it empty; 0 = none comes any more
};
/// `R/rx/{receiver}` of format `touchpoint`: `{"v":1,"ts":<ms>,"next_s":5,"e":[["<EID hex>",<tx>,<rssi>],…]}`; at most
/// 512 entries; `next_s` may be missing and is at most an hour.
[[nodiscard]] Result<RemoteBatch> decode_rx(std::string_view payload);
/// OpenMQTTGateway or Theengs: service data of FEAA that starts 30; the address is dropped here. Empty = not for us.
[[nodiscard]] Result<RemoteBatch> decode_rx_foreign(std::string_view payload);

/// `R/command/{name}`; a payload that cannot be understood becomes BadCommand with its command_id if that is readable.
[[nodiscard]] Command decode_command(std::string_view name, std::string_view payload);

/// The form in which a profile is kept in the cache file and handed over by `import`: contract fields only.
[[nodiscard]] std::string encode_profile(const Profile& profile);
[[nodiscard]] ProfileRow profile_row(Profile profile);
/// `line` prefixes the error's JSON pointer for NDJSON files ("line 12: /consent/…"); 0 = no line.
[[nodiscard]] Result<Profile> decode_profile(std::string_view json, std::size_t line = 0);
[[nodiscard]] std::string encode_item(const CatalogItem& item);
[[nodiscard]] Result<CatalogItem> decode_item(std::string_view json, std::size_t line = 0);
[[nodiscard]] std::string encode_rule(const ComplementRule& rule);
[[nodiscard]] Result<ComplementRule> decode_rule(std::string_view json, std::size_t line = 0);
[[nodiscard]] Result<Scenario> decode_scenario(std::string_view json, std::size_t line = 0);

/// Facts-file bodies (columns hold what is queried, the body holds the rest); own format, versioned by the schema.
[[nodiscard]] std::string encode_visit(const Visit& visit);
[[nodiscard]] Result<Visit> decode_visit(std::string_view json);
[[nodiscard]] std::string encode_cards(const VisitCards& cards);
[[nodiscard]] Result<VisitCards> decode_cards(std::string_view json);
[[nodiscard]] std::string encode_ticket_record(const TicketRecord& record);
[[nodiscard]] Result<TicketRecord> decode_ticket_record(std::string_view json);
[[nodiscard]] std::string encode_till_numbers(const TillNumbers& numbers);
[[nodiscard]] Result<TillNumbers> decode_till_numbers(std::string_view json);

}  // namespace tg
