-- Version 3: what an operator's command needs. Entries are searched by what people know,
-- translated deliveries are archived, queues can be paused, and a process beside the
-- engine's can change queues and wake its workers.

CREATE TABLE search (
	key   TEXT NOT NULL,
	at    INTEGER NOT NULL,
	entry INTEGER NOT NULL
) STRICT;
CREATE INDEX search_key ON search (key, at, entry);
CREATE INDEX search_entry ON search (entry);
CREATE TRIGGER entry_search AFTER DELETE ON entry BEGIN
	DELETE FROM search WHERE entry = old.id;
END;

CREATE TABLE archive (
	id     INTEGER PRIMARY KEY,
	system TEXT NOT NULL,
	at     INTEGER NOT NULL,
	data   BLOB NOT NULL
) STRICT;
CREATE INDEX archive_at ON archive (system, at);

CREATE TABLE pause (
	queue  TEXT PRIMARY KEY,
	who    TEXT NOT NULL,
	reason TEXT NOT NULL,
	since  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
