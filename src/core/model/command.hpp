// Commands of the central platform (contract §4.2), already parsed. Plain data, any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/types.hpp"
#include "core/model/catalogue.hpp"
#include "core/model/member.hpp"

namespace tg {

/// The data sets that central owns and the cache file holds.
enum class DataSet : std::uint8_t { profiles, catalog, complements, scenarios };
inline constexpr std::size_t kDataSetCount = 4;

/// `body` is what the cache keeps of the profile beside its keys: written where it was read, not in the lane of the
/// disk.
struct ProfileRow {
  Profile profile;
  std::string body;
};

/// Rows of one data set; only the vector that fits the set is filled.
struct DataRows {
  std::vector<ProfileRow> profiles;
  std::vector<CatalogItem> items;
  std::vector<ComplementRule> rules;
  std::vector<Scenario> scenarios = {};
};

/// `{profiles,catalog,complements}.snapshot`, `scenarios.set`: one part of a full replacement. A set without parts has
/// part 1 of 1.
struct SnapshotPart {
  DataSet set = DataSet::profiles;
  std::string snapshot;
  std::int64_t revision = 0;
  std::int32_t part = 1;
  std::int32_t parts = 1;
  std::shared_ptr<const DataRows> rows;  ///< shared: parsed in one lane, written in another, never copied
};

/// `{profiles,catalog}.delta`: from one revision to another.
struct Delta {
  DataSet set = DataSet::profiles;
  std::int64_t from_revision = 0;
  std::int64_t to_revision = 0;
  std::shared_ptr<const DataRows> upserts;
  std::vector<std::string> removes;  ///< members or variants
};

enum class ConsentSource : std::uint8_t { central, device, local };
struct ConsentChange {
  MemberId member;
  Purpose purpose = Purpose::recognition;
  ConsentRecord record;
  ConsentSource source = ConsentSource::central;
};

struct EraseRequest {
  std::string request_id;
  MemberId member;
};

struct ReplayRequest {
  Sequence from = 0;
  Sequence to = 0;
};

/// `match`: a person knows whose purchase it was, or was not.
struct MatchVerdict {
  TicketId ticket;
  bool confirmed = false;
  std::optional<MemberId> member;    ///< absent: whom the ticket is attributed to
  std::string method = "confirmed";  ///< that the attribution gets: how it is known
};

/// `config`: for the keys that can change without a restart. Checked where the files are read that it is laid over.
struct ConfigPatch {
  std::string patch;  ///< RFC 7396, an object
};

/// A command that could not be understood; answered `rejected` with the reason.
struct BadCommand {
  std::string reason;
};

struct Command {
  CommandId id;
  std::string name;  ///< as in the topic, e.g. "profiles.snapshot"
  std::variant<BadCommand, SnapshotPart, Delta, ConsentChange, EraseRequest, ReplayRequest, MatchVerdict, ConfigPatch>
      body;
};

enum class AckStatus : std::uint8_t { accepted, applied, rejected, duplicate };
struct CommandAck {
  CommandId id;
  std::string name;
  AckStatus status = AckStatus::applied;
  std::string reason;  ///< empty when there is none
  std::optional<std::int64_t> revision;
  std::vector<std::int32_t> missing;
};

}  // namespace tg
