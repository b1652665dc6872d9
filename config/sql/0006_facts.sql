-- Tickets that name other tickets are found by them; which numbers of a till are missing.

ALTER TABLE ticket ADD COLUMN returns TEXT;  -- key of the ticket that this one brings goods back from
ALTER TABLE ticket ADD COLUMN resumes TEXT;  -- key of the suspended ticket that this one goes on with
ALTER TABLE ticket ADD COLUMN named TEXT;    -- member whom a return's own number names, beside that of its attribution
CREATE INDEX ticket_returns ON ticket (returns) WHERE returns IS NOT NULL;
CREATE INDEX ticket_resumes ON ticket (resumes) WHERE resumes IS NOT NULL;
CREATE INDEX ticket_named ON ticket (named) WHERE named IS NOT NULL;

CREATE TABLE till_numbers (
  name    TEXT PRIMARY KEY,      -- workstation|business_day|prefix of the sequence
  touched INTEGER NOT NULL,      -- Unix milliseconds
  body    TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX till_numbers_touched ON till_numbers (touched);
