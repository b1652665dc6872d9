// A till's body in whatever dialect -> canonical tickets: chooses the dialect (contract §6) and understands the body.
// Owner thread: any, also several at once; immutable. Never stores a body, never puts a value of one into an error.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "codec/dialect_ticket.hpp"
#include "codec/dialects.hpp"
#include "codec/time_zone.hpp"
#include "core/model/ticket.hpp"

namespace tg {

struct Config;

enum class PosBody : std::uint8_t { json, json_lines, xml };
/// As tills that cannot say it are understood: XML begins with `<`, whatever its encoding.
[[nodiscard]] PosBody guess_body(std::string_view bytes);

/// The name of the contract's own JSON ticket among the dialects.
inline constexpr std::string_view kContractDialect = "touchpoint";

struct PosOrigin {
  std::string dialect = {};      ///< asked for, e.g. by X-Pos-Dialect; empty: found out
  std::string workstation = {};  ///< known from outside, e.g. the topic; empty: the document says it
};

class PosReader {
 public:
  PosReader(Dialects dialects, std::string store, TimeZone zone, std::map<std::string, std::string> by_workstation);
  /// Blocks on disk. A time zone that this machine does not know is UTC: the configuration check has said so.
  [[nodiscard]] static Result<PosReader> open(const Config& config);

  /// At least one ticket; those that cannot be understood are named beside the others. Dialect: as asked, else of the
  /// workstation, else by namespace or members; JSON that no dialect recognises is the contract's ticket.
  [[nodiscard]] Result<TicketBatch> read(PosBody body, std::string_view bytes, const PosOrigin& origin) const;
  /// The dialect that `read` would take; nothing for the contract's own ticket.
  [[nodiscard]] Result<const Dialect*> choose(const PosTree& tree, DialectFormat format, const PosOrigin& origin) const;

  [[nodiscard]] const Dialects& dialects() const { return dialects_; }

 private:
  [[nodiscard]] Result<TicketBatch> read_xml(std::string_view bytes, const PosOrigin& origin) const;
  [[nodiscard]] Result<TicketBatch> read_json(std::string_view bytes, const PosOrigin& origin) const;
  [[nodiscard]] Result<TicketBatch> read_lines(std::string_view bytes, const PosOrigin& origin) const;
  [[nodiscard]] Result<TicketBatch> tickets(const PosTree& tree, const Dialect& dialect, const PosOrigin& origin) const;

  Dialects dialects_;
  std::string store_;
  TimeZone zone_;
  std::map<std::string, std::string> by_workstation_;
};

}  // namespace tg
