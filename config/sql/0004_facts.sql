-- What was written is what is sent: a damaged page may look like a row.

ALTER TABLE outbox ADD COLUMN sum INTEGER;  -- first eight bytes of the payload's SHA-256; null: written before this
