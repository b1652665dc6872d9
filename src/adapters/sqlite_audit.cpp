#include "adapters/sqlite_audit.hpp"

#include <algorithm>
#include <string>
#include <string_view>

namespace tg {
namespace {

struct Link {
  std::int64_t n = 0;
  Sha256 seal{};
};

Sha256 to_seal(Bytes bytes) {
  Sha256 seal{};
  std::copy_n(bytes.begin(), std::min(bytes.size(), seal.size()), seal.begin());
  return seal;
}

Sha256 seal_of(const Link& before, std::int64_t at, std::string_view action, std::string_view command,
               std::string_view detail) {
  std::string sealed(before.seal.begin(), before.seal.end());
  const std::string number = std::to_string(before.n + 1), when = std::to_string(at);
  for (const std::string_view part : {std::string_view(number), std::string_view(when), action, command, detail}) {
    sealed.append(part).push_back('\n');
  }
  return sha256(as_bytes(sealed));
}

Link newest(Db& db) {
  Query last(db, "SELECT n, seal FROM audit ORDER BY n DESC LIMIT 1");
  return last.next() ? Link{last.integer(0), to_seal(last.blob(1))} : Link{};
}

}  // namespace

void append_audit(Db& db, const AuditEntry& entry) {
  const Link before = newest(db);
  const Sha256 seal = seal_of(before, unix_ms(entry.at), entry.action, entry.command.value, entry.detail);
  db.run("INSERT INTO audit (n, at, action, command, detail, seal) VALUES (?, ?, ?, ?, ?, ?)",
         {before.n + 1, unix_ms(entry.at), entry.action, entry.command.value, entry.detail, Bytes(seal)});
}

AuditCheck verify_audit(Db& db) {
  AuditCheck check;
  Query entries(db, "SELECT n, at, action, command, detail, seal FROM audit ORDER BY n");
  while (check.intact && entries.next()) {
    const Link before{check.entries, check.seal};
    const Sha256 seal = seal_of(before, entries.integer(1), entries.text(2), entries.text(3), entries.text(4));
    check.intact = entries.integer(0) == before.n + 1 && to_seal(entries.blob(5)) == seal;
    if (check.intact) check = {before.n + 1, true, seal};
  }
  return check;
}

}  // namespace tg
