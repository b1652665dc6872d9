// What a recording consists of: journal lines (contract §8) of inputs whose persons have an alias already.
// Owner thread: any. Never writes a key, a first name, an address or a token: its callers cannot hand one over, but for
// the identifiers, which must be aliases. Every line is one that decode_journal_line reads; none ends with a newline.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/model/catalogue.hpp"
#include "core/model/checkin.hpp"
#include "core/model/command.hpp"
#include "core/model/ticket.hpp"
#include "core/model/visit.hpp"

namespace tg {

[[nodiscard]] std::string encode_journal_sighting(WallTime at, const ReceiverId& receiver, const MemberId& alias,
                                                  RssiDbm rssi);
[[nodiscard]] std::string encode_journal_checkin(WallTime at, const ReceiverId& receiver, const MemberId& alias,
                                                 CheckinKind kind);
/// A receiver does not hear any more, or hears again.
[[nodiscard]] std::string encode_journal_receiver(WallTime at, const ReceiverId& receiver, bool hears);
/// The ticket of contract §6; its content hash is the same after reading it back.
[[nodiscard]] std::string encode_journal_ticket(WallTime at, const Ticket& ticket);
[[nodiscard]] std::string encode_journal_action(WallTime at, const CardAction& action);
[[nodiscard]] std::string encode_journal_consent(WallTime at, const CommandId& id, const ConsentChange& change);
[[nodiscard]] std::string encode_journal_erase(WallTime at, const CommandId& id, const EraseRequest& request);
[[nodiscard]] std::string encode_journal_tick(WallTime at);

/// `profiles.snapshot` without profiles at revision 0: where a recording begins.
[[nodiscard]] std::string encode_journal_start(WallTime at);
/// `profiles.delta` from `from_revision` to the next one. Keys and the first name are left out whatever `profile` says.
[[nodiscard]] std::string encode_journal_profile(WallTime at, std::int64_t from_revision, Profile profile);
[[nodiscard]] std::string encode_journal_removal(WallTime at, std::int64_t from_revision, const MemberId& alias);
/// `catalog.delta` from `from_revision` to the next one.
[[nodiscard]] std::string encode_journal_items(WallTime at, std::int64_t from_revision,
                                               const std::vector<CatalogItem>& upserts,
                                               const std::vector<std::string>& removed_variants);
/// `complements.snapshot`: all rules so far, each as encode_rule gives it.
[[nodiscard]] std::string encode_journal_rules(WallTime at, std::int64_t revision,
                                               const std::map<std::pair<std::string, std::string>, std::string>& rules);

}  // namespace tg
