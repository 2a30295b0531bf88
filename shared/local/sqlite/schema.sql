-- Version 1. Times are nanoseconds since 1970 in UTC; 0 stands for none.

CREATE TABLE meta (
	name  TEXT PRIMARY KEY,
	value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE queue (
	id   INTEGER PRIMARY KEY,
	name TEXT NOT NULL UNIQUE
) STRICT;

-- What changes with each receive is kept apart from the body, which SQLite would
-- otherwise write again each time.
CREATE TABLE item (
	id         INTEGER PRIMARY KEY,
	queue      INTEGER NOT NULL REFERENCES queue (id),
	visible_at INTEGER NOT NULL,
	deferred   INTEGER NOT NULL DEFAULT 0,
	receives   INTEGER NOT NULL DEFAULT 0,
	sent_at    INTEGER NOT NULL
) STRICT;
CREATE INDEX item_visible ON item (queue, visible_at, deferred);
CREATE INDEX item_sent ON item (queue, sent_at);

CREATE TABLE body (
	id         INTEGER PRIMARY KEY,
	data       BLOB NOT NULL,
	attributes TEXT NOT NULL
) STRICT;

CREATE TABLE state (
	key      TEXT PRIMARY KEY,
	value    BLOB NOT NULL,
	revision INTEGER NOT NULL,
	expires  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX state_expires ON state (expires) WHERE expires > 0;

-- The texts by which entries are found: traces, events, entities and routes. Ids
-- grow, so that what is indexed by them is written where it was written last; the
-- texts, which are hashes, would touch another page each time.
CREATE TABLE name (
	id   INTEGER PRIMARY KEY,
	text TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE entry (
	id     INTEGER PRIMARY KEY,
	at     INTEGER NOT NULL,
	trace  INTEGER NOT NULL,
	event  INTEGER NOT NULL,
	entity INTEGER NOT NULL,
	route  INTEGER NOT NULL,
	stage  TEXT NOT NULL,
	doc    BLOB NOT NULL
) STRICT;
CREATE INDEX entry_at ON entry (at);
CREATE INDEX entry_trace ON entry (trace);
CREATE INDEX entry_event ON entry (event);
CREATE INDEX entry_entity ON entry (entity);
CREATE INDEX entry_route ON entry (route, stage, at);

-- kind 'queue' counts the messages of a queue, any other the entries of that
-- stage on a route.
CREATE TABLE counter (
	kind TEXT NOT NULL,
	name TEXT NOT NULL,
	n    INTEGER NOT NULL,
	PRIMARY KEY (kind, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE blob (
	hash      TEXT NOT NULL PRIMARY KEY,
	data      BLOB NOT NULL,
	stored_at INTEGER NOT NULL
) STRICT;
CREATE INDEX blob_stored ON blob (stored_at);

CREATE TABLE schedule (
	name    TEXT PRIMARY KEY,
	last    INTEGER NOT NULL,
	failure TEXT NOT NULL
) STRICT, WITHOUT ROWID;
