-- What central can send again: profiles, catalogue, complement rules.
-- Rows carry the generation they belong to: a snapshot is staged in a generation of its own and takes effect when
-- data_set points to it; the one before becomes garbage and is deleted in slices. Instants are Unix milliseconds.

CREATE TABLE data_set (
  name       TEXT PRIMARY KEY,   -- profiles, catalog, complements
  generation INTEGER NOT NULL,
  snapshot   TEXT NOT NULL,      -- the one that took effect last, to know it when it comes again
  revision   INTEGER NOT NULL,
  entries    INTEGER NOT NULL,
  updated_at INTEGER             -- null: never received
) STRICT, WITHOUT ROWID;
INSERT INTO data_set (name, generation, snapshot, revision, entries, updated_at)
VALUES ('profiles', 1, '', 0, 0, NULL), ('catalog', 2, '', 0, 0, NULL), ('complements', 3, '', 0, 0, NULL);

CREATE TABLE generation (        -- the last number given away; a number is never used twice
  last INTEGER NOT NULL
) STRICT;
INSERT INTO generation (last) VALUES (3);

CREATE TABLE staging (
  name       TEXT PRIMARY KEY,
  generation INTEGER NOT NULL,
  snapshot   TEXT NOT NULL,
  revision   INTEGER NOT NULL,
  parts      INTEGER NOT NULL,
  entries    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE staging_part (
  name TEXT NOT NULL,
  part INTEGER NOT NULL,
  PRIMARY KEY (name, part)
) STRICT, WITHOUT ROWID;

CREATE TABLE garbage (
  generation INTEGER PRIMARY KEY,
  name       TEXT NOT NULL
) STRICT;

CREATE TABLE profile (
  generation INTEGER NOT NULL,
  member     TEXT NOT NULL,
  body       TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX profile_member ON profile (generation, member);

-- Apart from the profiles, so that the keys of a million members are read without their bodies.
CREATE TABLE recognition (       -- members who granted it
  generation    INTEGER NOT NULL,
  member        TEXT NOT NULL,
  granted_at    INTEGER NOT NULL,
  granted_until INTEGER,
  keys          BLOB NOT NULL,   -- 32 bytes each: key, from, until (little-endian)
  PRIMARY KEY (generation, member)
) STRICT, WITHOUT ROWID;

-- Refusals of recognition outlive every generation: a snapshot that still carries the key does not bring it back.
CREATE TABLE refusal (
  member     TEXT PRIMARY KEY,
  refused_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE loyalty (
  generation INTEGER NOT NULL,
  number     TEXT NOT NULL,
  member     TEXT NOT NULL,
  PRIMARY KEY (generation, number, member)
) STRICT, WITHOUT ROWID;
CREATE INDEX loyalty_member ON loyalty (generation, member);

CREATE TABLE item (
  generation INTEGER NOT NULL,
  variant    TEXT NOT NULL,
  style      TEXT NOT NULL,
  gtin       TEXT NOT NULL,      -- empty: none
  body       TEXT NOT NULL,
  PRIMARY KEY (generation, variant)
) STRICT, WITHOUT ROWID;
CREATE INDEX item_style ON item (generation, style);
CREATE INDEX item_gtin ON item (generation, gtin) WHERE gtin <> '';

CREATE TABLE rule (
  generation INTEGER NOT NULL,
  style      TEXT NOT NULL,
  with_style TEXT NOT NULL,
  score      INTEGER NOT NULL,   -- permille
  body       TEXT NOT NULL,
  PRIMARY KEY (generation, style, with_style)
) STRICT, WITHOUT ROWID;
