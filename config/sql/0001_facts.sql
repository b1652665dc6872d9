-- What only this box knows: visits, tickets, decisions about consent, and the events on their way to central.
-- Instants are Unix milliseconds. `member` stands in a column of its own wherever a row names one, for erasure.

CREATE TABLE meta (
  name  TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO meta (name, value) VALUES ('epoch', 0), ('last_sequence', 0);

CREATE TABLE visit (
  id         TEXT PRIMARY KEY,
  member     TEXT,
  started_at INTEGER NOT NULL,
  ended_at   INTEGER,            -- null while the visit is open
  body       TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX visit_open ON visit (started_at) WHERE ended_at IS NULL;
CREATE INDEX visit_ended ON visit (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX visit_member ON visit (member) WHERE member IS NOT NULL;

CREATE TABLE visit_cards (       -- of open visits only
  visit TEXT PRIMARY KEY,
  body  TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE ticket (
  id          TEXT PRIMARY KEY,
  key         TEXT NOT NULL,     -- store|workstation|business_day|sequence
  voids       TEXT,              -- key of the ticket that this one voids
  member      TEXT,              -- of the attribution
  received_at INTEGER NOT NULL,
  body        TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX ticket_received ON ticket (received_at);
CREATE INDEX ticket_voids ON ticket (voids) WHERE voids IS NOT NULL;
CREATE INDEX ticket_member ON ticket (member) WHERE member IS NOT NULL;

CREATE TABLE consent (
  member     TEXT NOT NULL,
  purpose    INTEGER NOT NULL,
  status     INTEGER NOT NULL,
  at         INTEGER NOT NULL,
  valid_until INTEGER,
  version    TEXT NOT NULL,
  source     INTEGER NOT NULL,
  PRIMARY KEY (member, purpose)
) STRICT, WITHOUT ROWID;

CREATE TABLE tablet_action (
  id TEXT PRIMARY KEY,
  at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX tablet_action_at ON tablet_action (at);

CREATE TABLE command (
  id   TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX command_at ON command (at);

CREATE TABLE outbox (
  sequence     INTEGER PRIMARY KEY,
  id           TEXT NOT NULL,
  topic        TEXT NOT NULL,
  partition    TEXT NOT NULL,
  class        INTEGER NOT NULL CHECK (class BETWEEN 0 AND 2),  -- keep, perishable, telemetry
  recorded_at  INTEGER NOT NULL,
  expires_at   INTEGER,
  member       TEXT,
  payload      TEXT NOT NULL,
  delivered_at INTEGER           -- null while it waits
) STRICT;
CREATE INDEX outbox_waiting ON outbox (sequence, class) WHERE delivered_at IS NULL;
CREATE INDEX outbox_delivered ON outbox (delivered_at) WHERE delivered_at IS NOT NULL;
CREATE INDEX outbox_member ON outbox (member) WHERE member IS NOT NULL;
