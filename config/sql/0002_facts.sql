-- Events that the broker refuses for good, order by partition, and how much waits without counting it.

ALTER TABLE outbox ADD COLUMN set_aside INTEGER;  -- MQTT reason code of a refusal for good; null while there was none
ALTER TABLE outbox ADD COLUMN waiting INTEGER NOT NULL AS (delivered_at IS NULL AND set_aside IS NULL) VIRTUAL;
ALTER TABLE outbox ADD COLUMN bytes INTEGER NOT NULL AS (length(CAST(payload AS BLOB))) VIRTUAL;

DROP INDEX outbox_waiting;
CREATE INDEX outbox_waiting ON outbox (sequence) WHERE waiting;
CREATE INDEX outbox_partition ON outbox (partition, sequence) WHERE waiting;
CREATE INDEX outbox_expiry ON outbox (expires_at) WHERE waiting AND class = 1;
CREATE INDEX outbox_telemetry ON outbox (sequence) WHERE waiting AND class = 2;
CREATE INDEX outbox_set_aside ON outbox (recorded_at) WHERE set_aside IS NOT NULL;

INSERT INTO meta (name, value) VALUES ('dropped', 0);  -- events that central never gets

CREATE TABLE outbox_depth (      -- of what waits; the triggers keep it, so that a start need not count
  class INTEGER PRIMARY KEY,
  rows  INTEGER NOT NULL,
  bytes INTEGER NOT NULL
) STRICT;
INSERT INTO outbox_depth (class, rows, bytes) VALUES (0, 0, 0), (1, 0, 0), (2, 0, 0);
UPDATE outbox_depth SET (rows, bytes) =
  (SELECT count(*), coalesce(sum(o.bytes), 0) FROM outbox o WHERE o.class = outbox_depth.class AND o.waiting);

CREATE TRIGGER outbox_insert AFTER INSERT ON outbox WHEN new.waiting BEGIN
  UPDATE outbox_depth SET rows = rows + 1, bytes = bytes + new.bytes WHERE class = new.class;
END;
CREATE TRIGGER outbox_delete AFTER DELETE ON outbox WHEN old.waiting BEGIN
  UPDATE outbox_depth SET rows = rows - 1, bytes = bytes - old.bytes WHERE class = old.class;
END;
CREATE TRIGGER outbox_update AFTER UPDATE ON outbox WHEN old.waiting OR new.waiting BEGIN
  UPDATE outbox_depth SET rows = rows + new.waiting - old.waiting,
                          bytes = bytes + new.waiting * new.bytes - old.waiting * old.bytes WHERE class = new.class;
END;
