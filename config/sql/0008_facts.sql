-- The day's figures: counts without a person, kept for 400 days, and the shares from which they are corrected.

CREATE TABLE figure (
  day   INTEGER NOT NULL,  -- of the store's calendar, counted from 1970-01-01
  part  TEXT NOT NULL,     -- '' the store, zone/<id>, scenario/<id>
  name  TEXT NOT NULL,     -- core/model/figure_names.hpp
  slot  INTEGER NOT NULL,  -- enumerator or step of a histogram, else 0
  value INTEGER NOT NULL,
  PRIMARY KEY (day, part, name, slot)
) STRICT, WITHOUT ROWID;

CREATE TABLE figure_interval (  -- at most one row: the interval under way
  id   INTEGER PRIMARY KEY CHECK (id = 1),
  body TEXT NOT NULL
) STRICT;

ALTER TABLE visit ADD COLUMN share TEXT;  -- what the visit has put into the figures; null: nothing yet
