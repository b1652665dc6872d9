-- Which of two files is the newer one: facts.db, or the mirror that is written with it (adapters/sqlite_mirror.hpp).

INSERT INTO meta (name, value) VALUES ('commits', 0), ('pair', 0);  -- pair: the same number in both, 0 before the first
