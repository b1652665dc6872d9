-- What was done to members' data and on whose word; each entry seals the one before it. Never a member, never a visit.

CREATE TABLE audit (
  n       INTEGER PRIMARY KEY,  -- from 1, without a gap
  at      INTEGER NOT NULL,
  action  TEXT NOT NULL,        -- consent, erase, data, policy
  command TEXT NOT NULL,        -- the id of the command that asked for it; empty when none did
  detail  TEXT NOT NULL,
  seal    BLOB NOT NULL         -- adapters/sqlite_audit.hpp says over what
) STRICT;
