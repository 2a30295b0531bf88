package local

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strings"

	"causeway.example/shared/fault"
	"causeway.example/shared/local/sqlite"
	"causeway.example/shared/message"
	"causeway.example/shared/port"
)

// Append implements port.Ledger. The totals that Tally reads grow in the same
// transaction, and not for an entry that was appended before.
func (s *Store) Append(ctx context.Context, entries ...port.Entry) error {
	doing := fmt.Sprintf("writing %d ledger entries", len(entries))
	if len(entries) == 0 {
		return nil
	}
	err := s.file.Write(ctx, doing, func(t *sqlite.Tx) error { return s.appendEntries(t, entries) })
	if err == nil && s.config.Recorded != nil {
		s.config.Recorded(ctx, entries...)
	}
	return err
}

func (s *Store) appendEntries(t *sqlite.Tx, entries []port.Entry) error {
	const query = `INSERT INTO entry (at, trace, event, entity, route, stage, doc, identity)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (trace, identity) DO NOTHING`
	for _, e := range entries {
		e.ID = e.Identity()
		doc, err := json.Marshal(e)
		if err != nil {
			return &fault.Error{Kind: fault.Invalid, Class: fault.Bug, Detail: "the entry cannot be written as JSON", Err: err}
		}
		names, err := t.Names(e.Trace, e.Event, entityText(e.Entity), e.Route)
		if err != nil {
			return err
		}
		added, err := t.Exec(query, sqlite.Nanos(e.At), names[0], names[1], names[2], names[3], string(e.Stage), doc, identity(e.ID))
		if err != nil {
			return err
		}
		if added > 0 {
			if err := index(t, e, names[0]); err != nil {
				return err
			}
		}
		t.Count(string(e.Stage), e.Route, added)
	}
	return nil
}

// index makes the entry searchable by its keys.
func index(t *sqlite.Tx, e port.Entry, trace int64) error {
	const query = `INSERT INTO search (key, at, entry) SELECT ?, at, id FROM entry WHERE trace = ? AND identity = ?`
	for _, key := range e.SearchKeys() {
		if _, err := t.Exec(query, key, trace, identity(e.ID)); err != nil {
			return err
		}
	}
	return nil
}

// identity is the part of an entry's ID that the file is indexed by. It is compared
// within one trace only, where 64 bits of a hash do not meet.
func identity(id string) int64 {
	sum := sha256.Sum256([]byte(id))
	return int64(binary.BigEndian.Uint64(sum[:8]))
}

// entityText is "" for an entry that is about no entity.
func entityText(key message.Key) string {
	if key == (message.Key{}) {
		return ""
	}
	return key.String()
}

// Find implements port.Ledger; Since is included.
func (s *Store) Find(ctx context.Context, query port.Query) ([]port.Entry, error) {
	text, args := selection(query)
	var found []port.Entry
	err := s.file.Rows(ctx, text, func(row sqlite.Row) error {
		var doc []byte
		var e port.Entry
		if err := row.Scan(&doc); err != nil {
			return err
		}
		err := json.Unmarshal(doc, &e)
		found = append(found, e)
		return err
	}, args...)
	if err != nil {
		return nil, sqlite.Failure("searching the ledger", err)
	}
	return found, nil
}

const isNamed = " = (SELECT id FROM name WHERE text = ?)"

// selection names the index itself: the first condition set is the one that selects
// fewest rows, which SQLite cannot know without statistics. Each index has the order of
// the result, so that a limit ends the search.
func selection(q port.Query) (query string, args []any) {
	conditions := []struct {
		text  string
		value any
		set   bool
		index string
	}{
		{"trace" + isNamed, q.Trace, q.Trace != "", "entry_trace"},
		{"event" + isNamed, q.Event, q.Event != "", "entry_event"},
		{"entity" + isNamed, entityText(q.Entity), q.Entity != (message.Key{}), "entry_entity"},
		{"route" + isNamed, q.Route, q.Route != "", routeIndex(q)},
		{"stage = ?", string(q.Stage), q.Stage != "", "entry_stage"},
		{"json_extract(doc, '$.hashes.canonical') = ?", q.Hash, q.Hash != "", "entry_at"},
		{"entry.at >= ?", sqlite.Nanos(q.Since), !q.Since.IsZero(), "entry_at"},
		{"entry.at <= ?", sqlite.Nanos(q.Until), !q.Until.IsZero(), "entry_at"},
	}
	index, where, from := "", []string{"1"}, "entry INDEXED BY "
	if q.Key != "" {
		index, from = "search_key", "search INDEXED BY search_key JOIN entry ON entry.id = search.entry"
		where, args = append(where, "search.key = ?"), append(args, q.Key)
	}
	for _, c := range conditions {
		if !c.set {
			continue
		}
		if index == "" {
			index = c.index
		}
		where, args = append(where, c.text), append(args, c.value)
	}
	if index == "" {
		index = "entry_at"
	}
	at, id := "entry.at", "entry.id"
	if q.Key != "" {
		at, id = "search.at", "search.entry"
	} else {
		from += index
	}
	order := " ORDER BY " + at + ", " + id
	if q.Newest {
		order = " ORDER BY " + at + " DESC, " + id + " DESC"
	}
	query = "SELECT doc FROM " + from + " WHERE " + strings.Join(where, " AND ") + order
	if q.Limit > 0 {
		query, args = query+" LIMIT ?", append(args, q.Limit)
	}
	return query, args
}

func routeIndex(q port.Query) string {
	if q.Stage != "" {
		return "entry_route_stage"
	}
	return "entry_route"
}
