-- Whose purchase was it? What the matcher remembers; instants are Unix milliseconds, bodies JSON.

CREATE TABLE visit_trace (   -- where a consenting visitor was, and what he looked for: 72 hours, for late tickets
  visit  TEXT PRIMARY KEY,
  member TEXT NOT NULL,
  at     INTEGER NOT NULL,   -- heard last
  body   TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX visit_trace_member ON visit_trace (member);
CREATE INDEX visit_trace_at ON visit_trace (at);

CREATE TABLE match_case (    -- purchases whose buyer may still be found, or found to be another: 72 hours
  ticket TEXT PRIMARY KEY,
  truth  TEXT,               -- who holds the number on it
  given  TEXT,               -- whom it is attributed to
  at     INTEGER NOT NULL,   -- end of the purchase
  body   TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX match_case_at ON match_case (at);

CREATE TABLE match_verdict (  -- "this member did not buy it": for as long as the ticket is kept
  ticket   TEXT NOT NULL,
  member   TEXT NOT NULL,
  rejected INTEGER NOT NULL,
  at       INTEGER NOT NULL,
  PRIMARY KEY (ticket, member)
) STRICT, WITHOUT ROWID;
CREATE INDEX match_verdict_member ON match_verdict (member);

CREATE TABLE match_learning (  -- one row: counts of nobody in particular
  id   INTEGER PRIMARY KEY CHECK (id = 1),
  body TEXT NOT NULL
) STRICT;

CREATE TABLE goods_count (   -- purchases that contained it; '' counts purchases
  name TEXT PRIMARY KEY,
  n    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
