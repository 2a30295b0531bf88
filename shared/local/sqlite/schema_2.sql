-- Version 2: entries of one identity are one, every query with a limit reads about as many
-- rows as it returns, dead letters expire, and the vault keeps what a message needs.

-- identity is the first 64 bits of a hash, unique within a trace; NULL in what version 1
-- wrote. The indexes end in the time, and SQLite appends the id: the order of a ledger.
ALTER TABLE entry ADD COLUMN identity INTEGER;
CREATE UNIQUE INDEX entry_identity ON entry (trace, identity);
DROP INDEX entry_trace;
DROP INDEX entry_event;
DROP INDEX entry_entity;
DROP INDEX entry_route;
CREATE INDEX entry_trace ON entry (trace, at);
CREATE INDEX entry_event ON entry (event, at);
CREATE INDEX entry_entity ON entry (entity, at);
CREATE INDEX entry_route ON entry (route, at);
CREATE INDEX entry_route_stage ON entry (route, stage, at);
CREATE INDEX entry_stage ON entry (stage, at);

-- The text of an entity is that of its key; version 1 wrote the parts between unit separators.
UPDATE name SET text = replace(replace(replace(text, '%', '%25'), '/', '%2F'), char(31), '/')
	WHERE instr(text, char(31)) > 0;

-- entered_at is when the message came into the queue in which it is now.
ALTER TABLE item ADD COLUMN entered_at INTEGER NOT NULL DEFAULT 0;
UPDATE item SET entered_at = sent_at;

-- The bodies in the vault that a message refers to.
CREATE TABLE claim (
	item INTEGER NOT NULL,
	hash TEXT NOT NULL,
	PRIMARY KEY (item, hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX claim_hash ON claim (hash);
CREATE TRIGGER body_claims AFTER DELETE ON body BEGIN
	DELETE FROM claim WHERE item = old.id;
END;
INSERT OR IGNORE INTO claim (item, hash)
	SELECT id, CAST(substr(data, instr(data, CAST('sha256/' AS BLOB)) + 7, 64) AS TEXT)
	FROM body WHERE instr(data, CAST('sha256/' AS BLOB)) > 0;
