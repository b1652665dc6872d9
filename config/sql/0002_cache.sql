-- Scenarios, a data set like the others; and who has not been heard of for the longest time.

UPDATE generation SET last = last + 1;
INSERT INTO data_set (name, generation, snapshot, revision, entries, updated_at)
SELECT 'scenarios', last, '', 0, 0, NULL FROM generation;

CREATE TABLE scenario (
  generation INTEGER NOT NULL,
  id         TEXT NOT NULL,
  enabled    INTEGER NOT NULL,
  body       TEXT NOT NULL,
  PRIMARY KEY (generation, id)
) STRICT, WITHOUT ROWID;

ALTER TABLE recognition ADD COLUMN active_at INTEGER NOT NULL DEFAULT 0;  -- newest purchase, intent or consent
